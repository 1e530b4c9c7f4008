"""Bringing the cache up to date: every link, the platform's last health results, the day's writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from console.domain.errors import RepointError
from console.domain.health import HealthResult
from console.ops.session import Session
from console.ops.upkeep import keep_in_bounds


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is. `total` is the count of the last sync, None on the first."""

    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync found. Times are unix seconds."""

    total: int
    new: int
    changed: int
    removed: int
    health_results: int
    at: float


async def sync(session: Session, on_progress: Callable[[Progress], None] | None = None) -> Synced:
    """Read every link and the platform's last health results into the cache. Costs no write.

    Links that the platform no longer lists are removed from the cache only after the whole list was read.

    Raises:
        Unreachable, SignInNeeded, ...: what the platform or the line said; the cache keeps what it had.
    """
    platform, inventory = session.online(), session.store.inventory
    known = inventory.count() or None
    generation = inventory.begin_sync()
    at = session.clock.now().wall.timestamp()
    done = new = changed = 0
    async for batch in platform.links():
        counts = inventory.put_many(batch, generation, at)
        done, new, changed = done + len(batch), new + counts.new, changed + counts.changed
        if on_progress is not None:
            on_progress(Progress(done, known))
    removed = inventory.finish_sync(generation, at)
    results = await read_platform_health(session)
    keep_in_bounds(session)
    return Synced(done, new, changed, removed, results, at)


async def read_platform_health(session: Session) -> int:
    """Keep the platform's last results; their number. A platform that has none is no fault of a sync."""
    try:
        run = await session.online().last_health()
    except RepointError:
        return 0
    session.store.health.add(with_versions(session, run.results))
    return len(run.results)


def with_versions(session: Session, results: Sequence[HealthResult]) -> list[HealthResult]:
    """Results with the version that the cache knows as live for the destination that was checked.

    The platform names only slug and destination; a result of another destination keeps no version.
    """
    found = []
    for result in results:
        cached = session.store.inventory.get(result.slug) if result.version is None else None
        if cached is not None and cached.link.destination_url == result.destination_url:
            found.append(replace(result, version=cached.link.version))
        else:
            found.append(result)
    return found


def is_due(session: Session, max_age: float = 60.0) -> bool:
    """Whether the last whole sync is older than `max_age` seconds, or never was."""
    at = session.store.inventory.synced_at()
    return at is None or not 0 <= session.clock.now().wall.timestamp() - at <= max_age
