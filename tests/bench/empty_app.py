"""The least that a Textual app can be: what ours is measured against."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class Empty(App[None]):
    """One word."""

    def compose(self) -> ComposeResult:
        """The word."""
        yield Static("nothing-here")


if __name__ == "__main__":
    Empty().run()
