"""Reading the rows of a file: CSV of any common encoding and dialect, NDJSON, JSON; as a stream.

Strict where a guess could lose or mix up rows: an unterminated quote, a row with more or fewer cells than
the header and a header that comes twice are errors that name the line. Nothing of a file is sent then.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from console.api.wire_json import DECODER, FAULTS, decoded, reason_of, vetted
from console.domain.errors import InputRejected
from console.domain.links import JSON
from console.domain.text import safe
from console.ops.importing.reader_file import Source, inspect

__all__ = ["Row", "Sheet", "Source", "inspect", "open_sheet"]

CELL_CAP: Final = 131_072
"""Characters of one cell."""
_DELIMITERS: Final = ",;\t|"
_PIECE: Final = 65_536


class Row(NamedTuple):
    """One row: its number among the rows, the line it starts on, and its values.

    `cells` are in the order of the header (CSV); `fields` by name (NDJSON, JSON).
    """

    number: int
    line: int
    cells: Sequence[str]
    fields: Mapping[str, JSON] | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file whose header has been read.

    Attributes:
        kind: `csv`, `ndjson` or `json`.
        header: the columns; of NDJSON and JSON those of the first row.
        delimiter: between cells; empty for NDJSON and JSON.
    """

    source: Source
    kind: str
    header: tuple[str, ...]
    delimiter: str = ""
    skipped: int = 0

    def rows(self) -> Iterator[Row]:
        """The rows in order. Raises InputRejected at the first that cannot be read."""
        with text_of(self.source) as text:
            if self.kind == "csv":
                yield from _cells(text, self)
            elif self.kind == "ndjson":
                yield from _lines(text)
            else:
                yield from _items(text)


def open_sheet(source: Source, name: str = "") -> Sheet:
    """Find out what a file is and read its header.

    Args:
        source: the file, inspected.
        name: as the operator named it; its ending tells the kind where the content does not.

    Raises:
        InputRejected: it is empty, or its header cannot be used.
    """
    with text_of(source) as text:
        start = text.read(_PIECE)
    head = start.lstrip(" \t\r\n")
    if not head:
        raise InputRejected("The file is empty", detail="Nothing was sent.")
    kind = _kind(head, Path(name).suffix.lower())
    if kind != "csv":
        sheet = Sheet(source, kind, ())
        first = next(sheet.rows(), None)
        if first is None:
            raise InputRejected("The file holds no rows", detail="Nothing was sent.")
        return Sheet(source, kind, tuple(first.fields or ()))
    return _csv_sheet(source, start)


def _kind(head: str, suffix: str) -> str:
    if suffix in {".csv", ".tsv"} or head[0] not in "{[":
        return "csv"
    if head[0] == "[" or suffix == ".json":
        return "json"
    line = head.splitlines()[0]
    try:
        json.loads(line)
    except ValueError:
        return "json"
    return "json" if len(head.splitlines()) == 1 and '"links"' in line[:400] else "ndjson"


def text_of(source: Source) -> TextIO:
    """The file as text, its line ends as they are."""
    stream = source.path.open("rb")
    return io.TextIOWrapper(stream, encoding=source.encoding, errors="strict", newline="")


def bad_line(line: int, why: str) -> InputRejected:
    """The refusal of a file because of one line."""
    return InputRejected(f"Line {line:,}: {why}", detail="Nothing was sent.", hint="Mend the file")


def _csv_sheet(source: Source, start: str) -> Sheet:
    skipped = 0
    delimiter = ""
    first = start.split("\n", 1)[0].rstrip("\r")
    if len(first) == 5 and first.lower().startswith("sep="):
        delimiter, skipped = first[4], 1
        start = start.split("\n", 1)[-1]
    delimiter = delimiter or _delimiter(start)
    with text_of(source) as text:
        for _ in range(skipped):
            text.readline()
        reader = reader_of(text, delimiter)
        header = next(_records(reader, skipped), None)
    if header is None:
        raise InputRejected("The file holds no header", detail="Nothing was sent.")
    return Sheet(source, "csv", _checked_header(header[1], header[0]), delimiter, skipped)


def _checked_header(cells: Sequence[str], line: int) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in cells)
    seen: dict[str, str] = {}
    for name in names:
        if not name:
            continue
        if name.lower() in seen:
            raise bad_line(line, f"the column {safe(name, 40)} comes twice")
        seen[name.lower()] = name
    return names


def _delimiter(start: str) -> str:
    """The one that splits the first record into most cells; of equals the earlier in the list."""
    quoted = False
    counts = dict.fromkeys(_DELIMITERS, 0)
    begun = False
    for char in start:
        if char == '"':
            quoted = not quoted
        elif not quoted and char in counts:
            counts[char] += 1
        elif not quoted and char in "\r\n" and begun:
            break
        begun = begun or char not in "\r\n"
    return max(_DELIMITERS, key=lambda char: counts[char])


