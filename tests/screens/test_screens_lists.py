"""Filter completion, saved views, hosts, and marks by filter, host and file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console.domain.errors import InputRejected
from console.ops import lists
from screens.console import lists as console_lists
from screens.dialogs.pick_screen import PickScreen
from screens.widgets.filter_bar import FilterInput
from tests.support.console_driver import Driver, still
from tests.support.frozen import frozen_console, frozen_session


async def test_a_filter_is_completed_with_hosts_that_there_are_most_used_first() -> None:
    async with still() as driver:
        bar = driver.app.main.links.bar
        await driver.keys("slash")
        await driver.until(lambda: bar.words, "the words")
        assert bar.words["host"][:2] == ("shop.example", "slow.partner.example")
        await driver.write("ho")
        await driver.keys("tab")
        assert bar.field.value == "host:"
        await driver.write("s")
        await driver.keys("down", "tab")
        assert bar.field.value == "host:slow.partner.example"
        await driver.until(lambda: driver.shown == 2, "the count follows")
        assert "2 links" in bar.query_one("#filter-says").text


async def test_the_word_that_is_wrong_is_told_and_the_list_stays() -> None:
    async with still() as driver:
        bar = driver.app.main.links.bar
        everything = driver.shown
        await driver.keys("slash")
        await driver.write("docs statsu:down")
        await driver.until(lambda: bar.problem is not None)
        assert bar.problem is not None
        assert (bar.problem.start, bar.problem.end) == (5, 16)
        assert bar.query_one("#filter-says").text.strip() == "! Did you mean status:?"
        await driver.keys("enter")
        assert driver.app.main.links.query_one(FilterInput).has_focus, "not accepted"
        await driver.keys("escape")
        await driver.until(lambda: driver.shown == everything)


async def test_marks_by_filter_by_host_and_by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "slugs.csv"
    file.write_text("\ufeffslug,destination\ndocs,https://docs.example\n\n# a comment\nno-such\nblog\n")
    async with still() as driver:
        await driver.filter("slug:webinar", 1)
        await driver.keys("M")
        await driver.until(lambda: driver.marked == ["webinar-0611"])
        await driver.keys("M")
        await driver.until(lambda: driver.marked == [])
        await driver.keys("backspace")
        await driver.filter("slug:gift", 1)
        await driver.keys("m")
        await driver.until(lambda: len(driver.marked) == 6, "all of shop.example")
        assert "6 links that lead to shop.example marked" in driver.notice
        await driver.keys("V", "F")
        await driver.answer(str(file))
        await driver.until(lambda: driver.marked == ["blog", "docs"])
        assert "Not in the list: no-such" in driver.notice
        monkeypatch.setattr(console_lists, "MOST_MARKED", 3)
        await driver.keys("m")
        await driver.until(lambda: "too many to mark" in driver.notice)
        assert driver.marked == ["blog", "docs"]


async def test_hosts_are_grouped_worst_first_and_lead_to_their_links() -> None:
    async with still() as driver:
        screen = await driver.picks("t")
        assert [pick.name for pick in screen.lines.all][:2] == ["shop.example", "slow.partner.example"]
        assert "6 down" in "".join(text for text, _ in screen.lines.cells(0))
        await driver.write("slow")
        await driver.until(lambda: screen.lines.count == 1)
        await driver.keys("enter")
        await driver.until(lambda: driver.shown == 2)
        assert driver.app.main.links.query_now.text == "host:slow.partner.example"
        await driver.keys("backspace")
        await driver.until(lambda: driver.shown > 2, "the way back")
        await driver.picks("t")
        await driver.keys("tab")
        await driver.until(lambda: len(driver.marked) == 6)


async def test_a_view_is_saved_recalled_and_forgotten() -> None:
    async with still() as driver:
        await driver.filter("status:down", 6)
        await driver.keys("o", "o")
        await driver.picks("S")
        await driver.write("shop is down")
        await driver.keys("enter")
        await driver.until(lambda: "saved as shop is down" in driver.notice)
        await driver.keys("backspace")
        await driver.until(lambda: driver.shown > 6)
    async with opened_again() as driver:
        screen = await driver.picks("S")
        assert [pick.name for pick in screen.lines.all] == ["shop is down"]
        await driver.keys("enter")
        await driver.until(lambda: driver.shown == 6)
        assert driver.app.main.links.sort.value == "slug"
        await driver.picks("S")
        await driver.keys("tab")
        await driver.until(lambda: "forgotten" in driver.notice)
        await driver.picks("S")
        assert isinstance(driver.app.screen, PickScreen)
        assert driver.app.screen.lines.all == ()
        await driver.keys("escape")


@asynccontextmanager
async def opened_again() -> AsyncIterator[Driver]:
    """A later life: nothing is due to be read."""
    app = frozen_console()
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: driver.shown, "the list")
            yield driver
    finally:
        app.desk.engine.stop()


def test_a_file_that_is_none_of_slugs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST_IN_FILE", 3)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "long").write_text("x\n" * 4)
    names = ("binary", "long", ".", "missing", "/dev/zero", "a\0b")
    for path in (tmp_path / name for name in names):
        with pytest.raises(InputRejected):
            lists.slugs_in(path)


async def test_a_view_name_that_a_terminal_would_obey_is_refused() -> None:
    session = await frozen_session()
    try:
        for name in ("", "x" * 41, "a\x1b[2J", "a\u202eb"):
            with pytest.raises(InputRejected):
                await lists.save_view(session, lists.View(name, ""))
        session.store.marks.remember(f"views:{session.target.key}", {"a": 1, "b": {"filter": "nope:x"}})
        assert await lists.views(session) == []
    finally:
        await session.close()
