"""What is failing now, by host and from both vantage points: what screens, command line and watch read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from console.domain.health import FLAP_WINDOW, Band, flapping, speaking
from console.domain.outages import Outage, Pair, outages
from console.domain.urls import name_of_host
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
        epoch: of the target that it is about.
    """

    outages: tuple[Outage, ...]
    samples: dict[str, tuple[int, ...]]
    hosts: int
    links: int
    latencies: tuple[float, ...]
    epoch: int


async def board(session: Session) -> Board:
    """Cluster what was last found of every link."""
    log, now = session.store.health, session.clock.now().wall
    pairs = log.pairs()
    found = outages(pairs, _restless(session))
    failing = {outage.host for outage in found}
    spoken = [result for pair in pairs if (result := speaking(*pair)) is not None]
    healthy = [r for r in spoken if r.verdict.band is Band.OK]
    samples = {
        o.host: tuple(log.samples(o.host, now - _SAMPLE_SPAN, _SAMPLE_BUCKETS, now)) for o in found[:_SAMPLED]
    }
    return Board(
        outages=found,
        samples=samples,
        hosts=len({name_of_host(r.destination_url) for r in spoken} - failing),
        links=len(healthy),
        latencies=tuple(r.latency_ms for r in healthy if r.latency_ms is not None),
        epoch=session.target.epoch,
    )


def outages_among(session: Session, slugs: Collection[str]) -> tuple[Outage, ...]:
    """The outages that these links are part of, by what was last found of them."""
    wanted = frozenset(slugs)
    return outages((p for p in session.store.health.pairs() if _slug_of(p) in wanted), _restless(session))


def _slug_of(pair: Pair) -> str:
    return next((result.slug for result in pair if result is not None), "")


def _restless(session: Session) -> frozenset[str]:
    now = session.clock.now().wall
    return flapping(session.store.health.restless(now - FLAP_WINDOW), now)
