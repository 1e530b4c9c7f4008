"""What becomes of many rows at once, column by column, where that is the same as row by row and plain.

Most rows of a large file are like each other: new and without a fault, or as the link is already. Looking at
whole columns costs a fifth of looking at each cell. Whatever is not plain (a fault, a twin, a cell that is
spelt otherwise, a rule, a schedule) is left to `Planner`, which alone says what is wrong; a test holds that
both come to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cache.codec import LINK_FIELDS, Values, stored
from console.domain.links import VersionId, label
from console.domain.rows import BadCell, are_plain_slugs, restored
from console.domain.urls import are_plain_destinations
from console.ops.importing.reader_batches import Batch
from console.ops.importing.rows import Planner
from console.ops.importing.values import SHOWN, Planned, plain_weights

Raw = Callable[[Sequence[str]], Mapping[str, Values]]
"""The links of some slugs that exist, as their values are stored."""
Outcome = Planned | int | None
"""What a row comes to: None, the link is so already; a weight, it is made; below 0, it is changed."""
_FEW: Final = 16
"""Rows that are not divided any further to find those that are plain."""
_MEMORY: Final = 10_000
_TEXTS: Final = ("destination_url", "title", "description")
_LISTS: Final = ("tags", "categories")
_WEIGHED: Final = frozenset((*_TEXTS, *_LISTS))
_SCHEDULE: Final = ("scheduled_start_at", "scheduled_end_at", "expires_at")
_NESTED: Final = ("rules", "tracking", "tracking_policy", "extra")
_BLANK_WHEN_NEW: Final = frozenset((*_SCHEDULE, *_NESTED))
_BAD: Final = object()
"""What a cell with a fault is; equal to nothing that a link holds."""


@dataclass(slots=True)
class _Column:
    """One column with what its cells have been read as so far."""

    index: int
    name: str
    read: Callable[[Any], Any]
    keeps: bool
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def is_text(self) -> bool:
        """Whether a cell is the value."""
        return self.name == "slug" or self.name in _TEXTS

    def values(self, cells: Sequence[str]) -> tuple[Any, ...]:
        """The values of some cells, as a link's are stored."""
        if self.is_text:
            return tuple(cells)
        memory = self.memory
        for cell in set(cells).difference(memory):
            if len(memory) >= _MEMORY:
                memory.clear()
                return tuple(map(self._value, cells))
            memory[cell] = self._value(cell)
        return tuple([memory[cell] for cell in cells])

    def _value(self, cell: str) -> Any:  # noqa: ANN401 - whatever the field holds
        try:
            return stored(self.read(cell))
        except BadCell:
            return _BAD


