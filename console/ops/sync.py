"""Bringing the cache up to date: every link, the platform's last health results, the day's writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from console.domain.errors import RepointError
from console.domain.health import HealthResult
from console.domain.links import Link
from console.domain.text import safe
from console.domain.unread import UnreadLinks
from console.ops.session import Session
from console.ops.upkeep import keep_in_bounds


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is. `total` is the count of the last sync, None on the first."""

    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync found. Times are unix seconds.

    Attributes:
        unread: the records that could not be read. What the cache has of those links is as it was.
        kept: links that the list did not hold and that are kept, since an unread record may be theirs.
    """

    total: int
    new: int
    changed: int
    removed: int
    health_results: int
    at: float
    unread: UnreadLinks = field(default_factory=UnreadLinks)
    kept: int = 0

    @property
    def trouble(self) -> str:
        """What could not be read, and what that means, for the operator; empty when all could."""
        return unread_words(self.unread, self.kept)


_TOLD: Final = 3


def unread_words(unread: UnreadLinks, kept: int = 0) -> str:
    """The records of the last sync that could not be read, in words; empty when there are none."""
    if not unread.count:
        return ""
    places = ", ".join(
        f"{safe(each.place, 40)}{f' {safe(each.slug, 24)}' if each.slug else ''} ({safe(each.reason, 60)})"
        for each in unread.kept[:_TOLD]
    )
    more = f" and {unread.count - _TOLD:,} more" if unread.count > _TOLD else ""
    are, it = ("link", "it is") if unread.count == 1 else ("links", "they are")
    stays = f"; {kept:,} not listed {'is' if kept == 1 else 'are'} kept" if kept else ""
    return f"{unread.count:,} {are} could not be read: {places}{more}. In the cache {it} as before{stays}"


async def sync(session: Session, on_progress: Callable[[Progress], None] | None = None) -> Synced:
    """Read every link and the platform's last health results into the cache. Costs no write.

    Links that the platform no longer lists are removed from the cache only after the whole list was read.
    Records that cannot be read do not hide the others, while they are few (`UnreadLinks.too_many`).

    Raises:
        Unreachable, SignInNeeded, ...: what the platform or the line said; the cache keeps what it had.
    """
    platform, inventory = session.online(), session.store.inventory
    known = inventory.count() or None
    generation = inventory.begin_sync()
    at = session.clock.now().wall.timestamp()
    done = new = changed = 0
    unread = UnreadLinks()
    async for batch in platform.links(unread.add):
        counts = inventory.put_many(batch, generation, at)
        done, new, changed = done + len(batch), new + counts.new, changed + counts.changed
        if on_progress is not None:
            on_progress(Progress(done, known))
    removed = inventory.finish_sync(generation, at, unread)
    kept = session.store.unread.kept()
    results = await read_platform_health(session)
    keep_in_bounds(session)
    return Synced(done, new, changed, removed, results, at, unread, kept)


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

    The platform names only slug and destination. A result of another destination, or of a time before that
    version was made, keeps no version: it was not found while that version was live.
    """
    found = []
    for result in results:
        cached = session.store.inventory.get(result.slug) if result.version is None else None
        if cached is not None and _found_live(cached.link, result):
            found.append(replace(result, version=cached.link.version))
        else:
            found.append(result)
    return found


def _found_live(link: Link, result: HealthResult) -> bool:
    made = link.updated_at
    return link.destination_url == result.destination_url and (made is None or result.checked_at >= made)


def is_due(session: Session, max_age: float = 60.0) -> bool:
    """Whether the last whole sync is older than `max_age` seconds, or never was."""
    at = session.store.inventory.synced_at()
    return at is None or not 0 <= session.clock.now().wall.timestamp() - at <= max_age
