"""The last questions of a batch: why all the same, then what is changed where, answered by typed words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from console.domain.plans import Check
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.words_dialog import WordsDialog
from screens.themes import Look
from screens.widgets.text_pane import Build

if TYPE_CHECKING:
    from textual.app import App


async def ask_reasons(app: App[Any], checks: Sequence[Check]) -> dict[str, str] | None:
    """A reason for each check that blocks; None where one was left: nothing is sent then."""
    found: dict[str, str] = {}
    for check in checks:
        if check.blocks:
            question = f"{check.detail}. Why all the same?"
            reason = await app.push_screen_wait(AskScreen(f"Reason: {check.label}", question))
            if not reason:
                return None
            found[check.name] = reason
    return found


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
