"""The export as CSV, read as it arrives (`wire_export`)."""

from __future__ import annotations

import codecs
import csv
import re
from typing import Final

from console.api.wire_json import FAULTS, decoded, unreadable
from console.api.wire_links import link_from, why_no_link
from console.domain.errors import UnreadableAnswer
from console.domain.links import JSON, Link
from console.domain.unread import Unread

WHAT: Final = "the export"
ITEM_CAP: Final = 1024 * 1024
"""Characters of one link in an export."""
GARBLED: Final = re.compile("[\udc80-\udcff]")
"""What is left of bytes that are not UTF-8."""


class Table:
    """CSV with a header: any column order, unknown columns kept, quoted line breaks."""

    def __init__(self) -> None:
        self.unread: list[Unread] = []
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._garbled = False
        self._text = ""
        self._open = ""
        self._columns: list[str] = []
        self._delimiter = ","
        self._record = 0

    def feed(self, piece: bytes) -> list[Link]:
        """See `Reader`."""
        text = self._decode.decode(piece)
        self._garbled = self._garbled or (not text.isascii() and GARBLED.search(text) is not None)
        *lines, self._text = (self._text + text).split("\n")
        records = []
        for line in lines:
            self._open += line + "\n"
            if self._open.count('"') % 2 == 0:
                records.append(self._open)
                self._open = ""
        if len(self._open) + len(self._text) > ITEM_CAP:
            raise unreadable(WHAT, f"record {self._record + len(records) + 1} is too long")
        return self._links(records)

    def end(self) -> list[Link]:
        """See `Reader`."""
        rest, self._open, self._text = self._open + self._text, "", ""
        if rest.count('"') % 2:
            raise unreadable(WHAT, "it was cut inside a quoted cell")
        whole = len(self.unread)
        links = self._links([rest] if rest.strip() else [])
        if len(self.unread) > whole:
            raise unreadable(WHAT, f"record {self._record} is not whole: it was cut short")
        if not self._columns:
            raise unreadable(WHAT, "it is empty")
        return links

    def _links(self, records: list[str]) -> list[Link]:
        if records and not self._columns:
            self._read_header(records.pop(0))
        links: list[Link] = []
        reader = csv.reader(records, delimiter=self._delimiter, strict=True)
        while True:
            try:
                cells = next(reader, None)
            except csv.Error:  # the reader begins anew with the next record
                self._note("it is not CSV")
                continue
            if cells is None:
                return links
            self._record += 1
            if len(cells) == len(self._columns):
                self._take(cells, links)
            elif cells:
                self._note(f"it has {len(cells)} cells where the header has {len(self._columns)}", 0)

    def _take(self, cells: list[str], links: list[Link]) -> None:
        if self._garbled and any(GARBLED.search(cell) for cell in cells):
            self._note("it is not UTF-8", 0)
            return
        raw = record_from(self._columns, cells)
        try:
            links.append(link_from(raw, strict=False))
        except UnreadableAnswer:
            self._note(why_no_link(raw), 0)

    def _note(self, why: str, ahead: int = 1) -> None:
        """Which link it is cannot be told: its cells may have moved."""
        self._record += ahead
        self.unread.append(Unread(f"record {self._record}", "", why))

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
            raise unreadable(WHAT, "it has no header with slug and destinationUrl, each column once")


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
