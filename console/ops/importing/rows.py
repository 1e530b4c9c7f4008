"""From a row of a file to what is planned for it: all its faults, or what sending it would change."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Final, NamedTuple

from cache.imports import Record, RowState
from console.domain.links import JSON, Link, VersionId, label
from console.domain.rows import BadCell, RowFault, folded, restored, rule_faults, schedule_faults
from console.domain.urls import foreign_host
from console.domain.versions import Change, diff
from console.ops.importing.cells import cell_of
from console.ops.importing.fields import FIELDS, READ_ONLY, VERSION, Mapped
from console.ops.importing.reader import Row, Sheet
from console.ops.importing.values import Existing, Planned, weight_of, weight_of_fields

Fields = Mapping[str, Any]
"""A link as its fields by name: most rows are told without making the link itself, which takes longest."""
Live = Callable[[Sequence[str]], Mapping[str, Fields]]
"""The links of some slugs that exist."""
_BLANK: Final[Mapping[str, Any]] = {
    field.name: field.read("") for field in FIELDS.values() if field.name not in {"slug", "destinationUrl"}
    and not field.blank_keeps
}  # fmt: skip
_NONE: Final = object()
SCHEDULE: Final = ("scheduled_start_at", "scheduled_end_at", "expires_at")
"""Fields that are looked at together, as `schedule_faults` takes them."""


class PlannedColumn(NamedTuple):
    """A column that fills a field.

    Attributes:
        blank: what a blank cell means; `_NONE` where it is read like any other.
        keeps: a blank cell leaves the field as it is.
    """

    place: int
    header: str
    attribute: str
    read: Callable[[JSON], Any]
    blank: object
    keeps: bool


class Planner:
    """Plans the rows of one sheet. Remembers every slug it has seen, and nothing else of a row.

    Attributes:
        foreign: hosts in other letters than ASCII that rows would point at, in punycode, with how often.
    """

    def __init__(
        self,
        sheet: Sheet,
        mapped: Mapped,
        existing: Existing,
        live: Live,
        spelt_oddly: Iterable[str] = (),
        *,
        unreadable: AbstractSet[str] = frozenset(),
        keep: bool = True,
    ) -> None:
        """Begin with nothing seen.

        Args:
            sheet: where the rows are from.
            mapped: which column fills which field.
            existing: what to do with slugs that exist.
            live: tells the links that exist.
            spelt_oddly: the live slugs that are not what `folded` makes of them.
            unreadable: links whose record on the platform cannot be read: nothing is sent for them.
            keep: the links to be sent are wanted, not only what becomes of each row.
        """
        self._keep = keep
        self._existing = existing
        self._live = live
        self._unreadable = unreadable
        self._folds = {folded(slug): slug for slug in spelt_oddly}
        self._mapped = mapped
        self._header = sheet.header
        self.foreign: Counter[str] = Counter()
        self._seen: dict[str, int] = {}
        self._spelt: dict[str, str] = {}
        self.columns = [
            PlannedColumn(
                sheet.header.index(header),
                header,
                field.attribute,
                field.read,
                _BLANK.get(name, _NONE),
                field.blank_keeps,
            )
            for header, name in mapped.columns.items()
            if name != VERSION
            for field in (FIELDS[name],)
        ]
        by_field = {name: header for header, name in mapped.columns.items()}
        self._slug = by_field["slug"]
        self._version = by_field.get(VERSION)

    @property
    def existing(self) -> Existing:
        """What becomes of a row whose link exists."""
        return self._existing

    @property
    def version_at(self) -> int | None:
        """The column that makes a row conditional."""
        return None if self._version is None else self._header.index(self._version)

    def alike(self, slugs: Sequence[str], keys: Sequence[str]) -> set[int]:
        """The places of slugs that cannot be told without looking at other rows, or at no link's record.

        Args:
            slugs: in the rows' order.
            keys: what `folded` makes of them.
        """
        found: set[int] = set()
        if len(set(keys)) < len(keys):
            times = Counter(keys)
            found = {at for at, key in enumerate(keys) if times[key] > 1}
        if not self._seen.keys().isdisjoint(keys):
            found.update(at for at, key in enumerate(keys) if key in self._seen)
        if not self._unreadable.isdisjoint(slugs):
            found.update(at for at, slug in enumerate(slugs) if slug in self._unreadable)
        return found

    def like_live(self, keys: Sequence[str], live: Container[str]) -> set[int]:
        """The places of slugs that do not exist, by their keys, and that are like a link that does."""
        folds = self._folds
        return {at for at, key in enumerate(keys) if key in live or key in folds}

    def take(self, slugs: Sequence[str], keys: Sequence[str], lines: Sequence[int]) -> None:
        """Note slugs as seen that are like no other."""
        self._seen.update(zip(keys, lines, strict=True))
        self._spelt.update((key, slug) for key, slug in zip(keys, slugs, strict=True) if key != slug)

    def exists(self, row: Row, slug: str) -> Planned:
        """The refusal of a row without a fault whose link exists, where that is one."""
        return self._rejected(row, slug, [RowFault(self._slug, "exists", f"{slug} exists already")])

    def plan(self, rows: Sequence[Row]) -> list[Planned]:
        """What is planned for each of some rows; one question about the live links for all of them."""
        slugs = [self.slug_of(row) for row in rows]
        live = self._live([*slugs, *(fold for slug in slugs if (fold := folded(slug)) != slug)])
        return [
            self._planned(row, slug, *self._read(row, live.get(slug)), live)
            for row, slug in zip(rows, slugs, strict=True)
        ]

    def slug_of(self, row: Row) -> str:
        """The slug as it stands in a row; empty when there is none."""
        cell = self._given(row, self._slug)
        return restored(cell) if isinstance(cell, str) else ""

    def _read(  # noqa: C901 - one loop over cells, a hundred thousand times: calls would cost more
        self, row: Row, live: Fields | None
    ) -> tuple[dict[str, Any], list[RowFault]]:
        """The values and faults of a row. What the link has already is not looked into."""
        values: dict[str, Any] = {}
        faults: list[RowFault] = []
        cells, fields = row.cells, row.fields
        for index, header, attribute, read, blank, keeps in self.columns:
            if fields is None:
                cell: JSON = cells[index]
                if cell and (cell[0] == "'" or "\\u" in cell):
                    cell = restored(cell)
            elif header in fields:
                cell = fields[header]
            else:
                continue
            if (cell == "" or cell is None) and (keeps or blank is not _NONE):
                if not keeps:
                    values[attribute] = blank
                continue
            if live is not None and cell == live[attribute] and type(cell) is str:
                values[attribute] = cell
                continue
            try:
                values[attribute] = read(cell)
            except BadCell as bad:
                faults.append(RowFault(header, bad.code, bad.message))
        if row.fields is not None:
            self._take_unknown(row.fields, values)
            if self._slug not in row.fields:
                faults.append(RowFault(self._slug, "invalid_slug", "the slug is missing"))
        return values, faults

    def _given(self, row: Row, header: str) -> JSON:
        """The value of a column as the row has it."""
        return row.cells[self._header.index(header)] if row.fields is None else row.fields.get(header)

    def _take_unknown(self, fields: Mapping[str, JSON], values: dict[str, Any]) -> None:
        """Fields of a record that nobody knows are passed through, as the platform's own are."""
        columns, left_out = self._mapped.columns, self._mapped.left_out
        rest = {name: value for name, value in fields.items() if name not in columns and name not in left_out}
        unknown = {
            name: value
            for name, value in rest.items()
            if name not in FIELDS and name not in READ_ONLY and name != VERSION
        }
        missing = [name for name in rest if name in FIELDS]
        for name in missing:  # a field that the first record did not have
            field = FIELDS[name]
            try:
                values.setdefault(field.attribute, field.read(fields[name]))
            except BadCell:
                unknown[name] = fields[name]
        if unknown:
            values["extra"] = {**values.get("extra", {}), **unknown}

    def _planned(
        self,
        row: Row,
        slug: str,
        values: dict[str, Any],
        faults: list[RowFault],
        links: Mapping[str, Fields],
    ) -> Planned:
        live = links.get(slug)
        if faults and live is not None:
            faults = [fault for fault in faults if not self._as_it_is(row, fault, live, values)]
        self._note_twins(row, slug, faults, links)
        if slug in self._unreadable:
            words = "the platform's record of it cannot be read: nothing is sent for it"
            faults.append(RowFault(self._slug, "unreadable_link", words))
        if live is None:
            return self._new(row, slug, values, faults)
        if not faults and self._existing is Existing.FAIL:
            return self.exists(row, slug)
        if faults:
            return self._rejected(row, slug, faults)
        if self._existing is Existing.SKIP:
            return Planned(Record(row.number, row.line, slug, "", RowState.SKIPPED))
        return self._update(row, slug, values, live)

    def _as_it_is(self, row: Row, fault: RowFault, live: Fields, values: dict[str, Any]) -> bool:
        """Whether a faulty cell is only what the platform itself holds: then it is not ours to refuse."""
        name = self._mapped.columns.get(fault.column, "")
        if name not in FIELDS:
            return False
        if row.fields is None:
            same = restored(row.cells[self._header.index(fault.column)]) == restored(
                cell_of(Link(**live), name)
            )
        else:
            same = row.fields.get(fault.column) == live[FIELDS[name].attribute]
        if same:
            values[FIELDS[name].attribute] = live[FIELDS[name].attribute]
        return same

    def _note_twins(self, row: Row, slug: str, faults: list[RowFault], links: Mapping[str, Fields]) -> None:
        key = folded(slug)
        if not key:
            return
        line = self._seen.setdefault(key, row.line)
        if line == row.line:
            if key != slug:
                self._spelt[key] = slug
        elif (other := self._spelt.get(key, key)) == slug:
            faults.append(RowFault(self._slug, "duplicate_slug", f"{slug} stands on line {line} too"))
        elif slug not in links:
            faults.append(self._near_twin(f"{other} on line {line}"))
        if slug not in links and (live := self._folds.get(key, key if key in links else "")):
            faults.append(self._near_twin(f"the live link {live}"))

    def _near_twin(self, other: str) -> RowFault:
        return RowFault(self._slug, "near_twin", f"differs from {other} by case or blanks only")

    def _new(self, row: Row, slug: str, values: dict[str, Any], faults: list[RowFault]) -> Planned:
        if "destination_url" not in values and not any(f.code == "invalid_destination_url" for f in faults):
            faults.append(RowFault("destinationUrl", "invalid_destination_url", "the destination is missing"))
        if "slug" not in values or "destination_url" not in values:
            return self._rejected(row, slug, faults + rule_faults(values.get("rules", ())))
        faults += _whole_faults(values, values)
        if faults:
            return self._rejected(row, slug, faults)
        link = Link(**values) if self._keep else None
        asked = self._asked_version(row)
        if asked:
            words = f"it was to be {asked}, and the link does not exist"
            return self._stale(row, slug, words)
        self._note_hosts(values)
        record = Record(
            row.number, row.line, slug, "create", RowState.PLANNED, weight_of_fields(values), link, None, (),
            self._cells(row),
        )  # fmt: skip
        return Planned(record)

    def _update(self, row: Row, slug: str, values: dict[str, Any], fields: Fields) -> Planned:
        if _is_so(fields, values):
            return Planned(Record(row.number, row.line, slug, "", RowState.UNCHANGED))
        live = Link(**fields)
        if "extra" in values:
            values["extra"] = {**live.extra, **values["extra"]}
        link = replace(live, **values)
        changes = diff(live, link) + _extra_changes(live, link)
        if not changes:
            return Planned(Record(row.number, row.line, slug, "", RowState.UNCHANGED))
        faults = _whole_faults({**fields, **values}, values)
        if faults:
            return self._rejected(row, slug, faults)
        asked = self._asked_version(row)
        if asked and asked not in {label(live.version), str(live.version)}:
            return self._stale(row, slug, f"it was to be {asked}, and {label(live.version)} is live")
        self._note_hosts(values)
        record = Record(
            row.number, row.line, slug, "update", RowState.PLANNED, weight_of(link), link, live.version, (),
            self._cells(row),
        )  # fmt: skip
        return Planned(record, changes)

    def _note_hosts(self, values: Mapping[str, Any]) -> None:
        """Hosts in other letters than ASCII that would be pointed at: they may look like another."""
        for rule in values.get("rules") or ():
            if host := foreign_host(rule.destination_url):
                self.foreign[host] += 1
        if host := foreign_host(values.get("destination_url", "")):
            self.foreign[host] += 1

    def _asked_version(self, row: Row) -> str:
        """The version that a row is for; empty when it is for any."""
        if self._version is None:
            return ""
        if row.fields is None:
            return row.cells[self._header.index(self._version)].strip()
        value: VersionId | None = row.fields.get(self._version)
        return "" if value is None else str(value)

    def _rejected(self, row: Row, slug: str, faults: list[RowFault]) -> Planned:
        record = Record(
            row.number, row.line, slug, "", RowState.REJECTED, faults=tuple(faults), cells=self._cells(row)
        )
        return Planned(record)

    def _stale(self, row: Row, slug: str, words: str) -> Planned:
        fault = RowFault(self._version or VERSION, "stale", words)
        record = Record(
            row.number, row.line, slug, "", RowState.STALE, faults=(fault,), cells=self._cells(row)
        )
        return Planned(record)

    def _cells(self, row: Row) -> Sequence[str]:
        if row.fields is None:
            return row.cells
        return [_text(row.fields.get(name)) for name in self._header]


def _whole_faults(whole: Fields, values: Mapping[str, Any]) -> list[RowFault]:
    """What is wrong with a link as it would be, `whole`, in what a row says of it."""
    faults = rule_faults(values["rules"]) if values.get("rules") else []
    if not values.keys().isdisjoint(SCHEDULE):
        faults += schedule_faults(*map(whole.get, SCHEDULE))
    return faults


def _is_so(live: Fields, values: Mapping[str, Any]) -> bool:
    """Whether a link has every value of a row already."""
    for name, value in values.items():
        if live[name] != value and (name != "extra" or not _holds(live["extra"], value)):
            return False
    return True


def _holds(extra: Mapping[str, JSON], wanted: Mapping[str, JSON]) -> bool:
    return all(name in extra and extra[name] == value for name, value in wanted.items())


def _extra_changes(before: Link, after: Link) -> tuple[Change, ...]:
    """Unknown fields that would change: they are sent, so they are shown."""
    names = [name for name in after.extra if before.extra.get(name) != after.extra[name]]
    return tuple(Change(name, before.extra.get(name), after.extra[name]) for name in names)


def _text(value: JSON) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "|".join(value)
    return json.dumps(value)
