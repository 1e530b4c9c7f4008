"""Bulk import: each row is taken or refused by itself, and the answer says which."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from console.practice.calls import Call
from console.practice.problems import Problem
from console.practice.records import Record, check_slug, checked, expected_version, next_password
from console.practice.store import Cause, Held, Store

MAX_ROWS: Final = 5000
MODES: Final = ("upsert", "create", "update")
BREATH: Final = 50
"""Rows after which other requests get their turn."""


@dataclass(slots=True)
class Import:
    """One import.

    Attributes:
        conditional: whether a row's `expectedVersion` is looked at.
        rows: what became of each row, in order; `row` counts from 1.
    """

    import_id: str
    mode: str
    dry_run: bool
    cause: Cause
    total: int
    conditional: bool = True
    rows: list[dict[str, Any]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    @property
    def finished(self) -> bool:
        """Whether every row has its answer."""
        return len(self.rows) == self.total

    def shown(self, *, with_rows: bool = True) -> dict[str, Any]:
        """The import as the API shows it."""
        counts = Counter(row["status"] for row in self.rows)
        body: dict[str, Any] = {
            "importId": self.import_id,
            "status": "finished" if self.finished else "running",
            "dryRun": self.dry_run,
            **{name: counts[name] for name in ("created", "updated", "unchanged", "failed")},
        }
        if with_rows:
            body["rows"] = list(self.rows)
        return body


async def take(store: Store, work: Import, links: list[Any]) -> None:
    """Take the rows one by one."""
    for number, raw in enumerate(links, 1):
        slug = raw.get("slug") if isinstance(raw, dict) else None
        row: dict[str, Any] = {"row": number, "slug": slug if isinstance(slug, str) else None}
        try:
            row.update(_one(store, work, raw))
        except Problem as problem:
            row.update(status="failed", error={"code": problem.code, "message": problem.message})
        work.rows.append(row)
        if number % BREATH == 0:
            await asyncio.sleep(0)


def _one(store: Store, work: Import, raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise Problem(400, "invalid_payload", "a row is an object")
    slug = check_slug(raw.get("slug"))
    if slug in work.seen:
        raise Problem(400, "duplicate_slug", f"{slug!r} stands in the import twice")
    work.seen.add(slug)
    record = checked(raw)
    with store.lock:
        held = store.get(slug)
        _check_mode(work.mode, held, slug)
        if work.conditional:
            _check_version(raw, held)
        password = next_password(raw, held)
        if held is not None and _same(held, record, password):
            return {"status": "unchanged", "version": held.version}
        status = "created" if held is None else "updated"
        if work.dry_run:
            return {"status": status}
        made = store.write(slug, record, password, work.cause)
    return {"status": status, "version": made.version}


def _same(held: Held, record: Record, password: str | None) -> bool:
    return held.content() == record and held.password == password


def _check_mode(mode: str, held: Held | None, slug: str) -> None:
    if mode == "create" and held is not None:
        raise Problem(409, "conflict", f"{slug!r} exists already")
    if mode == "update" and held is None:
        raise Problem(404, "not_found", f"no link {slug!r}")


def _check_version(raw: Mapping[str, Any], held: Held | None) -> None:
    expected = expected_version(raw)
    if expected is None:
        return
    live = None if held is None else held.version
    if expected != live:
        raise Problem(409, "conflict", f"the live version is {live}, not {expected}")


def settings_of(call: Call) -> tuple[list[Any], str, bool, str]:
    """Rows, mode, dry run and reason, from a JSON or a CSV body.

    Raises:
        Problem: 400 for a body that is no import, 413 for one that is too long.
    """
    if call.request.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/csv":
        query = call.request.query_params
        body: dict[str, Any] = {"mode": query.get("mode", "upsert"), "dryRun": query.get("dryRun") == "true"}
        links: Any = csv_rows(call.raw)
    else:
        body = call.body
        links = body.get("links")
    if not isinstance(links, list) or not links:
        raise Problem(400, "invalid_links", "links is a list of at least one link")
    if len(links) > MAX_ROWS:
        raise Problem(413, "payload_too_large", f"at most {MAX_ROWS} rows in one import")
    mode, dry_run, reason = body.get("mode", "upsert"), body.get("dryRun", False), body.get("reason", "")
    if mode not in MODES:
        raise Problem(400, "invalid_mode", f"mode is one of {', '.join(MODES)}")
    if not isinstance(dry_run, bool):
        raise Problem(400, "invalid_dry_run", "dryRun is true or false")
    if not isinstance(reason, str) or len(reason) > 1000:
        raise Problem(400, "invalid_reason", "reason is a string of at most 1,000 characters")
    return links, mode, dry_run, reason


_LISTS: Final = frozenset({"tags", "categories"})
_OBJECTS: Final = frozenset({"routingRules", "tracking", "trackingPolicy"})
_NUMBERS: Final = frozenset({"redirectType", "maxClicks", "expectedVersion"})
_FLAGS: Final = frozenset({"enabled"})


def csv_rows(raw: bytes) -> list[dict[str, Any]]:
    """Rows of a CSV body in the columns of the export; an empty cell is a field left out.

    Raises:
        Problem: 400 `invalid_payload`.
    """
    try:
        text = raw.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Problem(400, "invalid_payload", "the body is not CSV in UTF-8") from error
    if any(None in row for row in rows):
        raise Problem(400, "invalid_payload", "a row has more cells than the header")
    return [{name: _value(name, cell) for name, cell in row.items() if cell} for row in rows]


def _value(name: str, cell: str) -> Any:  # noqa: ANN401 - whatever the cell holds is checked with the record
    if name in _LISTS:
        return cell.split("|")
    if name in _FLAGS:
        return {"true": True, "false": False}.get(cell.lower(), cell)
    if name in _NUMBERS:
        return int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 16 else cell
    if name in _OBJECTS:
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    return cell
