"""The rows of a sheet, many at once: for those who look at whole columns (`importing.quick`)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TextIO

from console.ops.importing.reader import Row, Sheet, reader_of, text_of

_BREAK: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, one after another.

    Attributes:
        first: number of the first one.
        lines: the line that each starts on.
        cells: of CSV, as in `Row`. `records`: of NDJSON and JSON, instead.
    """

    first: int
    lines: Sequence[int]
    cells: Sequence[Sequence[str]] = ()
    records: Sequence[Row] = ()

    def __len__(self) -> int:
        """How many there are."""
        return len(self.lines)

    def row(self, at: int) -> Row:
        """The row at a place, from 0."""
        return self.records[at] if self.records else Row(self.first + at, self.lines[at], self.cells[at])

    def rows(self) -> list[Row]:
        """All of them."""
        return [self.row(at) for at in range(len(self))]

    def part(self, start: int, stop: int) -> Batch:
        """Those from `start` to before `stop`."""
        cut = slice(start, stop)
        return Batch(self.first + start, self.lines[cut], self.cells[cut], self.records[cut])


def batches(sheet: Sheet, size: int) -> Iterator[Batch]:
    """The rows of a sheet, at most `size` at a time. Raises as `Sheet.rows`."""
    if sheet.kind == "csv":
        with text_of(sheet.source) as text:
            yield from _cell_batches(text, sheet, size)
        return
    rows = sheet.rows()
    while found := list(islice(rows, size)):
        yield Batch(found[0].number, [row.line for row in found], records=found)


def _cell_batches(text: TextIO, sheet: Sheet, size: int) -> Iterator[Batch]:
    """Many records at once. Where anything is wrong, `Sheet.rows` is asked which line it is."""
    for _ in range(sheet.skipped):
        text.readline()
    reader = reader_of(text, sheet.delimiter)
    number, wanted, begun = 1, len(sheet.header), False
    while True:
        before = reader.line_num  # type: ignore[attr-defined]  # as below
        lines, found = _some(sheet, reader, size if begun else 1)
        if reader.line_num == before:  # type: ignore[attr-defined]  # as below
            return
        if not begun:
            begun = bool(found)  # that was the header, or a blank line before it
            continue
        if any(len(cells) != wanted for cells in found):
            _name_fault(sheet)
        if found:
            yield Batch(number, lines, found)
            number += len(found)


def _some(
    sheet: Sheet,
    reader: csv.reader,  # type: ignore[valid-type]  # csv.reader is a function to the stubs
    size: int,
) -> tuple[Sequence[int], list[list[str]]]:
    """The next records but blank ones, with the line that each starts on."""
    line = sheet.skipped + reader.line_num  # type: ignore[attr-defined]  # as above
    found: list[list[str]] = []
    try:
        found += islice(reader, size)
    except (csv.Error, UnicodeDecodeError):
        _name_fault(sheet)
        raise
    lines: Sequence[int] = range(line + 1, line + len(found) + 1)
    if sheet.skipped + reader.line_num != line + len(found):  # type: ignore[attr-defined]  # as above
        lines = _started(found, line)
    if not all(found):
        lines = [at for at, cells in zip(lines, found, strict=True) if cells]
        found = [cells for cells in found if cells]
    return lines, found


def _name_fault(sheet: Sheet) -> None:
    """Raise InputRejected for the first row that cannot be read, with its line."""
    for _ in sheet.rows():
        pass


def _started(records: Sequence[Sequence[str]], line: int) -> list[int]:
    """The line that each record starts on, after `line`; those with quoted line ends take several."""
    lines = []
    for cells in records:
        lines.append(line + 1)
        line += 1 + sum(len(_BREAK.findall(cell)) for cell in cells if "\n" in cell or "\r" in cell)
    return lines
