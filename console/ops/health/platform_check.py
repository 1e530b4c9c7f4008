"""Having the platform look at destinations: what it costs is known before, and it never costs the reserve.

The results are the platform's vantage point, kept beside those from this machine (`sweep`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cache.links import Sort
from console.api.port import HealthRun
from console.domain.errors import RepointError, RouteMissing, Throttled, Unreachable
from console.domain.health import HealthResult
from console.domain.query import parse
from console.ops.health.sweep import require_spare_write
from console.ops.session import Session
from console.ops.sync import with_versions

_POLL_SECONDS: Final = 2.0
_POLLS: Final = 60

Tell = Callable[[int, int], None]
"""Told (found, asked for) while the platform's run goes on."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one question to the platform costs.

    Attributes:
        what: what it does, as the start of a sentence.
        writes: 1, or 0 where the token's routes are not charged (platform-api, "Daily writes").
        left: writes left today; None when the platform does not say.
        kept: of those, kept for rollbacks.
    """

    what: str
    writes: int
    left: int | None
    kept: int

    @property
    def sentence(self) -> str:
        """The cost as it is said before it is spent."""
        if not self.writes:
            return f"{self.what}. That costs no write with this token"
        if self.left is None:
            return f"{self.what}. That costs 1 write; how many are left the platform does not say"
        kept = f", {self.kept:,} of them kept for rollbacks" if self.kept else ""
        return f"{self.what}. That costs 1 of the {self.left:,} writes left today{kept}"


async def cost_of(session: Session, slugs: Sequence[str]) -> Cost:
    """What checking these links from the platform costs; an empty selection means every link. Free to ask.

    Raises:
        Refused: reason `reserve`: only writes that are kept for rollbacks are left.
        Unreachable, SignInNeeded, ...: what the platform or the line said.
    """
    which = f"{len(slugs):,} link{'s' if len(slugs) != 1 else ''}" if slugs else "every link"
    return await cost_of_one(session, f"The platform looks at {which}")


async def cost_of_one(session: Session, what: str) -> Cost:
    """What one charged question costs; see `cost_of`."""
    if session.identity is None:
        await session.introduce()
    charged = session.online().capabilities.charges_writes
    if charged:
        await require_spare_write(session)
    meter = session.meter
    left = meter.left if meter is not None else None
    kept = meter.reserve(session.profile.reserve) if meter is not None else 0
    return Cost(what, 1 if charged else 0, left, kept)


@contextmanager
def counted_when_sent(session: Session, cost: Cost) -> Iterator[None]:
    """Count what one charged question cost, also when its answer was lost: what left may have been charged.

    A question that the platform turned away, or that never left, is not counted.
    """
    try:
        yield
    except RepointError as error:
        if cost.writes and error.applied == "unknown":
            session.count_write()
        raise
    except asyncio.CancelledError:
        if cost.writes:
            session.count_write()
        raise
    if cost.writes:
        session.count_write()


async def check_from_platform(
    session: Session, slugs: Sequence[str], tell: Tell | None = None
) -> list[HealthResult]:
    """Have the platform check destinations now. Costs one write; an empty selection means every link.

    Links that the profile opts out are left out of what is asked, and of what is kept.

    Raises:
        Refused: reason `reserve`: only writes that are kept for rollbacks are left.
        Unreachable: no result: the platform's gateway gave up, or the line did. Nothing is said of any link.
        Throttled: the platform's run did not end in time; what it found so far is kept.
    """
    cost = await cost_of(session, slugs)
    asked = _allowed(session, slugs)
    if slugs and not asked:
        return []
    platform = session.online()
    # A destination that hangs must not outlast the call that waits for the results.
    each = min(session.profile.probe_timeout, session.profile.timeout / 2)
    with counted_when_sent(session, cost):
        run = await _with_result(lambda: platform.check_health(asked, timeout_seconds=each))
    polls, total = 0, len(asked) or session.store.inventory.count()
    while not run.finished:
        if tell is not None:
            tell(len(run.results), total)
        if polls >= _POLLS:
            _keep(session, run.results)
            raise Throttled("The platform's health run has not ended yet", hint="Look again in a minute")
        polls += 1
        await session.clock.sleep(_POLL_SECONDS)
        run = await _with_result(platform.last_health)
    return _keep(session, run.results)


def _allowed(session: Session, slugs: Sequence[str]) -> list[str]:
    """What may be asked for; every link by name, where the profile opts one of them out."""
    if not session.profile.opt_out:
        return list(slugs)
    inventory = session.store.inventory
    named = slugs or inventory.slugs(inventory.select(parse(""), Sort.SLUG, 0.0))
    return [slug for slug in named if not _opted_out(session, slug)]


def _opted_out(session: Session, slug: str) -> bool:
    cached = session.store.inventory.get(slug)
    url = cached.link.destination_url if cached is not None else ""
    return session.profile.never_looks_at(slug, url)


def _keep(session: Session, results: Sequence[HealthResult]) -> list[HealthResult]:
    allowed = [r for r in results if not session.profile.never_looks_at(r.slug, r.destination_url)]
    found = with_versions(session, allowed)
    session.store.health.add(found)
    return found


async def _with_result(ask: Callable[[], Awaitable[HealthRun]]) -> HealthRun:
    """An answer, or the failure told as what it is: no result, and no verdict on any destination."""
    try:
        return await ask()
    except Unreachable as error:
        raise Unreachable(
            "The platform's health check gave no result" + (f" ({error.status})" if error.status else ""),
            phase=error.phase,
            detail=f"{error.title}. This says nothing of any destination; earlier results stay as they were.",
            hint="Check from here, which is free, or ask the platform again later",
            request_id=error.request_id,
            applied=error.applied,
            status=error.status,
        ) from error
    except RouteMissing as error:
        raise RepointError(
            "This platform checks no destinations",
            detail=f"{error.title}. Nothing was spent.",
            hint="Check from here, which is free",
            request_id=error.request_id,
        ) from error
