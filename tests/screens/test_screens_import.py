"""The import screen against the practice platform: from the chosen file to the rows to be mended."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from support.console_driver import console
from textual import events
from textual.widgets import Button, Input

from console.practice.faults import Kind
from console.practice.server import PracticeServer
from screens.dialogs import confirming
from screens.dialogs.confirming import PhraseInput
from screens.dialogs.export_screen import ExportScreen
from screens.importing.actions import Stage
from screens.importing.confirm import ImportConfirm
from screens.importing.files import FileScreen, PathInput
from screens.importing.rows import FacetBar
from screens.importing.screen import ImportScreen
from screens.widgets.text_pane import TextPane
from tests.support.import_driver import ImportPage
from tests.support.importing import each_once, many, sheet

BULK = "bulk-import$"
URL = "https://docs.example/"
ODD = [("docs", URL, "Moved"), ("a b", "ftp://x", "bad"), ("new-00001", URL, "twice")]


def words_of(page: ImportPage) -> str:
    return "\n".join(page.driver.app.screen.query_one(TextPane).texts)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_from_the_file_to_rows_to_mend(
    practice: PracticeServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    path = sheet(tmp_path, [*many(3), *ODD], ("slug", "Address", "title"))
    async with console(practice, size) as driver:
        await driver.synced()
        page = await ImportPage.opened(driver)
        await page.choose(path)
        assert "rejected 5" in page.facets, "without a destination nothing is made"
        await page.columns()
        await driver.keys("down", "right", "enter")
        await page.settled()
        assert "created 3" in page.facets
        assert "updated 1" in page.facets
        await page.kind("updated")
        await driver.until(lambda: "+ Moved" in page.detail, "what changes")
        await page.kind("invalid_slug")
        await driver.until(lambda: "a b" in page.detail and "ftp" not in page.detail, "the faults")
        assert "invalid_destination_url" in page.detail, "all faults of a row at once"
        assert "4 rows to send" in page.line("cost")
        assert practice.platform.events == []
        await page.confirm("import 4")
        await page.settled()
        assert "Done" in page.line("cost")
        assert "2 rows were not taken" in page.said
        each_once(practice, ["new-00000", "new-00001", "new-00002", "docs"])
        await driver.keys("s")
        mend = tmp_path / "mend.csv"
        await page.answer(str(mend))
        await driver.until(mend.exists, "the file")
        assert [row["line"] for row in csv.DictReader(mend.read_text().splitlines())] == ["6", "7"]
        await driver.until(lambda: "2 rows are in" in page.said)
        await driver.keys("escape")
        await driver.until(lambda: "Imported 4 links" in driver.notice, "the sentence")
        assert driver.app.main.busy == ""
    assert not list((tmp_path / "home" / "repoint" / "imports").glob("*.db"))


async def test_nothing_but_the_typed_words_confirms(
    practice: PracticeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "DEAF_SECONDS", 1000.0)
    async with console(practice) as driver:
        await driver.synced()
        page = await ImportPage.opened(driver)
        await page.choose(sheet(tmp_path, many(3)))
        dialog = await page.confirming()
        assert isinstance(dialog.focused, Button)
        await driver.write("import 3")
        await driver.keys("enter")
        field = dialog.query_one(PhraseInput)
        assert field.value == "", "what is typed at once is not meant for the dialog"
        monkeypatch.setattr(confirming, "DEAF_SECONDS", 0.0)
        field.post_message(events.Paste("import 3"))
        await driver.until(lambda: "Pasted words" in dialog._said, "the refusal of pasted words")
        assert field.value == ""
        await driver.keys("down", "enter")
        await driver.until(lambda: "That is not import 3" in dialog._said, "Enter alone")
        await driver.write("import 2")
        await driver.keys("enter")
        assert isinstance(driver.app.screen, ImportConfirm)
        await driver.keys("escape")
        await driver.until(lambda: page.said == "Nothing was sent")
    assert practice.platform.events == []


async def test_a_hundred_thousand_rows_are_one_widget_and_few_reads(
    practice: PracticeServer, tmp_path: Path
) -> None:
    rows = [*many(1), *((f"x{n}", "", "") for n in range(3000))]
    async with console(practice) as driver:
        await driver.synced()
        page = await ImportPage.opened(driver)
        await page.choose(sheet(tmp_path, rows))
        widgets = len(list(page.screen.walk_children()))
        reviewer = page.job.reviewer
        assert reviewer is not None
        asked: list[int] = []
        read = reviewer.rows
        reviewer.rows = lambda numbers: asked.append(len(numbers)) or read(numbers)  # type: ignore[method-assign]  # counts what is read
        await driver.keys("end")
        await driver.until(lambda: page.rows.cursor == 3000)
        assert page.rows.row is not None
        assert page.rows.row.line == 3002
        assert max(asked) < 100
        assert len(list(page.screen.walk_children())) == widgets < 40


async def test_the_mouse_narrows_rows_and_opens_files(practice: PracticeServer, tmp_path: Path) -> None:
    path = sheet(tmp_path, [*many(3), *ODD])
    async with console(practice) as driver:
        await driver.synced()
        page = await ImportPage.opened(driver)
        driver.app.screen.query_one(PathInput).value = f"{tmp_path}/"
        await driver.until(
            lambda: any(e.path == path for e in page.files.lines.entries), "the file in the list"
        )
        at = [e.path for e in page.files.lines.entries].index(path)
        await driver.pilot.click(page.files, offset=(3, at))
        if isinstance(driver.app.screen, FileScreen):
            await driver.pilot.click(page.files, offset=(3, at))
        await page.settled()
        bar = page.screen.query_one(FacetBar)
        names = [facet.name for facet in bar.facets]
        choice = bar._choices[names.index("rejected")]
        await driver.pilot.click(bar, offset=(choice.start + 2, choice.line))
        await driver.until(lambda: page.job.facet.name == "rejected", "narrowed")
        assert page.rows.lines.count == 2


async def test_tab_completes_a_path_and_its_folders(practice: PracticeServer, tmp_path: Path) -> None:
    (tmp_path / "sheets").mkdir()
    (tmp_path / "sheets" / "campaign-one.csv").write_text("slug\n")
    (tmp_path / "sheets" / "campaign-two.csv").write_text("slug\n")
    (tmp_path / "sheets" / "campaign.png").write_text("")
    async with console(practice) as driver:
        await driver.synced()
        page = await ImportPage.opened(driver)
        field = driver.app.screen.query_one(PathInput)
        field.value = f"{tmp_path}/she"
        field.action_end()
        await driver.keys("tab", "tab")
        assert field.value == f"{tmp_path}/sheets/campaign-"
        await driver.until(lambda: page.files.lines.count == 2)
        await driver.keys("tab")
        assert page.files.has_focus
        await driver.keys("down", "up", "up")
        assert field.has_focus
        await driver.keys("escape")
        await driver.until(lambda: driver.app.screen is driver.app.main, "left without a file")


async def test_a_file_without_a_slug_is_mended_by_its_columns(
    practice: PracticeServer, tmp_path: Path
) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(f"Kurz;Ziel\nnew-one;{URL}\n")
    async with console(practice) as driver:
        await driver.synced()
        page = await ImportPage.opened(driver)
        await page.choose(path)
        assert page.job.stage is Stage.FAILED
        assert "No column holds the slug" in page.detail
        await page.columns()
        await driver.keys("right", "down", "right", "enter")
        await page.settled()
        assert "created 1" in page.facets


async def test_the_policy_for_existing_links_and_their_destinations(
    practice: PracticeServer, tmp_path: Path
) -> None:
    up = practice.platform.link("docs")["destinationUrl"]
    rows = [("docs", up, "Other"), ("new-one", up, ""), ("new-two", "http://127.0.0.1:9/", "")]
    async with console(practice) as driver:
        await driver.synced()
        page = await ImportPage.opened(driver)
        await page.choose(sheet(tmp_path, rows))
        await driver.keys("h")
        await driver.until(lambda: page.job.silent is not None, "the look")
        assert "1 row would point where nothing answers" in page.said
        assert "silent 1" in page.facets
        assert page.rows.row is not None
        assert page.rows.row.slug == "new-two"
        dialog = await page.confirming()
        assert "1 row would point where nothing answers" in words_of(page)
        dialog.dismiss(None)
        await page.settled()
        await driver.keys("e")
        await page.settled()
        assert "skipped 1" in page.facets
        assert page.job.silent is None
    assert practice.platform.events == []


async def test_sending_can_be_stopped_and_the_same_file_goes_on(
    practice: PracticeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.ops.importing.desk.CHUNK_ROWS", 4)
    practice.platform.faults.add(Kind.THROTTLE, path=BULK, method="POST", times=None, skip=1, retry_after="2")
    rows = many(8)
    path = sheet(tmp_path, rows)
    async with console(practice) as driver:
        await driver.synced()
        page = await ImportPage.opened(driver)
        await page.choose(path)
        await page.confirm("import 8")
        await driver.until(lambda: "asks to wait" in page.line("cost"), "the pause")
        assert "4 of 8  1 write spent" in page.line("cost"), "told while it goes on"
        await driver.keys("escape")
        assert "x stops after the one that is out" in page.said
        assert driver.app.performing == 1
        await driver.keys("x")
        await page.settled()
        assert driver.app.performing == 0
        assert "Nothing is lost" in page.said
        assert "not sent 4" in page.facets
        practice.platform.faults.clear()
        await driver.keys("o")
        await driver.until(lambda: isinstance(driver.app.screen, FileScreen))
        await page.choose(path)
        assert "4 rows to send" in page.line("cost")
        await page.confirm("import 8")
        await page.settled()
        assert "Done" in page.line("cost")
    each_once(practice, [row[0] for row in rows])


async def test_a_protected_profile_is_armed_where_the_import_stands(
    practice: PracticeServer, tmp_path: Path
) -> None:
    async with console(practice, protected=True) as driver:
        await driver.synced()
        page = await ImportPage.opened(driver)
        await page.choose(sheet(tmp_path, many(2)))
        await driver.keys("i")
        assert page.said == "import: The profile is protected: press a to arm it"
        assert isinstance(driver.app.screen, ImportScreen)
        await driver.keys("a")
        await page.answer("new campaign")
        await driver.until(lambda: "Writes are allowed for 15 minutes" in page.said, "armed")
        await page.confirm("import 2")
        await page.settled()
        assert "Done" in page.line("cost")
        await driver.keys("a")
        await driver.until(lambda: "read-only again" in page.said, "disarmed")
    each_once(practice, ["new-00000", "new-00001"])


async def test_the_filter_is_exported_and_imports_back_as_unchanged(
    practice: PracticeServer, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    async with console(practice) as driver:
        await driver.synced()
        await driver.filter("slug:docs", 1)
        await driver.keys("e")
        page = ImportPage(driver)
        await page.export(str(out))
        await driver.until(lambda: f"1 link written to {out}" in driver.notice, "the export")
        page = await ImportPage.opened(driver)
        await page.choose(out)
        assert "unchanged 1" in page.facets
        assert "Nothing to send" in page.line("cost")
        await driver.keys("i")
        assert page.said == "import: There is nothing to send"


async def test_an_export_says_where_it_goes_and_writes_over_nothing(
    practice: PracticeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "links.csv").write_text("mine")
    async with console(practice) as driver:
        await driver.synced()
        await driver.filter("slug:docs", 1)
        await driver.keys("e")
        page = ImportPage(driver)
        await driver.until(lambda: isinstance(driver.app.screen, ExportScreen), "the question")
        assert driver.app.screen.query_one("#export-file", Input).value == str(tmp_path / "links-2.csv")
        for path, columns, why in (
            ("links.csv", "", f"{tmp_path}/links.csv exists already"),
            ("nowhere/x.csv", "", f"There is no folder {tmp_path}/nowhere"),
            ("new.csv", "slug,dest", "Did you mean"),
        ):
            dialog = await page.export(path, columns)
            said = "".join(dialog.query_one("#export-said", TextPane).texts)
            assert why.replace(" ", "") in said.replace(" ", "")  # the lines break at blanks
            assert driver.app.screen is dialog
        await page.export("new.csv", "tags, SLUG")
        await driver.until(lambda: f"1 link written to {tmp_path}/new.csv" in driver.notice, "the export")
    with (tmp_path / "new.csv").open(newline="") as stream:
        assert next(csv.reader(stream)) == ["tags", "slug"]
    assert (tmp_path / "links.csv").read_text() == "mine"


async def test_a_host_that_may_look_like_another_is_pointed_out(
    practice: PracticeServer, tmp_path: Path
) -> None:
    rows = [("docs", "https://\u0430\u0440\u0440\u04cf\u0435.com/x", "Moved"), *many(1)]
    async with console(practice) as driver:
        await driver.synced()
        page = await ImportPage.opened(driver)
        await page.choose(sheet(tmp_path, rows))
        await driver.until(lambda: "It points at xn--80ak6aa92e.com" in page.detail, "the host")
        assert "+ xn--80ak6aa92e.com/x" in page.detail
        cells = "".join(text for text, _ in page.rows.lines.cells(0))
        assert "xn--80ak6aa92e.com/x" in cells
        await page.confirming()
        words = words_of(page).replace("\n", " ")
        assert "1 row would point at xn--80ak6aa92e.com, which is written" in words


async def test_a_link_that_cannot_be_read_is_told_and_the_others_are_there(practice: PracticeServer) -> None:
    practice.platform.manners.garbled = {"docs": '{"slug":"docs",'}
    async with console(practice, (80, 24)) as driver:
        await driver.until(lambda: "Read 11 links" in driver.notice, "the end of the reading")
        assert driver.notice.startswith("1 link could not be read: line ")
        assert "docs (it is not JSON" in driver.notice


async def test_a_list_of_files_that_comes_late_finds_the_chooser_gone(
    practice: PracticeServer, tmp_path: Path
) -> None:
    async with console(practice) as driver:
        await driver.synced()
        page = await ImportPage.opened(driver)
        chooser = driver.app.screen
        assert isinstance(chooser, FileScreen)
        await page.choose(sheet(tmp_path, many(1)))
        await driver.until(lambda: not chooser.is_running, "the chooser's end")
        await chooser._list("")
        assert driver.app.is_running
