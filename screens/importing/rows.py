"""The rows of an import as a list, flat from one to a hundred thousand: only those in view are ever read."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from console.ops.importing.review import Facet, Reviewer, ReviewRow
from screens.present.cells import Cell
from screens.present.importing import (
    Choice,
    FacetShown,
    RowColumns,
    Shown,
    facet_lines,
    row_cells,
    row_columns,
    row_header,
)
from screens.themes import Look, look, look_of
from screens.widgets.line_list import LineList

_AHEAD: Final = 16


class RowLines:
    """The rows of one facet as lines below the headings."""

    header = 1

    def __init__(self) -> None:
        self.numbers: array[int] = array("q")
        self.reviewer: Reviewer | None = None
        self.silent: Mapping[int, str] = {}
        self._columns: RowColumns = row_columns(80)
        self._look = look()
        self._view = 24
        self._start = 0
        self._rows: Sequence[ReviewRow] = ()

    @property
    def count(self) -> int:
        """Rows of the facet."""
        return len(self.numbers)

    @property
    def height(self) -> int:
        """One line a row."""
        return len(self.numbers)

    def lines_of(self, entry: int) -> range:
        """The row's own line."""
        return range(entry, entry + 1)

    lit_of = lines_of

    def show(self, reviewer: Reviewer | None, numbers: array[int]) -> None:
        """Other rows."""
        self.reviewer, self.numbers, self._rows = reviewer, numbers, ()

    def row(self, index: int) -> Shown | None:
        """The row at `index`, reading a page around it when it is not at hand."""
        if self.reviewer is None or not 0 <= index < len(self.numbers):
            return None
        if not 0 <= index - self._start < len(self._rows):
            self._start = max(0, index - self._view)
            self._rows = self.reviewer.rows(self.numbers[self._start : index + self._view + _AHEAD])
        at = index - self._start
        if not 0 <= at < len(self._rows):
            return None
        found = self._rows[at]
        silent = self.silent.get(found.number, "")
        return Shown(found.line, found.slug, found.state, found.destination, found.faults, silent)

    def cells(self, line: int) -> list[Cell]:
        """The row as text."""
        row = self.row(line)
        return [] if row is None else row_cells(row, self._columns, self._look)

    def header_cells(self) -> list[Cell]:
        """The headings."""
        return row_header(self._columns, self._look)

    def lay_out(self, size: tuple[int, int], look: Look) -> None:
        """Choose the columns for the width."""
        width, self._view = size
        self._columns, self._look = row_columns(width), look


class RowList(LineList):
    """The list of rows."""

    lines: RowLines

    class Rested(Message):
        """Another row is under the cursor."""

        def can_replace(self, message: Message) -> bool:
            """Only the newest place counts."""
            return isinstance(message, RowList.Rested)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(RowLines(), id=id)

    @property
    def row(self) -> Shown | None:
        """The row under the cursor."""
        return self.lines.row(self.cursor)

    @property
    def number(self) -> int | None:
        """Its number in the file."""
        numbers = self.lines.numbers
        return numbers[self.cursor] if self.cursor < len(numbers) else None

    def show_rows(self, reviewer: Reviewer | None, numbers: array[int]) -> None:
        """Other rows, from the first."""
        self.lines.show(reviewer, numbers)
        self._cursor = self._shown = 0
        self.redraw()
        self.scroll_to(y=0, animate=False, force=True, immediate=True)
        self.cursor_shown()

    def silent_now(self, silent: Mapping[int, str]) -> None:
        """What was found of the destinations."""
        self.lines.silent = silent
        self.redraw()

    def cursor_shown(self) -> None:
        """Tell which row is under the cursor."""
        self.post_message(self.Rested())

    def on_click(self, event: events.Click) -> None:
        """Go to the row."""
        entry = event.y - self.lines.header + self.scroll_offset.y
        if event.y >= self.lines.header and 0 <= entry < self.lines.count:
            self.move_to(entry)


class FacetBar(Widget):
    """The kinds of rows, to be narrowed to; each can be clicked."""

    DEFAULT_CSS = """
    FacetBar { height: auto; width: 1fr; }
    """

    @dataclass
    class Chosen(Message):
        """A kind was clicked."""

        index: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.facets: list[Facet] = []
        self.chosen = 0
        self._choices: list[Choice] = []

    def show(self, facets: Sequence[Facet], chosen: int) -> None:
        """Other kinds, or another one of them."""
        self.facets, self.chosen = list(facets), chosen
        self.refresh(layout=True)

    @property
    def texts(self) -> list[str]:
        """The lines as they read."""
        return [line.plain for line in self._lines(self.size.width)]

    def _lines(self, width: int) -> list[Text]:
        shown = [FacetShown(f.name, f.count, f.fault) for f in self.facets]
        lines, self._choices = facet_lines(shown, self.chosen, look_of(self.app), max(20, width))
        return lines

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """As many lines as they need, some four at most."""
        del container, viewport
        return max(1, min(4, len(self._lines(width))))

    def render_line(self, y: int) -> Strip:
        """One line of them."""
        lines, base, width = self._lines(self.size.width), self.rich_style, self.size.width
        if y >= len(lines):
            return Strip.blank(width, base)
        segments = [
            Segment(s.text, base + s.style if s.style else base) for s in lines[y].render(self.app.console)
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def on_click(self, event: events.Click) -> None:
        """Choose the kind under the mouse."""
        for choice in self._choices:
            if choice.line == event.y and choice.start <= event.x < choice.stop:
                self.post_message(self.Chosen(choice.index))
