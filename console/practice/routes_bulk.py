"""Routes over many links: export and bulk import."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Final

from starlette.responses import Response, StreamingResponse

from console.practice.calls import Call, Route
from console.practice.problems import Problem
from console.practice.store import Held

if TYPE_CHECKING:
    from console.practice.platform import PracticePlatform

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


async def export(platform: PracticePlatform, call: Call) -> Response:
    """`GET links/export`: every link, streamed."""
    name = _format(call)
    streams: dict[str, Callable[[PracticePlatform], AsyncIterator[str]]] = {
        "ndjson": _ndjson,
        "json": _json,
        "csv": _csv,
    }
    headers = {"Content-Disposition": f'attachment; filename="links.{name}"'}
    return StreamingResponse(streams[name](platform), 200, headers, MEDIA[name])


async def _pages(platform: PracticePlatform) -> AsyncIterator[list[Held]]:
    after = 0
    while page := platform.store.page(after, CHUNK):
        yield page
        after = page[-1].row
        await asyncio.sleep(0)


async def _ndjson(platform: PracticePlatform) -> AsyncIterator[str]:
    async for page in _pages(platform):
        yield "".join(f"{held.text(platform.short_base)}\n" for held in page)


async def _json(platform: PracticePlatform) -> AsyncIterator[str]:
    yield f'{{"handle":"{platform.handle}","links":['
    between = ""
    async for page in _pages(platform):
        yield between + ",".join(held.text(platform.short_base) for held in page)
        between = ","
    yield "]}"


async def _csv(platform: PracticePlatform) -> AsyncIterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    async for page in _pages(platform):
        for held in page:
            link = json.loads(held.text(platform.short_base))
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


ROUTES: Final = (
    Route(
        "GET", "/links/export", "export links", export, feature=("PRO", "links.export"),
        gives={200: "Export"}, query=("format",), refuses=(400,),
    ),
)  # fmt: skip
