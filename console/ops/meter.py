"""The day's writes, as one rule: what the platform last said of them, and what was sent from here since.

The platform tells its meter on being asked (`usage-meters`) and when it refuses because the writes are gone
(the 429 with `plan`, `limits` and `usage`; any other 429 asks for a pause and says nothing of the day).
Between two readings this process counts its own writes on the meter, and the journal knows those of other
processes of this machine. The last word is kept, so that a platform that does not answer, or does not say,
leaves an estimate with its age, until the account's day is over.

Source: platform-api.md, "Daily writes" and "Two kinds of 429"; product.md, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from console.domain.budget import Meter, Reset, reset_of
from console.domain.errors import BudgetSpent
from console.domain.links import JSON
from console.ops.session import Session

_SHORTEST_DAILY: Final = 60.0
_LONGEST_DAILY: Final = 86_000.0
"""Seconds of a Retry-After that may mean the end of the day; less is a pause, more is cut to a day."""


class Told(StrEnum):
    """Where the figures come from."""

    PLATFORM = "platform"
    """It was asked just now."""
    REFUSAL = "refusal"
    """It refused a write because the day's writes are gone."""
    REMEMBERED = "remembered"
    """It was asked earlier; what was sent from here since is counted in."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent today.

    Attributes:
        meter: None when the platform never said.
        told: where it comes from; None without a meter.
        since: writes from this machine since it was told, counted in already.
        reset: when the writes come back; None when that cannot be said.
        share: of the day's writes that is kept for rollbacks.
        charged: False where the platform is known not to count our writes (a PAT's routes are free).
    """

    meter: Meter | None
    told: Told | None
    since: int
    reset: Reset | None
    share: float
    charged: bool = True

    @property
    def left(self) -> int | None:
        """Writes left today; None when not known."""
        return self.meter.left if self.meter is not None else None

    @property
    def reserve(self) -> int:
        """Writes kept for rollbacks."""
        return self.meter.reserve(self.share) if self.meter is not None else 0

    @property
    def free(self) -> int | None:
        """Writes that anything may spend without touching the reserve; None when not known."""
        return self.meter.free_for_other_work(self.share) if self.meter is not None else None

    @property
    def a_day(self) -> int | None:
        """Writes that a whole new day brings, the reserve left out; None when not known."""
        limit = self.meter.limit if self.meter is not None else None
        return None if limit is None else max(0, limit - self.reserve)


async def read(session: Session) -> Budget:
    """Ask the platform. What it says is kept; where it does not say, what it said last counts.

    Raises:
        Unreachable, SignInNeeded, ...: what the platform or the line said.
    """
    earlier = session.meter
    told = await session.read_meter()
    if told is None:
        session.meter = earlier
        return known(session)
    told = session.meter = told.after(earlier or _recalled(session)[0])
    _remember(session, told, Told.PLATFORM)
    return _budget(session, told, Told.PLATFORM, 0)


def known(session: Session) -> Budget:
    """What is known without asking: the newest word of the platform, and what left this machine since."""
    own, (kept, told) = session.meter, _recalled(session)
    if own is not None and (kept is None or own.as_of >= kept.as_of):
        at_first = kept.used if kept is not None and kept.as_of == own.as_of else own.used
        others = session.store.spending.since(session.target.key, own.as_of, others_only=True)
        return _budget(session, own.spent(others), told or Told.PLATFORM, own.used + others - at_first)
    if kept is None:
        return _budget(session, None, None, 0)
    since = session.store.spending.since(session.target.key, kept.as_of)
    return _budget(session, kept.spent(since), told, since)


def at(budget: Budget, when: datetime | None) -> Budget:
    """The budget as it will be then: whole again once the day's writes are back for certain."""
    reset, meter = budget.reset, budget.meter
    if when is None or reset is None or meter is None or when < reset.latest:
        return budget
    return replace(budget, meter=replace(meter, used=0), since=0)


def refused(session: Session, error: BudgetSpent) -> None:
    """Take over what a refusal says of the day's writes: they are gone, whatever was read before."""
    now = session.clock.now().wall
    base = error.meter or session.meter
    if base is None:
        return
    limit = base.limit if base.limit is not None else base.used
    resets_at = base.resets_at or _daily(now, error.retry_after)
    meter = replace(base, limit=limit, used=max(base.used, limit), as_of=now, resets_at=resets_at)
    session.meter = meter
    _remember(session, meter, Told.REFUSAL)


def _daily(now: datetime, retry_after: float | None) -> datetime | None:
    """When the writes come back, where a Retry-After can mean that."""
    if retry_after is None or not _SHORTEST_DAILY <= retry_after <= _LONGEST_DAILY:
        return None
    return now + timedelta(seconds=retry_after)


def _budget(session: Session, meter: Meter | None, told: Told | None, since: int) -> Budget:
    now = session.clock.now().wall
    reset = reset_of(meter, now) if meter is not None else None
    if meter is not None and reset is None and told is not Told.PLATFORM:
        meter, told, since = None, None, 0  # of a day that is over
    charged = session.platform is None or session.platform.capabilities.charges_writes
    return Budget(meter, told, since, reset, session.profile.reserve, charged)


def _key(session: Session) -> str:
    return f"meter:{session.target.key}"


def _remember(session: Session, meter: Meter, told: Told) -> None:
    if session.store.journal.read_only:
        return
    times = (meter.as_of, meter.resets_at, meter.day_since)
    as_of, resets_at, since = (None if at is None else at.isoformat() for at in times)
    body = [meter.plan, meter.limit, meter.used, meter.day, as_of, meter.zone, resets_at, told.value, since]
    session.store.marks.remember(_key(session), body)


def _recalled(session: Session) -> tuple[Meter | None, Told | None]:
    kept: JSON = session.store.marks.recall(_key(session))
    if not isinstance(kept, list):
        return None, None
    plan, limit, used, day, as_of, zone, resets_at, told, *more = kept
    times = (resets_at, *(more or [None]))
    back, since = (None if at is None else datetime.fromisoformat(at) for at in times)
    meter = Meter(plan, limit, used, day, datetime.fromisoformat(as_of), zone, back, since)
    return meter, Told.REFUSAL if told == Told.REFUSAL.value else Told.REMEMBERED
