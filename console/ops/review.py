"""Reading a link's history, and remembering what this operator has seen of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Final

from cache.marks import Note
from console.domain.errors import NotCached, UnreadableAnswer
from console.domain.health import HealthResult
from console.domain.links import Link, VersionId
from console.domain.readings import Reading
from console.domain.sightings import Seen, Sighting
from console.domain.versions import Source, Timeline, same_version
from console.ops.session import Session

_TRIES: Final = 3


async def read_live(session: Session, slug: str) -> Reading:
    """Read history and record from the platform, and keep them in the cache.

    Raises:
        NotFound, Unreachable, UnreadableAnswer, SignInNeeded, ...: what the platform or the line said.
    """
    platform = session.online()
    for _ in range(_TRIES):
        timeline, record = await _both(platform.history(slug), platform.link(slug))
        reading = Reading(timeline, record, session.clock.now())
        if reading.consistent:
            return _kept(session, reading)
    raise UnreadableAnswer(
        f"The history of {slug} and the link itself disagree about the live version",
        detail="Nothing was sent. Somebody may be changing the link right now.",
        hint="Read it again in a moment",
    )


async def _both(
    history: Coroutine[None, None, Timeline], link: Coroutine[None, None, Link]
) -> tuple[Timeline, Link]:
    """Both at once; when one fails, the other's call is ended and not left on the line."""
    tasks = asyncio.ensure_future(history), asyncio.ensure_future(link)
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _kept(session: Session, reading: Reading) -> Reading:
    """Cache it, with the identity found from history and record together."""
    timeline = replace(reading.timeline, link_id=reading.identity)
    session.store.timelines.save(timeline)
    if reading.record is not None:
        session.store.inventory.put(reading.record, reading.at.wall.timestamp())
    return replace(reading, timeline=timeline)


def read_cached(session: Session, slug: str) -> Reading:
    """The link as it was last read.

    Raises:
        NotCached: it was never read on this machine.
    """
    timeline = session.store.timelines.load(slug)
    if timeline is None:
        raise NotCached(
            f"The history of {slug} is not in the cache",
            detail="It was never read on this machine for this target.",
            hint="Read it once while online",
        )
    cached = session.store.inventory.get(slug)
    record = cached.link if cached and same_version(cached.link.version, timeline.live) else None
    return Reading(timeline, record, session.clock.now())


async def read(session: Session, slug: str) -> Reading:
    """Read live, or from the cache when offline was asked for."""
    return read_cached(session, slug) if session.offline else await read_live(session, slug)


def see(session: Session, reading: Reading, how: Seen) -> Sighting:
    """Record that this operator has the live version and what it changed before their eyes.

    A sighting from the cache has the source CACHE; it counts for a rollback only because the guard reads
    the link again and compares the fingerprint.
    """
    sighting = Sighting(
        target_key=session.target.key,
        operator=session.target.operator,
        slug=reading.slug,
        link_id=reading.identity,
        version=reading.live,
        fingerprint=reading.fingerprint,
        seen=how,
        source=reading.timeline.source,
        at=reading.at,
    )
    session.store.sightings.record(sighting)
    return sighting


def stated(session: Session, reading: Reading, version: VersionId) -> Sighting:
    """What a caller claims to have reviewed (`--seen`): a version, and nothing about its content."""
    sighting = Sighting(
        target_key=session.target.key,
        operator=session.target.operator,
        slug=reading.slug,
        link_id="",
        version=version,
        fingerprint="",
        seen=Seen.STATED,
        source=Source.PLATFORM,
        at=session.clock.now(),
    )
    session.store.sightings.record(sighting)
    return sighting


@dataclass(frozen=True, slots=True)
class Review:
    """A reading with what this machine knows beside it: health per version, notes, sightings.

    Attributes:
        health: newest result recorded while that version was live.
        bad: versions noted "do not return to this".
        seen: versions this operator has seen live.
    """

    reading: Reading
    health: dict[VersionId, HealthResult]
    bad: dict[VersionId, Note]
    seen: frozenset[VersionId]

    @property
    def timeline(self) -> Timeline:
        """The history that was read."""
        return self.reading.timeline

    @property
    def last_healthy(self) -> VersionId | None:
        """Newest version before the live one that was last seen healthy and is not noted bad."""
        names = self.timeline.names
        older = names[names.index(self.reading.live) + 1 :]
        for name in older:
            result = self.health.get(name)
            if name not in self.bad and result is not None and result.verdict.healthy:
                return name
        return None


def review(session: Session, reading: Reading) -> Review:
    """Put what this machine remembers beside a reading."""
    store, slug = session.store, reading.slug
    sightings = store.sightings.all_of(session.target.operator, slug)
    return Review(
        reading=reading,
        health=store.health.by_version(slug),
        bad=store.marks.bad(session.target.key, slug),
        seen=frozenset(s.version for s in sightings),
    )
