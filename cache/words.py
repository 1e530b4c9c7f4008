"""The words that a filter is completed with: hosts, tags and categories of the cached links."""

from __future__ import annotations

import sqlite3
from collections import Counter

from cache.problems import told
from cache.search import SEPARATOR


class Words:
    """The words of one cache, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @told
    def hosts(self, limit: int) -> list[str]:
        """The destination hosts, those of the most links first, `limit` at most."""
        sql = "SELECT host FROM links WHERE host <> '' GROUP BY host_key, host ORDER BY count(*) DESC LIMIT ?"
        return [host for (host,) in self._db.execute(sql, (limit,))]

    @told
    def tags(self, limit: int) -> list[str]:
        """The tags, folded, those of the most links first, `limit` at most."""
        return self._listed("SELECT tags, count(*) FROM links WHERE tags <> '' GROUP BY tags", limit)

    @told
    def categories(self, limit: int) -> list[str]:
        """The same of categories."""
        sql = "SELECT categories, count(*) FROM links WHERE categories <> '' GROUP BY categories"
        return self._listed(sql, limit)

    def _listed(self, sql: str, limit: int) -> list[str]:
        counts: Counter[str] = Counter()
        for joined, links in self._db.execute(sql):
            for value in joined.strip(SEPARATOR).split(SEPARATOR):
                counts[value] += links
        return [value for value, _ in counts.most_common(limit)]
