"""The journal's entries, append-only and hash-chained: what was changed behind our back shows.

Each entry's hash covers the hash before it and everything the entry says, its number included. The last
hash and the count stand in a row of their own, so that a cut tail shows too. The chain shows damage and
careless edits; it does not stop someone who rewrites the whole file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from cache.problems import Damaged, damaged
from console.domain.links import JSON, canonical
from console.domain.moments import Moment
from console.domain.proof import Piece, digest


class Damage(StrEnum):
    """What happened to the record."""

    EDITED = "edited"
    """An entry, or a write, does not say what it said when it was written."""
    REMOVED = "removed"
    """Entries are missing from the middle."""
    REORDERED = "reordered"
    """Entries stand in each other's place."""
    CUT = "cut"
    """The newest entries are missing."""
    ADDED = "added"
    """An entry stands there that was never chained."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One piece of damage; `seq` is the entry it is about, None where it is about a write."""

    damage: Damage
    seq: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, as the journal keeps it."""

    seq: int
    kind: str
    fields: dict[str, JSON]
    at: Moment
    hash: str


_Stored = tuple[int, str, float, str, str, str]
"""A row as it lies in the table; what was tampered with may have other types."""
CHECKPOINT: Final = "checkpoint"
"""Kind of the entry that stands for those that were dropped (`cache.sealing`)."""
_COLUMNS: Final = "seq, kind, wall, body, previous, hash"


def append(connection: sqlite3.Connection, kind: str, fields: Mapping[str, JSON], at: Moment) -> Entry:
    """Add an entry; the caller stands in a transaction.

    Raises:
        Damaged: the end of the chain is not where the head says; nothing may be built on it.
    """
    seq, previous = _head(connection)
    if seq and connection.execute("SELECT hash FROM entries WHERE seq = ?", (seq,)).fetchone() != (previous,):
        raise damaged("journal", _file(connection), "its end is not the one that was written")
    seq += 1
    body = canonical(
        {
            "seq": seq,
            "kind": kind,
            "wall": at.wall.isoformat(),
            "monotonic": at.monotonic,
            "boottime": at.boottime,
            "boot_id": at.boot_id,
            "fields": dict(fields),
        }
    )
    sealed = digest(previous, body)
    connection.execute(
        f"INSERT INTO entries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - own words only
        (seq, kind, at.wall.timestamp(), body, previous, sealed),
    )
    connection.execute("UPDATE head SET seq = ?, hash = ?", (seq, sealed))
    return _entry((seq, kind, 0.0, body, previous, sealed))


def entries(
    connection: sqlite3.Connection,
    since: datetime | None,
    limit: int | None,
    kind: str | None,
    *,
    sound: bool = False,
) -> list[Entry]:
    """Entries in the order they were written; with `limit` the newest so many. `sound`: no edited ones."""
    wall = -1e18 if since is None else since.timestamp()
    sql = (
        f"SELECT {_COLUMNS} FROM entries WHERE wall >= ? AND kind = coalesce(?, kind) "  # noqa: S608 - own words only
        "ORDER BY seq DESC LIMIT ?"
    )
    found = connection.execute(sql, (wall, kind, -1 if limit is None else limit)).fetchall()
    return [_entry(stored) for stored in reversed(found) if not sound or _own_number(stored) is not None]


def pieces(connection: sqlite3.Connection, first: int, last: int) -> list[Piece]:
    """The entries `first` to `last` as they lie in the chain, for a proof that stands by itself."""
    sql = "SELECT seq, previous, hash, body FROM entries WHERE seq BETWEEN ? AND ? ORDER BY seq"
    return [Piece(*row) for row in connection.execute(sql, (first, last))]


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    """Number and hash of the newest entry. Raises `Damaged` where the chain has no end."""
    return _head(connection)


def verify(connection: sqlite3.Connection) -> list[Fault]:
    """Read the whole chain and name every piece of damage; empty when it is whole."""
    faults: list[Fault] = []
    try:
        head_seq, head_hash = _head(connection)
    except Damaged:
        return [Fault(Damage.CUT, None, "The row that says where the end is was removed.")]
    dropped, last_hash = _dropped(connection)
    numbers: dict[int, int] = {}
    before: _Stored | None = None
    for stored in connection.execute(f"SELECT {_COLUMNS} FROM entries ORDER BY seq"):  # noqa: S608 - own words only
        number = _own_number(stored)
        if number is None:
            faults.append(_edited(stored[0]))
            number = stored[0]
        elif number == stored[0] and before is not None and _rewritten(before, stored):
            faults.append(_edited(before[0]))
        elif number == dropped + 1 and before is None and stored[4] != last_hash:
            faults.append(Fault(Damage.EDITED, number, f"Entry {number} does not follow what was dropped."))
        numbers[stored[0]] = number
        before = stored
    faults += _order_faults(numbers, dropped, head_seq)
    if before is not None and before[0] == head_seq and before[5] != head_hash and not faults:
        faults.append(_edited(head_seq))
    return sorted(faults, key=lambda f: (f.seq or 0, f.damage))


def _dropped(connection: sqlite3.Connection) -> tuple[int, str]:
    """Number and hash of the last entry that was dropped, as the newest sound checkpoint says; 0 for none."""
    found = [e.fields for e in entries(connection, None, None, CHECKPOINT, sound=True)]
    told = [(f.get("last"), f.get("hash")) for f in found]
    return max(((n, h) for n, h in told if type(n) is int and isinstance(h, str)), default=(0, ""))


def _rewritten(before: _Stored, stored: _Stored) -> bool:
    """An entry that was given a new hash of its own after a change: the next one remembers the old."""
    return before[0] == stored[0] - 1 and _own_number(before) == before[0] and before[5] != stored[4]


def _order_faults(numbers: Mapping[int, int], dropped: int, head_seq: int) -> Iterator[Fault]:
    """Faults of numbering: `numbers` are the entries' own numbers by their place."""
    for place, number in numbers.items():
        if place > head_seq:
            yield Fault(Damage.ADDED, place, f"Entry {place} was added behind the end of the chain.")
        elif number != place and number in numbers and number <= head_seq:
            yield Fault(Damage.REORDERED, place, f"Entry {number} stands in the place of entry {place}.")
        elif place <= dropped:
            yield Fault(Damage.ADDED, place, f"Entry {place} stands there although it was dropped.")
    present = set(numbers.values())
    newest = max((n for n in present if n <= head_seq), default=0)
    for missing in range(dropped + 1, head_seq + 1):
        if missing in present:
            continue
        if missing > newest:
            yield Fault(Damage.CUT, missing, f"The end is cut: entries {missing} to {head_seq} are missing.")
            return
        yield Fault(Damage.REMOVED, missing, f"Entry {missing} was removed.")


