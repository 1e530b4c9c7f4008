"""A line that is drawn again only when its text has changed: top line, key line, messages."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.text import Text
from textual.strip import Strip
from textual.widget import Widget

from screens.themes import Look, look_of

Build = Callable[[int, Look], Text]
"""Makes the line for a width, in cells, and a look."""


class OneLine(Widget):
    """One line of presented text."""

    DEFAULT_CSS = """
    OneLine { height: 1; width: 1fr; background: $bar; }
    """

    def __init__(self, build: Build | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._build = build
        self._text: Text | None = None

    @property
    def text(self) -> str:
        """What the line says now."""
        return self._text.plain if self._text is not None else ""

    def show(self, build: Build) -> None:
        """Show another line; nothing is drawn when it reads the same."""
        self._build = build
        if self.is_mounted and self.size.width and build(self.size.width, look_of(self.app)) != self._text:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        width, base = self.size.width, self.rich_style
        if self._build is None or y:
            return Strip.blank(width, base)
        text = self._text = self._build(width, look_of(self.app))
        segments = [
            Segment(segment.text, base + segment.style if segment.style else base)
            for segment in text.render(self.app.console)
        ]
        return Strip(segments).adjust_cell_length(width, base)
