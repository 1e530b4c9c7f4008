"""The columns that an import knows: their names, what people call them, and how their cells are read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from console.api.wire_links import rule_from
from console.api.wire_values import Odd
from console.domain import rows
from console.domain.errors import InputRejected, UsageProblem
from console.domain.links import JSON, Rule
from console.domain.nearest import nearest
from console.domain.rows import BadCell
from console.domain.text import safe

_NOT_A_LETTER: Final = re.compile(r"[^a-z0-9]+")


def _rules(value: JSON) -> tuple[Rule, ...]:
    if value is None or value == "":
        return ()
    found = rows.read_json(value) if isinstance(value, str) else value
    try:
        if not isinstance(found, list):
            raise BadCell("invalid_routing_rules", "is not a list of rules")
        return tuple(rule_from(item) for item in found)
    except Odd as error:
        raise BadCell("invalid_routing_rules", "holds something that is no rule") from error


@dataclass(frozen=True, slots=True)
class Field:
    """One column: the link's field it fills, how a cell is read, and what a cell left blank means.

    Attributes:
        blank_keeps: a blank cell leaves the field as it is, because the field cannot be empty.
    """

    name: str
    attribute: str
    read: Callable[[JSON], Any]
    blank_keeps: bool = False


FIELDS: Final[Mapping[str, Field]] = {
    field.name: field
    for field in (
        Field("slug", "slug", rows.read_slug),
        Field("destinationUrl", "destination_url", rows.read_destination),
        Field("title", "title", rows.read_text),
        Field("description", "description", rows.read_text),
        Field("tags", "tags", rows.read_list),
        Field("categories", "categories", rows.read_list),
        Field("enabled", "enabled", rows.read_flag, blank_keeps=True),
        Field("redirectType", "redirect_type", rows.read_redirect, blank_keeps=True),
        Field("scheduledStartAt", "scheduled_start_at", rows.read_time),
        Field("scheduledEndAt", "scheduled_end_at", rows.read_time),
        Field("expiresAt", "expires_at", rows.read_time),
        Field("maxClicks", "max_clicks", rows.read_max_clicks),
        Field("routingRules", "rules", _rules),
        Field("tracking", "tracking", rows.read_object),
        Field("trackingPolicy", "tracking_policy", rows.read_object),
        Field("extra", "extra", rows.read_object),
    )
}
VERSION: Final = "version"
"""The column that makes a row conditional."""
LEFT_OUT: Final = "-"
"""In a mapping: the column fills nothing."""
ADDED: Final = ("line", "code", "message")
"""What a rejects file adds; left out when it is imported again."""
READ_ONLY: Final = frozenset(
    {"hasPassword", "password", "clicks", "createdAt", "updatedAt", "updatedBy", "id", "url", "versionId"}
)
"""Columns of an export that the platform alone sets."""
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "slug": ("shortcode", "short", "alias", "backhalf", "key", "code", "name", "path"),
    "destinationUrl": ("destination", "target", "longurl", "targeturl", "redirectto", "link", "url", "to"),
    "title": ("label",),
    "description": ("desc", "notes"),
    "tags": ("tag", "labels"),
    "categories": ("category",),
    "enabled": ("active",),
    "redirectType": ("redirect", "statuscode"),
    "scheduledStartAt": ("start", "startsat", "startat", "from"),
    "scheduledEndAt": ("end", "endsat", "endat", "until"),
    "expiresAt": ("expires", "expiry", "expiration"),
    "maxClicks": ("clicklimit",),
    "routingRules": ("rules",),
}


def _plain(name: str) -> str:
    return _NOT_A_LETTER.sub("", name.lower())


_EXACT: Final = {_plain(name): name for name in (*FIELDS, VERSION)}
_IGNORED: Final = frozenset(_plain(name) for name in (*READ_ONLY, *ADDED))


@dataclass(frozen=True, slots=True)
class Mapped:
    """Which column fills which field.

    Attributes:
        columns: field by header, in the file's order; what is not here is ignored.
        guessed: headers that were not a field's own name and were not named by the operator.
        ignored: headers that fill nothing.
        left_out: those of them that the operator wanted to fill nothing.
    """

    columns: Mapping[str, str]
    guessed: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    left_out: frozenset[str] = frozenset()


def given_mapping(text: str) -> dict[str, str]:
    """`--mapping header=field,...`; a column that is to fill nothing is `header=-`.

    Raises:
        UsageProblem: not of that form, or no such field.
    """
    found: dict[str, str] = {}
    for pair in text.split(",") if text.strip() else ():
        header, equals, name = pair.rpartition("=")
        field = LEFT_OUT if name.strip() == LEFT_OUT else _EXACT.get(_plain(name))
        if not equals or not header.strip():
            raise UsageProblem("--mapping takes HEADER=FIELD,...", hint="For example Address=destinationUrl")
        if field is None:
            close = nearest(name, (*FIELDS, VERSION))
            hint = f"Did you mean {close}?" if close else f"Fields: {', '.join((*FIELDS, VERSION))}"
            raise UsageProblem(f"There is no field {safe(name, 40)}", hint=hint)
        found[header.strip()] = field
    return found


def map_columns(headers: Sequence[str], given: Mapping[str, str]) -> Mapped:
    """Fit headers to fields: as told, then by the field's own name, then by what people call it.

    Raises:
        UsageProblem: `given` names a header that is not there.
        InputRejected: two columns fill one field, or none fills `slug`.
    """
    mapped = fit_columns(headers, given)
    if "slug" not in mapped.columns.values():
        raise InputRejected(
            "No column holds the slug",
            detail=f"Nothing was sent. {_named(headers)}",
            hint="Say which: --mapping 'HEADER=slug,HEADER=destinationUrl'",
        )
    return mapped


def fit_columns(headers: Sequence[str], given: Mapping[str, str]) -> Mapped:
    """The same for a file whose slug may have no column yet. Raises as `map_columns`."""
    missing = [name for name in given if name not in headers]
    if missing:
        raise UsageProblem(f"The file has no column {safe(missing[0], 40)}", hint=_named(headers))
    columns = {header: field for header, field in given.items() if field != LEFT_OUT}
    if len(set(columns.values())) < len(columns):
        twice = Counter(columns.values()).most_common(1)[0][0]
        raise InputRejected(f"Two columns are the {twice}", detail=_named(headers))
    free = [header for header in headers if given.get(header) != LEFT_OUT]
    for header in free:
        field = _EXACT.get(_plain(header))
        if header not in columns and field is not None:
            if field in columns.values():
                if header in given.values() or field in given.values():
                    continue
                raise InputRejected(f"Two columns are the {field}", detail=_named(headers))
            columns[header] = field
    guessed = _guess(free, columns)
    ignored = tuple(header for header in headers if header not in columns)
    ordered = {header: columns[header] for header in headers if header in columns}
    return Mapped(ordered, guessed, ignored, frozenset(headers) - frozenset(free))


def _guess(headers: Sequence[str], columns: dict[str, str]) -> tuple[str, ...]:
    guessed: list[str] = []
    for field, words in _ALSO.items():
        if field in columns.values():
            continue
        for word in words:
            found = [h for h in headers if h not in columns and _plain(h) == word]
            if len(found) == 1 and (found[0] not in {"id", *ADDED} or field != "slug"):
                columns[found[0]] = field
                guessed.append(found[0])
                break
    return tuple(guessed)


def _named(headers: Sequence[str]) -> str:
    shown = ", ".join(safe(header, 40) for header in headers[:20])
    return f"It has {shown}"


def is_ours(header: str) -> bool:
    """Whether a column is one that an export or a rejects file has and an import need not mention."""
    return _plain(header) in _IGNORED
