"""The practice platform's memory: links, their versions (append-only), and the ledger of what was applied."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from console.practice.records import Record, as_text, iso

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS links (
    row INTEGER PRIMARY KEY AUTOINCREMENT, slug TEXT NOT NULL UNIQUE, id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    record TEXT NOT NULL, password TEXT, clicks INTEGER NOT NULL, created_at REAL NOT NULL,
    updated_at REAL NOT NULL, updated_by TEXT NOT NULL, unborn INTEGER);
CREATE TABLE IF NOT EXISTS versions (
    id TEXT NOT NULL, version INTEGER NOT NULL, record TEXT NOT NULL, password TEXT, created_at REAL NOT NULL,
    created_by TEXT NOT NULL, action TEXT NOT NULL, note TEXT NOT NULL, rolled_back_to INTEGER,
    PRIMARY KEY (id, version)) WITHOUT ROWID;
"""
_LINK: Final = "row, slug, id, version, record, password, clicks, created_at, updated_at, updated_by, unborn"
_VERSION: Final = "version, record, password, created_at, created_by, action, note, rolled_back_to"


@dataclass(frozen=True, slots=True)
class Held:
    """One link as it is kept. `record` is JSON text; times are Unix seconds.

    Attributes:
        unborn: number of the link in the scenario while its history has not been written out yet.
    """

    row: int
    slug: str
    link_id: str
    version: int
    record: str
    password: str | None
    clicks: int
    created_at: float
    updated_at: float
    updated_by: str
    unborn: int | None = None

    def content(self) -> Record:
        """The record, decoded."""
        found: Record = json.loads(self.record)
        return found

    def text(self, short_base: str) -> str:
        """The link as the API shows it, as JSON text. Spliced, not re-encoded: exports are long."""
        return (
            f'{{"id":"{self.link_id}","slug":"{self.slug}","url":"{short_base}/{self.slug}",'
            f'"version":{self.version},"clicks":{self.clicks},'
            f'"hasPassword":{"false" if self.password is None else "true"},'
            f'"createdAt":"{iso(self.created_at)}","updatedAt":"{iso(self.updated_at)}",'
            f'"updatedBy":{json.dumps(self.updated_by)},{self.record[1:]}'
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """One version as it is kept."""

    version: int
    record: str
    password: str | None
    created_at: float
    created_by: str
    action: str
    note: str = ""
    rolled_back_to: int | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a write happens: who, how, in which words, and by which request."""

    by: str
    action: str
    note: str = ""
    rolled_back_to: int | None = None
    key: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One write that took effect. `before_version` is None for a new link."""

    slug: str
    before_version: int | None
    after_version: int
    action: str
    by: str
    key: str | None
    request_id: str | None
    at: float


class Store:
    """SQLite behind one lock. Safe to use from the server's thread and from a test's at once.

    Args:
        path: a file, or `:memory:`.
        clock: Unix seconds, as the practice platform sees them.
        past: writes out the history of the scenario's n-th link, oldest first, the live version included.
            Asked for once, when the history is first needed: 2,000 of them at start would be felt.
    """

    def __init__(
        self, path: str | Path, clock: Callable[[], float], past: Callable[[int], list[Kept]]
    ) -> None:
        self.lock = threading.RLock()
        self.events: list[Event] = []
        self._clock = clock
        self._past = past
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        if str(path) != ":memory:":
            self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")  # a practice platform may forget; it must not wait
        self._db.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The lock and one transaction."""
        with self.lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def seed(self, links: Iterable[Sequence[Any]]) -> None:
        """Fill an empty store; each row is in the order of `Held`."""
        marks = ",".join("?" * 11)
        with self.transaction() as db:
            db.executemany(f"INSERT INTO links ({_LINK}) VALUES ({marks})", links)  # noqa: S608 - constants

    def meta(self, name: str) -> str | None:
        """A note about the store itself."""
        with self.lock:
            found = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def set_meta(self, name: str, value: str) -> None:
        """Write a note about the store itself."""
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def count(self) -> int:
        """How many links there are."""
        with self.lock:
            return int(self._db.execute("SELECT count(*) FROM links").fetchone()[0])

    def get(self, slug: str) -> Held | None:
        """The live link."""
        with self.lock:
            found = self._db.execute(f"SELECT {_LINK} FROM links WHERE slug = ?", (slug,)).fetchone()  # noqa: S608
        return None if found is None else Held(*found)

    def page(self, after: int, limit: int) -> list[Held]:
        """Links in the order they were made, after row `after`."""
        with self.lock:
            rows = self._db.execute(
                f"SELECT {_LINK} FROM links WHERE row > ? ORDER BY row LIMIT ?",  # noqa: S608
                (after, limit),
            ).fetchall()
        return [Held(*row) for row in rows]

    def versions(self, held: Held, *, below: int | None = None, limit: int = -1) -> list[Kept]:
        """Versions of a link, newest first, from the one under `below`."""
        with self.lock:
            self._write_out(held)
            rows = self._db.execute(
                f"SELECT {_VERSION} FROM versions WHERE id = ? AND version < ? "  # noqa: S608
                "ORDER BY version DESC LIMIT ?",
                (held.link_id, 2**62 if below is None else below, limit),
            ).fetchall()
        return [Kept(*row) for row in rows]

    def version(self, held: Held, number: int) -> Kept | None:
        """One version of a link."""
        found = self.versions(held, below=number + 1, limit=1)
        return found[0] if found and found[0].version == number else None

    def _write_out(self, held: Held) -> None:
        if held.unborn is None:
            return
        still = self._db.execute("SELECT unborn FROM links WHERE id = ?", (held.link_id,)).fetchone()
        if still is None or still[0] is None:
            return
        with _maybe(self._db):
            self._db.executemany(
                f"INSERT INTO versions (id, {_VERSION}) VALUES (?,?,?,?,?,?,?,?,?)",  # noqa: S608
                [
                    (
                        held.link_id, k.version, k.record, k.password, k.created_at, k.created_by, k.action,
                        k.note, k.rolled_back_to,
                    )
                    for k in self._past(held.unborn)
                ],
            )  # fmt: skip
            self._db.execute("UPDATE links SET unborn = NULL WHERE id = ?", (held.link_id,))

    def write(self, slug: str, record: Record, password: str | None, cause: Cause) -> Held:
        """Make a link, or its next version."""
        with self.transaction() as db:
            now = self._clock()
            held = self.get(slug)
            if held is None:
                number, link_id = 1, self._fresh_id()
            else:
                self._write_out(held)
                number, link_id = held.version + 1, held.link_id
            text = as_text(record)
            db.execute(
                f"INSERT INTO versions (id, {_VERSION}) VALUES (?,?,?,?,?,?,?,?,?)",  # noqa: S608
                (
                    link_id,
                    number,
                    text,
                    password,
                    now,
                    cause.by,
                    cause.action,
                    cause.note,
                    cause.rolled_back_to,
                ),
            )
            if held is None:
                db.execute(
                    "INSERT INTO links (slug, id, version, record, password, clicks, created_at, updated_at,"
                    " updated_by) VALUES (?,?,?,?,?,0,?,?,?)",
                    (slug, link_id, number, text, password, now, now, cause.by),
                )
            else:
                db.execute(
                    "UPDATE links SET version=?, record=?, password=?, updated_at=?, updated_by=? WHERE id=?",
                    (number, text, password, now, cause.by, link_id),
                )
            before = None if held is None else held.version
            self.events.append(
                Event(slug, before, number, cause.action, cause.by, cause.key, cause.request_id, now)
            )
            made = self.get(slug)
        assert made is not None
        return made

    def overwrite(self, slug: str, record: Record) -> None:
        """Change a link's content under the version number it has, as some platforms do."""
        with self.transaction() as db:
            held = self.get(slug)
            if held is not None:
                self._write_out(held)
                text = as_text(record)
                db.execute("UPDATE links SET record = ? WHERE id = ?", (text, held.link_id))
                db.execute(
                    "UPDATE versions SET record = ? WHERE id = ? AND version = ?",
                    (text, held.link_id, held.version),
                )

    def delete(self, slug: str) -> None:
        """Remove a link and its history."""
        with self.transaction() as db:
            held = self.get(slug)
            if held is not None:
                db.execute("DELETE FROM versions WHERE id = ?", (held.link_id,))
                db.execute("DELETE FROM links WHERE id = ?", (held.link_id,))

    def rewind(self, slug: str, number: int) -> None:
        """Make version `number` the newest again, as a restore from a backup does; later ones are gone."""
        with self.transaction() as db:
            held = self.get(slug)
            kept = None if held is None else self.version(held, number)
            if held is None or kept is None:
                raise LookupError(f"no version {number} of {slug!r}")
            db.execute("DELETE FROM versions WHERE id = ? AND version > ?", (held.link_id, number))
            db.execute(
                "UPDATE links SET version=?, record=?, password=?, updated_at=?, updated_by=? WHERE id=?",
                (number, kept.record, kept.password, kept.created_at, kept.created_by, held.link_id),
            )

    def click(self, slug: str) -> None:
        """Count a visitor."""
        with self.transaction() as db:
            db.execute("UPDATE links SET clicks = clicks + 1 WHERE slug = ?", (slug,))

    def _fresh_id(self) -> str:
        # AUTOINCREMENT never gives a row number twice, so a slug made again gets another id.
        top = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'links'").fetchone()
        return f"lnk_{(0 if top is None else top[0]) + 1:06d}"

    def close(self) -> None:
        """Give the file back."""
        with self.lock:
            self._db.close()


@contextmanager
def _maybe(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction, unless one is open already."""
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def version_text(short_base: str, held: Held, kept: Kept) -> str:
    """One version as the API shows it, as JSON text."""
    then = Held(
        held.row, held.slug, held.link_id, kept.version, kept.record, kept.password, held.clicks,
        held.created_at, kept.created_at, kept.created_by,
    )  # fmt: skip
    back = "" if kept.rolled_back_to is None else f'"rolledBackTo":{kept.rolled_back_to},'
    note = f'"note":{json.dumps(kept.note)},' if kept.note else ""
    return (
        f'{{"version":{kept.version},"createdAt":"{iso(kept.created_at)}",'
        f'"createdBy":{json.dumps(kept.created_by)},"action":"{kept.action}",{note}{back}'
        f'"snapshot":{then.text(short_base)}}}'
    )
