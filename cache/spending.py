"""What left this machine of a target's writes, by the journal."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from cache.problems import storable, told
from cache.process import Holder


class Spending:
    """The writes of one home's journal, counted. `holder` is this process."""

    def __init__(self, connection: sqlite3.Connection, holder: Holder) -> None:
        self._db = connection
        self._holder = holder

    @told
    def since(self, target_key: str, since: datetime, *, others_only: bool = False) -> int:
        """Writes that were sent since then, each try of them, and that the platform may have counted.

        Args:
            target_key: of the target they went to.
            since: UTC.
            others_only: leave out those of this process.
        """
        own = self._holder
        sql = (
            "SELECT coalesce(sum(attempts), 0) FROM writes WHERE target_key = ? AND created_at > ? "
            "AND state != 'refused' AND NOT (? AND (holder_pid, holder_started, holder_boot_id, holder_host) "
            "= (?, ?, ?, ?))"
        )
        values = (others_only, own.pid, own.started, own.boot_id, own.host)
        return int(self._db.execute(sql, (storable(target_key), since.isoformat(), *values)).fetchone()[0])
