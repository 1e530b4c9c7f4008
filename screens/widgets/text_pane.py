"""Lines of presented text that scroll: a diff, checks, a refusal, help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.themes import Look, look_of
from screens.widgets.wheel import Wheel

Build = Callable[[int, Look], Sequence[Text]]
"""Makes the lines for a width, in cells, and a look."""


class TextPane(Wheel, ScrollView, can_focus=True):
    """Any number of lines, laid out again for each width and theme."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_by(1)", "Down", show=False, id="text.down"),
        Binding("up,k", "scroll_by(-1)", "Up", show=False, id="text.up"),
        Binding("pagedown", "scroll_pages(1)", "Page down", show=False, id="text.page-down"),
        Binding("pageup", "scroll_pages(-1)", "Page up", show=False, id="text.page-up"),
    ]
    DEFAULT_CSS = """
    TextPane { overflow: hidden hidden; height: 1fr; }
    """

    def __init__(self, build: Build | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._build = build
        self._lines: Sequence[Text] = ()
        self._wrapped = 0

    @property
    def texts(self) -> list[str]:
        """The lines as they read."""
        return [line.plain for line in self._lines]

    def show(self, build: Build) -> None:
        """Show other lines, from their start."""
        self._build = build
        self.scroll_to(y=0, animate=False, force=True, immediate=True)
        self._lay_out()

    def keep(self, build: Build) -> None:
        """Show other lines without scrolling, where they read differently."""
        self._build = build
        if self.is_mounted and self.size.width and build(self.size.width, look_of(self.app)) != self._lines:
            self._lay_out()

    def _lay_out(self) -> None:
        if not self.is_mounted or not self.size.width:
            return
        self._wrap()
        self.virtual_size = Size(0, len(self._lines))
        self.refresh()

    def _wrap(self) -> None:
        self._wrapped = self.size.width
        self._lines = () if self._build is None else self._build(self.size.width, look_of(self.app))

    def on_resize(self) -> None:
        """The lines are wrapped for the width."""
        if self._wrapped != self.size.width:
            self._wrap()
        self.virtual_size = Size(0, len(self._lines))

    def notify_style_update(self) -> None:
        """The theme has changed."""
        super().notify_style_update()
        self._lay_out()

    def action_scroll_by(self, lines: int) -> None:
        """Scroll by lines."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, force=True, immediate=True)

    def wheel(self, steps: int) -> None:
        """The same by the wheel; a list of entries goes by one of them."""
        self.action_scroll_by(steps)

    def action_scroll_pages(self, pages: int) -> None:
        """Scroll by pages."""
        self.action_scroll_by(pages * max(1, self.size.height - 1))

    def render_line(self, y: int) -> Strip:
        """One line of the view."""
        base, width = self.rich_style, self.size.width
        if self._wrapped != width:  # the first frame is drawn before the first resize is told
            self._wrap()
        line = y + self.scroll_offset.y
        if line >= len(self._lines):
            return Strip.blank(width, base)
        segments = [
            Segment(segment.text, base + segment.style if segment.style else base)
            for segment in self._lines[line].render(self.app.console)
            if segment.text and segment.text != "\n"
        ]
        return Strip(segments).adjust_cell_length(width, base)
