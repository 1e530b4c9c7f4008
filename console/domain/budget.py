"""The day's writes: how many are left, and how many are kept for rollbacks."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_RESERVE: Final = 0.2
"""Share of the daily limit that other work leaves for rollbacks (product.md, section 4)."""
DAILY_WRITES: Final = {"FREE": 2, "PRO": 10, "ENTERPRISE": 500}
"""platform-api: writes a day by plan, stated."""


@dataclass(frozen=True, slots=True)
class Meter:
    """What the platform says of the day's writes.

    Attributes:
        limit: writes a day; None when the platform did not say.
        used: writes counted today.
        day: the account's day, `YYYYMMDD`.
        as_of: when it was read, UTC.
        zone: the account's time zone, where the platform says it: `Europe/Berlin`.
        resets_at: when the day's writes come back, UTC, where the platform says it.
        day_since: when that day was first read, UTC; None: at `as_of`. It bounds the end of the day.
    """

    plan: str
    limit: int | None
    used: int
    day: str
    as_of: datetime
    zone: str = ""
    resets_at: datetime | None = None
    day_since: datetime | None = None

    @property
    def left(self) -> int | None:
        """Writes left today; None when the limit is unknown."""
        return None if self.limit is None else max(0, self.limit - self.used)

    def after(self, earlier: Meter | None) -> Meter:
        """The same, with what an earlier reading tells of its day."""
        if earlier is None or not self.day or earlier.day != self.day:
            return self
        return replace(self, day_since=min(earlier.day_since or earlier.as_of, self.as_of))

    def spent(self, writes: int) -> Meter:
        """The meter after `writes` more."""
        return replace(self, used=self.used + writes)

    def reserve(self, share: float) -> int:
        """Writes kept for rollbacks: `share` of the limit, rounded up."""
        # Rounded first: 7 % of 100 is 7.000000000000001 to a float, and not 8 writes.
        return 0 if self.limit is None else math.ceil(round(self.limit * share, 6))

    def free_for_other_work(self, share: float) -> int | None:
        """Writes that anything but a rollback may spend."""
        return None if self.left is None else max(0, self.left - self.reserve(share))


@dataclass(frozen=True, slots=True)
class Reset:
    """When the day's writes come back: not before `earliest`, not after `latest`, both UTC."""

    earliest: datetime
    latest: datetime

    @property
    def known(self) -> bool:
        """Whether it is one moment, and no span."""
        return self.earliest == self.latest


_EASTMOST: Final = timedelta(hours=14)
_WESTMOST: Final = timedelta(hours=-12)
"""Offsets from UTC that are in use: a day begins first at UTC+14 and last at UTC-12."""
_LONGEST_DAY: Final = timedelta(hours=25)


def reset_of(meter: Meter, now: datetime) -> Reset | None:
    """When the meter's day ends: at midnight of the account's time zone (platform-api, "Daily writes").

    Where the platform tells neither moment nor zone, the account's day still bounds it: the time zones in
    which that day is not over yet at the time of reading.

    Args:
        meter: as it was read.
        now: UTC.

    Returns:
        None when that day is over: the meter tells nothing of today.
    """
    if meter.resets_at is not None:
        return Reset(meter.resets_at, meter.resets_at) if meter.resets_at > now else None
    midnight = _midnight_after(meter.day)
    zone = _zone(meter.zone)
    if midnight is not None and zone is not None:
        exact = midnight.replace(tzinfo=zone).astimezone(UTC)
        return Reset(exact, exact) if exact > now else None
    earliest, latest = meter.as_of, (meter.day_since or meter.as_of) + _LONGEST_DAY
    if midnight is not None:
        day_ends = midnight.replace(tzinfo=UTC)
        earliest = max(earliest, day_ends - _EASTMOST)
        latest = min(latest, day_ends - _WESTMOST)
    if latest <= now:
        return None
    return Reset(max(earliest, now), latest)


def _midnight_after(day: str) -> datetime | None:
    try:
        return datetime.strptime(day, "%Y%m%d") + timedelta(days=1)  # noqa: DTZ007 - its zone comes later
    except (ValueError, OverflowError):
        return None


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
