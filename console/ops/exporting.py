"""Writing links out: CSV, NDJSON or JSON, as a stream; what an import reads back as the same links.

In CSV no cell is a formula to a spreadsheet and no control character is raw (`console.domain.rows`); JSON is
ASCII, so that it holds none either.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final, TextIO

from cache.links import Sort
from console.api.wire_links import link_to_wire
from console.api.wire_values import wire_time
from console.domain.links import JSON, Link
from console.domain.query import Query
from console.ops.importing_cells import COLUMNS, cells_of
from console.ops.importing_rejects import new_file
from console.ops.session import Session

_BATCH: Final = 500


class Format(StrEnum):
    """The form of an export."""

    CSV = "csv"
    NDJSON = "ndjson"
    JSON = "json"


def matching(session: Session, query: Query) -> Iterator[list[Link]]:
    """The links of a filter as the cache has them, by slug, in batches."""
    inventory = session.store.inventory
    ids = inventory.select(query, Sort.SLUG, session.clock.now().wall.timestamp())
    for start in range(0, len(ids), _BATCH):
        slugs = inventory.slugs(ids[start : start + _BATCH])
        found = inventory.links_of(slugs)
        yield [found[slug] for slug in slugs if slug in found]


def record_of(link: Link) -> dict[str, JSON]:
    """A link as a JSON record: its content, then what the platform alone sets."""
    return {
        **link_to_wire(link),
        "hasPassword": link.has_password,
        "version": link.version,
        "id": link.link_id or None,
        "url": link.url or None,
        "createdAt": wire_time(link.created_at),
        "updatedAt": wire_time(link.updated_at),
        "updatedBy": link.updated_by or None,
    }


def texts(batches: Iterator[list[Link]], form: Format) -> Iterator[tuple[str, int]]:
    """The export piece by piece, each with how many links it holds."""
    if form is Format.JSON:
        yield from _json(batches)
        return
    if form is Format.CSV:
        yield _csv_text([list(COLUMNS)]), 0
    for links in batches:
        if form is Format.CSV:
            yield _csv_text([cells_of(link) for link in links]), len(links)
        else:
            yield "".join(json.dumps(record_of(link)) + "\n" for link in links), len(links)


def _csv_text(rows: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _json(batches: Iterator[list[Link]]) -> Iterator[tuple[str, int]]:
    yield '{"links":[', 0
    between = "\n"
    for links in batches:
        if links:
            yield between + ",\n".join(json.dumps(record_of(link)) for link in links), len(links)
            between = ",\n"
    yield "\n]}\n", 0


def export(
    session: Session,
    query: Query,
    form: Format,
    write: Callable[[str], object],
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Write the links of a filter; how many there were. `write` may raise to stop it."""
    total = 0
    for text, count in texts(matching(session, query), form):
        write(text)
        total += count
        if on_progress is not None:
            on_progress(count)
    return total


def format_of(path: Path, asked: str = "") -> Format:
    """The form that was asked for, else the one that the file's name ends with, else CSV."""
    ending = asked or path.suffix.lower().removeprefix(".")
    return {"ndjson": Format.NDJSON, "jsonl": Format.NDJSON, "json": Format.JSON}.get(ending, Format.CSV)


async def export_filter(
    session: Session, query: Query, path: Path, on_progress: Callable[[int], object]
) -> int:
    """The same as `export_to` for a screen: what else the core does goes on between two batches.

    Raises:
        StorageProblem: as `export_to`.
    """
    form, total = format_of(path), 0
    with new_file(path) as stream:
        for text, count in texts(matching(session, query), form):
            stream.write(text)
            total += count
            on_progress(total)
            await asyncio.sleep(0)
    return total


def export_to(
    session: Session, query: Query, form: Format, path: Path, on_progress: Callable[[int], None] | None = None
) -> int:
    """Write the links of a filter to a new file, whole or not at all; how many there were.

    Raises:
        StorageProblem: the file exists, is a link, or cannot be written.
    """
    stream: TextIO
    with new_file(path) as stream:
        return export(session, query, form, stream.write, on_progress)
