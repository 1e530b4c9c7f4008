"""Points in time that survive a lying clock.

Ages are taken from the boot clock while the machine has not rebooted (it also counts sleep), and from
the wall clock only across a reboot, where a negative age means that the clock cannot be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of all clocks.

    Attributes:
        wall: UTC time of day.
        monotonic: seconds; stops while the machine sleeps.
        boottime: seconds since boot, sleep included.
        boot_id: names this boot of this machine; empty where the system has none.
    """

    wall: datetime
    monotonic: float
    boottime: float
    boot_id: str = ""

    def age_at(self, now: Moment) -> float | None:
        """Seconds from this moment to `now`; None when no clock can tell.

        That is after a reboot with a wall clock that went backwards.
        """
        if self.boot_id and self.boot_id == now.boot_id:
            return max(0.0, now.boottime - self.boottime)
        seconds = (now.wall - self.wall).total_seconds()
        return seconds if seconds >= 0 else None

    def slept_until(self, now: Moment) -> float:
        """Seconds that the machine slept between the two; 0 across a reboot."""
        if self.boot_id != now.boot_id:
            return 0.0
        return max(0.0, (now.boottime - self.boottime) - (now.monotonic - self.monotonic))


class Freshness(StrEnum):
    """How much the data on screen can be trusted to be what is live."""

    LIVE = "live"
    RECENT = "recent"
    OLD = "old"
    OFFLINE = "offline"


LIVE_SECONDS: Final = 30.0
RECENT_SECONDS: Final = 300.0


def freshness(age: float | None, *, offline: bool) -> Freshness:
    """Freshness of data that is `age` seconds old; an unknown age is old."""
    if offline:
        return Freshness.OFFLINE
    if age is None or age > RECENT_SECONDS:
        return Freshness.OLD
    return Freshness.LIVE if age <= LIVE_SECONDS else Freshness.RECENT


def utc(value: datetime) -> datetime:
    """`value` in UTC; a naive one is taken as UTC (platform times are)."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
