"""The list of links: flat from one row to a million, because only the rows in view are ever read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message

from screens.actions import BY_ID
from screens.present.cells import Cell
from screens.present.link_columns import Column, Columns, columns_for
from screens.present.links import LinkRow, header_cells, link_cells
from screens.present.words import age_short
from screens.themes import Look, look
from screens.widgets.line_list import LineList
from screens.widgets.marks import Marks
from screens.widgets.row_window import ListRows, RowSource, RowWindow


class LinkLines:
    """The links of one source as lines: one row each, below the headings."""

    header = 1

    def __init__(self) -> None:
        self.window = RowWindow(ListRows())
        self.marks = Marks()
        self.chosen: tuple[str, ...] | None = None
        self.columns: Columns = columns_for(80)
        self.now = 0.0
        self.sorted_by = ""
        self.descending = False
        self._look = look()
        self._view = 24

    @property
    def count(self) -> int:
        """Rows of the source."""
        return self.window.source.count

    @property
    def height(self) -> int:
        """One line a row."""
        return self.window.source.count

    def lines_of(self, entry: int) -> range:
        """The row's own line."""
        return range(entry, entry + 1)

    lit_of = lines_of

    def row(self, index: int) -> LinkRow | None:
        """The row at `index`, None where there is none."""
        return self.window.row(index, self._view)

    def cells(self, line: int) -> list[Cell]:
        """The row as text."""
        row = self.row(line)
        if row is None:
            return []
        return link_cells(row, self.columns, self._look, self.now, marked=row.slug in self.marks)

    def header_cells(self) -> list[Cell]:
        """The headings."""
        return header_cells(self.columns, self._look, self.sorted_by, descending=self.descending)

    def lay_out(self, size: tuple[int, int], look: Look) -> None:
        """Choose the columns for the width."""
        width, self._view = size
        self.columns, self._look = columns_for(width, self.chosen), look


class LinkTable(LineList):
    """The table of links.

    | key | what it does |
    | --- | --- |
    | down, up, j, k | one row |
    | page down, page up | one page |
    | home, end, g, G | first, last row |
    | space | mark or unmark the row, go on to the next |
    | v | start a range; v again marks it |
    | enter | open the link |
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(BY_ID["mark"].key, "turn_mark", "Mark", show=False, id="mark"),
        Binding(BY_ID["mark-range"].key, "mark_range", "Mark a range", show=False, id="mark-range"),
        Binding("enter", "open", "Open", show=False, id="links.open"),
    ]
    lines: LinkLines

    @dataclass
    class CursorMoved(Message):
        """Another link is under the cursor. While a key is held only the last one is told."""

        table: LinkTable
        index: int
        slug: str

        def can_replace(self, message: Message) -> bool:
            """Only the newest place counts."""
            return isinstance(message, LinkTable.CursorMoved)

        @property
        def control(self) -> LinkTable:
            """The table."""
            return self.table

    @dataclass
    class Marked(Message):
        """The marks have changed."""

        table: LinkTable
        count: int

        @property
        def control(self) -> LinkTable:
            """The table."""
            return self.table

    @dataclass
    class Opened(Message):
        """The link under the cursor is asked for."""

        table: LinkTable
        slug: str

        @property
        def control(self) -> LinkTable:
            """The table."""
            return self.table

    @dataclass
    class HeadingChosen(Message):
        """A click on a heading: order by that column."""

        table: LinkTable
        column: str

        @property
        def control(self) -> LinkTable:
            """The table."""
            return self.table

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(LinkLines(), id=id)
        self._range_start: int | None = None

    @property
    def marks(self) -> Marks:
        """The marked slugs; after changing them from outside, `redraw`."""
        return self.lines.marks

    def choose(self, columns: tuple[str, ...] | None) -> None:
        """Show other columns behind the slug; None leaves them to the width."""
        self.lines.chosen = columns
        if self.is_mounted:
            self.redraw()

    @property
    def row(self) -> LinkRow | None:
        """The row under the cursor; its slug is exact, not yet safe for a terminal."""
        return self.lines.row(self.cursor)

    @property
    def range_start(self) -> int | None:
        """Where a range was started, if one is open."""
        return self._range_start

    def show_source(self, source: RowSource, *, keep: str | None = None) -> None:
        """Show other rows: another filter, order or state of the cache.

        The cursor stays on the slug `keep`, or on the one it was on; where that is gone, on its place.
        """
        before = self.row
        wanted = keep if keep is not None else (before.slug if before else None)
        self.lines.window = RowWindow(source)
        self._range_start = None
        index = source.index(wanted) if wanted is not None else None
        if index is not None:
            self._cursor = self._shown = index
        self.redraw()
        self._reveal()
        self.cursor_shown()

    def rows_changed(self) -> None:
        """The same rows hold other values now (a sweep's results): read and draw them again."""
        self.lines.window.forget()
        self.redraw()

    def tick(self, now: float) -> None:
        """The clock has moved to `now`, Unix seconds: draw those ages in view that read differently."""
        before, self.lines.now = self.lines.now, now
        ages = [(c, "checked_at" if c.name == "checked" else "updated_at") for c in self._ages]
        top = self.scroll_offset.y
        for line in range(top, min(top + self.page, self.lines.count)) if ages else ():
            row = self.lines.row(line)
            for column, moment in ages:
                then = None if row is None else getattr(row, moment)
                if then is not None and age_short(before - then) != age_short(now - then):
                    y = line - top + self.lines.header
                    self.refresh(Region(column.start, y, column.width, 1))
        self._strips.clear()

    @property
    def _ages(self) -> list[Column]:
        return [c for c in self.lines.columns.rest if c.name in {"checked", "changed"}]

    def sort_shown(self, column: str, *, descending: bool) -> None:
        """Show by which column the rows are ordered."""
        self.lines.sorted_by, self.lines.descending = column, descending
        self.refresh(Region(0, 0, self.size.width, 1))

    def cursor_shown(self) -> None:
        """Tell which link is under the cursor."""
        row = self.lines.row(self._shown)
        self.post_message(self.CursorMoved(self, self._shown, row.slug if row else ""))

    def action_turn_mark(self) -> None:
        """Mark or unmark the row under the cursor and go on, as file managers do."""
        row = self.row
        if row is None:
            return
        self.marks.turn(row.slug)
        self._marks_changed(self.cursor)
        self.action_move(1)

    def action_mark_range(self) -> None:
        """Start a range at the cursor, or mark from where it was started to the cursor."""
        if self._range_start is None:
            self._range_start = self.cursor
            return
        first, last = sorted((self._range_start, self.cursor))
        self._range_start = None
        self.marks.take(self.lines.window.source.slugs(first, last + 1))
        self._marks_changed(None)

    def _marks_changed(self, entry: int | None) -> None:
        if entry is None:
            self.redraw()
        else:
            self._strips.pop(entry, None)
            self.refresh_entry(entry)
        self.post_message(self.Marked(self, len(self.marks)))

    def action_open(self) -> None:
        """Ask for the link under the cursor."""
        row = self.row
        if row is not None:
            self.post_message(self.Opened(self, row.slug))

    def on_click(self, event: events.Click) -> None:
        """Go to the row; a second click opens it, one at its left edge marks it; headings order."""
        entry = event.y - self.lines.header + self.scroll_offset.y
        if event.y < self.lines.header:
            self.post_message(self.HeadingChosen(self, self.lines.columns.at(event.x)))
            return
        if not 0 <= entry < self.lines.count:
            return
        self.move_to(entry)
        if event.x < self.lines.columns.lead:
            self.action_turn_mark()
        elif event.chain == 2:
            self.action_open()
