"""What a health check says of a destination, and which of it means broken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

PREFER_HERE_SECONDS: Final = 600.0
"""A look from this machine counts before one of the platform that is up to ten minutes newer."""
SAME_TIME: Final = timedelta(hours=1)
"""Two looks further apart tell of two times and not of two places: they are not read together."""
FLAP_WINDOW: Final = timedelta(hours=1)
FLAP_CHANGES: Final = 3
"""Turns between failing and working, within the window, from which a destination flaps."""


class Verdict(StrEnum):
    """A check's verdict (product.md, section 5)."""

    OK = "OK"
    OK_REDIRECTED = "OK_REDIRECTED"
    SLOW = "SLOW"
    TIMEOUT = "TIMEOUT"
    BLOCKED = "BLOCKED"
    DEAD = "DEAD"
    SERVER_ERROR = "SERVER_ERROR"
    REFUSED = "REFUSED"
    TLS_BAD = "TLS_BAD"
    TLS_EXPIRING = "TLS_EXPIRING"
    SOFT_404 = "SOFT_404"
    LOOP = "LOOP"
    NOT_CHECKED = "NOT_CHECKED"
    UNKNOWN = "UNKNOWN"

    @property
    def broken(self) -> bool:
        """Whether visitors certainly land on an error."""
        return self in _BROKEN

    @property
    def healthy(self) -> bool:
        """Whether visitors certainly reach a page."""
        return self in _HEALTHY

    @property
    def silent(self) -> bool:
        """Whether it says nothing of the destination."""
        return self in _SILENT

    @property
    def failing(self) -> bool:
        """Whether something is wrong with the destination, certainly or perhaps."""
        return self.band in {Band.DOWN, Band.SLOW}

    @property
    def band(self) -> Band:
        """The verdict as lists, filters and timelines group it."""
        return _BANDS[self]


class Band(StrEnum):
    """Verdicts grouped by what an operator does about them. The words of `status:` in the filter."""

    DOWN = "down"
    SLOW = "slow"
    OK = "ok"
    BLOCKED = "blocked"
    UNCHECKED = "unchecked"

    @property
    def rank(self) -> int:
        """Worst first: the order of a list sorted by health."""
        return _RANK[self]


_BROKEN = frozenset({Verdict.DEAD, Verdict.SERVER_ERROR, Verdict.REFUSED, Verdict.TLS_BAD, Verdict.LOOP})
_SILENT = frozenset({Verdict.NOT_CHECKED, Verdict.UNKNOWN})
_HEALTHY = frozenset({Verdict.OK, Verdict.OK_REDIRECTED, Verdict.TLS_EXPIRING})
_BANDS: dict[Verdict, Band] = {
    Verdict.OK: Band.OK,
    Verdict.OK_REDIRECTED: Band.OK,
    Verdict.TLS_EXPIRING: Band.OK,
    Verdict.SLOW: Band.SLOW,
    Verdict.TIMEOUT: Band.SLOW,
    Verdict.SOFT_404: Band.SLOW,
    Verdict.BLOCKED: Band.BLOCKED,
    Verdict.DEAD: Band.DOWN,
    Verdict.SERVER_ERROR: Band.DOWN,
    Verdict.REFUSED: Band.DOWN,
    Verdict.TLS_BAD: Band.DOWN,
    Verdict.LOOP: Band.DOWN,
    Verdict.NOT_CHECKED: Band.UNCHECKED,
    Verdict.UNKNOWN: Band.UNCHECKED,
}
_RANK = {Band.DOWN: 0, Band.SLOW: 1, Band.BLOCKED: 2, Band.UNCHECKED: 3, Band.OK: 4}


class Vantage(StrEnum):
    """Who looked."""

    HERE = "here"
    PLATFORM = "platform"


