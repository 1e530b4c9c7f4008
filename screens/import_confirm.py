"""The last question of an import: what is written where, answered by typed words or left."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input

from console.domain.errors import Refused
from console.ops.importing_runs import confirm_import
from screens.ask_screen import AskScreen
from screens.confirming import Confirming, PhraseInput
from screens.present.cells import clipped, joined
from screens.present.importing import Question, confirm_lines
from screens.themes import Look
from screens.widgets.one_line import OneLine
from screens.widgets.size_notice import too_small
from screens.widgets.text_pane import TextPane

Answer = tuple[str, str]
"""The words as they were typed, and the reason."""


class ImportConfirm(Confirming[Answer | None]):
    """Gives the typed words, which the core compares once more; None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, priority=True),
        Binding("ctrl+e", "reason", "Reason", show=False, priority=True),
        Binding("down", "go('#phrase')", "To the words", show=False),
        Binding("up", "go('#cancel')", "To Cancel", show=False),
    ]

    def __init__(self, question: Question, phrase: str) -> None:
        super().__init__()
        self.question = question
        self.phrase = phrase
        self._reason = ""
        self._said = ""

    def compose(self) -> ComposeResult:
        """The facts, the words, and the way out."""
        with Vertical(classes="dialog", id="import-confirm") as frame:
            frame.border_title = "Import  confirm"
            frame.border_subtitle = "ctrl+e reason   esc leave, nothing sent"
            yield TextPane(self._lines, id="import-question")
            yield OneLine(id="import-ask")
            with Horizontal(classes="words"):
                yield Button("Cancel", id="cancel", compact=True)
                yield PhraseInput(id="phrase", compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        """Start from Cancel."""
        self.opened()
        self._draw()

    def _lines(self, width: int, look: Look) -> list[Text]:
        return confirm_lines(self.question, self._reason, look, width)

    def _draw(self) -> None:
        said, phrase = self._said, self.phrase

        def build(width: int, look: Look) -> Text:
            cells = [("Type ", look.muted), (phrase, look.strong), (" to send it", look.muted)]
            return joined(clipped([(look.say(said), look.slow)] if said else cells, width, look))

        self.query_one("#import-ask", OneLine).show(build)

    def say(self, sentence: str) -> None:
        """Why something did not count."""
        self._said = sentence
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter after the words."""
        event.stop()
        if self.deaf or too_small(self.app.size.width, self.app.size.height):
            return
        try:
            confirm_import(self.phrase, event.value)
        except Refused as refused:
            self.say(f"{refused.title}. {refused.detail}")
            return
        self.dismiss((event.value, self._reason))

    def action_reason(self) -> None:
        """Why, for the platform's history and the journal."""
        if not self.deaf:
            question = "Why? The journal keeps it, and the platform is told."
            self.app.push_screen(AskScreen("Reason", question, self._reason), self._reasoned)

    def _reasoned(self, reason: str | None) -> None:
        self._reason = reason or self._reason
        self.query_one(TextPane).show(self._lines)

    def action_leave(self) -> None:
        """Leave; nothing was sent."""
        self.dismiss(None)
