"""One question over the console, answered in a line of words: a reason."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from screens.present.wrapping import wrap
from screens.themes import Look
from screens.widgets.text_pane import TextPane


class AskScreen(ModalScreen[str | None]):
    """Gives the words, or None when it was left. Nothing but blanks is no answer.

    `hidden` shows a dot for each letter: for a token.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, priority=True),
    ]

    def __init__(self, title: str, question: str, answer: str = "", *, hidden: bool = False) -> None:
        super().__init__()
        self._title = title
        self._question = question
        self._answer = answer
        self._hidden = hidden

    def compose(self) -> ComposeResult:
        """The question and a line for the answer."""
        with Vertical(classes="dialog", id="ask") as frame:
            frame.border_title = self._title.replace("[", r"\[")
            frame.border_subtitle = "enter go on   esc leave"
            yield TextPane(self._lines, id="ask-question")
            yield Input(
                self._answer, id="ask-answer", compact=True, select_on_focus=False, password=self._hidden
            )

    def on_mount(self) -> None:
        """The words come next."""
        self.query_one(Input).focus()

    def _lines(self, width: int, look: Look) -> list[Text]:
        return [Text(row, look.text) for row in wrap(look.say(self._question), width)]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        if event.value.strip():
            self.dismiss(event.value.strip())

    def action_leave(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)
