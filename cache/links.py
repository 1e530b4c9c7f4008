"""The inventory: every link as last fetched, searchable and sortable, flat in the number of links.

A list asks `select` for the row ids of its filter and order, and `rows` for the few in view; nothing
pages by offset and nothing holds all rows.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from cache import shelf
from cache import unread as unread_rows
from cache.codec import fields_from_json, link_from_json
from cache.database import transaction
from cache.orders import Orders
from cache.problems import storable, told
from cache.rows import prepared
from cache.schema import SORT_INDEXES
from cache.search import compile_query
from cache.shelf import Counts
from console.domain.health import Band, Verdict
from console.domain.links import Link, VersionId
from console.domain.query import Query
from console.domain.unread import UnreadLinks


class Sort(StrEnum):
    """Orders of a list. Ties are by slug."""

    HEALTH = "health"
    """Worst first."""
    SLUG = "slug"
    DESTINATION = "destination"
    VERSION = "version"
    CHANGED = "changed"
    CHECKED = "checked"
    CLICKS = "clicks"


_ORDERS: Final = {
    Sort.HEALTH: ("rank", "slug"),
    Sort.SLUG: ("slug",),
    Sort.DESTINATION: ("destination", "slug"),
    Sort.VERSION: ("version", "slug"),
    Sort.CHANGED: ("updated_at", "slug"),
    Sort.CHECKED: ("checked_at", "slug"),
    Sort.CLICKS: ("clicks", "slug"),
}
_BAND_OF_RANK: Final = {band.rank: band for band in Band}
_CHUNK: Final = 500

__all__ = ["CachedLink", "Counts", "Inventory", "Row", "Sort"]


@dataclass(frozen=True, slots=True)
class Row:
    """What a list shows of one link.

    Attributes:
        latency_ms: of the check that `verdict` comes from.
        checked_at: unix seconds of that check.
        updated_at: unix seconds, as the platform says.
        bad: a version of it is noted bad.
        detail: where the check stopped (`dns`, `connect`, ...), where it says.
    """

    rowid: int
    slug: str
    destination_url: str
    host: str
    title: str
    version: VersionId | None
    band: Band
    verdict: Verdict | None
    status_code: int | None
    latency_ms: float | None
    checked_at: float | None
    updated_at: float | None
    enabled: bool
    held: bool
    bad: bool
    clicks: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class CachedLink:
    """A link as it was when it was fetched (unix seconds)."""

    link: Link
    fetched_at: float


_ROW: Final = """
SELECT id, slug, destination, host, title, version, rank, verdict, status_code, latency_ms, checked_at,
  updated_at, enabled, coalesce(held, 0), coalesce(bad, 0), clicks, detail
