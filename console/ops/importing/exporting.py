"""Writing links out: CSV, NDJSON or JSON, as a stream; what an import reads back as the same links.

In CSV no cell is a formula to a spreadsheet and no control character is raw (`console.domain.rows`); JSON is
ASCII, so that it holds none either.
"""

from __future__ import annotations

import asyncio
import csv
import io
import itertools
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Final, TextIO

from cache.links import Sort
from console.api.wire_links import link_to_wire
from console.api.wire_values import wire_time
from console.domain.errors import StorageProblem, UsageProblem
from console.domain.links import JSON, Link
from console.domain.nearest import nearest
from console.domain.query import Query
from console.domain.text import safe
from console.ops.importing.cells import COLUMNS, cells_of
from console.ops.importing.files import chosen
from console.ops.importing.rejects import new_file, refuse_existing
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
        rows = inventory.rows(ids[start : start + _BATCH])
        found = inventory.links_of([row.slug for row in rows])
        yield [replace(found[row.slug], clicks=row.clicks) for row in rows if row.slug in found]


def columns_named(text: str) -> tuple[str, ...]:
    """The columns that an operator names, with commas between them; all of them for nothing.

    Raises:
        UsageProblem: there is no such column, or one is named twice.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = {column.lower(): column for column in COLUMNS}
    found = [known.get(name.lower(), "") for name in names]
    for name, column in zip(names, found, strict=True):
        if not column:
            close = nearest(name, COLUMNS)
            hint = f"Did you mean {close}?" if close else f"Columns: {', '.join(COLUMNS)}"
            raise UsageProblem(f"There is no column {safe(name, 40)}", hint=hint)
        if found.count(column) > 1:
            raise UsageProblem(f"The column {column} is named twice")
    return tuple(found) or COLUMNS


def record_of(link: Link, columns: Sequence[str] = COLUMNS) -> dict[str, JSON]:
    """A link as a JSON record: its content, then what the platform alone sets.

    `extra` means the fields that nobody knows: they stand among the others.
    """
    whole = {
        **link_to_wire(link),
        "hasPassword": link.has_password,
        "version": link.version,
        "clicks": link.clicks,
        "id": link.link_id or None,
        "url": link.url or None,
        "createdAt": wire_time(link.created_at),
        "updatedAt": wire_time(link.updated_at),
        "updatedBy": link.updated_by or None,
    }
    return {name: value for name, value in whole.items() if (name if name in COLUMNS else "extra") in columns}


def texts(
    batches: Iterator[list[Link]], form: Format, columns: Sequence[str] = COLUMNS
) -> Iterator[tuple[str, int]]:
    """The export piece by piece, each with how many links it holds."""
    if form is Format.JSON:
        yield from _json(batches, columns)
        return
    if form is Format.CSV:
        yield _csv_text([columns]), 0
    for links in batches:
        if form is Format.CSV:
            yield _csv_text([cells_of(link, columns) for link in links]), len(links)
        else:
            yield "".join(json.dumps(record_of(link, columns)) + "\n" for link in links), len(links)


def _csv_text(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _json(batches: Iterator[list[Link]], columns: Sequence[str]) -> Iterator[tuple[str, int]]:
    yield '{"links":[', 0
    between = "\n"
    for links in batches:
        if links:
            yield between + ",\n".join(json.dumps(record_of(link, columns)) for link in links), len(links)
            between = ",\n"
    yield "\n]}\n", 0


def export(
    session: Session,
    query: Query,
    form: Format,
    write: Callable[[str], object],
    on_progress: Callable[[int], None] | None = None,
    *,
    columns: Sequence[str] = COLUMNS,
) -> int:
    """Write the links of a filter; how many there were. `write` may raise to stop it."""
    total = 0
    for text, count in texts(matching(session, query), form, columns):
        write(text)
        total += count
        if on_progress is not None:
            on_progress(count)
    return total


def format_of(path: Path, asked: str = "") -> Format:
    """The form that was asked for, else the one that the file's name ends with, else CSV."""
    ending = asked or path.suffix.lower().removeprefix(".")
    return {"ndjson": Format.NDJSON, "jsonl": Format.NDJSON, "json": Format.JSON}.get(ending, Format.CSV)


def offered_path() -> Path:
    """Where an export would go if nothing else is said: a file that is not there yet, its path whole."""
    folder = Path.cwd()
    names = itertools.chain(["links.csv"], (f"links-{n}.csv" for n in itertools.count(2)))
    return next(path for name in names if not os.path.lexists(path := folder / name))


def checked_path(typed: str) -> Path:
    """The new file that an operator names; `~` is their home, and its path is whole.

    Raises:
        StorageProblem: it exists already, or its folder does not.
    """
    path = chosen(typed).absolute()
    refuse_existing(path)
    if not path.parent.is_dir():
        raise StorageProblem(f"There is no folder {safe(path.parent)}", hint="Name another place")
    return path


async def export_filter(
    session: Session,
    query: Query,
    path: Path,
    on_progress: Callable[[int], object],
    columns: Sequence[str] = COLUMNS,
) -> int:
    """The same as `export_to` for a screen: what else the core does goes on between two batches.

    Raises:
        StorageProblem: as `export_to`.
    """
    form, total = format_of(path), 0
    with new_file(path) as stream:
        for text, count in texts(matching(session, query), form, columns):
            stream.write(text)
            total += count
            on_progress(total)
            await asyncio.sleep(0)
    return total


def export_to(
    session: Session,
    query: Query,
    form: Format,
    path: Path,
    on_progress: Callable[[int], None] | None = None,
    *,
    columns: Sequence[str] = COLUMNS,
) -> int:
    """Write the links of a filter to a new file, whole or not at all; how many there were.

    Raises:
        StorageProblem: the file exists, is a link, or cannot be written.
    """
    stream: TextIO
    with new_file(path) as stream:
        return export(session, query, form, stream.write, on_progress, columns=columns)
