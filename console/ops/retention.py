"""How much of the journal may be dropped: what is old, and nothing that is still open.

What belongs together stays or goes together: a write with all its steps, a run with its writes, a TODO with
its end, a report, an incident from its opening to its end.
"""

from __future__ import annotations

import getpass
import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cache import sealing
from cache.chain import pieces
from cache.imports import runs as imports_left
from cache.journal import WRITE, Entry, Journal
from console.domain.errors import Refused, StorageProblem
from console.domain.incidents import ENDED, KIND, target_of
from console.domain.moments import Moment
from console.domain.outcomes import WriteState
from console.ops.importing.record import imports_dir
from console.ops.importing.rejects import new_file

YOUNGEST: Final = timedelta(days=7)
"""Entries younger than this are never dropped: plans, undo and holds look back on them."""
_ENDLESS: Final = math.inf


@dataclass(frozen=True, slots=True)
class Cut:
    """What could be dropped.

    Attributes:
        last: number of the newest entry to be dropped; 0 when nothing can be.
        count: how many entries that are, `kept` how many stay.
        kept_back: why younger-than-asked entries stay, in words; empty when nothing open is in the way.
    """

    last: int
    count: int
    kept: int
    kept_back: str

    @property
    def phrase(self) -> str:
        """What must be typed to drop them."""
        return f"prune {self.count}"


def plan(connection: sqlite3.Connection, journal: Journal, before: datetime, now: datetime) -> Cut:
    """Find what may be dropped of the entries older than `before`.

    Raises:
        Refused: `before` is younger than `YOUNGEST`.
        StorageProblem: the journal is damaged: what is left of it is evidence.
    """
    if before > now - YOUNGEST:
        raise Refused(
            f"Entries younger than {YOUNGEST.days} days are not dropped", reason="too_young",
            detail="Nothing was dropped.", hint="--prune-before 90d",
        )  # fmt: skip
    if faults := journal.verify():
        raise StorageProblem(
            "A damaged journal is not pruned: what is left of it is evidence",
            detail=faults[0].sentence,
            hint="repoint journal --verify",
        )
    entries = journal.entries()
    old = next((i for i, e in enumerate(entries) if e.at.wall >= before), len(entries))
    wanted = entries[old - 1].seq if old else 0
    # An import that can go on has its file of rows: without the journal's word it would be planned anew.
    unfinished = sealing.unfinished_runs(connection) | frozenset(imports_left(imports_dir()))
    spans = list(_spans(entries, unfinished))
    last, held = wanted, ""
    moved = True
    while moved:
        moved = False
        for first, end, name in spans:
            if first <= last < end:
                last, held, moved = first - 1, name if end == _ENDLESS else held, True
    first_seq = entries[0].seq if entries else 1
    last = last if last >= first_seq else 0
    count = sum(e.seq <= last for e in entries)
    why = f"{held}: nothing from entry {last + 1} on is dropped" if held else ""
    return Cut(last, count, len(entries) - count, why)


def prune(
    connection: sqlite3.Connection, cut: Cut, typed: str, at: Moment, archive: Path | None = None
) -> Entry:
    """Drop what was planned, and seal it with a checkpoint; the checkpoint.

    Args:
        connection: the journal's, open for writing.
        cut: as it was planned and shown.
        typed: what was typed to confirm it.
        at: now.
        archive: a new file that keeps what is dropped, with the chain that proves it.

    Raises:
        Refused: not confirmed, or there is nothing to drop.
        StorageProblem: the archive or the journal cannot be written. Nothing was dropped.
    """
    if not cut.count:
        raise Refused("There is nothing to drop", reason="nothing", detail=cut.kept_back)
    if typed != cut.phrase:
        raise Refused(
            "Dropping entries was not confirmed", reason="not_confirmed", detail="Nothing was dropped.",
            hint=f'Type {cut.phrase}, or give --confirm "{cut.phrase}"',
        )  # fmt: skip
    if archive is not None:
        with new_file(archive) as stream:
            for piece in pieces(connection, 0, cut.last):
                row = {"seq": piece.seq, "previous": piece.previous, "hash": piece.hash, "body": piece.body}
                stream.write(json.dumps(row, sort_keys=True) + "\n")
    fields = {"operator": _user(), "archive": archive.name if archive else ""}
    return sealing.drop(connection, cut.last, fields, at)


def _user() -> str:
    """This machine's name for whoever did it: no profile has to be open."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _spans(entries: Sequence[Entry], unfinished: frozenset[str]) -> Iterator[tuple[int, float, str]]:
    """First and last number of what belongs together, and its name; endless where it is open."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        if (key := _group(entry)) is not None:
            groups.setdefault(key, []).append(entry)
    for (kind, name), members in groups.items():
        end = _ENDLESS if _open(kind, name, members, unfinished) else float(members[-1].seq)
        yield members[0].seq, end, f"{kind} {name[:40]} is open"
    yield from _incident_spans(entries)


def _group(entry: Entry) -> tuple[str, str] | None:
    f = entry.fields
    if entry.kind == WRITE or (entry.kind == "run" and f.get("run")):
        return "run", str(f["run"])
    if "report" in f and entry.kind.startswith("report "):
        return "report", str(f["report"])
    if entry.kind == "todo":
        return "TODO", str(entry.seq)
    return ("TODO", str(f["todo"])) if entry.kind == "todo done" else None


def _open(kind: str, name: str, members: Iterable[Entry], unfinished: frozenset[str]) -> bool:
    rows = list(members)
    if kind == "run":
        states = {str(e.fields["key"]): WriteState(e.fields["state"]) for e in rows if e.kind == WRITE}
        return name in unfinished or any(state.open for state in states.values())
    if kind == "TODO":
        return rows[-1].kind != "todo done"
    last = rows[-1].fields
    return (last.get("state") or last.get("decision")) != "received"


def _incident_spans(entries: Iterable[Entry]) -> Iterator[tuple[int, float, str]]:
    opened: dict[str, tuple[int, str]] = {}
    for entry in entries:
        if entry.kind != KIND:
            continue
        target, name = target_of(entry.fields), str(entry.fields.get("incident", ""))
        if target in opened and opened[target][1] == name and entry.fields.get("event") != ENDED:
            continue
        if target in opened:
            first, before = opened.pop(target)
            yield first, float(entry.seq), f"incident {before}"
        if entry.fields.get("event") != ENDED:
            opened[target] = (entry.seq, name)
    for first, name in opened.values():
        yield first, _ENDLESS, f"incident {name} is current"
