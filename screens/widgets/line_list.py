"""A list drawn line by line, of any length, with a cursor: the base of the link table and the timeline.

It repaints only the lines that change, keeps no rows, and while a key is held over a slow line it draws
only where the cursor ended (`screens.terminal.pacing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import ClassVar, Final, Protocol

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.present.cells import Cell
from screens.terminal.pacing import BURST_SECONDS, HasPacer, Pacer
from screens.themes import Look, look, look_of
from screens.widgets.wheel import Wheel

_KEPT_STRIPS: Final = 600


class Lines(Protocol):
    """What a list shows: entries of one or more lines below a header that does not scroll."""

    @property
    def header(self) -> int:
        """Lines of the header: 0 or 1."""
        ...

    @property
    def count(self) -> int:
        """How many entries the cursor can stand on."""
        ...

    @property
    def height(self) -> int:
        """Lines of all entries together."""
        ...

    def lines_of(self, entry: int) -> range:
        """The lines that an entry takes."""
        ...

    def lit_of(self, entry: int) -> range:
        """Those of them that are lit while the cursor is on it."""
        ...

    def cells(self, line: int) -> list[Cell]:
        """A line as safe runs of text."""
        ...

    def header_cells(self) -> list[Cell]:
        """The header as safe runs of text."""
        ...

    def lay_out(self, size: tuple[int, int], look: Look) -> None:
        """The view has another size (cells wide, lines below the header) or look."""
        ...


class LineList(Wheel, ScrollView, can_focus=True):
    """Lines below a fixed header. Subclasses say how many entries there are and how a line looks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False, id="list.down"),
        Binding("up,k", "move(-1)", "Up", show=False, id="list.up"),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="list.page-down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="list.page-up"),
        Binding("home,g", "end(False)", "First", show=False, id="list.first"),
        Binding("end,G", "end(True)", "Last", show=False, id="list.last"),
    ]
    DEFAULT_CSS = """
    LineList {
        overflow: hidden hidden;
        height: 1fr;
    }
    """

    def __init__(self, lines: Lines, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.lines = lines
        self.pacer: Pacer | None = None
        self._cursor = 0
        self._shown = 0
        self._moved_at = 0.0
        self._strips: dict[int, Strip] = {}
        self._look = look()
        self._base: Style | None = None
        self._laid_out = (0, 0)

    def on_mount(self) -> None:
        """Pace frames to the line where the app can."""
        if isinstance(self.app, HasPacer):
            self.pacer = self.app.pacer

    def watch_has_focus(self, focused: bool) -> None:
        """The cursor's line tells which list the keys go to."""
        super().watch_has_focus(focused)
        if self.is_mounted:
            self.refresh_entry(self._shown)

    def cursor_shown(self) -> None:
        """The cursor is drawn at another entry; subclasses tell the screen."""

    @property
    def cursor(self) -> int:
        """The entry under the cursor, from 0."""
        return self._cursor

    @property
    def page(self) -> int:
        """Lines of the view below the header."""
        return max(1, self.size.height - self.lines.header)

    def move_to(self, entry: int) -> None:
        """Put the cursor on an entry, and show it now or as soon as the line has caught up."""
        entry = max(0, min(entry, self.lines.count - 1))
        if entry == self._cursor == self._shown:
            return
        self._cursor = entry
        if self.pacer is None or self.pacer.free:
            self._show()
        else:
            self.pacer.when_free(self, self._show)
            self.set_timer(self.pacer.patience, self.pacer.release)

    def _show(self) -> None:
        now = monotonic()
        burst = now - self._moved_at < BURST_SECONDS
        self._moved_at = now
        old, self._shown = self._shown, self._cursor
        if self._reveal():
            if burst and self.pacer is not None:
                self.call_after_refresh(self.pacer.ask)
        else:
            self.refresh_entry(old)
            self.refresh_entry(self._shown)
        if old != self._shown:
            self.cursor_shown()

    def _reveal(self) -> bool:
        """Scroll so that the cursor is in view; whether that moved anything."""
        lines = self.lines.lines_of(self._shown)
        top, page = self.scroll_offset.y, self.page
        wanted = top
        if lines.start < top:
            wanted = lines.start
        elif lines.stop > top + page:
            wanted = min(lines.stop - page, lines.start)
        if wanted == top:
            return False
        self.scroll_to(y=wanted, animate=False, force=True, immediate=True)
        return True

    def action_move(self, steps: int) -> None:
        """Move by entries."""
        self.move_to(self._cursor + steps)

    wheel = action_move

    def action_page(self, pages: int) -> None:
        """Move by pages, the view with it."""
        self.move_to(self._cursor + pages * max(1, self.page - 1))

    def action_end(self, last: bool) -> None:
        """Move to the first or the last entry."""
        self.move_to(self.lines.count - 1 if last else 0)

    def refresh_entry(self, entry: int) -> None:
        """Draw the lines of one entry again."""
        lines = self.lines.lit_of(entry)
        top = lines.start - self.scroll_offset.y
        self.refresh(Region(0, self.lines.header + top, self.size.width, len(lines)))

    def redraw(self) -> None:
        """Draw everything again: the entries, the look or the width have changed."""
        self._laid_out = (0, 0)
        self._lay_out()
        self.virtual_size = Size(0, self.lines.height + self.lines.header)
        if self._cursor >= self.lines.count:
            self._cursor = self._shown = max(0, self.lines.count - 1)
        self.refresh()

    def _lay_out(self) -> None:
        """Fit the lines to the view; the first frame is drawn before the first resize is told."""
        if self._laid_out != (self.size.width, self.page):
            self._laid_out = (self.size.width, self.page)
            self._strips.clear()
            self._look = look_of(self.app)
            self._base = None
            self.lines.lay_out(self._laid_out, self._look)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Only what scrolls is drawn again, not the header."""
        if round(old_value) != round(new_value):
            self.refresh(Region(0, self.lines.header, self.size.width, self.page))

    def on_resize(self) -> None:
        """The columns follow the width; the cursor stays in view."""
        self._lay_out()
        self.virtual_size = Size(0, self.lines.height + self.lines.header)
        self._reveal()

    def notify_style_update(self) -> None:
        """The theme has changed."""
        super().notify_style_update()
        if self.is_mounted:
            self.redraw()

    def render_line(self, y: int) -> Strip:
        """One line of the view, from the strips kept or made now."""
        self._lay_out()
        if self._base is None:
            self._base = self.rich_style  # walks all ancestors: dear for every line
        lines, base, width = self.lines, self._base, self.size.width
        if y < lines.header:
            return _painted(lines.header_cells(), base, width)
        line = y - lines.header + self.scroll_offset.y
        if line >= lines.height:
            return _painted([], base, width)
        if line in lines.lit_of(self._shown):
            lit = base + (self._look.cursor if self.has_focus else self._look.cursor_away)
            return _painted(lines.cells(line), lit, width)
        strip = self._strips.get(line)
        if strip is None:
            if len(self._strips) >= _KEPT_STRIPS:
                self._strips.clear()
            strip = self._strips[line] = _painted(lines.cells(line), base, width)
        return strip

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters without the one for the sixteen colours, where we use none: it costs a fifth."""
        filters = super().get_line_filters()
        if self.app.native_ansi_color:
            return filters
        return [each for each in filters if not isinstance(each, ANSIToTruecolor)]


def _painted(cells: list[Cell], base: Style, width: int) -> Strip:
    """A line on its ground, exactly as wide as the view."""
    strip = Strip([Segment(text, base + style) for text, style in cells if text])
    return strip.adjust_cell_length(width, base)
