"""Frames paced to the line: over a slow SSH connection a held key must not be drawn seconds late.

A terminal answers a cursor position request when it has drawn all that came before it. While such an
answer is due, a list holds its moves back and then draws only where they ended. A terminal that does not
answer is found out and not asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

REQUEST: Final = "\x1b[6n"
"""DSR 6, cursor position report (ECMA-48); Textual's parser turns the answer into an event, never a key."""

_PATIENCE: Final = 0.5
_GIVE_UP: Final = 2
BURST_SECONDS: Final = 0.15
"""Moves closer together than this come from a held key or the wheel."""


class Pacer:
    """Whether the terminal has drawn the last large frame.

    `write` reaches the terminal; `clock` gives monotonic seconds.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._write = write
        self._clock = clock
        self._asked_at: float | None = None
        self._unanswered = 0
        self._patience = _PATIENCE
        self._waiting: dict[object, Callable[[], None]] = {}

    @property
    def free(self) -> bool:
        """Whether a frame may be drawn now."""
        if self._asked_at is None:
            return True
        if self._clock() - self._asked_at < self._patience:
            return False
        self._asked_at = None
        self._unanswered += 1
        return True

    @property
    def blind(self) -> bool:
        """Whether the terminal does not answer, so that nothing is known of the line."""
        return self._unanswered >= _GIVE_UP

    @property
    def patience(self) -> float:
        """Seconds that an answer is waited for."""
        return self._patience

    def ask(self) -> None:
        """A large frame has been written: ask for a sign that it was drawn."""
        if self._asked_at is None and not self.blind:
            self._asked_at = self._clock()
            self._write(REQUEST)

    def when_free(self, who: object, then: Callable[[], None]) -> None:
        """Call `then` once the answer is here; one call for each `who`, the newest."""
        self._waiting[who] = then

    def answered(self) -> None:
        """The terminal answered."""
        if self._asked_at is not None:
            self._patience = max(_PATIENCE, 2 * (self._clock() - self._asked_at))
        self._asked_at = None
        self._unanswered = 0
        self.release()

    def release(self) -> None:
        """Let those go on who wait, if a frame may be drawn."""
        if self.free:
            waiting, self._waiting = self._waiting, {}
            for then in waiting.values():
                then()


@runtime_checkable
class HasPacer(Protocol):
    """An app on a real terminal, whose lists pace their frames."""

    @property
    def pacer(self) -> Pacer | None:
        """The pacer; None where there is no line to pace to."""
        ...
