"""Everything that a key does can be done by the mouse; and without the mouse nothing is missing."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual.widget import Widget

from screens.actions import ACTIONS
from screens.clicks import key_at, pane_tabs
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.help_screen import TextScreen
from screens.dialogs.pick_screen import PickScreen
from screens.rollback.dialog import RollbackDialog
from screens.widgets.link_table import LinkTable
from screens.widgets.one_line import OneLine
from tests.support.console_driver import Driver, still


def spot(line: str, words: str) -> int:
    assert words in line, f"{words!r} is not in {line!r}"
    return line.index(words)


async def press_hint(driver: Driver, words: str) -> None:
    """Click on a key's hint at the bottom of the main screen."""
    line = driver.app.screen.query_one("#keys", OneLine)
    await driver.pilot.click(line, offset=(spot(line.text, words), 0))


async def press_frame(driver: Driver, words: str) -> None:
    """Click on a key's hint in the frame of what is open."""
    frame = driver.app.screen.query_one(".dialog")
    shown = str(frame.border_subtitle)
    place = frame.region.right - 3 - len(shown) + spot(shown, words)
    await driver.pilot.click(offset=(place, frame.region.bottom - 1))


@pytest.mark.parametrize(
    ("at", "key"),
    [("r roll", "r"), ("roll back", "r"), ("? help", "question_mark"), ("esc", "escape"), ("/ f", "slash"),
     ("ctrl+e", "ctrl+e"), ("space", "space"), ("of 14", "")],
)  # fmt: skip
def test_a_column_of_a_line_of_keys_names_its_key(at: str, key: str) -> None:
    line = " / filter   space mark   r roll back   ctrl+e reason   12 of 14 links   ? help   esc leave"
    assert key_at(line, line.index(at)) == key
    assert key_at(line, 0) == key_at(line, line.index("   r")) == key_at(line, 500) == ""


def test_every_printed_key_of_the_table_can_be_clicked() -> None:
    for action in ACTIONS:
        assert key_at(f" {action.key_label} {action.label}   q quit", 1) == action.key, action.id


async def test_rows_headings_panes_and_the_line_of_keys() -> None:
    async with still() as driver:
        main = driver.app.main
        await driver.pilot.click(LinkTable, offset=(8, 4))
        assert main.links.table.cursor == 3
        await driver.pilot.click(LinkTable, offset=(0, 5))
        assert len(main.links.table.marks) == 1
        await driver.pilot.click(LinkTable, offset=(5, 0))
        assert (main.links.sort.value, main.links.descending) == ("slug", False)
        await driver.pilot.click(LinkTable, offset=(5, 0))
        assert main.links.descending
        await driver.pilot.click(LinkTable, offset=(8, 4), times=2)
        await driver.until(lambda: main.scope.value == "timeline", "a second click opens the timeline")
        await driver.pilot.click("#health-pane", offset=(5, 0))
        await driver.until(lambda: main.scope.value == "health", "a click on the frame")
        await driver.pilot.click("#links-pane", offset=(5, 0))
        await driver.until(lambda: main.scope.value == "links", "and back")
        await press_hint(driver, "filter")
        await driver.until(lambda: main.links.bar.display, "the filter")
        await driver.keys("escape")
        await press_hint(driver, "? help")
        await driver.until(lambda: isinstance(driver.app.screen, TextScreen), "help")
        await press_frame(driver, "esc leave")
        await driver.until(lambda: driver.app.screen is main, "left")


async def test_versions_outages_and_dialogs() -> None:
    async with still() as driver:
        main = driver.app.main
        await driver.filter("slug:spring-launch", 1)
        await driver.seen("spring-launch")
        view = main.timeline.view
        await driver.pilot.click(view, offset=(6, view.lines.lines_of(1).start), times=2)
        await driver.until(lambda: isinstance(driver.app.screen, TextScreen), "a second click: the diff")
        await press_frame(driver, "esc leave")
        await driver.until(lambda: driver.app.screen is main, "left")
        dialog = await driver.dialog()
        await driver.ready(dialog)
        await driver.pilot.click("#cancel")
        await driver.until(lambda: driver.app.screen is main, "cancelled by its button")
        await driver.dialog()
        await press_frame(driver, "esc leave")
        await driver.until(lambda: not isinstance(driver.app.screen, RollbackDialog), "left by its frame")
        await driver.keys("n")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "a question")
        await press_frame(driver, "esc leave")
        await driver.until(lambda: driver.app.screen is main, "left")
        await driver.until(lambda: main.health.board is not None and main.health.board.outages, "the board")
        await driver.pilot.click(
            "#health", offset=(6, main.health.query_one("#health").entries[0].start), times=2
        )
        await driver.until(lambda: main.links.query_now.text.startswith("host:shop.example"), "its links")


async def test_a_list_to_choose_from() -> None:
    async with still() as driver:
        screen = await driver.picks("t")
        await driver.pilot.click(screen.picks, offset=(5, 1))
        assert screen.picks.cursor == 1
        await driver.pilot.click(screen.picks, offset=(5, 1), times=2)
        await driver.until(lambda: not isinstance(driver.app.screen, PickScreen), "chosen")
        assert driver.app.main.links.query_now.text.startswith("host:")


async def test_the_wheel_moves_the_cursor_and_scrolls_text() -> None:
    async with still((80, 24)) as driver:
        table = driver.app.main.links.table
        turn(table, events.MouseScrollDown)
        await driver.until(lambda: table.cursor == 3, "down")
        turn(table, events.MouseScrollUp)
        await driver.until(lambda: table.cursor == 0, "up")
        await driver.keys("question_mark")
        await driver.until(lambda: isinstance(driver.app.screen, TextScreen), "help")
        text = driver.app.screen.query_one("#text")
        turn(text, events.MouseScrollDown)
        await driver.until(lambda: text.scroll_offset.y == 3, "scrolled")


def turn(widget: Widget, kind: Any) -> None:
    x, y = widget.region.x + 1, widget.region.y + 1
    widget.post_message(kind(widget, 1, 1, 0, 0, 0, False, False, False, screen_x=x, screen_y=y))


async def test_panes_that_stand_alone_name_the_others_and_a_click_goes_there() -> None:
    async with still((80, 24)) as driver:
        main = driver.app.main
        pane = main.links
        title = pane_tabs("Links", "", alone=True).plain
        assert str(pane._border_title.plain) == title
        assert title == "Links  2 Timeline  3 Health"
        await driver.pilot.click(pane, offset=(3 + title.index("3 Health"), 0))
        await driver.until(lambda: main.scope.value == "health", "health")
        await driver.pilot.click(main.health, offset=(4, 0))
        await driver.until(lambda: main.scope.value == "links", "links")
        await driver.pilot.resize_terminal(120, 36)
        await driver.until(lambda: "Timeline" not in pane._border_title.plain)


def test_what_a_pane_shows_is_read_as_no_markup() -> None:
    hostile = "[@click=app.bell]x[/] [/bold] \\"
    for alone in (True, False):
        assert pane_tabs("Links", hostile, alone=alone).plain.endswith(hostile)
        assert all("click" not in str(span.style) for span in pane_tabs("Links", hostile, alone=alone).spans)
