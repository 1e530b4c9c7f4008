"""What an import is made of: its options, what is planned for each row, and its figures."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from cache.imports import Record, RowState
from console.domain.errors import PlatformRefused, RepointError
from console.domain.links import Link
from console.domain.rows import RowFault
from console.domain.versions import Change
from console.ops.clock import Clock
from console.ops.importing.fields import Mapped
from console.ops.importing.reader import Source

CHUNK_ROWS: Final = 1000
"""Rows of one request where the operator does not say."""
CHUNK_BYTES: Final = 1024 * 1024
"""Bytes of one request, about: gateways refuse larger ones."""
MAX_CHUNK_ROWS: Final = 5000
_HEAVY: Final = ("destination_url", "title", "description", "tags", "categories", "rules", "tracking",
                 "tracking_policy", "extra")  # fmt: skip
SHOWN: Final = 20
"""Updated rows whose changes are shown."""


STALE_CODES: Final = frozenset({"conflict", "stale", "version_conflict"})
"""What the platform says of a row whose link is not at the version that was expected."""
TOO_LARGE: Final = ("payload_too_large", "the row is too large")
"""Code and words of a row that is too large for a request of its own."""


def is_too_large(error: RepointError) -> bool:
    """Whether a request was refused for its size (413): nothing of it was applied, and less may pass."""
    return isinstance(error, PlatformRefused) and error.applied == "no" and error.status == 413


def fewer_rows(rows: int) -> int:
    """Rows of one request after one with so many was too large; 0: a single row is, and is refused."""
    return rows // 2


class Existing(StrEnum):
    """What to do with a row whose link exists."""

    SKIP = "skip"
    UPDATE = "update"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Options:
    """How an import is to be done, as the operator said.

    Attributes:
        mapping: field by header.
        rows: rows of one request at most.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    existing: Existing = Existing.UPDATE
    rows: int = CHUNK_ROWS
    check_destinations: bool = False
    reason: str = ""


INTERRUPTED: Final = "You stopped it"
"""Why an import ended whose brake was pulled."""


