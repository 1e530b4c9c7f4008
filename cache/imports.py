"""The table of one import's rows: what was planned for each, and what became of it.

A file of its own for each run, beside the journal: a hundred thousand rows would make the journal, which
is looked through at every start and never thrown away, large for ever; a run's file goes when the run is
over. The chunks themselves are journalled. A commit here is on the disk when it returns, and a row is
marked as sent before its chunk leaves, so that no row is sent that this file does not know.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from cache.codec import link_from_json, link_to_json
from cache.database import transaction
from cache.inspection import check_version, connect, number
from cache.paths import private_dir, private_file
from cache.problems import Store, storable, told
from console.domain.links import JSON, Link, VersionId
from console.domain.rows import RowFault

_VERSION: Final = 1
_ID: Final = 0x52705469
"""`application_id`: RpTi."""
_SCHEMA: Final = """
CREATE TABLE head (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rows (
  number INTEGER PRIMARY KEY, line INTEGER NOT NULL, slug TEXT NOT NULL, kind TEXT NOT NULL,
  state TEXT NOT NULL, weight INTEGER NOT NULL, link TEXT, base, chunk TEXT, version, faults TEXT, cells TEXT
);
CREATE INDEX rows_by_state ON rows (state, number);
CREATE INDEX rows_by_chunk ON rows (chunk) WHERE chunk IS NOT NULL;
"""
_SELECT: Final = "SELECT number, line, slug, kind, state, weight, link, base, faults, cells FROM rows"


class RowState(StrEnum):
    """What became of a row. PLANNED, SENT and UNKNOWN are not the end."""

    PLANNED = "planned"
    SENT = "sent"
    UNKNOWN = "unknown"
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    STALE = "stale"
    FAILED = "failed"
    REJECTED = "rejected"


class Record(NamedTuple):
    """One row.

    Attributes:
        kind: what sending it does: `create`, `update`, or nothing.
        weight: bytes that it adds to a request, about.
        link: the whole record to be sent.
        base: the version that was live when it was planned; what it is sent for.
        cells: the original values, in the order of the file's columns.
    """

    number: int
    line: int
    slug: str
    kind: str
    state: RowState
    weight: int = 0
    link: Link | None = None
    base: VersionId | None = None
    faults: tuple[RowFault, ...] = ()
    cells: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one row of a chunk."""

    number: int
    state: RowState
    version: VersionId | None = None
    code: str = ""
    message: str = ""


class ImportTable:
    """The rows of one run."""

    def __init__(self, connection: Store) -> None:
        self._db: sqlite3.Connection = connection
        self.path = connection.file

    @told
    def begin(self, head: Mapping[str, JSON]) -> None:
        """Begin planning: nothing is kept until `planned`."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "INSERT INTO head VALUES (?, ?)", [(name, json.dumps(value)) for name, value in head.items()]
        )

    @told
    def planned(self) -> None:
        """End planning: every row is on the disk when it returns."""
        self._db.execute("COMMIT")

    @told
    def tell(self, name: str, value: JSON) -> None:
        """Keep one more thing about the run."""
        with transaction(self._db):
            self._db.execute("INSERT OR REPLACE INTO head VALUES (?, ?)", (name, json.dumps(value)))

    @told
    def head(self) -> dict[str, JSON]:
        """What the run was begun with; empty when planning never ended."""
        return {name: json.loads(value) for name, value in self._db.execute("SELECT name, value FROM head")}

    @told
    def add(self, rows: Iterable[Record]) -> None:
        """Keep planned rows."""
        with transaction(self._db):
            self._db.executemany(
                "INSERT INTO rows (number, line, slug, kind, state, weight, link, base, faults, cells) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (_to_row(row) for row in rows),
            )

    @told
    def next_chunk(self, rows: int, weight: int) -> list[Record]:
        """The next rows to be sent: at most so many, and so many bytes; at least one while there is one."""
        found: list[Record] = []
        heavy = 0
        for record in self._records("state = 'planned' ORDER BY number LIMIT ?", rows):
            heavy += record.weight
            if found and heavy > weight:
                break
            found.append(record)
        return found

    @told
    def leave(self, chunk: str, numbers: Sequence[int]) -> None:
        """Mark rows as sent in a chunk, before it leaves."""
        self._mark(chunk, RowState.SENT, numbers)

    @told
    def take_back(self, chunk: str) -> None:
        """Rows of a chunk that certainly did not do anything are to be sent again."""
        with transaction(self._db):
            self._db.execute(
                "UPDATE rows SET state = 'planned', chunk = NULL "
                "WHERE chunk = ? AND state IN ('sent', 'unknown')",
                (chunk,),
            )

    @told
    def unknown(self, chunk: str) -> None:
        """The answer of a chunk was lost: its rows are to be settled by reading."""
        with transaction(self._db):
            self._db.execute("UPDATE rows SET state = 'unknown' WHERE chunk = ? AND state = 'sent'", (chunk,))

    @told
    def settle(self, fates: Iterable[Fate]) -> None:
        """Keep what became of rows."""
        with transaction(self._db):
            self._db.executemany(
                "UPDATE rows SET state = ?, version = ?, faults = coalesce(?, faults), "
                "link = CASE WHEN ? THEN NULL ELSE link END WHERE number = ?",
                [
                    (
                        fate.state.value,
                        fate.version,
                        _faults([RowFault("", fate.code, fate.message)]) if fate.code else None,
                        fate.state in _DONE,
                        fate.number,
                    )
                    for fate in fates
                ],
            )

    @told
    def open_rows(self, chunk: str) -> list[Record]:
        """The rows of a chunk whose fate is not known."""
        return list(self._records("chunk = ? AND state IN ('sent', 'unknown') ORDER BY number", chunk))

    @told
    def open_chunks(self) -> list[str]:
        """The chunks with rows whose fate is not known, in the order they were sent."""
        sql = "SELECT chunk FROM rows WHERE state IN ('sent', 'unknown') GROUP BY chunk ORDER BY min(number)"
        return [chunk for (chunk,) in self._db.execute(sql)]

    @told
    def waiting(self, kind: str = "") -> Iterator[Record]:
        """The rows that are still to be sent; of one kind or of both."""
        return self._records("state = 'planned' AND kind = coalesce(?, kind) ORDER BY number", kind or None)

    @told
    def counts(self) -> dict[RowState, int]:
        """How many rows are in each state."""
        found = dict(self._db.execute("SELECT state, count(*) FROM rows GROUP BY state"))
        return {state: found.get(state.value, 0) for state in RowState}

    @told
    def handed_back(self) -> Iterator[Record]:
        """The rows to be mended by the operator: rejected here, refused by the platform, or stale."""
        return self._records("state IN ('rejected', 'failed', 'stale') ORDER BY number")

    def close(self, *, remove: bool = False) -> None:
        """Close the file; take it away when the run is over."""
        self._db.close()
        if remove:
            self.path.unlink(missing_ok=True)

    def _mark(self, chunk: str, state: RowState, numbers: Sequence[int]) -> None:
        with transaction(self._db):
            self._db.executemany(
                "UPDATE rows SET state = ?, chunk = ? WHERE number = ?",
                [(state.value, chunk, n) for n in numbers],
            )

    def _records(self, where: str, *values: object) -> Iterator[Record]:
        for row in self._db.execute(selected(where), values):
            yield record_from(row)


def selected(where: str) -> str:
    """The question for whole rows."""
    return f"{_SELECT} WHERE {where}"


_DONE: Final = frozenset({RowState.CREATED, RowState.UPDATED, RowState.UNCHANGED})


def _faults(faults: Sequence[RowFault]) -> str:
    return json.dumps([[fault.column, fault.code, fault.message] for fault in faults])


def _to_row(row: Record) -> tuple[Any, ...]:
    return (
        row.number,
        row.line,
        storable(row.slug),
        row.kind,
        row.state.value,
        row.weight,
        None if row.link is None else link_to_json(row.link),
        row.base,
        _faults(row.faults) if row.faults else None,
        json.dumps(list(row.cells)) if row.cells else None,
    )


def record_from(row: tuple[Any, ...]) -> Record:
    """A row as `selected` gives it."""
    told_faults = tuple(RowFault(*fault) for fault in json.loads(row[8] or "[]"))
    return Record(
        row[0],
        row[1],
        row[2],
        row[3],
        RowState(row[4]),
        row[5],
        None if row[6] is None else link_from_json(row[6]),
        row[7],
        told_faults,
        json.loads(row[9] or "[]"),
    )


def new_table(folder: Path, run: str) -> ImportTable:
    """The file of a new run.

    Raises:
        StorageProblem: it cannot be made. Then nothing may be sent.
    """
    private_dir(folder)
    path = private_file(folder / f"{run}.db")
    connection = connect(path, "imports", "rw")
    _set_up(connection)
    connection.executescript(f"PRAGMA application_id = {_ID}; PRAGMA user_version = {_VERSION}; {_SCHEMA}")
    return ImportTable(connection)


def open_table(folder: Path, run: str) -> ImportTable | None:
    """The file of an earlier run; None when there is none, or its planning never ended.

    Raises:
        StorageProblem: it is there and cannot be read.
    """
    path = folder / f"{run}.db"
    if not path.exists():
        return None
    connection = connect(path, "imports", "rw")
    table = ImportTable(connection)
    check_version(connection, _ID, _VERSION)
    if number(connection, "user_version") == 0 or not table.head():
        connection.close()
        return None
    _set_up(connection)
    return table


def runs(folder: Path) -> list[str]:
    """The runs whose files are still here, oldest first."""
    found = [path for path in folder.glob("*.db") if path.is_file() and not path.is_symlink()]
    return [path.stem for path in sorted(found, key=lambda path: path.stat().st_mtime)]


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA synchronous = EXTRA")
