"""Confirming by typed words: what every dialog that leads to a write has in common.

Focus starts on Cancel. Enter alone never confirms, pasted words do not count, and what is typed within
400 ms of opening is ignored (product.md, section 3, point 3).
"""

from __future__ import annotations

from time import monotonic
from typing import Final, TypeVar

from textual import events
from textual.screen import ModalScreen
from textual.widgets import Button, Input

DEAF_SECONDS: Final = 0.4
"""Keys this soon after opening are a held key or meant for what was there before."""

R = TypeVar("R")


class PhraseInput(Input):
    """Where the words are typed. Pasting is refused: the words are there to slow a tired hand down."""

    def on_key(self, event: events.Key) -> None:
        """Ignore a held key."""
        if isinstance(self.screen, Confirming) and self.screen.deaf and event.key != "escape":
            event.prevent_default()
            event.stop()

    def on_paste(self, event: events.Paste) -> None:
        """Pasted words do not count."""
        event.prevent_default()
        event.stop()
        if isinstance(self.screen, Confirming):
            self.screen.say("Pasted words do not count: type them")

    def action_paste(self) -> None:
        """The same for the key that pastes."""


class Confirming(ModalScreen[R]):
    """A dialog with a `PhraseInput` and a button to leave by (`#cancel`)."""

    def __init__(self) -> None:
        super().__init__()
        self._opened = monotonic()

    def opened(self) -> None:
        """It is on screen now: what is typed at once is not meant for it. Start from Cancel."""
        self._opened = monotonic()
        self.query_one("#cancel", Button).focus()

    @property
    def deaf(self) -> bool:
        """Whether keys are still ignored."""
        return monotonic() - self._opened < DEAF_SECONDS

    def say(self, sentence: str) -> None:
        """Tell why something did not count."""
        raise NotImplementedError

    def action_leave(self) -> None:
        """Leave without confirming."""
        raise NotImplementedError

    def on_key(self, event: events.Key) -> None:
        """What is typed while Cancel has the focus goes to the words; a held key goes nowhere."""
        if self.deaf:
            event.prevent_default()
            event.stop()
            return
        field = self.query_one(PhraseInput)
        begun = event.character != " " or field.value  # a blank on Cancel starts nothing
        if event.is_printable and event.character and begun and not field.disabled:
            event.stop()
            self.set_focus(field)
            field.insert_text_at_cursor(event.character)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Cancel, or close."""
        event.stop()
        if not self.deaf:
            self.action_leave()

    def action_go(self, where: str) -> None:
        """To the words, or back to Cancel."""
        if not self.deaf:
            self.query_one(where).focus()
