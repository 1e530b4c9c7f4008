"""Checking destinations from this machine, with every result kept as it comes. Free.

Having the platform look costs a write: `platform_check`. Neither ever spends the reserve for rollbacks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final

from console.domain.errors import Refused
from console.domain.health import HealthResult
from console.domain.links import VersionId
from console.ops import meter
from console.ops.look import not_looked_at
from console.ops.probe import Prober, result_for
from console.ops.session import Session

_KEEP_EVERY: Final = 50


@dataclass(frozen=True, slots=True)
class Checkable:
    """A link to check: its destination, and the version that is live with it."""

    slug: str
    destination_url: str
    version: VersionId | None


def from_cache(session: Session, slugs: Iterable[str]) -> list[Checkable]:
    """Links as the cache knows them; unknown slugs are left out."""
    found = []
    for slug in slugs:
        cached = session.store.inventory.get(slug)
        if cached is not None:
            found.append(Checkable(slug, cached.link.destination_url, cached.link.version))
    return found


def opted_out(session: Session, item: Checkable) -> bool:
    """Whether the profile says never to look at it."""
    return session.profile.never_looks_at(item.slug, item.destination_url)


async def check_from_here(
    session: Session, items: Sequence[Checkable], each_seconds: float | None = None
) -> AsyncIterator[HealthResult]:
    """Probe destinations from this machine, yielding results as they come; each is kept.

    Identical destinations are probed once and told for every link. Cancelling keeps what was found.
    `each_seconds` is for one try; the profile's way of looking when None.
    """
    prober = session.prober
    if each_seconds is not None:
        prober = Prober(replace(session.probing, timeout_seconds=each_seconds), session.clock)
    by_url: dict[str, list[Checkable]] = {}
    batch: list[HealthResult] = []
    try:
        for item in items:
            if opted_out(session, item):
                yield not_looked_at(session, item.slug, item.destination_url, item.version)
            else:
                by_url.setdefault(item.destination_url, []).append(item)
        async with aclosing(prober.probe(by_url)) as probes:
            async for probed in probes:
                for item in by_url[probed.url]:
                    result = result_for(probed, item.slug, item.version)
                    batch.append(result)
                    yield result
                if len(batch) >= _KEEP_EVERY:
                    session.store.health.add(batch)
                    batch = []
    finally:
        session.store.health.add(batch)


async def require_spare_write(session: Session) -> None:
    """Refuse work that would spend a write kept for rollbacks.

    Raises:
        Refused: reason `reserve`.
    """
    budget = await meter.read(session)
    if budget.charged and budget.free is not None and budget.free < 1:
        raise Refused(
            f"The {budget.left} writes left today are kept for rollbacks",
            reason="reserve",
            detail="Nothing was sent. Checks from this machine are free.",
            hint="Check from here, or lower `reserve` in the profile",
        )
