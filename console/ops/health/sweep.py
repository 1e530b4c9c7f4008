"""Checking destinations from this machine, with every result kept as it comes. Free.

Having the platform look costs a write (`health.platform_check`). Neither spends the reserve for rollbacks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final

from console.domain.errors import Refused
from console.domain.health import HealthResult
from console.domain.links import VersionId
from console.ops import meter
from console.ops.health.look import not_looked_at
from console.ops.probe.prober import Prober, result_for
from console.ops.session import Session

_KEEP_EVERY: Final = 50
_READ_AT_ONCE: Final = 500
PORTION: Final = 20_000
"""Links that are read and looked at together: what a sweep holds in memory, however many it is told to do."""


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


class Chosen:
    """Links to look at, in their order: by name, or by their places in the cache, which take 8 bytes each.

    `every`: they are all there are, so that the platform need not be told their names.
    """

    def __init__(
        self, slugs: Sequence[str] = (), places: Sequence[int] | None = None, *, every: bool = False
    ) -> None:
        self._slugs = slugs
        self._places = places
        self.every = every

    def __len__(self) -> int:
        return len(self._slugs if self._places is None else self._places)

    def read(self, session: Session, start: int, stop: int) -> list[Checkable]:
        """A range of them as the cache knows them now; those that are gone are left out."""
        if self._places is None:
            return from_cache(session, self._slugs[start:stop])
        rows = session.store.inventory.rows(self._places[start:stop])
        return [Checkable(row.slug, row.destination_url, row.version) for row in rows]

    def names(self, session: Session) -> list[str]:
        """Their slugs, as the platform is asked about them: none where it is about every link."""
        if self.every:
            return []
        if self._places is None:
            return list(self._slugs)
        return session.store.inventory.slugs(self._places)


def opted_out(session: Session, item: Checkable) -> bool:
    """Whether the profile says never to look at it."""
    return session.profile.never_looks_at(item.slug, item.destination_url)


async def check_from_here(
    session: Session, items: Sequence[Checkable], each_seconds: float | None = None
) -> AsyncGenerator[HealthResult]:
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


async def check_chosen(
    session: Session, chosen: Chosen, each_seconds: float | None = None
) -> AsyncGenerator[HealthResult]:
    """Look at any number of links from here, a portion after the other; otherwise as `check_from_here`.

    Memory stays that of one `PORTION`. Identical destinations are probed once within a portion.
    """
    for first in range(0, len(chosen), PORTION):
        items: list[Checkable] = []
        last = min(first + PORTION, len(chosen))
        for start in range(first, last, _READ_AT_ONCE):
            items += chosen.read(session, start, min(start + _READ_AT_ONCE, last))
            await asyncio.sleep(0)  # a rollback does not wait until all are read
        async with aclosing(check_from_here(session, items, each_seconds)) as results:
            async for result in results:
                yield result


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
