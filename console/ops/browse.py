"""What the screens read of the cache: the list row by row, the board of outages, and how we stand."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cache.database import open_reader
from cache.links import Inventory, Row, Sort
from console.domain.health import Band, Difference, HealthResult, Vantage, compare
from console.domain.outages import Outage, cluster
from console.domain.outcomes import WriteState
from console.domain.query import Query, parse
from console.domain.readings import Reading
from console.domain.target import Target
from console.domain.urls import host_of, name_of_host
from console.ops.meter import known
from console.ops.notes import mirror_holds
from console.ops.review import Review, review
from console.ops.session import Session

__all__ = [
    "Board",
    "Browser",
    "Found",
    "SecondLook",
    "Sort",
    "Standing",
    "board",
    "changed_since",
    "last_applied",
    "looked_at",
    "standing",
]

_SAMPLE_BUCKETS: Final = 12
_SAMPLE_SPAN: Final = timedelta(hours=1)
_LOOKS: Final = 4
"""Failing hosts that the second look is told for."""
_LOOK_AT: Final = 20
"""Links of a host that are looked through for an older look from here than the platform's."""


class Found:
    """The links of one filter in one order; rows are read when they come into view."""

    def __init__(self, inventory: Inventory, rowids: array[int]) -> None:
        self._inventory = inventory
        self._rowids = rowids

    @property
    def count(self) -> int:
        """How many links there are."""
        return len(self._rowids)

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        """The rows `start` to `stop` (not included)."""
        return self._inventory.rows(self._rowids[start:stop])

    def slugs(self, start: int, stop: int) -> Sequence[str]:
        """The slugs of a range."""
        return self._inventory.slugs(self._rowids[start:stop])

    def index(self, slug: str) -> int | None:
        """Where a slug stands, if it is among them."""
        rowid = self._inventory.find(slug)
        if rowid is None:
            return None
        try:
            return self._rowids.index(rowid)
        except ValueError:
            return None


class Browser:
    """Reads the list beside the core, which writes. Belongs to the thread that made it."""

    def __init__(self, cache_path: Path) -> None:
        self._connection = open_reader(cache_path)
        self._inventory = Inventory(self._connection)

    def select(
        self, query: Query, sort: Sort, now: float, *, descending: bool = False, marked: frozenset[str]
    ) -> Found:
        """The links of a filter in an order. `now` is unix seconds."""
        found = self._inventory.select(query, sort, now, descending=descending, marked=marked)
        return Found(self._inventory, found)

    def count(self) -> int:
        """How many links there are in all."""
        return self._inventory.count()

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Standing:
    """How this session stands: all that the top line and the action table ask of it.

    Attributes:
        offline: offline was asked for.
        writes_left: None when the platform did not say.
        reserve: writes kept for rollbacks.
        armed_seconds: None where the profile is not protected.
        synced_at: unix seconds of the last whole sync.
        open_writes: writes of this target whose outcome is not known.
        read_only: why nothing may be written on this machine; empty when it may.
        notice: what opening the files had to say.
        held: rolled-back links that are watched.
    """

    target: Target
    cache_path: Path
    offline: bool
    token_expires_at: datetime | None
    writes_left: int | None
    reserve: int
    armed_seconds: float | None
    synced_at: float | None
    open_writes: int
    read_only: str
    notice: str
    held: frozenset[str] = frozenset()


async def standing(session: Session) -> Standing:
    """How the session stands now."""
    budget, store = known(session), session.store
    return Standing(
        target=session.target,
        cache_path=store.cache_path,
        offline=session.offline,
        token_expires_at=session.identity.token_expires_at if session.identity else None,
        writes_left=budget.left,
        reserve=budget.reserve,
        armed_seconds=session.armed_seconds() if session.profile.protected else None,
        synced_at=store.inventory.synced_at(),
        open_writes=len(store.journal.open_writes(session.target.key)),
        read_only="the journal cannot be written" if store.journal.read_only else "",
        notice=store.notice,
        held=mirror_holds(session),
    )


def last_applied(session: Session, slug: str) -> str | None:
    """The run of this operator's newest applied rollback of a link, for undoing it."""
    for write in session.store.journal.writes_of(session.target.key, slug, 20):
        if write.state is WriteState.APPLIED and write.operator == session.target.operator:
            return write.run
    return None


async def changed_since(session: Session, since: float, limit: int) -> list[str]:
    """The slugs of the links that have changed since a time (unix seconds), newest first, `limit` at most."""
    now = session.clock.now().wall.timestamp()
    query = parse(f"changed:<{max(1, round(now - since))}s")
    found = session.store.inventory.select(query, Sort.CHANGED, now, limit, descending=True)
    return session.store.inventory.slugs(found)


def looked_at(session: Session, reading: Reading) -> Review:
    """A reading with what is known beside it; what was last found of the link counts for its live version.

    The platform does not say which version was live when it looked, only where the link led.
    """
    found = review(session, reading)
    if reading.live in found.health:
        return found
    newest = session.store.health.latest([reading.slug])
    return replace(found, health={**found.health, reading.live: newest[0]}) if newest else found


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What this machine found on a failing host, beside what the platform found.

    Attributes:
        platform: the platform's last result of the same link; None where it has none.
    """

    host: str
    here: HealthResult
    difference: Difference
    platform: HealthResult | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """The newest results, clustered.

    Attributes:
        samples: failing results of the last hour by host, oldest first.
        hosts: hosts with no failing link; `links` that are healthy; their `latencies` in milliseconds.
        epoch: of the target that it is about.
    """

    outages: tuple[Outage, ...]
    samples: dict[str, tuple[int, ...]]
    hosts: int
    links: int
    latencies: tuple[float, ...]
    looks: tuple[SecondLook, ...]
    epoch: int


async def board(session: Session) -> Board:
    """Cluster what was last found of every link."""
    log, now = session.store.health, session.clock.now().wall
    results = log.latest()
    outages = cluster(results)
    failing = {outage.host for outage in outages}
    healthy = [r for r in results if r.verdict.band is Band.OK]
    samples = {
        o.host: tuple(log.samples(o.host, now - _SAMPLE_SPAN, _SAMPLE_BUCKETS, now)) for o in outages[:20]
    }
    from_here = [r for r in results if r.vantage is Vantage.HERE]
    looks = [look for o in outages[:_LOOKS] if (look := _second_look(session, o, from_here)) is not None]
    return Board(
        outages=outages,
        samples=samples,
        hosts=len({host_of(r.destination_url) for r in results} - failing),
        links=len(healthy),
        latencies=tuple(r.latency_ms for r in healthy if r.latency_ms is not None),
        looks=tuple(looks),
        epoch=session.target.epoch,
    )


def _second_look(session: Session, outage: Outage, from_here: Sequence[HealthResult]) -> SecondLook | None:
    """The newest look from here at one of the host's links, whatever it found, beside the platform's."""
    looked = [r for r in from_here if name_of_host(r.destination_url) == outage.host]
    looked.sort(key=lambda r: r.checked_at, reverse=True)
    for slug in [r.slug for r in looked[:1]] or outage.slugs[:_LOOK_AT]:
        by = session.store.health.latest_by_vantage(slug)
        here, platform = by.get(Vantage.HERE), by.get(Vantage.PLATFORM)
        if here is not None:
            verdict = platform.verdict if platform else None
            return SecondLook(outage.host, here, compare(here.verdict, verdict), platform)
    return None