def reader_of(text: TextIO, delimiter: str) -> csv.reader:  # type: ignore[valid-type]  # csv.reader is a function to the stubs
    """Strict about quotes; a cell has at most `CELL_CAP` characters."""
    csv.field_size_limit(CELL_CAP)
    return csv.reader(text, delimiter=delimiter, strict=True)


def _records(reader: csv.reader, skipped: int) -> Iterator[tuple[int, list[str]]]:  # type: ignore[valid-type]  # as above
    """Records with the line that each starts on; blank lines are no records."""
    line = skipped
    try:
        for cells in reader:  # type: ignore[attr-defined]  # as above
            started, line = line + 1, skipped + reader.line_num  # type: ignore[attr-defined]  # as above
            if cells:
                yield started, cells
    except csv.Error as error:
        raise bad_line(line + 1, _csv_words(str(error))) from error
    except UnicodeDecodeError as error:
        raise bad_line(line + 1, "its bytes are not in the encoding of the file") from error


def _csv_words(message: str) -> str:
    if "unexpected end of data" in message:
        return "a quote is opened and never closed"
    if "field larger" in message:
        return f"a cell is longer than {CELL_CAP:,} characters, or a quote is opened and never closed"
    if "expected after" in message:
        return "something stands after a closing quote"
    return message


def _cells(text: TextIO, sheet: Sheet) -> Iterator[Row]:
    for _ in range(sheet.skipped):
        text.readline()
    records = _records(reader_of(text, sheet.delimiter), sheet.skipped)
    next(records, None)
    wanted = len(sheet.header)
    for number, (line, cells) in enumerate(records, 1):
        if len(cells) != wanted:
            raise bad_line(line, f"{len(cells)} cells where the header has {wanted}")
        yield Row(number, line, cells)


def _lines(text: TextIO) -> Iterator[Row]:
    number = line = 0
    try:
        for content in text:
            line += 1
            if content.strip():
                number += 1
                yield Row(number, line, (), _record(decoded(content), line))
    except FAULTS as error:
        raise bad_line(max(line, 1), _json_words(error)) from error


def _json_words(error: BaseException) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON ({error.msg.lower()})"
    return reason_of(error)


def _record(value: JSON, line: int) -> Mapping[str, JSON]:
    if not isinstance(value, dict):
        raise bad_line(line, "a row is an object")
    return value


def _items(text: TextIO) -> Iterator[Row]:
    """The objects of the one list in a JSON document: a bare array, or under `links`, `items`, `data`."""
    window = _Window(text)
    if window.peek() == "{":
        window.enter()
    if window.peek() != "[":
        raise bad_line(window.line, "no list of links is there")
    window.take()
    number = 0
    while window.peek() != "]":
        line = window.line
        number += 1
        yield Row(number, line, (), _record(window.value(), line))
        if window.peek() == ",":
            window.take()
            if window.peek() == "]":
                raise bad_line(window.line, "a comma stands before the end of the list")
        elif window.peek() != "]":
            raise bad_line(window.line, "a comma is missing between two rows")
    window.take()
    if not window.nested and window.peek(may_end=True):
        raise bad_line(window.line, "something follows the end of the list")


class _Window:
    """A JSON text read piece by piece: one value at a time stands in memory."""

    def __init__(self, text: TextIO) -> None:
        self._stream = text
        self._text = ""
        self._at = 0
        self.line = 1
        self.nested = False

    def peek(self, *, may_end: bool = False) -> str:
        """The next character that is no blank."""
        while True:
            while self._at < len(self._text):
                char = self._text[self._at]
                if char not in " \t\r\n":
                    return char
                self.line += char == "\n"
                self._at += 1
            if not self._more():
                if may_end:
                    return ""
                raise bad_line(self.line, "the file ends too early")

    def take(self) -> None:
        """Go past the next character."""
        self._at += 1

    def value(self) -> JSON:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > 8 * CELL_CAP or not self._more():
                    raise bad_line(self.line, _json_words(error)) from error
                continue
            except FAULTS as error:
                raise bad_line(self.line, _json_words(error)) from error
            if end < len(self._text) or not self._more():
                read = self._text[self._at : end]
                self.line += read.count("\n")
                self._at = end
                return vetted(value, read)

    def enter(self) -> None:
        """Go to the list inside an object, past the fields before it."""
        self.nested = True
        self.take()
        while self.peek() != "}":
            key = self.value()
            if self.peek() != ":":
                raise bad_line(self.line, "it is not JSON")
            self.take()
            if key in {"links", "items", "data", "results"} and self.peek() == "[":
                return
            self.value()
            if self.peek() == ",":
                self.take()

    def _more(self) -> bool:
        piece = self._stream.read(_PIECE)
        self._text = self._text[self._at :] + piece
        self._at = 0
        return bool(piece)
