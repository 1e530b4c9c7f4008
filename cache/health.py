"""Every health result, and what the newest of them say of each link now."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from cache.database import transaction
from cache.problems import storable, told
from cache.rows import fitting
from console.domain.health import FLAP_CHANGES, Band, HealthResult, Phase, Vantage, Verdict, speaking
from console.domain.links import VersionId
from console.domain.urls import host_of

_COLUMNS: Final = (
    "slug, vantage, checked_at, verdict, failing, destination, host, phase, status_code, latency_ms, "
    "final_url, detail, failing_since, version"
)
_INSERT: Final = f"INSERT INTO health ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - own words only
_SUMMARY: Final = (
    "UPDATE links SET rank = ?, verdict = ?, vantage = ?, status_code = ?, latency_ms = ?, checked_at = ?, "
    "detail = ? WHERE slug = ?"
)
_Newest = dict[tuple[str, Vantage], HealthResult]


class HealthLog:
    """The health results of one target in its cache file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @told
    def add(self, results: Iterable[HealthResult]) -> None:
        """Keep results, and have the links they are about show them.

        A result without `failing_since` gets the start of the row of failures that it continues. Results on
        a destination that the link no longer has are kept, and do not speak for the link.
        """
        batch = sorted(results, key=lambda r: r.checked_at)
        if not batch:
            return
        with transaction(self._db):
            slugs = list({storable(result.slug) for result in batch})
            newest = self._newest(slugs)
            destinations = self._destinations(slugs)
            touched: set[str] = set()
            for result in batch:
                slug = storable(result.slug)
                health_id, kept = self._insert(result)
                if _same_place(result.destination_url, destinations.get(slug)) and _speaks(
                    kept, newest.get((slug, result.vantage))
                ):
                    newest[slug, result.vantage] = kept
                    self._db.execute(
                        "INSERT OR REPLACE INTO health_now VALUES (?, ?, ?)",
                        (slug, result.vantage.value, health_id),
                    )
                    touched.add(slug)
            self._db.executemany(_SUMMARY, [_summary(slug, newest) for slug in touched])

    @told
    def latest(self, slugs: Sequence[str] | None = None) -> list[HealthResult]:
        """The result that speaks for each link now, by slug; of the links named, or of all."""
        newest = self._newest(None if slugs is None else [storable(slug) for slug in slugs])
        names = dict.fromkeys(slug for slug, _ in newest)
        return [result for slug in names if (result := _speaking(slug, newest)) is not None]

    @told
    def latest_by_vantage(self, slug: str) -> dict[Vantage, HealthResult]:
        """The newest result of each vantage point on the link as it is now."""
        return {vantage: result for (_, vantage), result in self._newest([storable(slug)]).items()}

    @told
    def troubled(self, also: Iterable[str] = ()) -> list[tuple[HealthResult | None, HealthResult | None]]:
        """The newest results from here and from the platform of each link that either saw fail, and `also`.

        The links that both see answer are left where they are: they are the most, and counted by `healthy`.
        """
        chosen = (
            "WHERE n.slug IN (SELECT m.slug FROM health_now AS m JOIN health AS f ON f.id = m.health_id "
            "WHERE f.failing = 1) OR n.slug IN (SELECT value FROM json_each(?))"
        )
        newest = self._read_newest(chosen, json.dumps([storable(slug) for slug in also]))
        slugs = dict.fromkeys(slug for slug, _ in newest)
        return [(newest.get((slug, Vantage.HERE)), newest.get((slug, Vantage.PLATFORM))) for slug in slugs]

    @told
    def healthy(self) -> tuple[set[str], int, list[float], datetime | None]:
        """The hosts of all links looked at; how many are healthy, their answers' ms, and the oldest look."""
        hosts = {
            host for (host,) in self._db.execute("SELECT DISTINCT host FROM links WHERE verdict IS NOT NULL")
        }
        sql = "SELECT latency_ms, checked_at FROM links WHERE rank = ?"
        well = self._db.execute(sql, (Band.OK.rank,)).fetchall()
        times = [at for _, at in well if at is not None]
        return (
            hosts,
            len(well),
            [latency for latency, _ in well if latency is not None],
            _time(min(times)) if times else None,
        )

    @told
    def restless(self, since: datetime) -> list[HealthResult]:
        """Results since then of the links that both failed and worked since then: what may flap."""
        both = (
            "SELECT slug FROM health WHERE checked_at >= :since AND failing IS NOT NULL "
            "GROUP BY slug, vantage HAVING count(*) > :turns AND min(failing) < max(failing)"
        )
        sql = f"SELECT {_COLUMNS} FROM health WHERE checked_at >= :since AND slug IN ({both})"  # noqa: S608 - own words only
        values = {"since": since.timestamp(), "turns": FLAP_CHANGES}
        return [_result(row) for row in self._db.execute(sql, values)]

    @told
    def of(self, slug: str, limit: int = 50) -> list[HealthResult]:
        """The results of one link, newest first."""
        sql = f"SELECT {_COLUMNS} FROM health WHERE slug = ? ORDER BY checked_at DESC, id DESC LIMIT ?"  # noqa: S608 - own words only
        return [_result(row) for row in self._db.execute(sql, (storable(slug), limit))]

    @told
    def by_version(self, slug: str) -> dict[VersionId, HealthResult]:
        """The newest result recorded while each version was live; one that says nothing only if alone."""
        found: dict[VersionId, HealthResult] = {}
        sql = f"SELECT {_COLUMNS} FROM health WHERE slug = ? AND version IS NOT NULL ORDER BY checked_at, id"  # noqa: S608 - own words only
        for row in self._db.execute(sql, (storable(slug),)):
            result = _result(row)
            assert result.version is not None
            if not result.verdict.silent or result.version not in found:
                found[result.version] = result
        return found

    @told
    def samples(self, host: str, since: datetime, buckets: int, until: datetime) -> list[int]:
        """Failing results on a host, at any port, in each of `buckets` equal parts of `since` to `until`."""
        first, last = since.timestamp(), until.timestamp()
        counted = [0] * buckets
        if buckets < 1 or last <= first:
            return counted
        sql = (
            "SELECT min(cast((checked_at - :first) / :width AS INTEGER), :last_bucket) AS bucket, count(*) "
            "FROM health WHERE (host = :host OR (host >= :host || ':' AND host < :host || ';')) "
            "AND checked_at >= :first AND checked_at <= :last AND failing = 1 "
            "GROUP BY bucket"
        )
        width = (last - first) / buckets
        values = {"first": first, "last": last, "width": width, "last_bucket": buckets - 1, "host": host}
        for bucket, count in self._db.execute(sql, values):
            counted[bucket] = count
        return counted

    @told
    def failing_since(self, slug: str) -> datetime | None:
        """When the link's unbroken row of failures began; None when it is not failing."""
        now = _speaking(storable(slug), self._newest([storable(slug)]))
        return None if now is None or not now.verdict.failing else now.failing_since

    @told
    def prune(self, before: datetime) -> int:
        """Drop results older than `before`, but never the newest of a vantage point; how many."""
        with transaction(self._db):
            done = self._db.execute(
                "DELETE FROM health WHERE checked_at < ? AND id NOT IN (SELECT health_id FROM health_now)",
                (before.timestamp(),),
            )
            return done.rowcount

    @told
    def pruned_at(self) -> float | None:
        """Unix seconds of the last time that old results were dropped; None before the first."""
        found = self._db.execute("SELECT value FROM meta WHERE name = 'pruned_at'").fetchone()
        return None if found is None else float(found[0])

    @told
    def note_pruned(self, at: float) -> None:
        """Remember when old results were dropped, unix seconds."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('pruned_at', ?)", (at,))

    def _insert(self, result: HealthResult) -> tuple[int, HealthResult]:
        kept = _since(result, self._row_start(result) if result.verdict.failing else None)
        done = self._db.execute(_INSERT, _columns(kept))
        assert done.lastrowid is not None
        return done.lastrowid, kept

    def _row_start(self, result: HealthResult) -> float | None:
        """Where the row of failures began that was unbroken just before `result`; None when there is none."""
        sql = (
            "SELECT failing, failing_since FROM health WHERE slug = ? AND vantage = ? AND checked_at <= ? "
            "AND failing IS NOT NULL ORDER BY checked_at DESC, id DESC LIMIT 1"
        )
        values = (storable(result.slug), result.vantage.value, result.checked_at.timestamp())
        found = self._db.execute(sql, values).fetchone()
        return found[1] if found and found[0] else None

    def _newest(self, slugs: Sequence[str] | None) -> _Newest:
        if slugs is None:
            return self._read_newest("")
        return self._read_newest("WHERE n.slug IN (SELECT value FROM json_each(?))", json.dumps(slugs))

    def _read_newest(self, chosen: str, *values: str) -> _Newest:
        columns = ", ".join(f"h.{column}" for column in _COLUMNS.split(", "))
        source = "health_now AS n JOIN health AS h ON h.id = n.health_id"
        sql = f"SELECT {columns} FROM {source} {chosen} ORDER BY n.slug"  # noqa: S608 - own words only
        found = self._db.execute(sql, values)
        return {(row[0], Vantage(row[1])): _result(row) for row in found}

    def _destinations(self, slugs: Sequence[str]) -> dict[str, str]:
        sql = "SELECT slug, destination FROM links WHERE slug IN (SELECT value FROM json_each(?))"
        return dict(self._db.execute(sql, (json.dumps(slugs),)).fetchall())


def _speaks(result: HealthResult, known: HealthResult | None) -> bool:
    """Whether a result replaces the one known of its vantage point."""
    if known is None:
        return True
    if result.verdict.silent != known.verdict.silent:
        return known.verdict.silent
    return result.checked_at >= known.checked_at


def _speaking(slug: str, newest: Mapping[tuple[str, Vantage], HealthResult]) -> HealthResult | None:
    return speaking(newest.get((slug, Vantage.HERE)), newest.get((slug, Vantage.PLATFORM)))


def _same_place(checked: str, destination: str | None) -> bool:
    """Whether a result is about the link's destination; so is one that does not say where it looked."""
    if destination is None or not checked:
        return True
    return checked == destination or checked.rstrip("/") == destination.rstrip("/")


