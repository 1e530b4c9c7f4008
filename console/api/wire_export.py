"""The export's three forms, read as they arrive: NDJSON, JSON and CSV (platform-api, "Routes", export).

Each reader takes bytes as they come and gives the links that are complete, so that a million of them need
no more memory than a few. A line, record or item may not be longer than `ITEM_CAP`.

One record that cannot be read must not hide the others: it goes to `unread`, with its place and, where it is
certain, its slug. What would hide where records begin and end, or that the body was cut, is still an error.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Generator, Mapping
from typing import Final, Protocol

from console.api.wire_export_csv import GARBLED, ITEM_CAP, WHAT, Table
from console.api.wire_json import DECODER, FAULTS, decoded, reason_of, unreadable, vetted
from console.api.wire_links import link_from, why_no_link
from console.api.wire_values import first
from console.domain.errors import UnreadableAnswer
from console.domain.links import JSON, Link
from console.domain.unread import Unread

ASKED_FOR: Final = "application/x-ndjson, application/json;q=0.8, text/csv;q=0.5"
_LISTS: Final = ("links", "items", "data", "results")
_SLUG: Final = re.compile(r'"slug"\s*:\s*"([^"\\\x00-\x1f\ufffd\udc80-\udcff]+)"')
_LENIENT: Final = json.JSONDecoder(parse_int=len, parse_float=len, parse_constant=len)
"""Tells where a value ends that the strict edge refuses."""


def unread_at(place: str, reason: str, text: str = "") -> Unread:
    """A record that cannot be read, with the slug that its text names where it names a single one."""
    slugs = set(_SLUG.findall(text))
    return Unread(place, slugs.pop() if len(slugs) == 1 else "", reason)


def _why(error: BaseException) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON (column {error.colno})"
    return reason_of(error)


class Reader(Protocol):
    """Takes the body of an export piece by piece.

    Attributes:
        unread: the records that could not be read, until they are taken out.
    """

    unread: list[Unread]

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
        raise unreadable(WHAT, "it is a web page, not the platform's API")
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
        self.unread: list[Unread] = []
        self._parts: list[bytes] = []
        self._size = 0
        self._line = 0
        self._too_long = False

    def feed(self, piece: bytes) -> list[Link]:
        """See `Reader`."""
        lines: list[bytes] = []
        if b"\n" in piece:
            *lines, piece = b"".join([*self._parts, piece]).split(b"\n")
            self._parts, self._size = [], 0
        links = self._links(lines)
        if not self._too_long:
            self._parts.append(piece)
            self._size += len(piece)
        if self._size > ITEM_CAP:
            self._drop()
        return links

    def end(self) -> list[Link]:
        """See `Reader`."""
        rest = b"".join(self._parts)
        if self._too_long or not _whole_json(rest):
            raise unreadable(f"{WHAT}, line {self._line + 1}", "it was cut short, or it is not JSON")
        return self._links([rest])

    def _drop(self) -> None:
        """Forget a line that is too long; what follows of it is skipped."""
        start = b"".join(self._parts).decode(errors="replace")
        self.unread.append(unread_at(f"line {self._line + 1}", "it is too long", start))
        self._parts, self._size, self._too_long = [], 0, True

    def _links(self, lines: list[bytes]) -> list[Link]:
        links: list[Link] = []
        for line in lines:
            self._line += 1
            text = line.strip()
            if self._too_long:
                self._too_long = False
                continue
            if not text:
                continue
            raw: JSON = None
            try:
                if self._line == 1:
                    text = text.removeprefix(codecs.BOM_UTF8)
                raw = decoded(text.decode())
                links.append(link_from(raw, strict=False))
            except FAULTS as error:
                self._note(_why(error), text.decode(errors="replace"))
            except UnreadableAnswer:
                self._note(why_no_link(raw))
        return links

    def _note(self, why: str, text: str = "") -> None:
        self.unread.append(unread_at(f"line {self._line}", why, text))


def _whole_json(text: bytes) -> bool:
    """Whether a last line without an end is whole: a cut one hides that others are missing."""
    try:
        if text.strip():
            _LENIENT.decode(text.decode("utf-8-sig"))
    except FAULTS:
        return False
    return True


class Document:
    """JSON: a bare array of links, or an object that holds one under `links`, `items`, `data` or `results`.

    An object without a list is the first line of NDJSON when it has a slug, else a note that says where
    the export is; its fields are in `around` when the end is reached.
    """

    def __init__(self) -> None:
        self.unread: list[Unread] = []
        self.around: dict[str, JSON] = {}
        self.listed = False
        self._number = 0
        self._text = ""
        self._at = 0
        self._pending: list[str] = []
        self._size = 0
        self._wanted = 0
        self._found: list[Link] = []
        self._lines: Lines | None = None
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._garbled = False
        self._refused = ""
        self._machine = self._run()
        next(self._machine)

    def feed(self, piece: bytes) -> list[Link]:
        """See `Reader`."""
        if self._lines is not None:
            return self._lines.feed(piece)
        text = self._decode.decode(piece)
        self._garbled = self._garbled or (not text.isascii() and GARBLED.search(text) is not None)
        self._pending.append(text)
        self._size += len(text)
        return [] if self._size < self._wanted else self._go_on()

    def end(self) -> list[Link]:
        """See `Reader`."""
        found = [] if self._lines is not None else self._go_on()
        if self._lines is not None:
            return found + self._lines.end()
        if not self._over:
            raise unreadable(WHAT, "it was cut short, or it is not JSON")
        return found

    def _go_on(self) -> list[Link]:
        self._text = self._text[self._at :] + "".join(self._pending)
        self._at = self._size = self._wanted = 0
        self._pending.clear()
        self._machine.send(None)
        if len(self._text) - self._at > ITEM_CAP:
            raise unreadable(WHAT, "an item is too long, or it is not JSON")
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
                self._take(self.around, "line 1")
                self._lines = Lines()
                self._lines.unread = self.unread
                begun = self._decode.getstate()[0]  # of a character that the piece ends in
                rest = self._text[self._at :].encode("utf-8", "surrogateescape")
                self._found += self._lines.feed(rest + begun)
        else:
            raise unreadable(WHAT, "it is neither a list nor an object")
        self._over = True
        while True:
            if self._text[self._at :].strip() and self._lines is None:
                raise unreadable(WHAT, "something follows its end")
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
                    if self._garbled and GARBLED.search(self._text, self._at, end):
                        raise ValueError("it is not UTF-8")
                    value = vetted(value, self._text[self._at : end])
                    self._at = end
                    return value
            except json.JSONDecodeError:
                pass
            except FAULTS as error:
                self._refused = reason_of(error)
                raise unreadable(WHAT, self._refused) from None
            # Tried again with half as much again: pieces of a byte each must not cost the square.
            self._wanted = (len(self._text) - self._at) // 2
            yield

    def _items(self) -> Steps:
        self.listed = True
        self._at += 1
        while (yield from self._next(" \t\r\n,")) != "]":
            self._number += 1
            yield from self._item(f"record {self._number}")
        self._at += 1

    def _item(self, place: str) -> Steps:
        """One link of the list; of one that the strict edge refuses, the end is found and its place kept."""
        try:
            value = yield from self._value()
        except UnreadableAnswer:
            text = yield from self._past()
            self.unread.append(unread_at(place, self._refused, text))
        else:
            self._take(value, place)

    def _past(self) -> Generator[None, None, str]:
        """Go past a value that the strict edge refuses; its text."""
        while True:
            try:
                _, end = _LENIENT.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                self._wanted = (len(self._text) - self._at) // 2
                yield
            except FAULTS as error:
                raise unreadable(WHAT, reason_of(error)) from None
            else:
                text, self._at = self._text[self._at : end], end
                return text

    def _take(self, value: JSON, place: str) -> None:
        try:
            self._found.append(link_from(value, strict=False))
        except UnreadableAnswer:
            self.unread.append(Unread(place, "", why_no_link(value)))

    def _fields(self) -> Steps:
        self._at += 1
        while (yield from self._next(" \t\r\n,")) != "}":
            key = yield from self._value()
            if not isinstance(key, str) or key in self.around or (yield from self._next()) != ":":
                raise unreadable(WHAT, "it is not JSON, or a field comes twice")
            self._at += 1
            if key in _LISTS and not self.listed and (yield from self._next()) == "[":
                self.around[key] = None
                yield from self._items()
            else:
                self.around[key] = yield from self._value()
        self._at += 1


Steps = Generator[None, None, None]


def signed_url(around: Mapping[str, JSON]) -> str:
    """Where the export is, when the answer only says that; empty when it does not."""
    found = first(around, "url", "downloadUrl", "signedUrl", "href", "location")
    return found if isinstance(found, str) and "slug" not in around else ""
