"""How much is kept, how large it is, and throwing it away when asked."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cache.database import transaction
from cache.health import HealthLog
from cache.locking import setup_lock
from cache.paths import existing_private_file
from cache.problems import problem_of, suspect_file
from console.domain.errors import StorageProblem

KEEP_HEALTH_DAYS: Final = 90.0
KEEP_SIGHTINGS_DAYS: Final = 30.0
"""Sightings count for a day (`SIGHTING_MAX_AGE`); older ones only tell a story."""
_SIDES: Final = ("-wal", "-shm", "-journal", "")


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were dropped."""

    health: int
    sightings: int


@dataclass(frozen=True, slots=True)
class Size:
    """What a cache holds. `size_bytes` is its files on the disk, the unwritten tail included."""

    size_bytes: int
    links: int
    timelines: int
    health_results: int
    sightings: int


def prune(
    connection: sqlite3.Connection,
    keep_health_days: float = KEEP_HEALTH_DAYS,
    keep_sightings_days: float = KEEP_SIGHTINGS_DAYS,
    now: datetime | None = None,
    *,
    compact: bool = True,
) -> Pruned:
    """Drop what is older; with `compact`, give the room back to the disk, else keep it for what comes.

    The newest health result of each vantage point and the newest sighting of each operator stay, however
    old: they are what is known now.

    Raises:
        StorageProblem: the cache cannot be written.
    """
    today = now or datetime.now(UTC)
    health = HealthLog(connection).prune(today - timedelta(days=keep_health_days))
    with transaction(connection):
        done = connection.execute(
            "DELETE FROM sightings WHERE wall < ? "
            "AND id NOT IN (SELECT max(id) FROM sightings GROUP BY operator, slug)",
            ((today - timedelta(days=keep_sightings_days)).isoformat(),),
        )
    try:
        if compact:
            connection.execute("VACUUM")
    except sqlite3.Error as error:
        raise problem_of(error, connection) from error
    return Pruned(health, done.rowcount)


def size(connection: sqlite3.Connection, path: Path) -> Size:
    """What the cache at `path` holds.

    Raises:
        StorageProblem: it cannot be read.
    """
    parts = [path.with_name(path.name + side) for side in _SIDES]
    try:
        counted = [
            int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - own words only
            for table in ("links", "timelines", "health", "sightings")
        ]
    except sqlite3.Error as error:
        raise problem_of(error, connection) from error
    return Size(sum(part.stat().st_size for part in parts if part.exists()), *counted)


def clear(path: Path) -> None:
    """Delete a cache, whatever is in it. The journal is another file and is never deleted.

    Raises:
        StorageProblem: it is not ours to delete, or cannot be.
    """
    if not path.exists() and not path.is_symlink():
        return
    existing_private_file(path)
    with setup_lock(path):
        try:
            for side in _SIDES:
                path.with_name(path.name + side).unlink(missing_ok=True)
            suspect_file(path).unlink(missing_ok=True)
        except OSError as error:
            raise StorageProblem(
                f"{path} cannot be deleted", detail=str(error.strerror), hint="Delete it by hand."
            ) from error
