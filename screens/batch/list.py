"""A list of a batch's items, or of runs: only the lines in view are ever made."""

from __future__ import annotations

from collections.abc import Callable

from textual import events

from screens.present.cells import Cell, clipped
from screens.themes import Look, look
from screens.widgets.line_list import LineList

Paint = Callable[[int, int, Look], list[Cell]]
"""Makes the line of an entry for a width, in cells, and a look."""
Head = Callable[[int, Look], list[Cell]]


class BatchLines:
    """One line an entry below the headings."""

    header = 1

    def __init__(self) -> None:
        self.count = 0
        self.paint: Paint = lambda *_: []
        self.head: Head = lambda *_: []
        self._width = 80
        self._look = look()

    @property
    def height(self) -> int:
        """One line each."""
        return self.count

    def lines_of(self, entry: int) -> range:
        """The entry's own line."""
        return range(entry, entry + 1)

    lit_of = lines_of

    def cells(self, line: int) -> list[Cell]:
        """The entry as text."""
        if not 0 <= line < self.count:
            return []
        return clipped(self.paint(line, self._width, self._look), self._width, self._look)

    def header_cells(self) -> list[Cell]:
        """The headings."""
        return self.head(self._width, self._look)

    def lay_out(self, size: tuple[int, int], look: Look) -> None:
        """Another width or look."""
        self._width, self._look = size[0], look


class BatchList(LineList):
    """The list itself."""

    lines: BatchLines

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(BatchLines(), id=id)

    def show(self, count: int, paint: Paint, head: Head, *, keep: bool = False) -> None:
        """Other entries, from the first unless the cursor is to be kept."""
        self.lines.count, self.lines.paint, self.lines.head = count, paint, head
        if not keep:
            self._cursor = self._shown = 0
            self.scroll_to(y=0, animate=False, force=True, immediate=True)
        self.redraw()

    @property
    def texts(self) -> list[str]:
        """The lines as they read."""
        return ["".join(text for text, _ in self.lines.cells(n)).rstrip() for n in range(self.lines.count)]

    def on_click(self, event: events.Click) -> None:
        """Go to the entry."""
        entry = event.y - self.lines.header + self.scroll_offset.y
        if event.y >= self.lines.header and 0 <= entry < self.lines.count:
            self.move_to(entry)
