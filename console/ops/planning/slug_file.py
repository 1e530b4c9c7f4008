"""A list of slugs from a file: one a line, or CSV with a `slug` column; every fault has its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from console.domain.errors import InputRejected
from console.domain.links import ROUTE_WORDS, SLUG
from console.domain.text import safe
from console.ops.importing.reader_file import at_hand, inspect

_DELIMITERS: Final = ",;\t|"
_TOLD: Final = 20
"""Faults that are told one by one."""
_COLUMN: Final = "slug"


def read_slugs(name: str, stdin: BinaryIO, folder: Path) -> list[str]:
    """The slugs in a file, in its order, each once.

    Blank lines and lines that begin with # are passed over.

    Args:
        name: the file; `-` reads `stdin`.
        stdin: standard input.
        folder: where a stream is kept meanwhile; ours alone.

    Raises:
        InputRejected: it cannot be read, holds no slug, or lines that are none; every one is named.
    """
    with at_hand(name, stdin, folder) as path:
        source = inspect(path)
        with path.open(encoding=source.encoding, newline="") as stream:
            try:
                cells = list(_cells(stream.read()))
            except (csv.Error, UnicodeError) as error:
                raise InputRejected(f"{safe(name)} cannot be read as text: {error}") from error
    faults = [(line, why) for line, cell in cells if (why := _fault(cell))]
    if faults:
        raise _faulty(name, faults)
    if not cells:
        raise InputRejected(f"{safe(name)} names no slug", detail="Nothing was planned.")
    return list(dict.fromkeys(cell for _, cell in cells))


def _cells(text: str) -> Iterator[tuple[int, str]]:
    """Each line's slug with its number."""
    lines = text.lstrip("\ufeff").splitlines(keepends=True)
    wanted = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    for delimiter in _DELIMITERS:
        header = [cell.strip().lower() for cell in next(csv.reader([wanted], delimiter=delimiter), [])]
        if _COLUMN in header:
            yield from _column(lines, lines.index(wanted), header.index(_COLUMN), delimiter)
            return
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.strip()


def _column(lines: list[str], header: int, place: int, delimiter: str) -> Iterator[tuple[int, str]]:
    rows = csv.reader(lines[header + 1 :], delimiter=delimiter, strict=True)
    before = header + 1
    for row in rows:
        number, before = before + 1, header + 1 + rows.line_num
        if any(cell.strip() for cell in row) and not row[0].startswith("#"):
            yield number, row[place].strip() if place < len(row) else ""


def _fault(cell: str) -> str:
    if not cell:
        return "no slug"
    if cell in ROUTE_WORDS:
        return f"{cell} is a route of the platform, not a slug"
    if not SLUG.fullmatch(cell):
        return f"{safe(cell, 40)!r} is no slug: 4 to 24 letters, digits, - and _"
    return ""


def _faulty(name: str, faults: list[tuple[int, str]]) -> InputRejected:
    told = [f"line {line}: {why}" for line, why in faults[:_TOLD]]
    if len(faults) > _TOLD:
        more = ", ".join(str(line) for line, _ in faults[_TOLD:])
        told.append(f"and lines {more}")
    lines = "1 line is" if len(faults) == 1 else f"{len(faults):,} lines are"
    return InputRejected(
        f"{lines} no slug in {'standard input' if name == '-' else safe(name)}",
        detail="\n".join([*told, "Nothing was planned."]),
        hint="One slug a line, or CSV with a column named slug",
    )
