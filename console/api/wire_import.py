"""Bulk import, to the wire and from it (platform-api, "Routes", bulk-import)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from console.api.port import ImportAnswer, ImportOrder, ImportRow, RowStatus
from console.api.wire_json import unreadable
from console.api.wire_links import link_to_wire
from console.api.wire_values import first, inner_of, name, or_else, text, version_id, whole
from console.domain.links import JSON, Link

_GOING: Final = frozenset({"running", "pending", "queued", "in_progress", "processing", "accepted"})
_WORDS: Final[Mapping[str, RowStatus]] = {
    "created": RowStatus.CREATED, "create": RowStatus.CREATED, "inserted": RowStatus.CREATED,
    "updated": RowStatus.UPDATED, "update": RowStatus.UPDATED, "replaced": RowStatus.UPDATED,
    "unchanged": RowStatus.UNCHANGED, "noop": RowStatus.UNCHANGED, "skipped": RowStatus.UNCHANGED,
    "failed": RowStatus.FAILED, "error": RowStatus.FAILED, "rejected": RowStatus.FAILED,
    "invalid": RowStatus.FAILED, "conflict": RowStatus.FAILED,
}  # fmt: skip


def import_body(order: ImportOrder, *, as_csv: bool = False) -> tuple[bytes, str, Mapping[str, str]]:
    """The body of an import, its content type, and the query (where the body is CSV)."""
    rows = [_row(link, order) for link in order.links]
    if as_csv:
        query = {"mode": order.mode, "dryRun": "true" if order.dry_run else "false"}
        return _csv(rows), "text/csv; charset=utf-8", query
    body: dict[str, JSON] = {"links": rows, "mode": order.mode, "dryRun": order.dry_run}
    if order.reason:
        body["reason"] = order.reason
    return json.dumps(body, separators=(",", ":")).encode(), "application/json", {}


def _row(link: Link, order: ImportOrder) -> dict[str, JSON]:
    row = link_to_wire(link)
    if link.slug in order.expected:
        row["expectedVersion"] = order.expected[link.slug]
    return row


def _csv(rows: Sequence[Mapping[str, JSON]]) -> bytes:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(key)) for key in columns] for row in rows)
    return out.getvalue().encode()


def _cell(value: JSON) -> str:
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "|".join(value)
    return json.dumps(value) if isinstance(value, (list, dict)) else str(value)


def import_from(
    raw: JSON, links: Sequence[Link], *, status: int = 200, request_id: str | None = None
) -> ImportAnswer:
    """What became of each of `links`, in their order.

    A row that the answer does not name is MAYBE: a count without rows tells nobody which.

    Args:
        raw: the decoded answer; None when it had no body.
        links: the rows that were sent.
        request_id: from the headers.
        status: of the HTTP answer; 202 means that the import goes on unless the body says it is over.

    Raises:
        UnreadableAnswer: no object and no list, or a row that is about another link than its number says.
    """
    around = inner_of(raw, ("import", "result", "data"))
    if isinstance(around, list):
        around = {"rows": around}
    if not isinstance(around, dict) and raw is not None:
        raise unreadable("the import", "it is not an object")
    around = around or {}
    rows = first(around, "rows", "results", "items", "links")
    found = dict(_rows(rows if isinstance(rows, list) else [], links))
    word = str(first(around, "status", "state") or "").lower()
    going = word in _GOING or around.get("finished") is False or (status == 202 and not word and not found)
    return ImportAnswer(
        import_id=or_else(name, first(around, "importId", "id", "jobId"), ""),
        finished=not going,
        rows=tuple(
            found.get(number) or ImportRow(number, link.slug, RowStatus.MAYBE)
            for number, link in enumerate(links, 1)
        ),
        counts={
            kind: counted
            for kind in RowStatus
            if (counted := or_else(whole, around.get(kind.value), None)) is not None
        },
        status=status,
        request_id=request_id or or_else(text, around.get("requestId"), None),
    )


def _rows(raw: Sequence[JSON], links: Sequence[Link]) -> Iterator[tuple[int, ImportRow]]:
    numbers = {link.slug: number for number, link in enumerate(links, 1)}
    for item in raw:
        if not isinstance(item, dict):
            raise unreadable("the import", "a row of it is not an object")
        slug = or_else(text, item.get("slug"), "")
        number = numbers.get(slug) if slug else or_else(whole, item.get("row"), None)
        if number is None or not 1 <= number <= len(links):
            raise unreadable("the import", "it speaks of a row that was not sent")
        yield number, _row_from(item, number, links[number - 1].slug)


def _row_from(item: Mapping[str, JSON], number: int, slug: str) -> ImportRow:
    error = item.get("error")
    code = first(error, "code") if isinstance(error, dict) else item.get("code")
    message = first(error, "message") if isinstance(error, dict) else first(item, "message") or error
    word = str(first(item, "status", "result", "outcome") or "").lower()
    status = _WORDS.get(word, RowStatus.FAILED if error else RowStatus.MAYBE)
    return ImportRow(
        row=number,
        slug=slug,
        status=status,
        code=or_else(name, code, ""),
        message=or_else(name, message, ""),
        version=or_else(version_id, item.get("version"), None),
    )
