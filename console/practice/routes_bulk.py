"""Routes over many links: export and bulk import."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Final

from starlette.responses import Response, StreamingResponse

from console.domain.target import Role
from console.practice.calls import Call, answer
from console.practice.importing import Import, settings_of, take
from console.practice.problems import Problem
from console.practice.route import Route
from console.practice.state import State
from console.practice.store import Cause, Held
from console.practice.tokens import WRITE

CHUNK: Final = 500
MEDIA: Final = {"ndjson": "application/x-ndjson", "json": "application/json", "csv": "text/csv"}
COLUMNS: Final = (
    "slug", "destinationUrl", "title", "description", "tags", "categories", "enabled", "redirectType",
    "scheduledStartAt", "scheduledEndAt", "expiresAt", "maxClicks", "routingRules", "tracking",
    "trackingPolicy", "hasPassword", "version", "clicks", "createdAt", "updatedAt", "updatedBy", "id", "url",
)  # fmt: skip


def _format(call: Call) -> str:
    asked = call.request.query_params.get("format")
    if asked is not None:
        if asked not in MEDIA:
            raise Problem(400, "invalid_format", "format is ndjson, json or csv")
        return asked
    accept = call.request.headers.get("accept", "")
    for name, media in MEDIA.items():
        if media in accept:
            return name
    return "ndjson"


async def export(state: State, call: Call) -> Response:
    """`GET links/export`: every link, streamed; or the address of it, where that is the manner."""
    name = _format(call)
    if state.manners.export_by_url:
        return answer({"url": f"{call.request.base_url}exports/{_ticket(state, name)}.{name}"})
    return _stream(state, name)


def _ticket(state: State, name: str) -> str:
    """What signs an export's address."""
    return hashlib.sha256(f"{state.seed}/export/{name}".encode()).hexdigest()[:24]


async def signed_export(state: State, call: Call) -> Response:
    """`GET /exports/...`: the file behind a signed address, which takes no credentials."""
    ticket, _, name = str(call.request.path_params["ticket"]).rpartition(".")
    if name not in MEDIA or ticket != _ticket(state, name):
        raise Problem(403, "forbidden", "the signature does not match")
    if "authorization" in call.request.headers or "x-api-key" in call.request.headers:
        raise Problem(400, "invalid_request", "a signed address takes no credentials")
    return _stream(state, name)


def _stream(state: State, name: str) -> Response:
    streams: dict[str, Callable[[State], AsyncIterator[str]]] = {
        "ndjson": _ndjson,
        "json": _json,
        "csv": _csv,
    }
    headers = {"Content-Disposition": f'attachment; filename="links.{name}"'}
    return StreamingResponse(streams[name](state), 200, headers, MEDIA[name])


async def _pages(state: State) -> AsyncIterator[list[Held]]:
    after = 0
    while page := state.store.page(after, CHUNK):
        yield page
        after = page[-1].row
        await asyncio.sleep(0)


def _text(state: State, held: Held) -> str:
    return state.manners.garbled.get(held.slug) or held.text(state.short_base)


async def _ndjson(state: State) -> AsyncIterator[str]:
    async for page in _pages(state):
        yield "".join(f"{_text(state, held)}\n" for held in page)


async def _json(state: State) -> AsyncIterator[str]:
    yield f'{{"handle":"{state.handle}","links":['
    between = ""
    async for page in _pages(state):
        yield between + ",".join(_text(state, held) for held in page)
        between = ","
    yield "]}"


async def _csv(state: State) -> AsyncIterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    async for page in _pages(state):
        for held in page:
            link = json.loads(held.text(state.short_base))
            writer.writerow([_cell(name, link.get(name)) for name in COLUMNS])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def _cell(name: str, value: object) -> object:
    if name in {"tags", "categories"} and isinstance(value, list):
        return "|".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value) if value else ""
    return "" if value is None else value


async def bulk_import(state: State, call: Call) -> Response:
    """`POST links/bulk-import`: many rows, one charged write, an answer for each row."""
    links, mode, dry_run, reason = settings_of(call)
    number = len(state.imports) + 1
    import_id = "imp_" + hashlib.sha256(f"{state.seed}/import/{number}".encode()).hexdigest()[:12]
    cause = Cause(
        call.caller.operator, "import", reason or f"import #{number}", None, call.key, call.request_id
    )
    guarded = not state.faults.ignore_preconditions
    work = Import(import_id, mode, dry_run, cause, len(links), guarded)
    state.imports[import_id] = work
    limit = state.manners.imports_in_background
    if limit is not None and len(links) > limit:
        state.in_background(take(state.store, work, links))
        return _told(state, work, 202, {"Location": f"{call.request.url.path}/{import_id}"})
    await take(state.store, work, links)
    failed = any(row["status"] == "failed" for row in work.rows)
    return _told(state, work, 207 if failed else state.manners.imports_answer)


def _told(state: State, work: Import, status: int, headers: dict[str, str] | None = None) -> Response:
    return answer(work.shown(with_rows=not state.manners.imports_without_rows), status, headers)


async def import_state(state: State, call: Call) -> Response:
    """`GET links/bulk-import/{importId}`: how far an import is."""
    work = state.imports.get(call.request.path_params["importId"])
    if work is None:
        raise Problem(404, "not_found", "no such import")
    return _told(state, work, 200)


ROUTES: Final = (
    Route(
        "GET", "/links/export", "export links", export, feature=("PRO", "links.export"),
        gives={200: "Export"}, query=("format",), refuses=(400,),
    ),
    Route(
        "GET", "/exports/{ticket}", "read a signed export", signed_export, role=None, twin=False,
        gives={200: "Export"}, refuses=(400, 403),
    ),
    Route(
        "POST", "/links/bulk-import", "import links", bulk_import, role=Role.OPERATOR, scope=WRITE,
        charged=True, takes="Import", gives=dict.fromkeys((200, 201, 202, 207), "Imported"),
        refuses=(400,),
    ),
    Route(
        "GET", "/links/bulk-import/{importId}", "read an import", import_state, gives={200: "Imported"},
        refuses=(404,),
    ),
)  # fmt: skip