class Brake:
    """Ends an import after the request that is under way; pulled from any thread."""

    def __init__(self) -> None:
        self._pulled = threading.Event()
        self._wake: Callable[[], object] = lambda: None

    def pull(self) -> None:
        """No further request leaves."""
        self._pulled.set()
        self._wake()

    @property
    def pulled(self) -> bool:
        """Whether it was."""
        return self._pulled.is_set()

    async def sleep(self, clock: Clock, seconds: float) -> None:
        """Wait that long, or until it is pulled."""
        loop, pulled = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(pulled.set)
        if self.pulled:
            return
        waits = [asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(pulled.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._wake = lambda: None
            for wait in waits:
                wait.cancel()


@dataclass(frozen=True, slots=True)
class Follow:
    """Who is told while an import is sent, on the core's thread, and who can stop it.

    Attributes:
        settled: how many more rows are settled.
        spent: writes that this run has spent so far.
        pausing: seconds that the platform asks for before the next request.
    """

    settled: Callable[[int], object] = lambda _: None
    pausing: Callable[[float], object] = lambda _: None
    spent: Callable[[int], object] = lambda _: None
    brake: Brake = field(default_factory=Brake)


class Planned(NamedTuple):
    """One row with what is planned for it; `changes` where a link is to be updated."""

    record: Record
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as it is told to the operator."""

    row: int
    line: int
    slug: str
    faults: tuple[RowFault, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(slots=True)
class Preview:
    """What an import would do; nothing has been sent.

    Attributes:
        run: id of the run; of a dry run too.
        counts: rows by what is planned: `RowState.CREATED` and `UPDATED` are still to be done.
        writes: requests that it takes.
        seconds: how long they take, about (`importing.time`).
        rejected: rows with faults, each with all of them; bounded by `REJECTS_TOLD`.
        updated: the first rows that change a link.
        destinations: new destinations to be checked, with the slugs that get them.
        foreign: hosts in other letters than ASCII that rows would point at, in punycode, with how often.
    """

    run: str
    source: Source
    kind: str
    header: tuple[str, ...]
    mapped: Mapped
    delimiter: str = ""
    counts: Counter[RowState] = field(default_factory=Counter)
    writes: int = 0
    seconds: float = 0.0
    rejected: list[Shown] = field(default_factory=list)
    stale: list[Shown] = field(default_factory=list)
    updated: list[Shown] = field(default_factory=list)
    destinations: dict[str, str] = field(default_factory=dict)
    foreign: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """All rows of the file."""
        return self.counts.total()

    @property
    def to_send(self) -> int:
        """Rows that are to be written."""
        return self.counts[RowState.CREATED] + self.counts[RowState.UPDATED]

    @property
    def phrase(self) -> str:
        """What confirms it."""
        return f"import {self.to_send}"


@dataclass(slots=True)
class Report:
    """What became of an import.

    Attributes:
        state: `done`, `stopped` (resumable), or `dry-run`.
        stop_reason: why it stopped, in words; empty when it is done.
        counts: rows by state; they add up to the file's rows.
        error: the failure that stopped it.
    """

    run: str
    state: str
    counts: Mapping[RowState, int]
    writes_spent: int = 0
    stop_reason: str = ""
    error: RepointError | None = None
    handed_back: Sequence[Record] = ()


def weight_of(link: Link) -> int:
    """Bytes of a link in a request, about; never much too few."""
    return weight_of_fields({name: getattr(link, name) for name in _HEAVY})


def weight_of_fields(fields: Mapping[str, Any]) -> int:
    """The same for a link's fields by name; those that are not there are empty."""
    get = fields.get
    texts = (get("destination_url") or "", get("title") or "", get("description") or "")
    weight = plain_weight(texts, get("tags") or (), get("categories") or ())
    if get("rules") or get("tracking") or get("tracking_policy") or get("extra"):
        weight += _nested(fields)
    return weight


def plain_weight(texts: Iterable[str], tags: Iterable[str], categories: Iterable[str]) -> int:
    """The same for a link without rules and objects: its texts, and its lists of words."""
    words = (*tags, *categories)
    return 420 + _weight("".join((*texts, *words))) + 3 * len(words)


def plain_weights(texts: Sequence[Sequence[str]], lists: Sequence[Sequence[Sequence[str]]]) -> list[int]:
    """`plain_weight` of many, from their columns: of each text, and of tags and categories."""
    words = [word for column in lists if any(column) for found in column for word in found]
    if not all(map(str.isascii, map("".join, (*texts, words)))):
        return [
            plain_weight(each[: len(texts)], *each[len(texts) :]) for each in zip(*texts, *lists, strict=True)
        ]
    parts = [list(map(len, column)) for column in texts]
    parts += [[sum(map(len, found)) + 3 * len(found) for found in column] for column in lists if any(column)]
    return [420 + sum(each) for each in zip(*parts, strict=True)]


def _weight(text: str) -> int:
    return len(text) if text.isascii() else 6 * len(text)


def _nested(fields: Mapping[str, Any]) -> int:
    rules = sum(300 + _weight(repr(rule)) for rule in fields.get("rules") or ())
    return rules + sum(_weight(repr(fields.get(name))) for name in ("tracking", "tracking_policy", "extra"))


@dataclass(slots=True)
class Chunks:
    """Counts the requests that rows of these weights take, as `ImportTable.next_chunk` cuts them."""

    rows: int
    weight: int = CHUNK_BYTES
    count: int = 0
    _rows: int = 0
    _weight: int = 0

    def add(self, *weights: int) -> None:
        """More rows, one after another."""
        count, rows, heavy = self.count, self._rows, self._weight
        for weight in weights:
            rows += 1
            heavy += weight
            if count == 0 or rows > self.rows or heavy > self.weight:
                count += 1
                rows, heavy = 1, weight
        self.count, self._rows, self._weight = count, rows, heavy
