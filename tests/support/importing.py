"""Sheets to import, and importing them the way the command does."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cache.imports import RowState
from console.ops.importing import plan_import, refresh
from console.ops.importing_values import Options, Preview
from console.ops.session import Session

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
