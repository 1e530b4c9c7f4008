"""What this machine remembers of one target: the cache's and the journal's tables, opened together.

SQLite connections belong to the thread that opened them: the core's.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cache.database import open_cache, open_journal
from cache.health import HealthLog
from cache.journal import Journal
from cache.links import Inventory
from cache.marks import Marks
from cache.process import this_process
from cache.raw_links import RawLinks
from cache.retention import Pruned, prune
from cache.runs import Runs
from cache.sightings import Sightings
from cache.spending import Spending
from cache.timelines import Timelines
from cache.unread import UnreadRecords


@dataclass(frozen=True, slots=True)
class Store:
    """The tables of one target's cache file and of this home's journal.

    Attributes:
        notice: something the operator should know about how it was opened; empty when all was well.
    """

    cache_path: Path
    inventory: Inventory
    unread: UnreadRecords
    raw: RawLinks
    timelines: Timelines
    sightings: Sightings
    health: HealthLog
    journal: Journal
    runs: Runs
    spending: Spending
    marks: Marks
    notice: str
    connections: tuple[sqlite3.Connection, ...]

    def drop_old(self, keep_health_days: float, now: datetime) -> Pruned:
        """Drop old health results and sightings, as `cache.retention.prune` does; the file keeps the room."""
        return prune(self.connections[0], keep_health_days=keep_health_days, now=now, compact=False)

    @classmethod
    def open(cls, cache_path: Path, journal_path: Path) -> Store:
        """Open both files, making them where they are missing.

        Raises:
            StorageProblem: a file that cannot be used; it names the file and the way on.
        """
        opened = open_cache(cache_path)
        try:
            journal = open_journal(journal_path)
        except BaseException:
            opened.connection.close()
            raise
        return cls(
            cache_path=cache_path,
            inventory=Inventory(opened.connection),
            unread=UnreadRecords(opened.connection),
            raw=RawLinks(opened.connection),
            timelines=Timelines(opened.connection),
            sightings=Sightings(opened.connection),
            health=HealthLog(opened.connection),
            journal=Journal(journal, this_process()),
            runs=Runs(journal, this_process()),
            spending=Spending(journal, this_process()),
            marks=Marks(journal),
            notice=opened.notice or "",
            connections=(opened.connection, journal),
        )

    def close(self) -> None:
        """Close both files."""
        for connection in self.connections:
            connection.close()
