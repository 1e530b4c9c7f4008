"""How links go into their tables and out again: the narrow row, the whole record, the index of words."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cache.codec import link_from_json
from cache.rows import INSERT, UPDATE, FtsText, Prepared, text_of
from console.domain.health import Band

_FTS_ADD: Final = (
    "INSERT INTO links_fts (rowid, slug, title, destination, tags, description) VALUES (?, ?, ?, ?, ?, ?)"
)
_FTS_REMOVE: Final = (
    "INSERT INTO links_fts (links_fts, rowid, slug, title, destination, tags, description) "
    "VALUES ('delete', ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a batch of a sync changed. A click counter that moved is no change."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


def known(db: sqlite3.Connection, slugs: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Row id and record of the slugs that the cache holds."""
    sql = (
        "SELECT slug, records.id, record FROM json_each(?) AS wanted CROSS JOIN links ON slug = wanted.value "
        "JOIN records ON records.id = links.id"
    )
    return {slug: (rowid, record) for slug, rowid, record in db.execute(sql, (json.dumps(slugs),))}


def store(db: sqlite3.Connection, rows: Sequence[Prepared], generation: int, fetched_at: float) -> Counts:
    """Put prepared links in place; the caller stands in a transaction."""
    new = [row for row in rows if row.rowid is None]
    changed = [row for row in rows if row.rowid is not None and row.columns]
    same = [row for row in rows if row.rowid is not None and not row.columns]
    first = int(db.execute("SELECT coalesce(max(id), 0) + 1 FROM links").fetchone()[0])
    _insert(db, new, first, generation, fetched_at)
    for row in changed:
        _change(db, row, generation, fetched_at)
    db.executemany(
        "UPDATE links SET fetched_at = ?, generation = max(generation, ?), clicks = ? WHERE id = ?",
        [(fetched_at, generation, row.clicks, row.rowid) for row in same],
    )
    return Counts(len(new), len(changed), len(same))


def _insert(
    db: sqlite3.Connection, rows: Sequence[Prepared], first: int, generation: int, fetched_at: float
) -> None:
    numbered = list(enumerate(rows, first))
    db.executemany(INSERT, [(i, *row.columns, row.clicks, fetched_at, generation) for i, row in numbered])
    db.executemany("INSERT INTO records VALUES (?, ?)", [(i, row.record) for i, row in numbered])
    db.executemany(_FTS_ADD, [(i, *row.text) for i, row in numbered])


def _change(db: sqlite3.Connection, row: Prepared, generation: int, fetched_at: float) -> None:
    old = _text(db, row.rowid)
    db.execute(UPDATE, (*row.columns, row.clicks, fetched_at, generation, row.rowid))
    db.execute("UPDATE records SET record = ? WHERE id = ?", (row.record, row.rowid))
    if old != row.text:
        db.execute(_FTS_REMOVE, (row.rowid, *old))
        db.execute(_FTS_ADD, (row.rowid, *row.text))
    if old[2] != row.text[2]:
        _forget_health(db, row.slug)


def _text(db: sqlite3.Connection, rowid: int | None) -> FtsText:
    """What the index was given for a row: it must be given the same again to forget it."""
    record = db.execute("SELECT record FROM records WHERE id = ?", (rowid,)).fetchone()[0]
    return text_of(link_from_json(record))


def _forget_health(db: sqlite3.Connection, slug: str) -> None:
    """Verdicts on an earlier destination say nothing of this one."""
    db.execute("DELETE FROM health_now WHERE slug = ?", (slug,))
    db.execute(
        "UPDATE links SET rank = ?, verdict = NULL, vantage = NULL, status_code = NULL, "
        "latency_ms = NULL, checked_at = NULL, detail = '' WHERE slug = ?",
        (Band.UNCHECKED.rank, slug),
    )


def remove(db: sqlite3.Connection, slug: str) -> None:
    """Take a link out; the caller stands in a transaction."""
    found = db.execute("SELECT id FROM links WHERE slug = ?", (slug,)).fetchone()
    if found is None:
        return
    text = _text(db, found[0])
    db.execute(_FTS_REMOVE, (found[0], *text))
    db.execute("DELETE FROM records WHERE id = ?", found)
    db.execute("DELETE FROM links WHERE id = ?", found)
    db.execute("DELETE FROM health_now WHERE slug = ?", (slug,))
