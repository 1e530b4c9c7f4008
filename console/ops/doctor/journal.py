"""A new journal in place of a lost one, after reading every link that a lost write could be about.

Each write needs a sighting, and sightings stand in the cache: the links with a sighting, a hold or a note
are those that an open write of the lost journal can be about. They are read now, and told. What the
cache cannot tell either is said to be unknown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cache.database import open_journal, open_reader, renew_journal
from cache.journal import Journal
from cache.problems import problem_of
from cache.process import this_process
from console.api.port import Platform
from console.domain.errors import NotFound, Refused, StorageProblem
from console.domain.links import VersionId, label
from console.domain.text import safe
from console.ops.clock import Clock
from console.ops.profiles.profile import Profile

MOST_LINKS: Final = 2000
_CONCERNED: Final = (
    "SELECT slug, version FROM sightings WHERE id IN (SELECT max(id) FROM sightings GROUP BY slug) "
    "UNION SELECT slug, NULL FROM link_marks WHERE slug NOT IN (SELECT slug FROM sightings) ORDER BY slug"
)


@dataclass(frozen=True, slots=True)
class Renewed:
    """A journal that was begun anew.

    Attributes:
        kept: where the old one is; None when it was missing.
        read: how many links were read before.
        moved: one sentence for each link that is not as it was last seen.
        blind: the cache could not say which links are concerned.
    """

    kept: Path | None
    read: int
    moved: tuple[str, ...]
    blind: bool


async def renew(
    profile: Profile,
    platform: Platform,
    clock: Clock,
    files: tuple[Path, Path],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Renewed:
    """Read the links concerned, then begin a new journal; the old one's bytes are kept beside it.

    Args:
        profile: whose platform is read.
        platform: online.
        clock: for the new journal's first entry.
        files: the cache of the target, and the journal.
        progress: told how many links of how many were read.

    Raises:
        Refused: too many links to read one by one.
        RepointError: a link could not be read. Then nothing was changed.
    """
    cache, journal = files
    seen, blind = _concerned(cache)
    if len(seen) > MOST_LINKS:
        raise Refused(
            f"{len(seen):,} links would have to be read before a new journal",
            reason="too_many_links",
            detail="Nothing was changed.",
            hint="Move the journal away by hand and delete journal.expected beside it",
        )
    moved = await _moved(platform, seen, progress)
    kept = renew_journal(journal)
    with closing(open_journal(journal)) as connection:
        Journal(connection, this_process()).append(
            "journal_renewed",
            {
                "profile": profile.name,
                "target": profile.target().key,
                "kept": kept.name if kept else None,
                "links_read": len(seen),
                "moved": list(moved),
                "cache_unknown": blind,
            },
            clock.now(),
        )
    return Renewed(kept, len(seen), tuple(moved), blind)


async def _moved(
    platform: Platform, seen: Sequence[tuple[str, VersionId | None]], progress: Callable[[int, int], None]
) -> list[str]:
    """Read each link; a sentence for each that is not as it was last seen."""
    moved = []
    for done, (slug, version) in enumerate(seen):
        progress(done, len(seen))
        try:
            timeline = await platform.history(slug, limit=1)
        except NotFound:
            moved.append(f"{safe(slug, 60)} does not exist any more.")
            continue
        if version is not None and timeline.live != version:
            newest = timeline.versions[0]
            moved.append(
                f"{safe(slug, 60)}: you last saw {label(version)}; {label(timeline.live)} is live "
                f"({newest.action.value} by {safe(newest.created_by or 'somebody', 60)})."
            )
    return moved


def _concerned(cache: Path) -> tuple[list[tuple[str, VersionId | None]], bool]:
    """Each link with the version last seen live, and whether the cache could not say."""
    try:
        with closing(open_reader(cache)) as connection:
            try:
                return [(str(slug), version) for slug, version in connection.execute(_CONCERNED)], False
            except sqlite3.Error as error:
                raise problem_of(error, connection) from error
    except StorageProblem:
        return [], True
