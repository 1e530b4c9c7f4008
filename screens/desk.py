"""What every pane shares: the way to the core, how we stand, and where to say what went wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

from console.domain.errors import RepointError, SignInNeeded, Throttled, Unreachable
from console.ops.browse import Standing, standing
from console.ops.engine import Engine
from console.ops.session import Session

T = TypeVar("T")


class Desk:
    """Asks the core, and turns what it raises into one clear sentence.

    Attributes:
        standing: how the session stands; None until it is open.
        trouble: why the platform was last out of reach; empty while it answers.
        tell: shows a sentence to the operator.
        closed: its target was left: nothing is asked any more, and a late answer is dropped.
        heard: how often the platform has answered.
        retries: whether trying again by itself may help; a sign-in needs the operator.
        changed: called when `standing` or `trouble` reads differently.
        lost: called when the platform goes out of reach.
        returned: called with when that was, once it answers again.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.engine = engine
        self.now = now
        self.standing: Standing | None = None
        self.trouble = ""
        self.heard = 0
        self.retries = False
        self.closed = False
        self._lost_at: datetime | None = None
        self.lost: Callable[[], None] = lambda: None
        self.returned: Callable[[datetime], None] = lambda _: None
        self.tell: Callable[[str], None] = lambda _: None
        self.changed: Callable[[], None] = lambda: None

    def close(self) -> None:
        """The target is left."""
        self.closed, self.trouble, self._lost_at = True, "", None
        self.tell, self.changed, self.lost, self.returned = _unheard, _unheard, _unheard, _unheard

    @property
    def offline(self) -> str:
        """Why nothing can be sent; empty when the platform answers."""
        if self.standing is not None and self.standing.offline:
            return "offline was asked for; start again without --offline"
        return self.trouble

    @property
    def epoch(self) -> int:
        """The target's epoch; late answers of another one are dropped."""
        return self.standing.target.epoch if self.standing else 0

    async def ask(self, work: Callable[[Session], Coroutine[Any, Any, T]], *, live: bool = False) -> T | None:
        """Have the core do something; None when it could not, which the operator has been told.

        Args:
            work: what to do with the session, on the core's own thread.
            live: it needs the platform, so that its success means that the platform answers.
        """
        try:
            found = await self.engine.call(work)
        except RepointError as error:
            self.failed(error)
            return None
        if self.closed:
            return None
        if live:
            self.answers()
        return found

    def answers(self) -> None:
        """The platform has answered."""
        self.heard += 1
        lost_at, self._lost_at = self._lost_at, None
        if self.trouble:
            self.trouble = ""
            self.changed()
        if lost_at is not None:
            self.returned(lost_at)

    def still_lost(self, error: RepointError) -> None:
        """It has not; told by the banner alone."""
        self.trouble = error.title
        self.retries = isinstance(error, Unreachable | Throttled)
        self.changed()

    def failed(self, error: RepointError) -> None:
        """Say what happened and what to do next."""
        if self.closed:
            return
        if isinstance(error, Unreachable | SignInNeeded | Throttled):
            self._lost_at = self._lost_at or self.now()
            self.still_lost(error)
            self.lost()
        self.tell(f"{error.title}. {error.hint}" if error.hint else error.title)

    def guarded(self, read: Callable[[], T]) -> T | None:
        """Read something of the disk here; None when it cannot be read, which the operator has been told."""
        try:
            return read()
        except RepointError as error:
            self.failed(error)
            return None

    async def refresh(self) -> None:
        """Read how we stand again."""
        found = await self.ask(standing)
        if found is not None:
            self.standing = found
            self.changed()


def _unheard(*_: object) -> None:
    """Nobody listens any more."""


async def pump(values: AsyncIterator[T], tell: Callable[[T], object]) -> None:
    """Hand each value on as it comes; runs on the core's thread, so `tell` must be safe to call there."""
    async for value in values:
        tell(value)
