"""The export's three forms, read as they arrive: NDJSON, JSON and CSV (platform-api, "Routes", export).

Each reader takes bytes as they come and gives the links that are complete, so that a million of them need
no more memory than a few. A line, record or item may not be longer than `ITEM_CAP`.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Generator, Mapping
from typing import Final, Protocol

from console.api.wire_json import DECODER, FAULTS, decoded, reason_of, unreadable, vetted
from console.api.wire_links import link_from
from console.api.wire_values import first
from console.domain.links import JSON, Link

ITEM_CAP: Final = 1024 * 1024
"""Characters of one link in an export."""
ASKED_FOR: Final = "application/x-ndjson, application/json;q=0.8, text/csv;q=0.5"
_WHAT: Final = "the export"
_LISTS: Final = ("links", "items", "data", "results")


class Reader(Protocol):
    """Takes the body of an export piece by piece."""

    def feed(self, piece: bytes) -> list[Link]:
        """The links that `piece` completes."""
        ...

    def end(self) -> list[Link]:
        """The links that the end of the body completes; raises UnreadableAnswer when one is cut."""
        ...


def reader_for(content_type: str, start: bytes) -> Reader | None:
    """The reader for a body, by its type and, where that does not tell, by how it starts.

    None while `start` is too short to tell.

    Raises:
        UnreadableAnswer: a web page.
    """
    kind = content_type.partition(";")[0].strip().lower()
    head = start.lstrip(b"\xef\xbb\xbf \r\n\t")
    if head[:1] == b"<" or kind in {"text/html", "application/xhtml+xml"}:
        raise unreadable(_WHAT, "it is a web page, not the platform's API")
    if not head:
        return None
    if any(word in kind for word in ("ndjson", "jsonl", "json-seq")):
        return Lines()
    if "csv" in kind or head[:1] not in {b"{", b"["}:
        return Table()
    return Document()


class Lines:
    """NDJSON: one link a line; blank lines are skipped."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._line = 0

    def feed(self, piece: bytes) -> list[Link]:
        """See `Reader`."""
        lines: list[bytes] = []
        if b"\n" in piece:
            *lines, piece = b"".join([*self._parts, piece]).split(b"\n")
            self._parts, self._size = [], 0
        self._parts.append(piece)
        self._size += len(piece)
        if self._size > ITEM_CAP:
            raise unreadable(_WHAT, f"line {self._line + len(lines) + 1} is too long")
        return self._links(lines)

    def end(self) -> list[Link]:
        """See `Reader`."""
        return self._links([b"".join(self._parts)])

    def _links(self, lines: list[bytes]) -> list[Link]:
        links: list[Link] = []
        for line in lines:
            self._line += 1
            text = line.strip()
            if not text:
                continue
            try:
                if self._line == 1:
                    text = text.removeprefix(codecs.BOM_UTF8)
                raw = decoded(text.decode())
                links.append(link_from(raw, strict=False))
            except FAULTS as error:
                raise unreadable(f"{_WHAT}, line {self._line}", reason_of(error)) from None
        return links


