"""The durable record: every write before it leaves, every step of it, and everything worth telling later.

A commit here is on the disk when it returns. States move only forward. At most one write to a link is
open at a time, over all processes of this machine that share the journal.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Final

from cache import chain, runs
from cache.chain import Damage, Entry, Fault
from cache.database import transaction
from cache.problems import require_writable, storable, told
from cache.process import Holder, is_alive, is_elsewhere, moment
from cache.writes import (
    COLUMNS,
    INSERT,
    UPDATE,
    LinkBusy,
    Write,
    busy,
    from_row,
    to_fields,
    to_moved_row,
    to_row,
)
from console.domain.errors import StorageProblem
from console.domain.links import JSON, VersionId
from console.domain.moments import Moment
from console.domain.outcomes import WriteState
from console.domain.proof import Piece

__all__ = ["Damage", "Entry", "Fault", "Journal", "LinkBusy", "Write"]

WRITE: Final = "write"
"""Kind of the entries that writes make."""
_OPEN: Final = "state IN ('prepared', 'sent', 'unknown')"
_SELECT: Final = f"SELECT {COLUMNS} FROM writes"  # noqa: S608 - own words only


class Journal:
    """The journal of one home. `holder` is this process: the writes that it prepares are held by it."""

    def __init__(self, connection: sqlite3.Connection, holder: Holder, read_only: bool = False) -> None:
        self._db = connection
        self._holder = holder
        self.read_only = read_only or bool(getattr(connection, "read_only", False))

    @told
    def prepare(self, write: Write) -> Write:
        """Keep the intention to write, before the first byte leaves; durable when it returns.

        Raises:
            LinkBusy: the link has an open write, of this or any other process.
            StorageProblem: it could not be kept. Then nothing may be sent.
        """
        self._writable()
        with transaction(self._db):
            found = self._one(
                f"target_key = ? AND slug = ? AND {_OPEN}", storable(write.target_key), storable(write.slug)
            )
            if found is not None:
                raise busy(found)
            kept = replace(write, state=WriteState.PREPARED, holder=self._holder, updated_at=write.created_at)
            self._db.execute(INSERT, to_row(kept))
            chain.append(self._db, WRITE, to_fields(kept), kept.at)
        return kept

    @told
    def advance(
        self,
        key: str,
        state: WriteState,
        *,
        http_status: int | None = None,
        request_id: str | None = None,
        new_version: VersionId | None = None,
        outcome: str | None = None,
        detail: str = "",
        at: Moment | None = None,
    ) -> Write:
        """Move a write forward; durable when it returns. What is not given stays as it was.

        The write of a process that is gone becomes ours; the one of a living process is left to it, unless
        it is UNKNOWN: that is settled by whoever reads the platform first.

        Raises:
            LinkBusy: a living process is about to send it, or is sending it.
            StorageProblem: there is no such write, the state lies behind, or it could not be kept.
        """

        def moved(before: Write) -> Write:
            if not before.state.can_become(state):
                raise _not_forward(before, state)
            return replace(
                before,
                state=state,
                attempts=before.attempts + (state is WriteState.SENT),
                http_status=before.http_status if http_status is None else http_status,
                request_id=before.request_id if request_id is None else request_id,
                new_version=before.new_version if new_version is None else new_version,
                outcome=before.outcome if outcome is None else str(outcome),
                detail=detail or before.detail,
            )

        return self._change(key, moved, at or moment())

    @told
    def attempt(self, key: str, at: Moment | None = None) -> Write:
        """Count one more try of an open write with the same key; its state stays. Raises as `advance`."""

        def tried(before: Write) -> Write:
            if not before.state.open:
                raise _not_forward(before, before.state)
            return replace(before, attempts=before.attempts + 1)

        return self._change(key, tried, at or moment())

    @told
    def take_over(self, key: str, at: Moment | None = None, *, gone: str = "") -> Write:
        """Become the holder of an open write whose process is gone. Raises as `advance`.

        `gone` is another machine of which the operator says that nothing runs there any more. A process
        that does run there finds its write moved on, and sends nothing that it had not sent.
        """
        return self._change(key, lambda before: before, at or moment(), gone)

    def _change(self, key: str, how: Callable[[Write], Write], at: Moment, gone: str = "") -> Write:
        self._writable()
        with transaction(self._db):
            before = self._one("key = ?", key)
            if before is None:
                raise StorageProblem("The journal does not know this write", detail=f"Key {key}.")
            holder = before.holder
            lost = is_elsewhere(holder) and holder.host == gone
            if before.state in _IN_HAND and holder != self._holder and not lost and is_alive(holder):
                raise LinkBusy(before, alive=True)
            after = replace(how(before), holder=self._holder, updated_at=at.wall.isoformat())
            self._db.execute(UPDATE, to_moved_row(after))
            chain.append(self._db, WRITE, to_fields(after), at)
        return after

    @told
    def open_writes(self, target_key: str | None = None) -> list[Write]:
        """Writes that are not settled, oldest first; of one target or of all."""
        return self._many(f"{_OPEN} AND target_key = coalesce(?, target_key) ORDER BY rowid", target_key)

    @told
    def write(self, key: str) -> Write | None:
        """One write by its key."""
        return self._one("key = ?", key)

    @told
    def writes_of(self, target_key: str, slug: str, limit: int = 50) -> list[Write]:
        """The writes to one link, newest first."""
        order = "target_key = ? AND slug = ? ORDER BY created_at DESC, rowid DESC LIMIT ?"
        return self._many(order, storable(target_key), storable(slug), limit)

    @told
    def writes_of_run(self, run: str, target_key: str | None = None) -> list[Write]:
        """The writes of one run, by row.

        With a target: none where it is another's, and `run` may be the beginning of an id.
        """
        if target_key is not None:
            run = runs.begun_here(self._db, storable(target_key), storable(run))
            if not run:
                return []
        return self._many("run = ? ORDER BY row_no, rowid", run)

    @told
    def run_exists(self, run: str) -> bool:
        """Whether a run by this id was ever begun here."""
        return runs.used(self._db, run)

    def together(self) -> AbstractContextManager[object]:
        """Everything inside is on the disk at its end, or nothing of it."""
        return transaction(self._db)

    @told
    def append(self, kind: str, fields: Mapping[str, JSON], at: Moment) -> Entry:
        """Add an entry of another kind than a write's: a refusal, an override, a note."""
        self._writable()
        with transaction(self._db):
            return chain.append(self._db, kind, fields, at)

    @told
    def claim(
        self, kind: str, fields: Mapping[str, JSON], at: Moment, free: Callable[[list[Entry]], bool]
    ) -> Entry | None:
        """Add an entry if `free` says so of all that was told until now, over all processes; else None.

        Whoever gets the entry is the only one that does; nothing can be told in between.
        """
        self._writable()
        with transaction(self._db):
            if not free(chain.entries(self._db, None, None, None)):
                return None
            return chain.append(self._db, kind, fields, at)

    @told
    def entries(
        self, since: datetime | None = None, limit: int | None = None, kind: str | None = None
    ) -> list[Entry]:
        """Entries in the order they were written; with `limit` the newest so many."""
        return chain.entries(self._db, since, limit, kind)

    @told
    def proof(self, first: int, last: int) -> tuple[list[Piece], tuple[int, str]]:
        """The entries `first` to `last` as they lie in the chain, and number and hash of the newest."""
        return chain.pieces(self._db, first, last), chain.head(self._db)

    @told
    def verify(self) -> list[Fault]:
        """Read everything and name what was edited, removed, reordered, cut or added; empty when whole."""
        faults = chain.verify(self._db)
        told_last = {
            entry.fields["key"]: entry.fields
            for entry in chain.entries(self._db, None, None, WRITE, sound=True)
        }
        present = {write.key: write for write in self._many("1 ORDER BY rowid")}
        for key, said in told_last.items():
            if key not in present:
                faults.append(Fault(Damage.REMOVED, None, f"The write {key} to {said['slug']} was removed."))
            elif to_fields(present[key]) != said:
                faults.append(Fault(Damage.EDITED, None, f"The write {key} does not say what was written."))
        unknown = [key for key in present if key not in told_last]
        faults += [Fault(Damage.ADDED, None, f"The write {key} was never chained.") for key in unknown]
        return faults + runs.verify(self._db)

    def _writable(self) -> None:
        require_writable(self._db, read_only=self.read_only)

    def _one(self, where: str, *values: object) -> Write | None:
        row = self._db.execute(f"{_SELECT} WHERE {where}", values).fetchone()
        return None if row is None else from_row(row)

    def _many(self, where: str, *values: object) -> list[Write]:
        return [from_row(row) for row in self._db.execute(f"{_SELECT} WHERE {where}", values)]


_IN_HAND: Final = frozenset({WriteState.PREPARED, WriteState.SENT})
"""States in which the holder acts. UNKNOWN is nobody's: it is settled by reading."""


def _not_forward(write: Write, state: WriteState) -> StorageProblem:
    return StorageProblem(
        f"A write that is {write.state.value} cannot become {state.value}",
        detail=f"The write to {write.slug} was settled already. Key {write.key}.",
        hint="Read the link again.",
    )
