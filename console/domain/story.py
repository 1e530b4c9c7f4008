"""The story of an incident: what was seen, done, refused and verified, by whom, and how long it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from console.domain.links import VersionId


class EventKind(StrEnum):
    """What sort of thing happened."""

    SEEN = "seen"
    """Somebody, or a check, saw something."""
    DONE = "done"
    """A write took effect, or something was decided."""
    REFUSED = "refused"
    """A guard or the platform said no."""
    UNKNOWN = "unknown"
    """A write left, and what became of it is not known."""
    VERIFIED = "verified"
    """What was done was looked at, and it holds."""
    NOTED = "noted"
    """Somebody said something."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        at: UTC.
        who: operator, or vantage point of a check.
        slugs: links that it is about.
        seq: its entry in the journal; None for what only the cache remembers.
    """

    at: datetime
    kind: EventKind
    who: str
    text: str
    slugs: tuple[str, ...] = ()
    run: str = ""
    request_id: str = ""
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """One write and what became of it.

    Attributes:
        state: `WriteState` by its word, the last one told.
        outcome: `Outcome` by its word; empty while it is not known.
        verified_at: when its destination was first seen healthy from here afterwards; None: it was not.
        sent: how often it left this machine.
        request: one request of an import: it carries changes of links and is none itself.
    """

    key: str
    slug: str
    run: str
    way: str
    by: str
    before: VersionId | None
    to: VersionId | None
    made: VersionId | None
    state: str
    outcome: str
    request_id: str
    at: datetime
    sent: int = 0
    verified_at: datetime | None = None
    request: bool = False

    @property
    def applied(self) -> bool:
        """Whether it took effect."""
        return self.outcome == "APPLIED"


@dataclass(frozen=True, slots=True)
class Ran:
    """One batch run.

    Attributes:
        state: `RunState` by its word; `running` while no entry says how it ended.
        began: when it was begun; None when that is older than the story.
        ended: when it was done or stopped; None while it can be told to go on.
        worked: seconds that it was performed, without its pauses, as far as it has come to rest.
        outcomes: `Outcome` by its word, and how many items came to it when it last came to rest.
    """

    run: str
    kind: str
    way: str
    by: str
    reason: str
    total: int
    state: str
    began: datetime | None
    ended: datetime | None = None
    worked: float = 0.0
    outcomes: tuple[tuple[str, int], ...] = ()
    stop_reason: str = ""

    @property
    def seconds(self) -> float | None:
        """Seconds from its beginning to its end, pauses and all; None while either is not known."""
        if self.began is None or self.ended is None:
            return None
        return max(0.0, (self.ended - self.began).total_seconds())


@dataclass(frozen=True, slots=True)
class Story:
    """An incident from its beginning to now.

    Attributes:
        began: when the trouble began; None when nothing says so.
        began_from: who says so: `told`, `health check`, or empty.
        detected: when anybody or any check here first saw it.
        journal_faults: sentences of `Journal.verify`; empty when the chain is whole.
        left: what is left to do.
        runs: batch runs, in the order they came up.
    """

    incident: str
    handle: str
    environment: str
    since: datetime | None
    until: datetime
    began: datetime | None
    began_from: str
    detected: datetime | None
    events: tuple[Event, ...]
    changes: tuple[Changed, ...]
    left: tuple[str, ...] = ()
    journal_faults: tuple[str, ...] = ()
    head: tuple[int, str] = (0, "")
    runs: tuple[Ran, ...] = ()

    @property
    def mitigated(self) -> datetime | None:
        """When the first write took effect."""
        return min((c.at for c in self.changes if c.applied), default=None)

    @property
    def verified(self) -> datetime | None:
        """When the last change that took effect was seen to work; None while one was not."""
        applied = [c for c in self.changes if c.applied and not c.request]
        times = [c.verified_at for c in applied if c.verified_at is not None]
        return max(times) if times and len(times) == len(applied) else None

    @property
    def verified_count(self) -> int:
        """Changes that took effect and were seen to work."""
        return sum(c.applied and c.verified_at is not None for c in self.changes)

    @property
    def outcomes(self) -> Counter[str]:
        """How many writes came to what; those that are open count by their state.

        A request of an import counts only where no changes of links tell what it carried.
        """
        carried = {c.run for c in self.changes if not c.request}
        told = (c for c in self.changes if not (c.request and c.run in carried))
        return Counter(c.outcome or c.state for c in told)

    @property
    def writes_sent(self) -> int:
        """Requests that left this machine; each may have cost a write."""
        return sum(c.sent for c in self.changes)

    @property
    def slugs(self) -> tuple[str, ...]:
        """Links that were written to or refused, in the order they came up."""
        return tuple(dict.fromkeys([s for e in self.events for s in e.slugs]))

    def seconds_to(self, when: datetime | None) -> float | None:
        """Seconds from the beginning to a moment; None when either is not known."""
        if self.began is None or when is None:
            return None
        return max(0.0, (when - self.began).total_seconds())


def in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events by their time; those of one moment in the journal's order, what only the cache knows first."""
    return tuple(sorted(events, key=lambda e: (e.at, e.seq or 0)))
