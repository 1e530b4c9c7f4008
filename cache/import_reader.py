"""Looking through the rows of one import beside the process that plans and sends them."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cache.codec import LINK_FIELDS
from cache.imports import Record, RowState, record_from, selected
from cache.inspection import connect
from cache.problems import Store, told

_DESTINATION: Final = f"json_extract(link, '$[{LINK_FIELDS.index('destination_url')}]')"


class Kept(NamedTuple):
    """A kind of rows: their state, what sending them does, and how many there are."""

    state: RowState
    kind: str
    rows: int


class ImportReader:
    """The rows of one run, read only. Belongs to the thread that uses it."""

    def __init__(self, path: Path) -> None:
        """Open a run's file.

        Raises:
            StorageProblem: it is not there or cannot be read.
        """
        connection: Store = connect(path, "imports", "ro")
        self._db: sqlite3.Connection = connection

    @told
    def kinds(self) -> list[Kept]:
        """How many rows there are of each kind."""
        sql = "SELECT state, kind, count(*) FROM rows GROUP BY state, kind"
        return [Kept(RowState(state), kind, rows) for state, kind, rows in self._db.execute(sql)]

    @told
    def codes(self) -> list[tuple[str, int]]:
        """The codes of faults with how many rows have them, most first."""
        sql = (
            "SELECT json_extract(value, '$[1]') AS code, count(DISTINCT number) FROM rows, json_each(faults) "
            "WHERE faults IS NOT NULL GROUP BY code ORDER BY 2 DESC, 1"
        )
        return list(self._db.execute(sql))

    @told
    def numbers(self, states: Sequence[RowState] = (), kind: str = "", code: str = "") -> array[int]:
        """The numbers of the rows of some states (all without any), one kind, with one fault; in order."""
        where, values = ["1"], list[object]()
        if states:
            where.append(f"state IN ({','.join('?' * len(states))})")
            values += [state.value for state in states]
        if kind:
            where.append("kind = ?")
            values.append(kind)
        if code:
            fault = "SELECT 1 FROM json_each(faults) WHERE json_extract(value, '$[1]') = ?"
            where.append(f"faults IS NOT NULL AND EXISTS ({fault})")
            values.append(code)
        sql = f"SELECT number FROM rows WHERE {' AND '.join(where)} ORDER BY number"  # noqa: S608 - own words only
        return array("q", (number for (number,) in self._db.execute(sql, values)))

    @told
    def rows(self, numbers: Sequence[int]) -> list[Record]:
        """Some rows, in the order of their numbers."""
        where = "number IN (SELECT value FROM json_each(?)) ORDER BY number"
        found = self._db.execute(selected(where), (json.dumps(list(numbers)),))
        return [record_from(row) for row in found]

    @told
    def weights(self) -> Iterator[int]:
        """Bytes of the rows that are still to be sent, in their order."""
        sql = "SELECT weight FROM rows WHERE state = 'planned' ORDER BY number"
        return (weight for (weight,) in self._db.execute(sql))

    @told
    def destinations(self) -> Iterator[tuple[int, str, str]]:
        """Number, slug and destination of the rows that are still to be sent."""
        sql = f"SELECT number, slug, {_DESTINATION} FROM rows WHERE state = 'planned' ORDER BY number"  # noqa: S608 - own words only
        return iter(self._db.execute(sql))

    def close(self) -> None:
        """Give the file back."""
        self._db.close()
