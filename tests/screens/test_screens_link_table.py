"""The table of links: flat, calm, and honest about where the cursor is."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any

from support.hostile import HOSTILE, foreign
from support.linkrows import NOW, CountedRows, FakeRow
from textual.app import ComposeResult
from textual.pilot import Pilot

from screens.shell import Shell
from screens.terminal.pacing import Pacer
from screens.widgets.link_table import LinkTable
from screens.widgets.row_window import ListRows, RowSource


class Host(Shell):
    """A screen with nothing but the table."""

    def __init__(self, source: RowSource) -> None:
        super().__init__(unicode=True)
        self.source = source
        self.told: list[str] = []
        self.marked: list[int] = []
        self.opened: list[str] = []
        self.asked: list[str] = []

    def compose(self) -> ComposeResult:
        yield LinkTable(id="links")

    def on_mount(self) -> None:
        self.table.lines.now = NOW
        self.table.show_source(self.source)
        self.table.focus()

    @property
    def table(self) -> LinkTable:
        return self.query_one(LinkTable)

    def on_link_table_cursor_moved(self, event: LinkTable.CursorMoved) -> None:
        self.told.append(event.slug)

    def on_link_table_marked(self, event: LinkTable.Marked) -> None:
        self.marked.append(event.count)

    def on_link_table_heading_chosen(self, event: LinkTable.HeadingChosen) -> None:
        self.asked.append(event.column)

    def on_link_table_opened(self, event: LinkTable.Opened) -> None:
        self.opened.append(event.slug)


@asynccontextmanager
async def shown(source: RowSource, size: tuple[int, int] = (80, 12)) -> Any:
    app = Host(source)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def lines(app: Host) -> list[str]:
    return [app.table.render_line(y).text for y in range(app.table.size.height)]


async def press(pilot: Pilot[int], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def test_a_million_rows_are_read_a_page_at_a_time() -> None:
    source = CountedRows(1_000_000)
    async with shown(source) as (app, pilot):
        await press(pilot, "end", "pageup", "home", "pagedown", "down", "up")
        assert app.table.cursor == 10
        assert sum(stop - start for start, stop in source.asked) < 400
        assert max(stop - start for start, stop in source.asked) <= 2 * 12 + 32
        assert app.table.virtual_size.height == 1_000_001


async def test_steps_inside_the_page_read_and_redraw_nothing_else() -> None:
    source = CountedRows(1000)
    async with shown(source) as (app, pilot):
        source.asked.clear()
        drawn: list[int] = []
        original = app.table.render_line

        def counted(y: int) -> Any:
            drawn.append(y)
            return original(y)

        app.table.render_line = counted  # type: ignore[method-assign]  # counts what is drawn
        await press(pilot, "down")
        assert source.asked == []
        assert sorted(set(drawn)) == [1, 2]


async def test_the_cursor_stays_in_view_and_tells_where_it_is() -> None:
    async with shown(CountedRows(100)) as (app, pilot):
        await press(pilot, *["down"] * 15)
        assert app.table.cursor == 15
        assert app.told[-1] == "link-15"
        assert "link-15" in lines(app)[-1]
        assert "SLUG" in lines(app)[0]
        await press(pilot, "end")
        assert "link-99" in lines(app)[-1]
        await press(pilot, "down", "down")
        assert app.table.cursor == 99
        await press(pilot, "home")
        assert "link-0 " in lines(app)[1]


async def test_every_line_ends_in_the_same_column_at_every_width() -> None:
    rows = ListRows([FakeRow(slug=text, destination_url=text, version=text) for text in HOSTILE])
    for size in ((80, 40), (120, 40), (44, 40), (20, 40)):
        async with shown(rows, size) as (app, _pilot):
            assert {app.table.render_line(y).cell_length for y in range(40)} == {size[0]}
            assert all(foreign(line) == [] for line in lines(app))


async def test_hostile_rows_can_be_walked_marked_opened_and_clicked() -> None:
    rows = ListRows([FakeRow(slug=text, destination_url=text) for text in HOSTILE])
    async with shown(rows, (80, 40)) as (app, pilot):
        for y in range(1, 36):
            await pilot.click(LinkTable, offset=(10, y))
        await press(pilot, "home", *["space"] * len(HOSTILE), "enter")
        assert app.marked[-1] == len(set(HOSTILE))
        assert app.opened == [HOSTILE[-1]]
        assert app.is_running


async def test_marks_by_space_and_range_outlive_another_source() -> None:
    async with shown(CountedRows(100)) as (app, pilot):
        await press(pilot, "space", "down", "v", "down", "down", "v")
        assert set(app.table.marks) == {"link-0", "link-2", "link-3", "link-4"}
        assert app.marked == [1, 4]
        app.table.show_source(CountedRows(50))
        assert len(app.table.marks) == 4
        assert "▌" in lines(app)[1]
        await press(pilot, "home", "space")
        assert "link-0" not in app.table.marks


async def test_a_range_taken_twice_is_given_back() -> None:
    async with shown(CountedRows(100)) as (app, pilot):
        await press(pilot, "v", "down", "v", "v", "up", "v")
        assert len(app.table.marks) == 0


async def test_the_cursor_stays_on_its_link_when_the_rows_change() -> None:
    async with shown(CountedRows(500)) as (app, pilot):
        await press(pilot, *["down"] * 30)
        app.table.show_source(ListRows([FakeRow(slug=f"link-{i}") for i in range(20, 60)]))
        await pilot.pause()
        assert app.table.cursor == 10
        assert app.table.row is not None
        assert app.table.row.slug == "link-30"
        app.table.show_source(CountedRows(3, "other"))
        await pilot.pause()
        assert app.table.cursor == 2
        assert app.told[-1] == "other-2"
        app.table.show_source(CountedRows(0))
        await press(pilot, "down", "space", "enter", "v", "end")
        assert app.table.row is None
        assert app.opened == []


async def test_changed_rows_are_read_again() -> None:
    rows = [FakeRow(slug="aaaa"), FakeRow(slug="bbbb")]
    async with shown(ListRows(rows)) as (app, pilot):
        rows[1] = FakeRow(slug="bbbb", status_code=502)
        assert "503" in lines(app)[2]
        app.table.rows_changed()
        await pilot.pause()
        assert "502" in lines(app)[2]


async def test_ages_move_with_the_clock_and_only_where_they_read_differently() -> None:
    rows = ListRows([FakeRow(slug="aaaa", checked_at=NOW - 119), FakeRow(slug="bbbb", checked_at=NOW - 7300)])
    async with shown(rows) as (app, pilot):
        drawn: list[int] = []
        original = app.table.render_line
        app.table.render_line = lambda y: (drawn.append(y), original(y))[1]  # type: ignore[method-assign]  # counts
        app.table.tick(NOW + 2)
        await pilot.pause(0.1)
        assert drawn == [1]
        assert " 2m" in original(1).text
        assert " 2h" in original(2).text


async def test_a_click_goes_there_a_second_opens_the_edge_marks() -> None:
    async with shown(CountedRows(100)) as (app, pilot):
        await pilot.click(LinkTable, offset=(20, 3))
        assert app.table.cursor == 2
        await pilot.click(LinkTable, offset=(20, 3), times=2)
        assert app.opened == ["link-2"]
        await pilot.click(LinkTable, offset=(0, 5))
        assert set(app.table.marks) == {"link-4"}
        await pilot.click(LinkTable, offset=(20, 0))
        assert app.table.cursor == 5
        assert app.asked == ["slug"]


async def test_chosen_columns_show_at_once_at_every_width() -> None:
    for size in ((80, 12), (120, 12), (200, 12)):
        async with shown(CountedRows(100), size) as (app, pilot):
            app.table.choose(("clicks", "host"))
            await pilot.pause()
            assert lines(app)[0].split() == ["SLUG", "CLICKS", "HOST"]
            assert lines(app)[1].split()[1:] == ["link-0", "40,317", "shop.example"]
            assert {app.table.render_line(y).cell_length for y in range(12)} == {size[0]}
            await pilot.click(LinkTable, offset=(size[0] - 3, 0))
            assert app.asked == ["host"]
            app.table.choose(None)
            assert "VER" in lines(app)[0]


async def test_a_resize_keeps_the_cursor_in_view() -> None:
    async with shown(CountedRows(1000), (80, 30)) as (app, pilot):
        await press(pilot, *["down"] * 28)
        await pilot.resize_terminal(80, 8)
        await pilot.pause()
        assert any("link-28" in line for line in lines(app))
        await pilot.resize_terminal(1, 1)
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert any("link-28" in line for line in lines(app))


async def test_another_theme_is_drawn_at_once() -> None:
    async with shown(CountedRows(10)) as (app, pilot):
        before = app.table.render_line(3)
        app.theme = "light"
        await pilot.pause()
        assert app.table.render_line(3) != before


async def test_held_keys_wait_for_the_line_and_then_draw_where_they_ended() -> None:
    async with shown(CountedRows(1000)) as (app, pilot):
        now = [0.0]
        asked: list[str] = []
        pacer = Pacer(asked.append, lambda: now[0])
        app.table.pacer = pacer
        await press(pilot, "pagedown", "pagedown")
        assert asked == ["\x1b[6n"]
        told = len(app.told)
        await press(pilot, "pagedown", "pagedown", "down")
        assert app.table.cursor == 41
        assert not any("link-41" in line for line in lines(app))
        assert len(app.told) == told
        pacer.answered()
        await pilot.pause()
        assert any("link-41" in line for line in lines(app))
        assert app.told[-1] == "link-41"


def test_a_terminal_that_does_not_answer_is_not_waited_for_again() -> None:
    now = [0.0]
    asked: list[str] = []
    pacer = Pacer(asked.append, lambda: now[0])
    for _ in range(5):
        pacer.ask()
        now[0] += 1.0
        assert pacer.free
    assert len(asked) == 2
    assert pacer.blind
    pacer.answered()
    assert not pacer.blind


def test_a_slow_answer_earns_more_patience() -> None:
    now = [0.0]
    pacer = Pacer(lambda _: None, lambda: now[0])
    pacer.ask()
    now[0] = 0.45
    assert not pacer.free
    pacer.answered()
    pacer.ask()
    now[0] += 0.8
    assert not pacer.free
