"""Runs of batch plans: one row a run, one row an item, both on the disk before anything is sent.

An item's outcome moves only forward: from SKIPPED (not sent so far), over UNKNOWN at most, to its end. So the
outcomes of a run add up to its items at every moment. A run is performed by one process at a time; the run
of a process that is gone is taken over.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from cache import chain
from cache.chain import Damage, Fault
from cache.database import transaction
from cache.problems import require_writable, storable, told
from cache.process import Holder
from cache.run_rows import (
    ADD_ITEM,
    ADD_RUN,
    NOBODY,
    SELECT_ITEMS,
    SELECT_RUNS,
    Item,
    Run,
    RunBusy,
    as_told,
    item_of,
    item_row,
    no_such_run,
    reasons_row,
    run_of,
    run_row,
)
from console.domain.batches import RunState
from console.domain.errors import Refused, StorageProblem
from console.domain.links import JSON
from console.domain.moments import Moment
from console.domain.outcomes import Outcome

__all__ = ["Item", "Run", "RunBusy", "Runs", "used", "verify"]

RUN: Final = "run"
"""Kind of the entries that runs make."""
_SHORTEST: Final = 8
"""Characters of a run's id that name a single write: fewer could be a slug as well."""
_FROM_WAITING: Final = frozenset(Outcome) - {Outcome.SKIPPED}
_FROM_UNKNOWN: Final = _FROM_WAITING - {Outcome.CANCELLED}


