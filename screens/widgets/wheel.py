"""The mouse wheel on lists and texts that draw themselves: it moves what the arrow keys move."""

from __future__ import annotations

from typing import Final

from textual import events

_LINES: Final = 3
"""Lines that one notch goes."""


class Wheel:
    """For a widget that says in `wheel` what to do with a number of lines, down being positive."""

    def wheel(self, steps: int) -> None:
        """Go by lines."""
        raise NotImplementedError

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """One notch down."""
        event.stop()
        self.wheel(_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """One notch up."""
        event.stop()
        self.wheel(-_LINES)
