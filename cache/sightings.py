"""What operators have seen of links: the context that a rollback is judged against."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any, Final

from cache.database import transaction
from cache.problems import storable, told
from console.domain.moments import Moment
from console.domain.sightings import Seen, Sighting
from console.domain.versions import Source

_COLUMNS: Final = (
    "target_key, operator, slug, link_id, version, fingerprint, seen, source, wall, monotonic, boottime, "
    "boot_id"
)


class Sightings:
    """The sightings of one target in its cache file. The order of recording decides, never a clock."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @told
    def record(self, sighting: Sighting) -> None:
        """Keep a sighting. The versions' types are kept."""
        at = sighting.at
        version = sighting.version
        with transaction(self._db):
            self._db.execute(
                f"INSERT INTO sightings ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - own words only
                (
                    storable(sighting.target_key),
                    storable(sighting.operator),
                    storable(sighting.slug),
                    storable(sighting.link_id),
                    storable(version) if isinstance(version, str) else version,
                    sighting.fingerprint,
                    sighting.seen.value,
                    sighting.source.value,
                    at.wall.isoformat(),
                    at.monotonic,
                    at.boottime,
                    at.boot_id,
                ),
            )

    @told
    def latest(self, operator: str, slug: str) -> Sighting | None:
        """What this operator saw last of the link."""
        found = self._select(operator, slug, 1)
        return found[0] if found else None

    @told
    def all_of(self, operator: str, slug: str) -> list[Sighting]:
        """Everything this operator saw of the link, newest first."""
        return self._select(operator, slug, -1)

    def _select(self, operator: str, slug: str, limit: int) -> list[Sighting]:
        sql = f"SELECT {_COLUMNS} FROM sightings WHERE operator = ? AND slug = ? ORDER BY id DESC LIMIT ?"  # noqa: S608 - own words only
        return [_sighting(row) for row in self._db.execute(sql, (storable(operator), storable(slug), limit))]


def _sighting(row: tuple[Any, ...]) -> Sighting:
    target_key, operator, slug, link_id, version, fingerprint, seen, source, *at = row
    wall, monotonic, boottime, boot_id = at
    moment = Moment(datetime.fromisoformat(wall), monotonic, boottime, boot_id)
    return Sighting(
        target_key, operator, slug, link_id, version, fingerprint, Seen(seen), Source(source), moment
    )
