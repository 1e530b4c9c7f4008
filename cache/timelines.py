"""Histories as last read: everything ever fetched is there, with its age."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from cache.codec import timeline_from_json, timeline_to_json
from cache.database import transaction
from cache.problems import storable, told
from console.domain.versions import Timeline, same_version


class Timelines:
    """The timelines of one target in its cache file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @told
    def save(self, timeline: Timeline) -> None:
        """Keep a timeline as just read. A partial one keeps the older versions that are known already."""
        with transaction(self._db):
            known = None if timeline.complete else self.load(timeline.slug)
            whole = timeline if known is None else _continued(timeline, known)
            self._db.execute(
                "INSERT OR REPLACE INTO timelines VALUES (?, ?, ?, ?, ?)",
                (
                    storable(whole.slug),
                    storable(whole.link_id),
                    whole.as_of.timestamp(),
                    whole.complete,
                    timeline_to_json(whole),
                ),
            )

    @told
    def load(self, slug: str) -> Timeline | None:
        """The timeline as it was read (`as_of`), its source the cache; None when it never was."""
        found = self._db.execute("SELECT body FROM timelines WHERE slug = ?", (storable(slug),)).fetchone()
        return None if found is None else timeline_from_json(found[0])

    @told
    def forget(self, slug: str) -> None:
        """Drop the timeline of one link."""
        with transaction(self._db):
            self._db.execute("DELETE FROM timelines WHERE slug = ?", (storable(slug),))


def _continued(fresh: Timeline, known: Timeline) -> Timeline:
    """The fresh part, then what is known to lie behind it; only where the two meet in the same version."""
    if not fresh.versions or fresh.link_id != known.link_id:
        return fresh
    oldest = fresh.versions[-1]
    for index, version in enumerate(known.versions):
        if same_version(version.version, oldest.version):
            if version.fingerprint != oldest.fingerprint:
                return fresh
            behind = known.versions[index + 1 :]
            return replace(fresh, versions=fresh.versions + behind, complete=known.complete)
    return fresh
