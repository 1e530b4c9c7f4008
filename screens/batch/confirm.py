"""The last question of a batch: what is changed where, answered by typed words or left."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text

from screens.dialogs.words_dialog import WordsDialog
from screens.themes import Look
from screens.widgets.text_pane import Build


class BatchConfirm(WordsDialog[str]):
    """Gives the typed words, which the core compares once more; None when it was left.

    Args:
        title: what is asked; our own words.
        lines: the facts.
        phrase: what has to be typed.
        compare: raises `Refused` where the words are others.
    """

    kind = "batch"

    def __init__(self, title: str, lines: Build, phrase: str, compare: Callable[[str], object]) -> None:
        super().__init__(title, phrase)
        self._build, self._compare = lines, compare

    def lines(self, width: int, look: Look) -> Sequence[Text]:
        """The facts."""
        return self._build(width, look)

    def compare(self, typed: str) -> None:
        """Raise `Refused` where the words are others."""
        self._compare(typed)

    def answer(self, typed: str) -> str:
        """The words as they were typed."""
        return typed
