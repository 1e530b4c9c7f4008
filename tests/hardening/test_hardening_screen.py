"""The screen stays alive while the platform is silent, and while the terminal changes its size."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.practice.faults import Kind
from console.practice.server import PracticeServer
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.help_screen import TextScreen
from screens.rollback.dialog import RollbackDialog
from tests.support.console_driver import Driver, console
from tests.support.import_driver import ImportPage
from tests.support.importing import many, sheet

SLUG = "spring-launch"
SILENT = (Kind.BEFORE_HANG, Kind.DRIP)


async def alive(driver: Driver) -> None:
    """Keys still open and close what they do."""
    await driver.keys("question_mark")
    await driver.until(lambda: isinstance(driver.app.screen, TextScreen), "the help")
    await driver.keys("escape")
    await driver.until(lambda: not isinstance(driver.app.screen, TextScreen), "the list")


@pytest.mark.parametrize("kind", SILENT)
async def test_keys_are_obeyed_while_lists_and_histories_do_not_come(
    practice: PracticeServer, kind: Kind
) -> None:
    async with console(practice) as driver:
        await driver.synced()
        silence = practice.platform.faults.add(kind, path="/links", times=None)
        table = driver.app.main.links.table
        row = table.cursor
        await driver.keys("y")
        await driver.until(lambda: silence.hits, "the request for the list")
        await alive(driver)
        before = silence.hits
        await driver.keys("down")
        await driver.until(lambda: table.cursor == row + 1, "the cursor")
        await driver.until(lambda: silence.hits > before, "the request for the history")
        await alive(driver)
        await driver.keys("h")
        await alive(driver)
        practice.platform.faults.clear()
    assert practice.platform.events == []


async def test_a_rollback_without_an_answer_leaves_screen_and_sizes_alive(practice: PracticeServer) -> None:
    """Case 67 as well: down to a size at which nothing fits, and back, while the write is under way."""
    async with console(practice) as driver:
        await driver.synced()
        await driver.filter(f"slug:{SLUG}", 1)
        await driver.seen(SLUG)
        dialog = await driver.dialog()
        await driver.ready(dialog)
        await driver.pilot.resize_terminal(1, 1)
        await driver.pilot.resize_terminal(120, 36)
        await driver.write(f"{SLUG} v8")
        assert driver.phrase.value == f"{SLUG} v8"
        silence = practice.platform.faults.add(Kind.COMMIT_THEN_HANG, path="/rollback", method="POST")
        await driver.keys("enter")
        await driver.until(lambda: silence.hits, "the write")
        for size in ((1, 1), (400, 1), (1, 200), (80, 24), (200, 60), (20, 5), (120, 36)):
            await driver.pilot.resize_terminal(*size)
        assert isinstance(driver.app.screen, RollbackDialog)
        await driver.keys("ctrl+n")
        await driver.until(lambda: driver.app.screen is not dialog, "the note over it")
        await driver.keys("escape")
        await driver.until(lambda: driver.app.screen is dialog, "the dialog")
        assert dialog.draft.outcome is None, "nothing is said of what is not known"
        practice.platform.faults.clear()
    assert len([event for event in practice.platform.events if event.key]) == 1


@pytest.mark.parametrize("kind", SILENT)
async def test_keys_are_obeyed_while_the_platform_does_not_say_what_it_finds(
    practice: PracticeServer, kind: Kind
) -> None:
    async with console(practice) as driver:
        await driver.synced()
        await driver.filter(f"slug:{SLUG}", 1)
        silence = practice.platform.faults.add(kind, path="/health-check", method="POST", times=None)
        await driver.keys("P")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "what it costs")
        await driver.write("yes")
        await driver.keys("enter")
        await driver.until(lambda: silence.hits, "the question")
        await alive(driver)
        assert driver.app.main.health.sweeping, "nothing is said of what is not known"
        practice.platform.faults.clear()


@pytest.mark.parametrize("kind", SILENT)
async def test_an_import_without_an_answer_leaves_its_screen_alive(
    practice: PracticeServer, kind: Kind, tmp_path: Path
) -> None:
    rows = many(3)
    async with console(practice) as driver:
        await driver.synced()
        page = await ImportPage.opened(driver)
        await page.choose(sheet(tmp_path, rows))
        silence = practice.platform.faults.add(kind, path="/bulk-import", method="POST", times=1)
        await page.confirm("import 3")
        await driver.until(lambda: silence.hits, "the request")
        await alive(driver)
        await driver.keys("escape")
        assert "x stops after the one that is out" in page.said
        assert driver.app.performing == 1
    assert all(event.slug not in {row[0] for row in rows} for event in practice.platform.events)
