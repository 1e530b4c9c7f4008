"""Row ids of a filter, in an order, without sorting what is sorted already.

The last whole order is remembered for as long as nobody writes to the file: typing in the filter then
costs finding the matches and walking that order once, however many links there are.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress, islice, repeat
from typing import Final

from cache.search import Clause

_PIECE: Final = 400_000
"""Characters of a list of ids that are decoded at a time, so that a million of them stay small."""
_FEW: Final = 20
"""A filter that keeps fewer than one in so many is sorted by itself."""
_MANY: Final = 100_000
"""Matches from which a byte for each link is smaller and quicker than a set of them."""
_NO_LIMIT: Final = -1


@dataclass(frozen=True, slots=True)
class _Whole:
    order: str
    stamp: tuple[int, int]
    ids: array[int]


class Orders:
    """The orders of one inventory, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._last: _Whole | None = None

    def pick(self, clause: Clause, order: str, limit: int | None) -> array[int]:
        """The row ids that meet `clause`, ordered by the columns `order`; the first `limit` of them."""
        if clause.empty:
            if limit is None:
                return self._whole(order)[:]
            return self._ids(f"SELECT id FROM links ORDER BY {order} LIMIT ?", limit)  # noqa: S608 - own words only
        found = self._matches(clause)
        whole = self._whole(order) if len(found) * _FEW >= self._count() else None
        if whole is None:
            source = "json_each(?) AS hit CROSS JOIN links ON links.id = hit.value"
            sql = f"SELECT links.id AS id FROM {source} ORDER BY {order} LIMIT ?"  # noqa: S608 - own words only
            return self._ids(sql, json.dumps(found.tolist()), _NO_LIMIT if limit is None else limit)
        return array("q", islice(_only(whole, found), limit))

    def _matches(self, clause: Clause) -> array[int]:
        """The row ids that meet a clause, in no order that anybody may rely on."""
        if clause.match and not clause.conditions:
            return self._ids(
                "SELECT rowid AS id FROM links_fts WHERE links_fts MATCH ? LIMIT -1", clause.match
            )
        source, values = "links", clause.values
        if clause.match:
            # The cross join fixes the way round: words first, then their links.
            hits = "(SELECT rowid AS hit FROM links_fts WHERE links_fts MATCH ?)"
            source, values = f"{hits} CROSS JOIN links ON id = hit", [clause.match, *values]
        return self._ids(f"SELECT id FROM {source} WHERE {clause.where} LIMIT -1", *values)  # noqa: S608 - own words only

    def _whole(self, order: str) -> array[int]:
        stamp = (int(self._db.execute("PRAGMA data_version").fetchone()[0]), self._db.total_changes)
        if self._last is None or (self._last.order, self._last.stamp) != (order, stamp):
            ids = self._ids(f"SELECT id FROM links ORDER BY {order} LIMIT -1")  # noqa: S608 - own words only
            self._last = _Whole(order, stamp, ids)
        return self._last.ids

    def _count(self) -> int:
        if self._last is not None:
            return len(self._last.ids)
        return int(self._db.execute("SELECT count(*) FROM links").fetchone()[0])

    def _ids(self, sql: str, *values: object) -> array[int]:
        """Run `sql`, which has a LIMIT so that its order holds, and fetch all ids as one value.

        One row of a million numbers costs half of a million rows of one.
        """
        text = self._db.execute(f"SELECT group_concat(id) FROM ({sql})", values).fetchone()[0] or ""  # noqa: S608 - own words only
        ids, start = array("q"), 0
        while start < len(text):
            end = text.find(",", start + _PIECE)
            end = len(text) if end < 0 else end
            ids.fromlist(json.loads(f"[{text[start:end]}]"))
            start = end + 1
        return ids


def _only(whole: array[int], wanted: array[int]) -> Iterator[int]:
    """The ids of `whole` that are in `wanted`, in its order, and no step of it in Python."""
    if len(wanted) < _MANY:
        return filter(set(wanted).__contains__, whole)
    last = max(whole, default=0)
    mask = bytearray(max(last, max(wanted, default=0)) + 1)
    deque(map(mask.__setitem__, wanted, repeat(1)), maxlen=0)
    return compress(whole, map(mask.__getitem__, whole))