class Runs:
    """The runs in one home's journal. `holder` is this process."""

    def __init__(self, connection: sqlite3.Connection, holder: Holder, read_only: bool = False) -> None:
        self._db = connection
        self._holder = holder
        self._read_only = read_only or bool(getattr(connection, "read_only", False))

    @told
    def begin(self, run: Run, slugs: Sequence[str], at: Moment) -> Run:
        """Keep a run and a row for each of its items; this process performs it. Durable when it returns.

        Raises:
            Refused: reason `consumed_plan`: a plan is single use, in whichever process.
            StorageProblem: it could not be kept. Then nothing may be sent.
        """
        self._writable()
        wall = at.wall.isoformat()
        kept = replace(run, total=len(slugs), holder=self._holder, updated_at=wall)
        with transaction(self._db):
            if used(self._db, run.run):
                raise Refused(
                    "The plan was used already",
                    reason="consumed_plan",
                    detail="A plan is single use. Nothing was sent.",
                    hint=f"See what became of it: repoint runs show {run.run}",
                )
            self._db.execute(ADD_RUN, run_row(kept))
            items = (
                Item(run.run, number, storable(slug), updated_at=wall) for number, slug in enumerate(slugs, 1)
            )
            self._db.executemany(ADD_ITEM, [item_row(item) for item in items])
            self._tell(kept, "begun", at)
        return kept

    @told
    def claim(self, run: str, at: Moment, overrides: Mapping[str, str] | None = None) -> Run:
        """Become the one that performs it.

        Args:
            run: its id.
            at: now.
            overrides: reasons by check that were given now; they are kept beside those before.

        Raises:
            RunBusy: a process that lives performs it.
            Refused: reason `no_such_run`.
        """
        self._writable()
        with transaction(self._db):
            known = self._known(run)
            if known.holder != self._holder and known.busy:
                raise RunBusy(known)
            reasons = {**(known.overrides or {}), **(overrides or {})}
            mine = replace(known, state=RunState.RUNNING, holder=self._holder, asked="", overrides=reasons)
            return self._change(mine, "goes on", at)

    @told
    def release(self, run: str, state: RunState, stop_reason: str, at: Moment) -> Run:
        """Say where it stands, and perform it no longer."""
        self._writable()
        with transaction(self._db):
            known = self._known(run)
            return self._change(
                replace(known, state=state, stop_reason=stop_reason, asked="", holder=NOBODY), state.value, at
            )

    @told
    def stand(self, run: str, state: RunState, why: str, at: Moment, hold_until: str = "") -> Run:
        """Say where it stands while this process performs it: it waits for a time, or goes on."""
        self._writable()
        with transaction(self._db):
            known = self._known(run)
            changed = replace(known, state=state, stop_reason=why, hold_until=hold_until)
            return self._change(changed, state.value, at)

    @told
    def settle(self, items: Iterable[Item], at: Moment) -> None:
        """Keep what became of items. One that has its outcome already keeps it.

        Raises:
            StorageProblem: an item would go back, or end in two ways.
        """
        self._writable()
        with transaction(self._db):
            for item in items:
                self._settle(item, at)

    def _settle(self, item: Item, at: Moment) -> None:
        sql = "SELECT outcome FROM run_items WHERE run = ? AND row_no = ?"
        found = self._db.execute(sql, (item.run, item.row_no)).fetchone()
        before = None if found is None else Outcome(found[0])
        if before is item.outcome and before.settled:
            return
        allowed = {Outcome.SKIPPED: _FROM_WAITING, Outcome.UNKNOWN: _FROM_UNKNOWN}
        if before is None or item.outcome not in allowed.get(before, frozenset()):
            raise StorageProblem(
                f"An item that is {before.value if before else 'missing'} cannot become {item.outcome.value}",
                detail=f"{item.slug} in run {item.run}.",
            )
        self._db.execute(
            "UPDATE run_items SET outcome = ?, detail = ?, new_version = ?, overtaken_by = ?, request_id = ?,"
            " updated_at = ? WHERE run = ? AND row_no = ?",
            (
                item.outcome.value, storable(item.detail), item.new_version, item.overtaken_by,
                item.request_id, at.wall.isoformat(), item.run, item.row_no,
            ),
        )  # fmt: skip

    @told
    def adopt(self, run: str, at: Moment) -> int:
        """Take from the journal's writes what became of items whose own row does not say; how many."""
        self._writable()
        moved = 0
        with transaction(self._db):
            for item, write in self._open_with_writes(run):
                found = as_told(item, write)
                if found is not None and found.outcome is not item.outcome:
                    self._settle(found, at)
                    moved += 1
        return moved

    def _open_with_writes(self, run: str) -> list[tuple[Item, tuple[Any, ...]]]:
        """Items without an end, each with its newest write."""
        sql = (
            "SELECT row_no, state, outcome, http_status, detail, new_version, request_id FROM writes "
            "WHERE run = ? ORDER BY row_no, rowid"
        )
        newest = {row[0]: row[1:] for row in self._db.execute(sql, (run,))}
        open_items = _items(self._db, "run = ? AND outcome IN ('SKIPPED', 'UNKNOWN') ORDER BY row_no", run)
        return [(item, newest[item.row_no]) for item in open_items if item.row_no in newest]

    @told
    def cancel_waiting(self, run: str, at: Moment) -> int:
        """Give up every item that was not sent; how many."""
        self._writable()
        with transaction(self._db):
            done = self._db.execute(
                "UPDATE run_items SET outcome = 'CANCELLED', detail = 'cancelled before it was sent', "
                "updated_at = ? WHERE run = ? AND outcome = 'SKIPPED'",
                (at.wall.isoformat(), run),
            )
            return done.rowcount

    @told
    def ask(self, run: str, what: str) -> None:
        """Ask the process that performs it to `pause` or to `cancel`."""
        self._writable()
        with transaction(self._db):
            self._db.execute("UPDATE runs SET asked = ? WHERE run = ?", (what, run))

    @told
    def asked(self, run: str) -> str:
        """What was asked of the process that performs it."""
        found = self._db.execute("SELECT asked FROM runs WHERE run = ?", (run,)).fetchone()
        return str(found[0]) if found else ""

    @told
    def get(self, run: str) -> Run | None:
        """A run by its id, or by a beginning of it that no other has."""
        if not _known_here(self._db):
            return None
        sql = f"{SELECT_RUNS} WHERE run = ? OR (length(?) >= 4 AND substr(run, 1, length(?)) = ?) LIMIT 2"
        found = self._db.execute(sql, (run,) * 4).fetchall()
        exact = [row for row in found if row[0] == run]
        rows = exact or found
        return run_of(rows[0]) if len(rows) == 1 else None

    @told
    def all_of(self, target_key: str, limit: int = 50) -> list[Run]:
        """The runs of a target, newest first."""
        if not _known_here(self._db):
            return []
        sql = f"{SELECT_RUNS} WHERE target_key = ? ORDER BY created_at DESC, rowid DESC LIMIT ?"
        return [run_of(row) for row in self._db.execute(sql, (target_key, limit))]

    @told
    def items(self, run: str) -> list[Item]:
        """The items of a run, in the plan's order."""
        return _items(self._db, "run = ? ORDER BY row_no", run)

    @told
    def counts(self, run: str) -> Counter[Outcome]:
        """How many items have which outcome; they add up to the items."""
        sql = "SELECT outcome, count(*) FROM run_items WHERE run = ? GROUP BY outcome"
        return Counter({Outcome(name): count for name, count in self._db.execute(sql, (run,))})

    def _known(self, run: str) -> Run:
        found = self._db.execute(f"{SELECT_RUNS} WHERE run = ?", (run,)).fetchone()
        if found is None:
            raise no_such_run(run)
        return run_of(found)

    def _change(self, run: Run, word: str, at: Moment) -> Run:
        kept = replace(run, updated_at=at.wall.isoformat())
        holder = kept.holder
        self._db.execute(
            "UPDATE runs SET state = ?, stop_reason = ?, asked = ?, hold_until = ?, updated_at = ?, "
            "overrides = ?, holder_pid = ?, holder_started = ?, holder_boot_id = ?, holder_host = ? "
            "WHERE run = ?",
            (
                kept.state.value, storable(kept.stop_reason), kept.asked, kept.hold_until, kept.updated_at,
                reasons_row(kept), holder.pid, holder.started, holder.boot_id, holder.host, kept.run,
            ),
        )  # fmt: skip
        self._tell(kept, word, at)
        return kept

    def _tell(self, run: Run, word: str, at: Moment) -> None:
        body: dict[str, JSON] = {
            "run": run.run, "event": word, "kind": run.kind, "target": run.target_key,
            "operator": run.operator, "way": run.way, "reason": run.reason, "digest": run.digest,
            "total": run.total, "stop_reason": run.stop_reason, "hold_until": run.hold_until,
            "undoes": run.undoes,
            "retries": run.retries, "overrides": dict(run.overrides or {}),
            "outcomes": {outcome.value: count for outcome, count in sorted(self.counts(run.run).items())},
        }  # fmt: skip
        chain.append(self._db, RUN, body, at)

    def _writable(self) -> None:
        require_writable(self._db, read_only=self._read_only)


