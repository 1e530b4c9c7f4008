"""The last question of an import: what is written where, answered by typed words or left."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from console.domain.errors import Refused
from console.ops.importing.runs import confirm_import
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.words_dialog import WordsDialog
from screens.present.importing import Question, confirm_lines
from screens.themes import Look
from screens.widgets.text_pane import TextPane

Answer = tuple[str, str]
"""The words as they were typed, and the reason."""


class ImportConfirm(WordsDialog[Answer]):
    """Gives the typed words, which the core compares once more, and the reason; None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+e", "reason", "Reason", show=False, priority=True),
    ]
    kind = "import"
    keys = "ctrl+e reason   esc leave, nothing sent"

    def __init__(self, question: Question, phrase: str) -> None:
        super().__init__("Import  confirm", phrase)
        self.question = question
        self._reason = ""

    def lines(self, width: int, look: Look) -> list[Text]:
        """The facts, with the reason so far."""
        return confirm_lines(self.question, self._reason, look, width)

    def compare(self, typed: str) -> None:
        """Raise `Refused` where the words are others."""
        confirm_import(self.phrase, typed)

    def why(self, refused: Refused) -> str:
        """Why the words did not count; the core's hint is for the command line."""
        return f"{refused.title}. {refused.detail}"

    def answer(self, typed: str) -> Answer:
        """The words as they were typed, and the reason."""
        return typed, self._reason

    def action_reason(self) -> None:
        """Why, for the platform's history and the journal."""
        if not self.deaf:
            question = "Why? The journal keeps it, and the platform is told."
            self.app.push_screen(AskScreen("Reason", question, self._reason), self._reasoned)

    def _reasoned(self, reason: str | None) -> None:
        self._reason = reason or self._reason
        self.query_one(TextPane).show(self.lines)
