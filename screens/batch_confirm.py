"""The last question of a batch: what is changed where, answered by typed words or left."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input

from console.domain.errors import Refused
from screens.confirming import Confirming, PhraseInput
from screens.present.cells import clipped, joined
from screens.themes import Look
from screens.widgets.one_line import OneLine
from screens.widgets.size_notice import too_small
from screens.widgets.text_pane import Build, TextPane


class BatchConfirm(Confirming[str | None]):
    """Gives the typed words, which the core compares once more; None when it was left.

    Args:
        title: what is asked; our own words.
        lines: the facts.
        phrase: what has to be typed.
        compare: raises `Refused` where the words are others.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, priority=True),
        Binding("down", "go('#phrase')", "To the words", show=False),
        Binding("up", "go('#cancel')", "To Cancel", show=False),
    ]

    def __init__(self, title: str, lines: Build, phrase: str, compare: Callable[[str], object]) -> None:
        super().__init__()
        self._title, self._build, self._compare = title, lines, compare
        self.phrase = phrase
        self._said = ""

    def compose(self) -> ComposeResult:
        """The facts, the words, and the way out."""
        with Vertical(classes="dialog", id="batch-confirm") as frame:
            frame.border_title = self._title
            frame.border_subtitle = "esc leave, nothing sent"
            yield TextPane(self._build, id="batch-question")
            yield OneLine(id="batch-ask")
            with Horizontal(classes="words"):
                yield Button("Cancel", id="cancel", compact=True)
                yield PhraseInput(id="phrase", compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        """Start from Cancel."""
        self.opened()
        self._draw()

    def _draw(self) -> None:
        said, phrase = self._said, self.phrase

        def build(width: int, look: Look) -> Text:
            cells = [("Type ", look.muted), (phrase, look.strong), (" to send it", look.muted)]
            return joined(clipped([(look.say(said), look.slow)] if said else cells, width, look))

        self.query_one("#batch-ask", OneLine).show(build)

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
            self._compare(event.value)
        except Refused as refused:
            self.say(f"{refused.title}. {refused.hint}")
            return
        self.dismiss(event.value)

    def action_leave(self) -> None:
        """Leave; nothing was sent."""
        self.dismiss(None)