def _items(connection: sqlite3.Connection, where: str, *values: object) -> list[Item]:
    return [item_of(row) for row in connection.execute(f"{SELECT_ITEMS} WHERE {where}", values)]


def begun_here(connection: sqlite3.Connection, target_key: str, text: str) -> str:
    """The run of a target's writes that `text` is the id of, or a beginning that no other has; else empty."""
    sql = (
        "SELECT DISTINCT run FROM writes WHERE target_key = ?"
        " AND (run = ? OR (length(?) >= ? AND substr(run, 1, length(?)) = ?))"
    )
    values = (target_key, text, text, _SHORTEST, text, text)
    found = [row[0] for row in connection.execute(sql, values)]
    return text if text in found else found[0] if len(found) == 1 else ""


def used(connection: sqlite3.Connection, run: str) -> bool:
    """Whether anything was ever begun under this id: a run, or a single write."""
    if connection.execute("SELECT 1 FROM writes WHERE run = ? LIMIT 1", (run,)).fetchone():
        return True
    return (
        _known_here(connection)
        and connection.execute("SELECT 1 FROM runs WHERE run = ?", (run,)).fetchone() is not None
    )


def verify(connection: sqlite3.Connection) -> list[Fault]:
    """Runs that are missing, changed or short of items, against what the chain tells of their beginning."""
    if not _known_here(connection):
        return []
    faults = []
    sizes = dict(connection.execute("SELECT run, count(*) FROM run_items GROUP BY run"))
    rows = {row[0]: row[1:] for row in connection.execute("SELECT run, digest, total, operator FROM runs")}
    told_of = {
        str(entry.fields["run"]): entry.fields
        for entry in chain.entries(connection, None, None, RUN, sound=True)
    }
    for run, said in told_of.items():
        row = rows.pop(run, None)
        if row is None:
            faults.append(Fault(Damage.REMOVED, None, f"The run {run} was removed."))
        elif row != (said["digest"], said["total"], said["operator"]):
            faults.append(Fault(Damage.EDITED, None, f"The run {run} does not say what was begun."))
        elif sizes.get(run, 0) != said["total"]:
            faults.append(
                Fault(Damage.EDITED, None, f"The run {run} does not have the items it was begun with.")
            )
    faults += [Fault(Damage.ADDED, None, f"The run {run} was never chained.") for run in rows]
    return faults


def _known_here(connection: sqlite3.Connection) -> bool:
    """Whether the file has runs: one of an earlier schema, opened for reading only, has none."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0]) >= 2
