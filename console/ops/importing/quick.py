"""What becomes of many rows at once, column by column, where that is the same as row by row and plain.

Most rows of a large file are like each other: new and without a fault, or as the link is already. Looking at
whole columns costs a fifth of looking at each cell. Whatever is not plain (a fault, a twin, a rule) is left
to `Planner`, which alone says what is wrong; a test holds that both come to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cache.codec import LINK_FIELDS, Values, stored
from console.domain.links import VersionId, label
from console.domain.rows import BadCell, are_plain_slugs, folded, restored, schedule_faults
from console.domain.urls import bad_destinations, foreign_hosts
from console.ops.importing.reader_batches import Batch
from console.ops.importing.rows import SCHEDULE, Planner
from console.ops.importing.values import SHOWN, Existing, Planned, plain_weights

Raw = Callable[[Sequence[str]], Mapping[str, Values]]
"""The links of some slugs that exist, as their values are stored."""
Outcome = Planned | int | None
"""What a row comes to: None, the link is so already; a weight, it is made; below 0, changed; 0, skipped."""
_MEMORY: Final = 10_000
_TEXTS: Final = ("destination_url", "title", "description")
_LISTS: Final = ("tags", "categories")
_NESTED: Final = ("rules", "tracking", "tracking_policy", "extra")
_PLAIN: Final = frozenset((*_TEXTS, *_LISTS, *SCHEDULE, "enabled", "redirect_type", "max_clicks"))
"""Fields of which a change is told without the planner."""
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

    def read_all(self, cells: Sequence[str]) -> tuple[Sequence[Any], list[int]]:
        """The values, and the places of cells with a fault; one left blank that cannot be empty has none."""
        values = self.values(cells)
        if self.is_text or _BAD not in values:
            return values, []
        several = enumerate(zip(cells, values, strict=True))
        return values, [
            at for at, (cell, value) in several if value is _BAD and not (self.keeps and not cell)
        ]

    def _value(self, cell: str) -> Any:  # noqa: ANN401 - whatever the field holds
        try:
            return stored(self.read(cell))
        except BadCell:
            return _BAD


@dataclass(slots=True)
class _Sheet:
    """The cells of a batch, column by column.

    Attributes:
        columns: as they stand in the file.
        cells: with what an export neutralised undone, of those that fill a field.
        found: what each row comes to.
    """

    batch: Batch
    columns: Sequence[Sequence[str]]
    cells: Mapping[int, Sequence[str]]
    found: list[Outcome]


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
        self._scheduled = not self._by_name.keys().isdisjoint(SCHEDULE)

    def outcomes(self, batch: Batch) -> list[Outcome]:
        """What becomes of each row, in order."""
        if batch.records:
            return list(self._planned(batch.rows()))
        columns = list(zip(*batch.cells, strict=True))
        cells = {column.index: _restored(columns[column.index]) for column in self._columns}
        sheet = _Sheet(batch, columns, cells, [None] * len(batch))
        slugs = cells[self._by_name["slug"].index]
        rows, live = self._told_apart(slugs, batch.lines)
        new = [at for at in rows if slugs[at] not in live]
        plain: set[int] = set()
        if new:
            plain.update(new)
            plain -= self._made(new, sheet)
        if len(new) < len(rows):
            known = [at for at in rows if slugs[at] in live] if new else rows
            plain.update(known)
            plain -= self._known(known, [live[slugs[at]] for at in known], sheet)
        if len(plain) < len(batch):
            odd = _without(range(len(batch)), plain)
            for at, item in zip(odd, self._planned([batch.row(at) for at in odd]), strict=True):
                sheet.found[at] = item
        return sheet.found

    def _planned(self, rows: Sequence[Any]) -> list[Planned]:
        planned = self._planner.plan(rows)
        self._shown += sum(1 for item in planned if item.changes)
        return planned

    def _told_apart(
        self, slugs: Sequence[str], lines: Sequence[int]
    ) -> tuple[Sequence[int], Mapping[str, Values]]:
        """The rows with a good slug that is like no other, noted as seen; and the links that exist."""
        planner, good = self._planner, are_plain_slugs(slugs)
        keys = [slug.lower() for slug in slugs] if good else list(map(folded, slugs))
        odd = planner.alike(slugs, keys)
        if not good:
            odd.update(at for at, slug in enumerate(slugs) if not are_plain_slugs((slug,)))
        rows = _without(range(len(slugs)), odd)
        asked, keyed = _at(slugs, rows), _at(keys, rows)
        live = self._raw([*asked, *(key for key, slug in zip(keyed, asked, strict=True) if key != slug)])
        new = [at for at in rows if slugs[at] not in live]
        if like := planner.like_live(_at(keys, new), live):
            rows = _without(rows, {new[place] for place in like})
            asked, keyed = _at(slugs, rows), _at(keys, rows)
        planner.take(asked, keyed, _at(lines, rows))
        return rows, live

    def _made(self, rows: Sequence[int], sheet: _Sheet) -> set[int]:
        """Weigh the new links; the rows that are not plain are given back."""
        where = self._by_name.get("destination_url")
        if self._keep or where is None:
            return set(rows)
        odd: set[int] = set()
        parts: dict[str, Sequence[Any]] = {}
        for column in self._columns:
            given = _at(sheet.cells[column.index], rows)
            if column.name in _NESTED:
                odd.update(place for place, cell in enumerate(given) if cell)
                continue
            parts[column.name], bad = column.read_all(given)
            odd.update(bad)
        odd.update(bad_destinations(parts["destination_url"]))
        if self._version is not None:
            asked = _at(sheet.columns[self._version], rows)
            odd.update(place for place, cell in enumerate(asked) if cell.strip())
        nothing = [None] * len(rows)
        if self._scheduled:
            odd |= _out_of_order([parts.get(name, nothing) for name in SCHEDULE])
        good = _without(range(len(rows)), odd)
        blank = [""] * len(rows)
        self._planner.foreign.update(foreign_hosts(_at(parts["destination_url"], good)))
        texts, lists = ([_at(parts.get(name, blank), good) for name in names] for names in (_TEXTS, _LISTS))
        for place, weight in zip(good, plain_weights(texts, lists), strict=True):
            sheet.found[rows[place]] = weight
        return {rows[place] for place in odd}

    def _known(self, rows: Sequence[int], live: Sequence[Values], sheet: _Sheet) -> set[int]:
        """Tell rows whose links exist, as they stand in `live`; those that are not plain are given back."""
        existing = self._planner.existing
        if existing is Existing.UPDATE:
            return self._compared(rows, live, sheet)
        odd: set[int] = set()
        for column in self._columns:
            values, bad = column.read_all(_at(sheet.cells[column.index], rows))
            odd.update(bad_destinations(values) if column.name == "destination_url" else bad)
        slugs = sheet.cells[self._by_name["slug"].index]
        for at in _at(rows, _without(range(len(rows)), odd)):
            skips = existing is Existing.SKIP
            sheet.found[at] = 0 if skips else self._planner.exists(sheet.batch.row(at), slugs[at])
        return {rows[place] for place in odd}

    def _compared(self, rows: Sequence[int], live: Sequence[Values], sheet: _Sheet) -> set[int]:
        if min(map(len, live)) < len(LINK_FIELDS):
            return set(rows)  # written by an earlier version
        soft: set[int] = set()
        hard: set[int] = set()
        before = dict(zip(LINK_FIELDS, zip(*live, strict=False), strict=False))
        now: dict[str, Sequence[Any]] = {}
        for column in self._columns:
            given, was = _at(sheet.cells[column.index], rows), before[column.name]
            values = now[column.name] = column.values(given)
            if values == was:
                continue
            moved = [place for place, (new, old) in enumerate(zip(values, was, strict=True)) if new != old]
            if column.keeps:
                moved = [place for place in moved if given[place]]
            if column.name in SCHEDULE:
                moved = [place for place in moved if not _same_time(values[place], was[place])]
            hard.update(place for place in moved if values[place] is _BAD or column.name not in _PLAIN)
            soft.update(moved)
        soft -= hard
        if soft and not self._keep:
            asked = None if self._version is None else _at(sheet.columns[self._version], rows)
            places = sorted(soft)[max(0, SHOWN - self._shown) :]  # the first are shown with what changes
            weights = self._changed(places, before, {**before, **now}, asked)
            soft.difference_update(weights)
            for place, weight in weights.items():
                sheet.found[rows[place]] = -weight
        return {rows[place] for place in hard | soft}

    def _changed(
        self,
        places: Sequence[int],
        before: Mapping[str, Sequence[Any]],
        now: Mapping[str, Sequence[Any]],
        asked: Sequence[str] | None,
    ) -> dict[int, int]:
        """Weigh links that change in plain fields, by their places, but those that are not plain.

        Args:
            places: of the rows.
            before: the links' values by field.
            now: the same with those of the rows.
            asked: the version that each row is for.
        """
        odd: set[int] = set()
        for name in _NESTED:
            if any(before[name]):
                odd.update(place for place in places if before[name][place])
        if asked is not None:
            versions = before["version"]
            odd.update(place for place in places if not _is_for(asked[place], versions[place]))
        if self._scheduled:
            odd.update(places[at] for at in _out_of_order([_at(now[name], places) for name in SCHEDULE]))
        if "destination_url" in self._by_name:
            odd.update(places[at] for at in bad_destinations(_at(now["destination_url"], places)))
        good = _without(places, odd)
        if "destination_url" in self._by_name:
            self._planner.foreign.update(foreign_hosts(_at(now["destination_url"], good)))
        texts, lists = ([_at(now[name], good) for name in names] for names in (_TEXTS, _LISTS))
        return dict(zip(good, plain_weights(texts, lists), strict=True))


def _out_of_order(times: Sequence[Sequence[Any]]) -> set[int]:
    """The places of links that would end before they start, by their stored times; bad cells are none."""
    asked = {each for each in zip(*times, strict=True) if each[0] is not None and _BAD not in each}
    wrong = {each for each in asked if schedule_faults(*map(_time_of, each))}
    return {at for at, each in enumerate(zip(*times, strict=True)) if each in wrong} if wrong else set()


def _time_of(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _same_time(new: object, old: object) -> bool:
    """Whether two stored times that are spelt otherwise are the same."""
    return isinstance(new, str) and isinstance(old, str) and _time_of(new) == _time_of(old)


def _is_for(cell: str, version: VersionId | None) -> bool:
    """Whether a row is for the version that is live, or for any."""
    asked = cell.strip()
    return not asked or asked in {label(version), str(version)}


def _at(items: Sequence[Any], places: Sequence[int]) -> Sequence[Any]:
    return items if len(places) == len(items) else [items[at] for at in places]


def _without(places: Sequence[int], odd: AbstractSet[int]) -> Sequence[int]:
    return [at for at in places if at not in odd] if odd else places


def _restored(cells: Sequence[str]) -> Sequence[str]:
    """The cells with what an export neutralised undone."""
    joined = "\n".join(cells)
    if "\n'" not in joined and joined[:1] != "'" and "\\u" not in joined:
        return cells
    return [restored(cell) if cell and (cell[0] == "'" or "\\u" in cell) else cell for cell in cells]
