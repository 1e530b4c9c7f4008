"""A run that goes on: what it may spend, what has ended, whether it must stop, and telling of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cache.journal import Journal
from cache.runs import Item
from console.domain.batches import BatchPlan, BatchWay, RunState
from console.domain.errors import RepointError, Throttled
from console.domain.outcomes import Outcome, WriteState
from console.ops.batches.chunks import ROW
from console.ops.batches.item import Ended
from console.ops.batches.rules import FAILURES, StopRules, asks_for_pause, not_verified, stop_of
from console.ops.batches.values import AT_ONCE, Control, Hold, Progress, Stop, StopReason, Tell
from console.ops.importing.values import MAX_CHUNK_ROWS
from console.ops.session import Session

PATIENCE_SECONDS: Final = 600.0
"""How long the platform may ask for pauses in a row before the run stops, resumable."""
_NOT_CHARGED: Final = frozenset({None, 401, 403, 429})


def spent(journal: Journal, run: str) -> int:
    """Writes of a run that the platform counts, or may have counted."""
    return sum(
        write.attempts
        for write in journal.writes_of_run(run)
        if write.way != ROW and not (write.state is WriteState.REFUSED and write.http_status in _NOT_CHARGED)
    )


@dataclass(slots=True)
class Job:
    """One run in this process.

    Attributes:
        way: how it is sent.
        allowance: writes that it may still spend; None when nobody counts them.
        ration: what ends it when the allowance is used up.
        unread: items that could not be read: they still wait, and are not tried again now.
        held: what it waits for before anything is sent.
        rows: of one request of an import at most; less after a 413.
        made: items of the wave that were applied, to be verified.
    """

    session: Session
    plan: BatchPlan
    way: BatchWay
    control: Control
    tell: Tell | None
    overrides: Mapping[str, str]
    allowance: int | None
    ration: Stop
    counts: Counter[Outcome]
    spent: int
    rules: StopRules
    stop: Stop | None = None
    wave: int = 0
    unread: int = 0
    held: Hold | None = None
    rows: int = MAX_CHUNK_ROWS
    made: list[Item] = field(default_factory=list)
    _flying: int = 0
    _landed: asyncio.Event = field(default_factory=asyncio.Event)
    _waited: float = 0.0
    _free_at: float = 0.0
    _done: int = 0
    _began: float = 0.0

    def __post_init__(self) -> None:
        self._began = self.session.clock.now().monotonic

    @property
    def run(self) -> str:
        """Its id."""
        return self.plan.plan_id

    @property
    def at_once(self) -> int:
        """Items that may be performed side by side in the last wave."""
        return max(1, min(AT_ONCE, self.session.profile.concurrency))

    def waiting(self) -> list[int]:
        """Numbers of the items that were not sent."""
        return [i.row_no for i in self.session.store.runs.items(self.run) if i.outcome is Outcome.SKIPPED]

    def halt(self, stop: Stop) -> None:
        """Send nothing more; the first reason stands."""
        self.stop = self.stop or stop

    def stopping(self) -> bool:
        """Whether nothing more may be sent; looks at what was asked for here and by other processes."""
        if self.stop is None:
            asked = self.control.wanted or self.session.store.runs.asked(self.run)
            if asked == "cancel":
                self.halt(Stop(RunState.STOPPED, StopReason.CANCELLED, "Cancelled; what waited was given up"))
            elif asked:
                again = f"Go on: repoint resume {self.run}"
                self.halt(Stop(RunState.PAUSED, StopReason.OPERATOR, "Paused; nothing is lost", again))
        return self.stop is not None

    async def take(self, writes: int = 1) -> bool:
        """Set writes aside for what is about to be sent; False when they are used up."""
        while self.allowance is not None and self.allowance < writes and self._flying:
            self._landed.clear()
            await self._landed.wait()
        if self.allowance is not None and self.allowance < writes:
            self.halt(self.ration)
            return False
        if self.allowance is not None:
            self.allowance -= writes
        self._flying += 1
        return True

    def land(self, *, charged: bool, writes: int = 1) -> None:
        """Give back what was set aside and not spent."""
        self._flying -= 1
        if charged:
            self.spent += writes
        elif self.allowance is not None:
            self.allowance += writes
        self._landed.set()

    def refund(self) -> None:
        """The write that left was not charged after all."""
        self.spent -= 1
        if self.allowance is not None:
            self.allowance += 1

    async def pace(self) -> None:
        """Wait as long as the platform's stated rate, or its last wish for a pause, asks for."""
        now = self.session.clock.now().monotonic
        seconds = max(self._free_at - now, self.session.online().pause_seconds())
        if seconds > 0:
            self.say(waiting=seconds)
            await self.control.rest(self.session.clock, seconds)

    def pause(self, error: RepointError) -> None:
        """Take a wish for a pause; too many in a row end the run."""
        assert isinstance(error, Throttled)
        wait = min(max(error.retry_after or 2.0, 1.0), 60.0)
        now = self.session.clock.now().monotonic
        if self._free_at <= now:  # items side by side hear of the same pause
            self._waited += wait
        self._free_at = max(self._free_at, now + wait)
        if self._waited > PATIENCE_SECONDS:
            hint = f"Go on later: repoint resume {self.run}"
            self.halt(Stop(RunState.STOPPED, StopReason.THROTTLED, error.title, hint, error))

    def ended(self, end: Ended) -> bool:
        """Keep what became of an item; False when it is to be tried again at once."""
        if end.item.outcome is not Outcome.UNKNOWN and end.item.outcome is not Outcome.APPLIED:
            stop = stop_of(end.error)
            if stop is not None:
                self.halt(stop)
                return True
            if end.error is not None and asks_for_pause(end.error):
                self.pause(end.error)
                return False
        self._waited = 0.0
        if self.session.lost is not None:
            self.halt(
                Stop(RunState.STOPPED, StopReason.STORAGE, self.session.lost.title, error=self.session.lost)
            )
        if end.item.outcome is Outcome.SKIPPED:
            self.unread += 1
            self._judge(failed=True)
            return True
        self.settle([end.item])
        if end.item.outcome is Outcome.APPLIED:
            self.made.append(end.item)
            if not end.sound:  # whichever way and wave: nothing more goes out on a plan that does not hold
                self.halt(not_verified(end.item.slug))
        self._judge(failed=end.item.outcome in FAILURES)
        return True

    def _judge(self, *, failed: bool) -> None:
        stop = self.rules.note(failed=failed)
        if stop is not None:
            self.halt(stop)

    def settle(self, items: Sequence[Item]) -> None:
        """Keep outcomes, and tell of each."""
        self.session.store.runs.settle(items, self.session.clock.now())
        for item in items:
            self.counts[Outcome.SKIPPED] -= 1
            self.counts[item.outcome] += 1
            self._done += 1
            self.say(item)

    def say(self, item: Item | None = None, waiting: float = 0.0) -> None:
        """Tell how far it is."""
        if self.tell is None:
            return
        seconds = self.session.clock.now().monotonic - self._began
        rate = self._done / seconds if seconds > 0 and self._done else None
        left = self.counts[Outcome.SKIPPED]
        self.tell(
            Progress(
                run=self.run,
                way=self.way,
                state=self.stop.state if self.stop else RunState.HELD if self.held else RunState.RUNNING,
                wave=self.wave,
                counts=dict(self.counts),
                total=len(self.plan.items),
                rate=rate,
                seconds_left=left / rate if rate else None,
                writes_spent=self.spent,
                writes_left=self.allowance,
                stop_reason=self.stop.reason
                if self.stop
                else self.held.why
                if self.held
                else StopReason.NONE,
                slug=item.slug if item else "",
                outcome=item.outcome if item else None,
                waiting=waiting,
                hold=self.held,
            )
        )