def _own_number(stored: _Stored) -> int | None:
    """The number inside an entry; None when the entry is not what was written."""
    _, kind, wall, body, previous, sealed = stored
    if digest(str(previous), str(body)) != sealed:
        return None
    try:
        found = json.loads(body)
        told = (found["kind"], datetime.fromisoformat(found["wall"]).timestamp())
        return int(found["seq"]) if told == (kind, wall) else None
    except (ValueError, KeyError, TypeError):
        return None


def _edited(seq: int) -> Fault:
    return Fault(Damage.EDITED, seq, f"Entry {seq} does not say what was written.")


def _head(connection: sqlite3.Connection) -> tuple[int, str]:
    found = connection.execute("SELECT seq, hash FROM head").fetchone()
    if found is None:
        raise damaged("journal", _file(connection), "the end of its chain is not known")
    return int(found[0]), str(found[1])


def _file(connection: sqlite3.Connection) -> Path:
    return getattr(connection, "file", Path("journal"))


def _entry(stored: _Stored) -> Entry:
    try:
        body: dict[str, Any] = json.loads(stored[3])
        wall = datetime.fromisoformat(body["wall"])
        at = Moment(wall.astimezone(UTC), body["monotonic"], body["boottime"], body["boot_id"])
        return Entry(stored[0], body["kind"], body["fields"], at, stored[5])
    except (ValueError, KeyError, TypeError) as error:
        raise damaged("journal", Path("journal"), f"entry {stored[0]} cannot be read") from error
