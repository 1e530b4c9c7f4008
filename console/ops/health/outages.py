"""What is failing now, by host and from both vantage points: what screens, command line and watch read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from console.domain.health import FLAP_WINDOW, flapping
from console.domain.outages import Outage, Pair, outages
from console.domain.urls import without_port
from console.ops.session import Session

_SAMPLE_BUCKETS: Final = 12
_SAMPLE_SPAN: Final = timedelta(hours=1)
_SAMPLED: Final = 20
"""Outages that get samples: more do not fit a screen."""


@dataclass(frozen=True, slots=True)
class Board:
    """The newest results, clustered.

    Attributes:
        samples: failing results of the last hour by host, oldest first.
        hosts: hosts with no failing link; `links` that are healthy; their `latencies` in milliseconds.
        oldest: when the healthy link that waits longest was looked at, UTC; None without one.
        epoch: of the target that it is about.
    """

    outages: tuple[Outage, ...]
    samples: dict[str, tuple[int, ...]]
    hosts: int
    links: int
    latencies: tuple[float, ...]
    oldest: datetime | None
    epoch: int


async def board(session: Session) -> Board:
    """Cluster what was last found of every link."""
    log, now = session.store.health, session.clock.now().wall
    restless = _restless(session)
    found = outages(log.troubled(restless), restless)
    failing = {outage.host for outage in found}
    hosts, links, latencies, oldest = log.healthy()
    samples = {
        o.host: tuple(log.samples(o.host, now - _SAMPLE_SPAN, _SAMPLE_BUCKETS, now)) for o in found[:_SAMPLED]
    }
    return Board(
        outages=found,
        samples=samples,
        hosts=len({without_port(host) for host in hosts} - failing),
        links=links,
        latencies=tuple(latencies),
        oldest=oldest,
        epoch=session.target.epoch,
    )


def outages_among(session: Session, slugs: Collection[str]) -> tuple[Outage, ...]:
    """The outages that these links are part of, by what was last found of them."""
    wanted, restless = frozenset(slugs), _restless(session)
    return outages((p for p in session.store.health.troubled(restless) if _slug_of(p) in wanted), restless)


def _slug_of(pair: Pair) -> str:
    return next((result.slug for result in pair if result is not None), "")


def _restless(session: Session) -> frozenset[str]:
    now = session.clock.now().wall
    return flapping(session.store.health.restless(now - FLAP_WINDOW), now)
