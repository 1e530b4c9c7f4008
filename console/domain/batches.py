"""A batch plan: many links, one reason, one way, and what it costs. The words of product.md, section 4."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from console.domain.links import JSON, VersionId, canonical
from console.domain.moments import Moment
from console.domain.outcomes import GuardLevel
from console.domain.target import Target


class BatchKind(StrEnum):
    """What a batch does to its links."""

    ROLLBACK = "rollback"
    """Each link goes back to a version of its own history."""
    REPOINT = "repoint"
    """Each link's destination is rewritten."""


class BatchWay(StrEnum):
    """How a batch is sent."""

    ROLLBACK = "rollback"
    """One write a link: the rollback route, or PUT for a rewritten destination."""
    IMPORT = "import"
    """The same end state through bulk import, in the fewest requests."""
    SPLIT = "split"
    """One write a link as far as the day's writes go, the rest after the reset."""


class RunState(StrEnum):
    """Where a run stands. DONE is the end; the others can go on."""

    HELD = "held"
    """It waits for a time."""
    RUNNING = "running"
    PAUSED = "paused"
    """It waits for the operator, or for the day's next writes."""
    STOPPED = "stopped"
    """A stop rule, or the operator for good, ended it."""
    DONE = "done"
    """Every item has its outcome, or was cancelled."""


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One link of a plan.

    Attributes:
        version: the version that was live when the plan was made, and its `fingerprint` (of the link's own
            record, `Reading.fingerprint`).
        link_id: the platform's id of the link, when it gives one.
        to: the version that it goes back to; None where the destination is rewritten.
        to_fingerprint: of the state that visitors get afterwards.
        destination: where it points when the plan was made; `to_destination` afterwards.
        clicks: for the order: most-clicked first.
    """

    slug: str
    version: VersionId
    fingerprint: str
    to: VersionId | None
    to_fingerprint: str
    link_id: str = ""
    destination: str = ""
    to_destination: str = ""
    clicks: int | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A link that was asked for and is not in the plan."""

    slug: str
    reason: str


@dataclass(frozen=True, slots=True)
class WayCost:
    """One way to run the plan.

    Attributes:
        writes: what it costs of the day's writes.
        fits: whether it fits into what is left now, the reserve kept where the way must keep it.
        seconds: how long it takes, estimated.
        recorded_as: what the platform's history will call it: `rollback`, `import` or `update`.
        why_not: in words, when it does not fit.
        possible: whether it can carry the plan at all, however many writes are left.
    """

    way: BatchWay
    writes: int
    fits: bool
    seconds: float
    guard: GuardLevel
    recorded_as: str
    why_not: str = ""
    possible: bool = True


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """A reviewed, single-use, expiring list of items, bound to its target.

    Attributes:
        rule: how the target state was chosen, as the operator asked: `last healthy`, `previous`,
            `as of 2026-11-24T03:00:00+00:00`, `host a.example to b.example`.
        expires_at: UTC; a quarter of an hour after `created_at`.
        made: the clocks at `created_at` (`Moment` as a list), which decide the age on this machine.
        undoes: id of the run that it undoes, if it does.
    """

    plan_id: str
    kind: BatchKind
    target: Target
    operator: str
    reason: str
    rule: str
    created_at: datetime
    expires_at: datetime
    made: tuple[JSON, ...]
    items: tuple[BatchItem, ...]
    left_out: tuple[LeftOut, ...] = ()
    ways: tuple[WayCost, ...] = ()
    undoes: str = ""

    @property
    def digest(self) -> str:
        """Hash of everything that the plan says: what is sent where, what was left out, what it costs."""
        target = self.target
        head = (self.plan_id, self.kind, self.operator, self.reason, self.rule, self.undoes)
        place = (target.key, target.profile, target.environment, target.operator, target.role.name)
        times = (self.created_at.isoformat(), self.expires_at.isoformat(), list(self.made))
        items = [
            (
                *(i.slug, i.version, i.fingerprint, i.to, i.to_fingerprint, i.link_id),
                *(i.destination, i.to_destination, i.clicks),
            )
            for i in self.items
        ]
        left = [(one.slug, one.reason) for one in self.left_out]
        ways = [
            (w.way, w.writes, w.fits, float(w.seconds), w.guard, w.recorded_as, w.why_not, w.possible)
            for w in self.ways
        ]
        return hashlib.sha256(canonical([head, times, place, items, left, ways]).encode()).hexdigest()

    @property
    def made_at(self) -> Moment:
        """The clocks when it was made."""
        wall, monotonic, boottime, boot_id = self.made
        return Moment(datetime.fromisoformat(wall), monotonic, boottime, boot_id)

    @property
    def phrase(self) -> str:
        """What must be typed to confirm it: `rollback 312`."""
        return f"{self.kind.value} {len(self.items)}"

    @property
    def proposed(self) -> WayCost | None:
        """The cheapest way that fits; None when none does."""
        return min((w for w in self.ways if w.fits), key=lambda w: w.writes, default=None)


def clocks(moment: Moment) -> tuple[JSON, ...]:
    """A moment as `BatchPlan.made` keeps it: wall clock, monotonic, boot time in seconds, boot."""
    return (moment.wall.isoformat(), float(moment.monotonic), float(moment.boottime), moment.boot_id)