class Phase(StrEnum):
    """Where a check stopped."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    FIRST_BYTE = "first byte"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class HealthResult:
    """One check of one link's destination.

    Attributes:
        latency_ms: to the first byte of the last answer, milliseconds.
        final_url: where redirects ended.
        checked_at: UTC; when the check ended.
        failing_since: UTC; when the vantage point first saw it fail in an unbroken row, where it says.
        version: the version that was live when the check was made, where known.
        detail: evidence in words; untrusted.
    """

    slug: str
    destination_url: str
    verdict: Verdict
    vantage: Vantage
    checked_at: datetime
    phase: Phase | None = None
    status_code: int | None = None
    latency_ms: float | None = None
    final_url: str | None = None
    detail: str = ""
    failing_since: datetime | None = None
    version: int | str | None = None


class Difference(StrEnum):
    """What two vantage points mean together."""

    AGREE_OK = "both reach it"
    AGREE_DOWN = "down from both"
    SLOW_NOT_DOWN = "slow, not down"
    PLATFORM_ONLY = "down for the platform only"
    HERE_ONLY = "down from this machine only"
    BLOCKED_NOT_DOWN = "alive, refuses checks"
    INCONCLUSIVE = "inconclusive"


def compare(here: Verdict | None, platform: Verdict | None) -> Difference:
    """Read two verdicts together. One that is missing, UNKNOWN or NOT_CHECKED leaves it inconclusive."""
    if here is None or platform is None or {here, platform} & {Verdict.UNKNOWN, Verdict.NOT_CHECKED}:
        return Difference.INCONCLUSIVE
    if here.broken:
        return Difference.AGREE_DOWN if platform.broken else Difference.HERE_ONLY
    if Verdict.BLOCKED in (here, platform):
        return Difference.BLOCKED_NOT_DOWN
    if platform.broken:
        return Difference.SLOW_NOT_DOWN if here.band is Band.SLOW else Difference.PLATFORM_ONLY
    if here.healthy and platform.healthy:
        return Difference.AGREE_OK
    return Difference.SLOW_NOT_DOWN if Band.SLOW in (here.band, platform.band) else Difference.INCONCLUSIVE


def speaking(here: HealthResult | None, platform: HealthResult | None) -> HealthResult | None:
    """Which of two vantage points' newest results speaks for the link: the better informed, then the newer.

    A verdict goes before none; HERE before PLATFORM when it is at most ten minutes older.
    """
    if here is None or platform is None:
        return here or platform
    if here.verdict.silent != platform.verdict.silent:
        return platform if here.verdict.silent else here
    older_by = (platform.checked_at - here.checked_at).total_seconds()
    return here if older_by <= PREFER_HERE_SECONDS else platform


def together(one: HealthResult, other: HealthResult) -> bool:
    """Whether two results are of the same time (`SAME_TIME`), so that they may be read together."""
    return abs(one.checked_at - other.checked_at) <= SAME_TIME


def compare_looks(here: HealthResult | None, platform: HealthResult | None) -> Difference:
    """Read two newest results together; inconclusive when they are of two times (`SAME_TIME`)."""
    if here is None or platform is None or not together(here, platform):
        return Difference.INCONCLUSIVE
    return compare(here.verdict, platform.verdict)


def flapping(results: Iterable[HealthResult], now: datetime) -> frozenset[str]:
    """The slugs whose destination keeps going and coming, by results recorded of them.

    It flaps when one vantage point saw one destination turn between failing and working `FLAP_CHANGES`
    times within `FLAP_WINDOW`. Verdicts that say nothing are passed over.
    """
    rows: defaultdict[tuple[str, Vantage, str], list[HealthResult]] = defaultdict(list)
    for result in results:
        if now - FLAP_WINDOW <= result.checked_at <= now and not result.verdict.silent:
            rows[result.slug, result.vantage, result.destination_url].append(result)
    return frozenset(slug for (slug, _, _), row in rows.items() if _turns(row) >= FLAP_CHANGES)


def _turns(row: Sequence[HealthResult]) -> int:
    states = [result.verdict.failing for result in sorted(row, key=lambda r: r.checked_at)]
    return sum(before != after for before, after in pairwise(states))


def verdict_of_status(status: int) -> Verdict:
    """The verdict of a final HTTP status, before body and timing are looked at.

    BLOCKED statuses mean that the page is alive and turns checks away (product.md, section 5). Any other
    4xx is a page that visitors cannot use.
    """
    if status in {401, 403, 429, 451, 999}:
        return Verdict.BLOCKED
    for first, verdict in ((200, Verdict.OK), (400, Verdict.DEAD), (500, Verdict.SERVER_ERROR)):
        if first <= status <= first + 99:
            return verdict
    return Verdict.UNKNOWN


def verdict_word(verdict: Verdict | None, status_code: int | None, latency_ms: float | None) -> str:
    """A verdict as a list shows it: `503`, `refused`, `slow 8.1 s`, `timeout`, `120 ms`, `unchecked`."""
    if verdict is None or verdict is Verdict.NOT_CHECKED:
        return "unchecked"
    if verdict in {Verdict.SERVER_ERROR, Verdict.DEAD} and status_code:
        return str(status_code)
    word = verdict.value.lower().replace("_", " ")
    if latency_ms is None or verdict not in {Verdict.OK, Verdict.OK_REDIRECTED, Verdict.SLOW}:
        return word
    if verdict is Verdict.SLOW:
        return f"slow {latency_ms / 1000:.1f} s"
    return f"{latency_ms:.0f} ms"


def newest_by_vantage(results: Iterable[HealthResult]) -> dict[Vantage, HealthResult]:
    """The newest result of each vantage point."""
    newest: dict[Vantage, HealthResult] = {}
    for result in results:
        known = newest.get(result.vantage)
        if known is None or result.checked_at >= known.checked_at:
            newest[result.vantage] = result
    return newest
