"""Sheets to import, and importing them the way the command does."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cache.imports import RowState
from console.ops.importing.apply import apply_import
from console.ops.importing.plan import plan_import, refresh, same_job
from console.ops.importing.reader_file import digest_of
from console.ops.importing.record import imports_dir, unfinished
from console.ops.importing.values import Options, Preview, Report
from console.ops.session import Session
from console.practice.server import PracticeServer

HEADER = ("slug", "destinationUrl", "title")


def sheet(folder: Path, rows: Iterable[Sequence[Any]], header: Sequence[str] = HEADER) -> Path:
    """A CSV file."""
    path = folder / f"rows-{len(list(folder.iterdir()))}.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def many(count: int, word: str = "new", start: int = 0) -> list[tuple[str, str, str]]:
    """Good rows."""
    return [
        (f"{word}-{n:05}", f"https://docs.example/{word}/{n}", f"Page {n}")
        for n in range(start, start + count)
    ]


def counted(counts: Any) -> dict[str, int]:
    """The states that have rows."""
    return {RowState(state).value: count for state, count in counts.items() if count}


async def previewed(session: Session, path: Path, **options: Any) -> Preview:
    """A dry run against the links as they are now."""
    await refresh(session)
    preview, table = await plan_import(session, path, Options(**options))
    assert table is None
    return preview


async def applied(session: Session, path: Path, *, before: Any = None, **options: Any) -> Report:
    """Plan and apply, as confirmed at once; `before` is called between the two."""
    chosen = Options(**options)
    await refresh(session)
    _, table = await plan_import(session, path, chosen, keep=True)
    assert table is not None
    try:
        if before is not None:
            before()
        return await apply_import(session, table, path, rows=chosen.rows)
    finally:
        table.close()


async def resumed(session: Session, path: Path, **options: Any) -> Report:
    """Go on with the run of this file that was stopped."""
    chosen = Options(**options)
    table = unfinished(imports_dir(), same_job(session, digest_of(path), chosen))
    assert table is not None
    try:
        return await apply_import(session, table, path, rows=chosen.rows)
    finally:
        table.close()


def each_once(practice: PracticeServer, slugs: Iterable[str]) -> None:
    """Every slug was written exactly once, and nothing else was."""
    assert Counter(event.slug for event in practice.platform.events) == Counter(slugs)