def _since(result: HealthResult, row_start: float | None) -> HealthResult:
    if not result.verdict.failing:
        return replace(result, failing_since=None)
    known = [
        t for t in (result.failing_since, None if row_start is None else _time(row_start)) if t is not None
    ]
    return replace(result, failing_since=min(known, default=result.checked_at))


def _summary(slug: str, newest: _Newest) -> tuple[Any, ...]:
    result = _speaking(slug, newest)
    assert result is not None
    return (
        result.verdict.band.rank,
        result.verdict.value,
        result.vantage.value,
        fitting(result.status_code),
        result.latency_ms,
        result.checked_at.timestamp(),
        result.phase.value if result.phase else "",
        slug,
    )


def _columns(result: HealthResult) -> tuple[Any, ...]:
    destination, version = storable(result.destination_url), result.version
    return (
        storable(result.slug),
        result.vantage.value,
        result.checked_at.timestamp(),
        result.verdict.value,
        None if result.verdict.silent else result.verdict.failing,
        destination,
        host_of(destination),
        result.phase.value if result.phase else None,
        fitting(result.status_code),
        result.latency_ms,
        None if result.final_url is None else storable(result.final_url),
        storable(result.detail),
        None if result.failing_since is None else result.failing_since.timestamp(),
        storable(version) if isinstance(version, str) else fitting(version),
    )


def _result(row: tuple[Any, ...]) -> HealthResult:
    (slug, vantage, checked_at, verdict, _, destination, _, phase, status, latency, final_url, detail, since,
     version) = row  # fmt: skip
    return HealthResult(
        slug=slug,
        destination_url=destination,
        verdict=Verdict(verdict),
        vantage=Vantage(vantage),
        checked_at=_time(checked_at),
        phase=Phase(phase) if phase else None,
        status_code=status,
        latency_ms=latency,
        final_url=final_url,
        detail=detail,
        failing_since=None if since is None else _time(since),
        version=version,
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
