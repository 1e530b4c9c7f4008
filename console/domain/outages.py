"""Failing links clustered by destination host, with a start time and what each vantage point saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from console.domain.health import (
    SAME_TIME,
    Band,
    Difference,
    HealthResult,
    Vantage,
    Verdict,
    compare,
    compare_looks,
    newest_by_vantage,
    speaking,
    together,
)
from console.domain.urls import name_of_host

FLAPPING: Final = "flapping"
"""The kind of a link that answers just now and keeps failing in between."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one vantage point last found of a host's affected links.

    Attributes:
        looked: affected links that it looked at; `failing` of them failed.
        verdict: the most common one, of the failing ones where there are any.
        kind: the same in words.
        checked_at: UTC; the newest look that found this: another finding makes it no fresher.
    """

    looked: int
    failing: int
    verdict: Verdict
    kind: str
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Outage:
    """One host's failing links.

    Attributes:
        host: destination host, whatever its ports.
        band: DOWN when any link is broken by the result that speaks for it, else SLOW.
        kinds: what failed how often, as an operator says it (`503`, `refused`, `timeout`).
        since: start of the earliest unbroken row of failures among its links, UTC.
        slugs: affected links, in the order they came.
        checked_at: the newest look at any of them, UTC.
        here: what this machine saw of them; None when it did not look.
        platform: the same for the platform.
        difference: both read together.
        flapping: how many of the links keep failing and working.
    """

    host: str
    band: Band
    kinds: Counter[str]
    since: datetime
    slugs: tuple[str, ...]
    checked_at: datetime
    here: Side | None = None
    platform: Side | None = None
    difference: Difference = Difference.INCONCLUSIVE
    flapping: int = 0

    @property
    def count(self) -> int:
        """Number of affected links."""
        return len(self.slugs)


Pair = tuple[HealthResult | None, HealthResult | None]
"""The newest result of a link from here, and from the platform."""


@dataclass(slots=True)
class _Cluster:
    bands: Counter[Band] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    since: datetime | None = None
    slugs: list[str] = field(default_factory=list)
    here: list[HealthResult] = field(default_factory=list)
    platform: list[HealthResult] = field(default_factory=list)
    differences: Counter[Difference] = field(default_factory=Counter)
    flapping: int = 0

    def add(self, told: HealthResult, pair: Pair, *, flaps: bool) -> None:
        """One more affected link; `told` is the result that makes it one."""
        spoken = speaking(*pair) or told
        self.bands[Band.DOWN if spoken.verdict.band is Band.DOWN else Band.SLOW] += 1
        self.kinds[kind_of(told) if told.verdict.failing else FLAPPING] += 1
        self.slugs.append(told.slug)
        self.flapping += flaps
        # Whoever saw it fail first knows the start, as long as both speak of the same time.
        rows = [r for r in pair if r is not None and r.verdict.failing and together(r, told)] or [told]
        since = min(r.failing_since or r.checked_at for r in rows)
        self.since = since if self.since is None else min(self.since, since)
        for result, side in zip(pair, (self.here, self.platform), strict=True):
            if result is not None and not result.verdict.silent:
                side.append(result)
        if None not in pair and (found := compare_looks(*pair)) is not Difference.INCONCLUSIVE:
            self.differences[found] += 1

    def outage(self, host: str) -> Outage:
        """The cluster as an outage."""
        here, platform = _side(self.here), _side(self.platform)
        assert self.since is not None
        return Outage(
            host,
            Band.DOWN if self.bands[Band.DOWN] else Band.SLOW,
            self.kinds,
            self.since,
            tuple(self.slugs),
            max((r.checked_at for r in (*self.here, *self.platform)), default=self.since),
            here,
            platform,
            self._difference(here, platform),
            self.flapping,
        )

    def _difference(self, here: Side | None, platform: Side | None) -> Difference:
        """By links that both looked at; else by what each saw of the host's links most often."""
        if self.differences:
            return self.differences.most_common(1)[0][0]
        if here is None or platform is None or abs(here.checked_at - platform.checked_at) > SAME_TIME:
            return Difference.INCONCLUSIVE
        return compare(here.verdict, platform.verdict)


def _side(results: list[HealthResult]) -> Side | None:
    if not results:
        return None
    failing = [r for r in results if r.verdict.failing]
    verdict = Counter(r.verdict for r in failing or results).most_common(1)[0][0]
    kind = Counter(kind_of(r) for r in failing or results if r.verdict is verdict).most_common(1)[0][0]
    found = [r.checked_at for r in failing or results if r.verdict is verdict and kind_of(r) == kind]
    return Side(len(results), len(failing), verdict, kind, max(found))


def kind_of(result: HealthResult) -> str:
    """A failure in the fewest words: `503`, `refused`, `timeout (dns)`, `over 5 s`."""
    if result.verdict in {Verdict.SERVER_ERROR, Verdict.DEAD} and result.status_code:
        return str(result.status_code)
    if result.verdict is Verdict.TIMEOUT:
        return f"timeout ({result.phase})" if result.phase else "timeout"
    return result.verdict.value.lower().replace("_", " ")


def cluster(results: Iterable[HealthResult], flapping: Collection[str] = ()) -> tuple[Outage, ...]:
    """Cluster results, the newest of each link and vantage point, into outages; see `outages`."""
    by_slug: dict[str, list[HealthResult]] = {}
    for result in results:
        by_slug.setdefault(result.slug, []).append(result)
    newest = (newest_by_vantage(row) for row in by_slug.values())
    return outages(((n.get(Vantage.HERE), n.get(Vantage.PLATFORM)) for n in newest), flapping)


def outages(pairs: Iterable[Pair], flapping: Collection[str] = ()) -> tuple[Outage, ...]:
    """Cluster links into outages by host, worst band first, then most affected links.

    A link is affected when the result that speaks for it fails, when the other vantage point saw it fail
    at about the same time (`SAME_TIME`), or when it flaps. Others are left out.
    """
    clusters: dict[str, _Cluster] = {}
    for pair in pairs:
        spoken = speaking(*pair)
        if spoken is None:
            continue
        flaps = spoken.slug in flapping
        told = spoken if spoken.verdict.failing or flaps else _dissent(spoken, pair)
        if told is not None:
            entry = clusters.setdefault(name_of_host(told.destination_url), _Cluster())
            entry.add(told, pair, flaps=flaps)
    found = [entry.outage(host) for host, entry in clusters.items()]
    return tuple(sorted(found, key=lambda o: (o.band.rank, -o.count, o.host)))


def _dissent(spoken: HealthResult, pair: Pair) -> HealthResult | None:
    """The other vantage point's failure, where it is of the same time."""
    for other in pair:
        if other is not None and other is not spoken and other.verdict.failing and together(other, spoken):
            return other
    return None