class Document:
    """JSON: a bare array of links, or an object that holds one under `links`, `items`, `data` or `results`.

    An object without a list is the first line of NDJSON when it has a slug, else a note that says where
    the export is; its fields are in `around` when the end is reached.
    """

    def __init__(self) -> None:
        self.around: dict[str, JSON] = {}
        self.listed = False
        self._text = ""
        self._at = 0
        self._pending: list[str] = []
        self._size = 0
        self._wanted = 0
        self._found: list[Link] = []
        self._lines: Lines | None = None
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._machine = self._run()
        next(self._machine)

    def feed(self, piece: bytes) -> list[Link]:
        """See `Reader`."""
        if self._lines is not None:
            return self._lines.feed(piece)
        try:
            self._pending.append(self._decode.decode(piece))
        except UnicodeDecodeError:
            raise unreadable(_WHAT, "it is not UTF-8") from None
        self._size += len(self._pending[-1])
        return [] if self._size < self._wanted else self._go_on()

    def end(self) -> list[Link]:
        """See `Reader`."""
        found = [] if self._lines is not None else self._go_on()
        if self._lines is not None:
            return found + self._lines.end()
        if not self._over:
            raise unreadable(_WHAT, "it was cut short, or it is not JSON")
        return found

    def _go_on(self) -> list[Link]:
        self._text = self._text[self._at :] + "".join(self._pending)
        self._at = self._size = self._wanted = 0
        self._pending.clear()
        self._machine.send(None)
        if len(self._text) - self._at > ITEM_CAP:
            raise unreadable(_WHAT, "an item is too long, or it is not JSON")
        found, self._found = self._found, []
        return found

    @property
    def lists_nothing(self) -> bool:
        """Whether it is an object without a list and without a link."""
        return self._over and not self.listed and self._lines is None

    def _run(self) -> Steps:
        self._over = False
        if (yield from self._next()) == "[":
            yield from self._items()
        elif self._text[self._at] == "{":
            yield from self._fields()
            if not self.listed and "slug" in self.around:
                self._found.append(link_from(self.around, strict=False))
                self._lines = Lines()
                self._found += self._lines.feed(self._text[self._at :].encode("utf-8", "replace"))
        else:
            raise unreadable(_WHAT, "it is neither a list nor an object")
        self._over = True
        while True:
            if self._text[self._at :].strip() and self._lines is None:
                raise unreadable(_WHAT, "something follows its end")
            yield

    def _next(self, skip: str = " \t\r\n") -> Generator[None, None, str]:
        """The next character that is not in `skip`; it stays to be read."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in skip:
                    return self._text[self._at]
                self._at += 1
            yield

    def _value(self) -> Generator[None, None, JSON]:
        """The next whole value. What cannot be decoded yet may become whole with the next piece."""
        yield from self._next()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
                if end < len(self._text):  # else a number might go on
                    value = vetted(value, self._text[self._at : end])
                    self._at = end
                    return value
            except json.JSONDecodeError:
                pass
            except FAULTS as error:
                raise unreadable(_WHAT, reason_of(error)) from None
            # Tried again with half as much again: pieces of a byte each must not cost the square.
            self._wanted = (len(self._text) - self._at) // 2
            yield

    def _items(self) -> Steps:
        self.listed = True
        self._at += 1
        while (yield from self._next(" \t\r\n,")) != "]":
            value = yield from self._value()
            self._found.append(link_from(value, strict=False))
        self._at += 1

    def _fields(self) -> Steps:
        self._at += 1
        while (yield from self._next(" \t\r\n,")) != "}":
            key = yield from self._value()
            if not isinstance(key, str) or key in self.around or (yield from self._next()) != ":":
                raise unreadable(_WHAT, "it is not JSON, or a field comes twice")
            self._at += 1
            if key in _LISTS and not self.listed and (yield from self._next()) == "[":
                self.around[key] = None
                yield from self._items()
            else:
                self.around[key] = yield from self._value()
        self._at += 1


Steps = Generator[None, None, None]


class Table:
    """CSV with a header: any column order, unknown columns kept, quoted line breaks."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._open = ""
        self._columns: list[str] = []
        self._delimiter = ","
        self._record = 0

    def feed(self, piece: bytes) -> list[Link]:
        """See `Reader`."""
        try:
            *lines, self._text = (self._text + self._decode.decode(piece)).split("\n")
        except UnicodeDecodeError:
            raise unreadable(_WHAT, "it is not UTF-8") from None
        records = []
        for line in lines:
            self._open += line + "\n"
            if self._open.count('"') % 2 == 0:
                records.append(self._open)
                self._open = ""
        if len(self._open) + len(self._text) > ITEM_CAP:
            raise unreadable(_WHAT, f"record {self._record + len(records) + 1} is too long")
        return self._links(records)

    def end(self) -> list[Link]:
        """See `Reader`."""
        rest, self._open, self._text = self._open + self._text, "", ""
        if rest.count('"') % 2:
            raise unreadable(_WHAT, "it was cut inside a quoted cell")
        links = self._links([rest] if rest.strip() else [])
        if not self._columns:
            raise unreadable(_WHAT, "it is empty")
        return links

    def _links(self, records: list[str]) -> list[Link]:
        if records and not self._columns:
            self._read_header(records.pop(0))
        links = []
        try:
            for cells in csv.reader(records, delimiter=self._delimiter, strict=True):
                self._record += 1
                if not cells:
                    continue
                if len(cells) != len(self._columns):
                    raise unreadable(_WHAT, f"record {self._record} has {len(cells)} cells")
                links.append(link_from(record_from(self._columns, cells), strict=False))
        except csv.Error:
            raise unreadable(_WHAT, f"record {self._record + 1} is not CSV") from None
        return links

    def _read_header(self, header: str) -> None:
        self._delimiter = max(",;\t", key=header.count)
        try:
            names = next(csv.reader([header], delimiter=self._delimiter, strict=True), [])
        except csv.Error:
            names = []
        self._columns = [column.strip() for column in names]
        if len(set(self._columns)) != len(self._columns) or not {"slug", "destinationUrl"} <= set(
            self._columns
        ):
            raise unreadable(_WHAT, "it has no header with slug and destinationUrl, each column once")


_WORD_LISTS: Final = frozenset({"tags", "categories"})
_NUMBERS: Final = frozenset({"redirectType", "maxClicks", "clicks", "version"})
_FLAGS: Final = {"true": True, "false": False}
_OBJECTS: Final = frozenset({"tracking", "trackingPolicy"})
_WHOLE: Final = re.compile(r"(0|[1-9][0-9]{0,15})\Z")


def record_from(columns: list[str], cells: list[str]) -> dict[str, JSON]:
    """A record as JSON would have it. CSV has no types: digits are a number where the field has one.

    `tracking.utmSource` is a field of an object. An empty cell says nothing.
    """
    record: dict[str, JSON] = {}
    for column, cell in zip(columns, cells, strict=True):
        if not cell:
            continue
        outer, dot, inner = column.partition(".")
        if dot and outer in _OBJECTS:
            record.setdefault(outer, {})[inner] = cell
        else:
            record[column] = _value_of(column, cell)
    return record


def _value_of(column: str, cell: str) -> JSON:
    if cell[0] in "[{" and column not in {"title", "description"}:
        try:
            return decoded(cell)
        except FAULTS:
            return cell
    if column in _WORD_LISTS:
        return [word.strip() for word in cell.split("|")]
    if column in _NUMBERS and _WHOLE.match(cell):
        return int(cell)
    if column in {"enabled", "hasPassword", "passwordProtected"}:
        return _FLAGS.get(cell.strip().lower(), cell)
    return cell


def signed_url(around: Mapping[str, JSON]) -> str:
    """Where the export is, when the answer only says that; empty when it does not."""
    found = first(around, "url", "downloadUrl", "signedUrl", "href", "location")
    return found if isinstance(found, str) and "slug" not in around else ""
