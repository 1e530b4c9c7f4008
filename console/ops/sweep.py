"""Checking destinations from both vantage points, with every result kept as it comes.

Looking from this machine is free; having the platform look costs a write and never spends the reserve
that is kept for rollbacks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final

from console.domain.errors import Refused, Throttled
from console.domain.health import HealthResult, Vantage, Verdict
from console.domain.links import VersionId
from console.domain.urls import host_of
from console.ops import meter
from console.ops.probe import Prober, result_for
from console.ops.session import Session
from console.ops.sync import with_versions

_KEEP_EVERY: Final = 50
_POLL_SECONDS: Final = 2.0
_POLLS: Final = 60


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
    return session.profile.opted_out(item.slug, host_of(item.destination_url))


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
                yield _not_checked(session, item)
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


def _not_checked(session: Session, item: Checkable) -> HealthResult:
    return HealthResult(
        slug=item.slug,
        destination_url=item.destination_url,
        verdict=Verdict.NOT_CHECKED,
        vantage=Vantage.HERE,
        checked_at=session.clock.now().wall,
        version=item.version,
        detail="opted out in the profile",
    )


async def check_from_platform(session: Session, slugs: Sequence[str]) -> list[HealthResult]:
    """Have the platform check destinations now. Costs one write; an empty selection means every link.

    Raises:
        Refused: reason `reserve`: only writes that are kept for rollbacks are left.
        Throttled: the platform's run did not end in time; what it found so far is kept.
    """
    await require_spare_write(session)
    platform = session.online()
    run = await platform.check_health(slugs, timeout_seconds=session.profile.timeout)
    session.count_write()
    polls = 0
    while not run.finished:
        if polls >= _POLLS:
            session.store.health.add(run.results)
            raise Throttled("The platform's health run has not ended yet", hint="Look again in a minute")
        polls += 1
        await session.clock.sleep(_POLL_SECONDS)
        run = await platform.last_health()
    found = with_versions(session, run.results)
    session.store.health.add(found)
    return found


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