FROM links LEFT JOIN link_marks USING (slug) WHERE id IN ({})
"""


class Inventory:
    """The links of one target in its cache file. One thread at a time may use a connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._orders = Orders(connection)

    @told
    def begin_sync(self) -> int:
        """Begin a whole reading of the inventory; the number it returns marks what it has seen.

        The first one does without the indexes of orders until it ends: filling them in a random order
        costs several times what making them at once does. Lists work meanwhile, only slower.
        """
        with transaction(self._db):
            if self._db.execute("SELECT 1 FROM links LIMIT 1").fetchone() is None:
                for name in SORT_INDEXES:
                    self._db.execute(f"DROP INDEX IF EXISTS {name}")
            generation = int(self._meta("generation") or 0) + 1
            self._set_meta("generation", generation)
        return generation

    @told
    def put_many(self, links: Sequence[Link], generation: int, fetched_at: float) -> Counts:
        """Store one batch of a sync, in one transaction. Of a slug that comes twice the last one counts."""
        batch = {storable(link.slug): link for link in links}
        with transaction(self._db):
            known = shelf.known(self._db, list(batch))
            rows = [prepared(link, known.get(slug)) for slug, link in batch.items()]
            return shelf.store(self._db, rows, generation, fetched_at)

    @told
    def finish_sync(self, generation: int, fetched_at: float, unread: UnreadLinks | None = None) -> int:
        """End a sync that has seen everything: links it has not seen are gone from the platform.

        A link whose record could not be read stays as it was; when such a record may be of any link, so do
        all that were not seen.

        Returns:
            How many were removed.
        """
        unread = unread or UnreadLinks()
        with transaction(self._db):
            unseen = [
                row[0]
                for row in self._db.execute("SELECT slug FROM links WHERE generation < ?", (generation,))
            ]
            spared = {storable(slug) for slug in unread.slugs}
            gone = [] if unread.blind else [slug for slug in unseen if slug not in spared]
            for slug in gone:
                shelf.remove(self._db, slug)
            for name, columns in SORT_INDEXES.items():
                self._db.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}")
            self._set_meta("synced_at", fetched_at)
            unread_rows.keep(self._db, unread)
        return len(gone)

    @told
    def synced_at(self) -> float | None:
        """When the last whole sync ended, unix seconds; None before the first."""
        value = self._meta("synced_at")
        return None if value is None else float(value)

    @told
    def count(self) -> int:
        """How many links there are."""
        return int(self._db.execute("SELECT count(*) FROM links").fetchone()[0])

    @told
    def put(self, link: Link, fetched_at: float) -> None:
        """Store one link as just read."""
        with transaction(self._db):
            generation = int(self._meta("generation") or 0)
            known = shelf.known(self._db, [storable(link.slug)])
            shelf.store(self._db, [prepared(link, known.get(storable(link.slug)))], generation, fetched_at)

    @told
    def get(self, slug: str) -> CachedLink | None:
        """One link whole, with when it was fetched; None when it is not in the cache."""
        found = self._db.execute(
            "SELECT record, clicks, fetched_at FROM links JOIN records USING (id) WHERE slug = ?",
            (storable(slug),),
        ).fetchone()
        return (
            None
            if found is None
            else CachedLink(replace(link_from_json(found[0]), clicks=found[1]), found[2])
        )

    @told
    def links_of(self, slugs: Sequence[str]) -> dict[str, Link]:
        """The links of these slugs that the cache holds, by one question; click counters are left out."""
        found = shelf.known(self._db, [storable(slug) for slug in slugs])
        return {slug: link_from_json(record) for slug, (_, record) in found.items()}

    @told
    def fields_of(self, slugs: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The same as `links_of`, each link as its fields by name."""
        found = shelf.known(self._db, [storable(slug) for slug in slugs])
        return {slug: fields_from_json(record) for slug, (_, record) in found.items()}

    @told
    def slugs_spelt_oddly(self) -> list[str]:
        """The slugs with anything but small ASCII letters, digits, `_` and `-` in them."""
        return [
            slug for (slug,) in self._db.execute("SELECT slug FROM links WHERE slug GLOB '*[^-a-z0-9_]*'")
        ]

    @told
    def remove(self, slug: str) -> None:
        """Forget one link; its timeline, health and sightings stay."""
        with transaction(self._db):
            shelf.remove(self._db, storable(slug))

    @told
    def select(
        self,
        query: Query,
        sort: Sort,
        now: float,
        limit: int | None = None,
        *,
        descending: bool = False,
        marked: frozenset[str] | None = None,
    ) -> array[int]:
        """The row ids of a filter in an order.

        Args:
            query: the parsed filter; an empty one gives every link.
            sort: the order; `descending` turns all of it round.
            now: unix seconds, for ages and schedules.
            limit: the most row ids returned; None for all.
            descending: the other way round.
            marked: slugs that `is:marked` means.
        """
        order = ", ".join(f"{column} DESC" if descending else column for column in _ORDERS[sort])
        return self._orders.pick(compile_query(query, now, marked), order, limit)

    @told
    def rows(self, rowids: Sequence[int]) -> list[Row]:
        """What a list shows of the links, in that order. Ids that are gone meanwhile are left out."""
        found: dict[int, Row] = {}
        for start in range(0, len(rowids), _CHUNK):
            part = rowids[start : start + _CHUNK]
            for record in self._db.execute(_ROW.format(",".join("?" * len(part))), tuple(part)):
                found[record[0]] = _row(record)
        return [found[rowid] for rowid in rowids if rowid in found]

    @told
    def find(self, slug: str) -> int | None:
        """The row id of a slug."""
        found = self._db.execute("SELECT id FROM links WHERE slug = ?", (storable(slug),)).fetchone()
        return None if found is None else int(found[0])

    @told
    def slugs(self, rowids: Sequence[int]) -> list[str]:
        """The slugs of row ids, in that order. Ids that are gone meanwhile are left out."""
        ids = json.dumps(list(rowids))
        wanted = "json_each(?) AS wanted CROSS JOIN links ON links.id = wanted.value"
        sql = f"SELECT links.slug FROM {wanted} ORDER BY wanted.key"  # noqa: S608 - own words only
        return [slug for (slug,) in self._db.execute(sql, (ids,))]

    @told
    def hosts(
        self, query: Query, now: float, marked: frozenset[str] | None = None
    ) -> list[tuple[str, int, int, int]]:
        """The destination hosts of a filter: host, links, of them down, of them slow; worst first."""
        clause = compile_query(query, now, marked)
        where, values = clause.where, list(clause.values)
        if clause.match:
            where += " AND id IN (SELECT rowid FROM links_fts WHERE links_fts MATCH ?)"
            values.append(clause.match)
        sql = (
            "SELECT host, count(*), sum(rank = ?) AS down, sum(rank = ?) AS slow FROM links "  # noqa: S608 - own words only
            f"WHERE {where} GROUP BY host_key, host ORDER BY down DESC, slow DESC, count(*) DESC, host"
        )
        return [tuple(row) for row in self._db.execute(sql, (Band.DOWN.rank, Band.SLOW.rank, *values))]

    @told
    def set_marks(self, slug: str, *, held: bool | None = None, bad: bool | None = None) -> None:
        """Mirror the journal's holds and notes, so that lists can filter by them. None: as it is."""
        with transaction(self._db):
            self._db.execute("INSERT OR IGNORE INTO link_marks (slug) VALUES (?)", (storable(slug),))
            self._db.execute(
                "UPDATE link_marks SET held = coalesce(?, held), bad = coalesce(?, bad) WHERE slug = ?",
                (held, bad, storable(slug)),
            )

    def _meta(self, name: str) -> float | None:
        found = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if found is None else found[0]

    def _set_meta(self, name: str, value: float) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def _row(record: tuple[Any, ...]) -> Row:
    (rowid, slug, destination, host, title, version, rank, verdict, status, latency, checked, updated,
     enabled, held, bad, clicks, detail) = record  # fmt: skip
    return Row(
        rowid, slug, destination, host, title, version, _BAND_OF_RANK[rank],
        None if verdict is None else Verdict(verdict), status, latency, checked, updated, bool(enabled),
        bool(held), bool(bad), clicks, detail,
    )  # fmt: skip
