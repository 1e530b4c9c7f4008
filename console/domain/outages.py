"""Failing links clustered by destination host, with a start time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from console.domain.health import Band, HealthResult, Verdict
from console.domain.urls import name_of_host


@dataclass(frozen=True, slots=True)
class Outage:
    """One host's failing links.

    Attributes:
        host: destination host, whatever its ports.
        band: DOWN when any link is broken, else SLOW.
        kinds: what failed how often, as an operator says it (`503`, `refused`, `timeout`).
        since: start of the earliest unbroken row of failures among its links, UTC.
        slugs: affected links, in the order they came.
    """

    host: str
    band: Band
    kinds: Counter[str]
    since: datetime
    slugs: tuple[str, ...]

    @property
    def count(self) -> int:
        """Number of affected links."""
        return len(self.slugs)


@dataclass(slots=True)
class _Cluster:
    bands: Counter[Band] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    since: datetime | None = None
    slugs: list[str] = field(default_factory=list)


def kind_of(result: HealthResult) -> str:
    """A failure in the fewest words: `503`, `refused`, `timeout (dns)`, `over 5 s`."""
    if result.verdict in {Verdict.SERVER_ERROR, Verdict.DEAD} and result.status_code:
        return str(result.status_code)
    if result.verdict is Verdict.TIMEOUT:
        return f"timeout ({result.phase})" if result.phase else "timeout"
    return result.verdict.value.lower().replace("_", " ")


def cluster(results: Iterable[HealthResult]) -> tuple[Outage, ...]:
    """Cluster the newest results into outages, most affected links first; healthy ones are left out."""
    clusters: dict[str, _Cluster] = {}
    for result in results:
        if result.verdict.band not in {Band.DOWN, Band.SLOW}:
            continue
        entry = clusters.setdefault(name_of_host(result.destination_url), _Cluster())
        entry.bands[result.verdict.band] += 1
        entry.kinds[kind_of(result)] += 1
        entry.slugs.append(result.slug)
        since = result.failing_since or result.checked_at
        entry.since = since if entry.since is None else min(entry.since, since)
    outages = [
        Outage(host, Band.DOWN if e.bands[Band.DOWN] else Band.SLOW, e.kinds, e.since, tuple(e.slugs))
        for host, e in clusters.items()
        if e.since is not None
    ]
    return tuple(sorted(outages, key=lambda o: (o.band.rank, -o.count, o.host)))