class QuickPlanner:
    """Plans the rows of one sheet, many at once, and hands the others to the planner.

    Args:
        planner: of the same sheet.
        raw: tells the links that exist.
        keep: every row that is to be sent goes through the planner, which makes its link.
    """

    def __init__(self, planner: Planner, raw: Raw, *, keep: bool) -> None:
        self._planner = planner
        self._raw = raw
        self._keep = keep
        self._shown = 0
        self._columns = [_Column(c.place, c.attribute, c.read, c.keeps) for c in planner.columns]
        self._by_name = {column.name: column for column in self._columns}
        self._version = planner.version_at
        scheduled = not self._by_name.keys().isdisjoint(_SCHEDULE)
        self._looked_at = (*_NESTED, *_SCHEDULE) if scheduled else _NESTED

    def outcomes(self, batch: Batch) -> list[Outcome]:
        """What becomes of each row, in order."""
        found = self._plain(batch) if self._planner.plain and not batch.records else None
        if found is not None:
            return found
        if len(batch) <= _FEW or not self._planner.plain or batch.records:
            return list(self._planned([batch.row(at) for at in range(len(batch))]))
        half = len(batch) // 2
        return self.outcomes(batch.part(0, half)) + self.outcomes(batch.part(half, len(batch)))

    def _planned(self, rows: Sequence[Any]) -> list[Planned]:
        planned = self._planner.plan(rows)
        self._shown += sum(1 for item in planned if item.changes)
        return planned

    def _plain(self, batch: Batch) -> list[Outcome] | None:
        """The same, where the rows can be told apart at all: good slugs, none of them like another."""
        sheet = list(zip(*batch.cells, strict=True))
        cells = {column.index: _restored(sheet[column.index]) for column in self._columns}
        slugs = cells[self._by_name["slug"].index]
        if not are_plain_slugs(slugs):
            return None
        keys = [slug.lower() for slug in slugs]
        live = self._raw([*slugs, *(key for key, slug in zip(keys, slugs, strict=True) if key != slug)])
        new = [at for at, slug in enumerate(slugs) if slug not in live]
        if any(keys[at] in live for at in new):
            return None
        if not self._planner.take_plain(slugs, keys, batch.lines, [keys[at] for at in new]):
            return None
        found: list[Outcome] = [None] * len(batch)
        odd = self._made(new, cells, sheet, found) if new else set()
        if len(new) < len(batch):
            known = [at for at in range(len(batch)) if slugs[at] in live] if new else range(len(batch))
            odd |= self._compared(known, [live[slugs[at]] for at in known], cells, sheet, found)
        places = sorted(odd)
        for at, item in zip(places, self._planned([batch.row(at) for at in places]), strict=True):
            found[at] = item
        return found

    def _made(
        self,
        rows: Sequence[int],
        cells: Mapping[int, Sequence[str]],
        sheet: Sequence[Sequence[str]],
        found: list[Outcome],
    ) -> set[int]:
        """Weigh the new links; the rows that are not plain are given back."""
        where = self._by_name.get("destination_url")
        if self._keep or where is None:
            return set(rows)
        odd: set[int] = set()
        parts: dict[str, Sequence[Any]] = {}
        for column in self._columns:
            given = _at(cells[column.index], rows)
            if column.name in _BLANK_WHEN_NEW:
                odd.update(at for at, cell in zip(rows, given, strict=True) if cell)
                continue
            values = parts[column.name] = column.values(given)
            if not column.is_text and _BAD in values:
                odd.update(self._bad(column, rows, given, values))
        odd |= _doubtful(rows, parts["destination_url"])
        if self._version is not None:
            odd.update(at for at in rows if sheet[self._version][at].strip())
        good = [place for place, at in enumerate(rows) if at not in odd] if odd else range(len(rows))
        nothing = [""] * len(rows)
        texts, lists = ([_at(parts.get(name, nothing), good) for name in names] for names in (_TEXTS, _LISTS))
        for place, weight in zip(good, plain_weights(texts, lists), strict=True):
            found[rows[place]] = weight
        return odd

    @staticmethod
    def _bad(column: _Column, rows: Sequence[int], cells: Sequence[str], values: Sequence[Any]) -> list[int]:
        """The rows with a fault; a blank cell of a field that cannot be empty is none."""
        several = zip(rows, cells, values, strict=True)
        return [at for at, cell, value in several if value is _BAD and not (column.keeps and not cell)]

    def _compared(
        self,
        rows: Sequence[int],
        live: Sequence[Values],
        cells: Mapping[int, Sequence[str]],
        sheet: Sequence[Sequence[str]],
        found: list[Outcome],
    ) -> set[int]:
        """Compare rows with their links, as they stand in `live`; those that are not plain are given back."""
        if min(map(len, live)) < len(LINK_FIELDS):
            return set(rows)  # written by an earlier version
        soft: set[int] = set()
        hard: set[int] = set()
        before = dict(zip(LINK_FIELDS, zip(*live, strict=False), strict=False))
        now: dict[str, Sequence[Any]] = {}
        for column in self._columns:
            given = _at(cells[column.index], rows)
            values, was = column.values(given), before[column.name]
            now[column.name] = values
            if values == was:
                continue
            moved = [place for place, (new, old) in enumerate(zip(values, was, strict=True)) if new != old]
            if column.keeps:
                moved = [place for place in moved if given[place]]
            if column.name in _LISTS:
                hard.update(place for place in moved if values[place] is _BAD)
            (soft if column.name in _WEIGHED else hard).update(moved)
        soft -= hard
        if soft and not self._keep:
            asked = None if self._version is None else _at(sheet[self._version], rows)
            places = sorted(soft)[max(0, SHOWN - self._shown) :]  # the first are shown with what changes
            weights = self._changed(places, before, {**before, **now}, asked)
            soft.difference_update(weights)
            for place, weight in weights.items():
                found[rows[place]] = -weight
        return {rows[place] for place in hard | soft}

    def _changed(
        self,
        places: Sequence[int],
        before: Mapping[str, Sequence[Any]],
        now: Mapping[str, Sequence[Any]],
        asked: Sequence[str] | None,
    ) -> dict[int, int]:
        """Weigh links of which texts and lists change, by their places, but those that are not plain.

        Args:
            places: of the rows.
            before: the links' values by field.
            now: the same with those of the rows.
            asked: the version that each row is for.
        """
        odd = _doubtful(places, _at(now["destination_url"], places))
        for name in self._looked_at:
            if any(before[name]):
                odd.update(place for place in places if before[name][place])
        if asked is not None:
            versions = before["version"]
            odd.update(place for place in places if not _is_for(asked[place], versions[place]))
        good = [place for place in places if place not in odd]
        texts, lists = ([_at(now[name], good) for name in names] for names in (_TEXTS, _LISTS))
        return dict(zip(good, plain_weights(texts, lists), strict=True))


def _is_for(cell: str, version: VersionId | None) -> bool:
    """Whether a row is for the version that is live, or for any."""
    asked = cell.strip()
    return not asked or asked in {label(version), str(version)}


def _at(cells: Sequence[str], rows: Sequence[int]) -> Sequence[str]:
    return cells if len(rows) == len(cells) else [cells[at] for at in rows]


def _restored(cells: Sequence[str]) -> Sequence[str]:
    """The cells with what an export neutralised undone."""
    joined = "\n".join(cells)
    if "\n'" not in joined and joined[:1] != "'" and "\\u" not in joined:
        return cells
    return [restored(cell) if cell and (cell[0] == "'" or "\\u" in cell) else cell for cell in cells]


def _doubtful(places: Sequence[int], destinations: Sequence[str]) -> set[int]:
    """Places whose destination has to be looked at by itself."""
    if not places or are_plain_destinations(destinations):
        return set()
    return {
        place
        for place, destination in zip(places, destinations, strict=True)
        if not are_plain_destinations([destination])
    }
