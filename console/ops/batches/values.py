"""What a run of a batch is made of: how it is asked for, what it tells while it goes on, what it comes to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from cache.runs import Item, Run
from console.domain.batches import BatchPlan, BatchWay, RunState
from console.domain.errors import RepointError
from console.domain.outcomes import Outcome
from console.ops.clock import Clock

AT_ONCE: Final = 8
"""Items performed at once at most: each takes two connections and a place in the journal."""


class StopReason(StrEnum):
    """Why a run does not go on now."""

    NONE = ""
    OPERATOR = "interrupted"
    CANCELLED = "cancelled"
    HELD = "held"
    HELD_PEAK = "held_after_peak"
    HELD_RESET = "held_after_reset"
    BUDGET = "budget"
    MAX_WRITES = "max_writes"
    SIGN_IN = "signed_out"
    FORBIDDEN = "forbidden"
    PRECONDITION = "precondition_required"
    IN_A_ROW = "three_failures_in_a_row"
    SHARE = "more_than_5_percent_failed"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    NOT_VERIFIED = "not_verified"
    DESTINATION = "destination"
    PROTECTED = "protected"
    STORAGE = "storage"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run stops, in a word, a sentence, and the next step."""

    state: RunState
    reason: StopReason
    message: str
    hint: str = ""
    error: RepointError | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A time to wait for, UTC, and what for: one of the `HELD` reasons."""

    until: datetime
    why: StopReason = StopReason.HELD


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan is to be run, as the operator said.

    Attributes:
        way: None: the one that the plan proposes.
        max_writes: writes that this call may spend at most.
        hold: nothing is sent before.
        overrides: reasons by check: `peak`, `blast_radius`, `destination`.
        look_after: look at the restored destinations at the end.
    """

    way: BatchWay | None = None
    max_writes: int | None = None
    hold: Hold | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    look_after: bool = True


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The operator's yes to a batch: the plan's digest and the words typed."""

    digest: str
    typed: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, told after every item.

    Attributes:
        wave: 1, 2 or 3; 0 before the first item.
        counts: items by outcome; they add up to `total`. SKIPPED: not sent so far.
        rate: items a second since it began or went on; None at its beginning.
        seconds_left: at that rate; None when not known.
        writes_left: that this run may spend; None when nobody counts them.
        slug: the item that was settled last, and `outcome` what became of it.
        waiting: seconds until it goes on: what the platform asked for, or until its `hold`; 0: it goes on.
        hold: what it waits for before anything is sent.
    """

    run: str
    way: BatchWay
    state: RunState
    wave: int
    counts: Mapping[Outcome, int]
    total: int
    rate: float | None
    seconds_left: float | None
    writes_spent: int
    writes_left: int | None
    stop_reason: StopReason = StopReason.NONE
    slug: str = ""
    outcome: Outcome | None = None
    waiting: float = 0.0
    hold: Hold | None = None

    @property
    def done(self) -> int:
        """Items that are not waiting."""
        return self.total - self.counts.get(Outcome.SKIPPED, 0)


Tell = Callable[[Progress], None]
"""Called with each step; must not raise."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run came to so far.

    Attributes:
        items: in the plan's order.
        changed: what the links became while the run waited, a sentence each.
        unwell: restored destinations that do not answer, a sentence each.
        error: the failure behind the stop.
    """

    run: Run
    plan: BatchPlan
    items: tuple[Item, ...]
    counts: Mapping[Outcome, int]
    writes_spent: int
    message: str = ""
    hint: str = ""
    error: RepointError | None = None
    changed: tuple[str, ...] = ()
    unwell: tuple[str, ...] = ()


class Control:
    """The operator's hand on a run that goes on. Use it on the run's own loop."""

    def __init__(self) -> None:
        self.wanted = ""
        self._event = asyncio.Event()

    def pause(self) -> None:
        """Let what is under way end, and send nothing more."""
        self.wanted = self.wanted or "pause"
        self._event.set()

    def cancel(self) -> None:
        """The same, and give up what waits."""
        self.wanted = "cancel"
        self._event.set()

    async def rest(self, clock: Clock, seconds: float) -> None:
        """Wait; ends early when the operator asks for anything."""
        tasks = [asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(self._event.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
