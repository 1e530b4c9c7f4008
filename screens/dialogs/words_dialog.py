"""The last question before many links are written: the facts, and the words that have to be typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input

from console.domain.errors import Refused
from screens.dialogs.confirming import Confirming, PhraseInput, R
from screens.present.cells import clipped, joined
from screens.themes import Look
from screens.widgets.one_line import OneLine
from screens.widgets.size_notice import too_small
from screens.widgets.text_pane import TextPane


class WordsDialog(Confirming[R | None]):
    """Ends with `answer` once the words are right; with None when it was left.

    Attributes:
        kind: begins the ids of what it is made of, for the styles: `batch` or `import`.
        phrase: what has to be typed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, priority=True),
        Binding("down", "go('#phrase')", "To the words", show=False),
        Binding("up", "go('#cancel')", "To Cancel", show=False),
    ]
    kind: ClassVar[str]
    keys: ClassVar[str] = "esc leave, nothing sent"

    def __init__(self, title: str, phrase: str) -> None:
        super().__init__()
        self.phrase = phrase
        self._title, self._said = title, ""

    def lines(self, width: int, look: Look) -> Sequence[Text]:
        """The facts."""
        raise NotImplementedError

    def compare(self, typed: str) -> None:
        """Raise `Refused` where the words are others."""
        raise NotImplementedError

    def why(self, refused: Refused) -> str:
        """Why the words did not count."""
        return f"{refused.title}. {refused.hint}"

    def answer(self, typed: str) -> R:
        """What the dialog ends with."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The facts, the words, and the way out."""
        with Vertical(classes="dialog", id=f"{self.kind}-confirm") as frame:
            frame.border_title = self._title
            frame.border_subtitle = self.keys
            yield TextPane(self.lines, id=f"{self.kind}-question")
            yield OneLine(id=f"{self.kind}-ask")
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

        self.query_one(f"#{self.kind}-ask", OneLine).show(build)

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
            self.compare(event.value)
        except Refused as refused:
            self.say(self.why(refused))
            return
        self.dismiss(self.answer(event.value))

    def action_leave(self) -> None:
        """Leave; nothing was sent."""
        self.dismiss(None)
