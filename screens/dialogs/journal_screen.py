"""The journal and its notes over the console, newest first, with a filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.domain.errors import InputRejected
from console.domain.journal_filter import JournalRow, journal_filter
from screens.present.journal import journal_lines
from screens.themes import Look
from screens.widgets.text_pane import TextPane


class JournalScreen(ModalScreen[None]):
    """Entries that were read once; `/` filters them, enter goes back to the list, escape leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", show=False),
        Binding("escape", "leave", "Leave", show=False, priority=True),
        Binding("q,J", "leave", "Leave", show=False),
    ]

    def __init__(self, rows: Sequence[JournalRow], now: Callable[[], datetime], text: str = "") -> None:
        super().__init__()
        self._rows = rows
        self._now = now
        self._text = text
        self.shown: Sequence[JournalRow] = rows

    def compose(self) -> ComposeResult:
        """The entries, and the line of the filter."""
        with Vertical(classes="dialog", id="journal") as frame:
            frame.border_subtitle = "/ filter   esc leave"
            yield TextPane(id="journal-lines")
            placeholder = "words  kind:write  by:dana  link:spring  incident:INC-204  -kind:note"
            yield Input(self._text, placeholder, id="journal-filter", compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        """The list first."""
        self._apply(self._text)
        self.query_one(TextPane).focus()

    def action_filter(self) -> None:
        """To the filter."""
        self.query_one(Input).focus()

    def action_leave(self) -> None:
        """From the filter to the list, from the list to the console."""
        if self.query_one(Input).has_focus:
            self.query_one(TextPane).focus()
        else:
            self.dismiss(None)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as it is typed."""
        event.stop()
        self._apply(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Back to the list."""
        event.stop()
        self.query_one(TextPane).focus()

    def _apply(self, text: str) -> None:
        frame = self.query_one("#journal")
        try:
            keep = journal_filter(text)
        except InputRejected as error:
            frame.border_title = f"Journal  {error.title}. {error.hint}".replace("[", r"\[")
            return
        self.shown = shown = [row for row in self._rows if keep(row)]
        now = self._now()
        frame.border_title = f"Journal  {len(shown):,} of {len(self._rows):,} entries"

        def build(width: int, look: Look) -> list[Text]:
            return journal_lines(shown, look, width, now)

        self.query_one(TextPane).show(build)
