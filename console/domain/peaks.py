"""Peak windows: the hours in which bulk work asks for a reason, or waits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW: Final = re.compile(
    r"(?:(?P<days>[A-Za-z][A-Za-z,-]*)\s+)?(?P<start>\d\d?:\d\d)\s*-\s*(?P<end>\d\d?:\d\d)(?:\s+(?P<zone>\S+))?"
)

EXAMPLE: Final = "mon-fri 17:00-20:00 Europe/Berlin"


@dataclass(frozen=True, slots=True)
class PeakWindow:
    """A span of the week in which most visitors come.

    Attributes:
        text: the window as the profile states it.
        days: weekdays on which it starts, Monday is 0.
        start: local time of day at which it starts.
        end: local time of day at which it ends; at or before `start` means on the next day.
        zone: where these times are local.
    """

    text: str
    days: frozenset[int]
    start: time
    end: time
    zone: tzinfo

    @classmethod
    def parse(cls, text: str) -> PeakWindow:
        """Read `[DAYS] HH:MM-HH:MM [ZONE]`: every day and UTC where they are not given.

        Raises:
            ValueError: not of that form; the message says what is wrong, without the text.
        """
        match = _WINDOW.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"is not of the form DAYS HH:MM-HH:MM ZONE, like {EXAMPLE}")
        return cls(
            text=" ".join(text.split()),
            days=_days(match["days"]),
            start=_time(match["start"]),
            end=_time(match["end"]),
            zone=_zone(match["zone"]),
        )

    def end_after(self, now: datetime) -> datetime | None:
        """When the window that holds `now` ends, in UTC; None when `now` is in none."""
        local = now.astimezone(self.zone)
        for day in (local.date(), local.date() - timedelta(days=1)):
            if day.weekday() not in self.days:
                continue
            over_midnight = self.end <= self.start
            start = datetime.combine(day, self.start, self.zone)
            end = datetime.combine(day + timedelta(days=over_midnight), self.end, self.zone)
            if start.astimezone(UTC) <= now < end.astimezone(UTC):
                return end.astimezone(UTC)
        return None


def peak_end(windows: tuple[PeakWindow, ...], now: datetime) -> datetime | None:
    """When the peak that holds `now` is over, windows that follow on counted in; None outside a peak."""
    end: datetime | None = None
    moment = now
    for _ in range(7 * len(windows) + 1):
        ends = [e for w in windows if (e := w.end_after(moment)) is not None]
        if not ends:
            break
        end = moment = max(ends)
    return end


def _days(text: str | None) -> frozenset[int]:
    if text is None or text.lower() == "daily":
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.lower().split(","):
        first, dash, last = part.partition("-")
        if first not in _DAYS or (dash and last not in _DAYS):
            raise ValueError(f"names no days: use {', '.join(_DAYS)}, or a range like mon-fri")
        a = _DAYS.index(first)
        b = _DAYS.index(last) if dash else a
        found.update((a + i) % 7 for i in range((b - a) % 7 + 1))
    return frozenset(found)


def _time(text: str) -> time:
    hour, minute = text.split(":")
    if (int(hour), int(minute)) == (24, 0):
        return time(0, 0)
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError("holds a time of day that no clock shows")
    return time(int(hour), int(minute))


def _zone(name: str | None) -> tzinfo:
    if name is None or name.upper() in {"UTC", "Z"}:
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("names a time zone that this machine does not know, like Europe/Berlin") from error
