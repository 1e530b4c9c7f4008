"""The records that the last whole sync could not read, and what is therefore not known of which links."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from cache.problems import storable, told
from console.domain.unread import Unread, UnreadLinks


def keep(db: sqlite3.Connection, unread: UnreadLinks) -> None:
    """Keep them in place of those of the sync before; the caller stands in a transaction."""
    kept = [[each.place, storable(each.slug), each.reason] for each in unread.kept]
    text = json.dumps({"count": unread.count, "kept": kept})
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", ("unread", text))


class UnreadRecords:
    """Those of one target's last whole sync."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @told
    def last(self) -> UnreadLinks:
        """All of them."""
        text = self._meta("unread")
        if text is None:
            return UnreadLinks()
        found = json.loads(text)
        return UnreadLinks(found["count"], [Unread(*each) for each in found["kept"]])

    @told
    def unsure(self, slugs: Sequence[str]) -> set[str]:
        """Those of some slugs of which the last whole sync cannot tell what they are, or whether they are.

        They are the ones that could not be read; and, when a record that could not be read may be of any
        link, all that were not seen. What the cache holds of them is older than that sync, or nothing. A
        link that was read by itself since (`Inventory.put`) is known again.
        """
        unread = self.last()
        if not unread.count:
            return set()
        asked = set(slugs) if unread.blind else unread.slugs.intersection(slugs)
        sql = "SELECT slug FROM links WHERE generation >= ? AND slug IN (SELECT value FROM json_each(?))"
        names = json.dumps([storable(slug) for slug in asked])
        seen = {slug for (slug,) in self._db.execute(sql, (self._meta("generation") or 0, names))}
        return {slug for slug in asked if storable(slug) not in seen}

    @told
    def kept(self) -> int:
        """How many links the cache has that the last sync has not seen."""
        sql = "SELECT count(*) FROM links WHERE generation < ?"
        return int(self._db.execute(sql, (self._meta("generation") or 0,)).fetchone()[0])

    def _meta(self, name: str) -> Any:  # noqa: ANN401 - a column without a type
        found = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if found is None else found[0]
