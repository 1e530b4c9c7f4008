"""Links and timelines as text and back, without loss: our own form, which the platform never sees.

A link is a list of values in the order of `LINK_FIELDS`, a rule one in the order of `RULE_FIELDS`: short,
and quick to make, since a sync of a million links runs through here. A version keeps its type (3 is not
"3"); unknown fields of the platform are kept as they came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from cache.problems import Damaged
from console.domain.links import JSON, Link, Rule
from console.domain.versions import Action, Source, Timeline, Version

Values = list[Any]
Document = dict[str, Any]

LINK_FIELDS: Final = (
    "slug", "destination_url", "title", "description", "tags", "categories", "enabled", "redirect_type",
    "has_password", "max_clicks", "version", "link_id", "url", "updated_by", "clicks",
    "scheduled_start_at", "scheduled_end_at", "expires_at", "created_at", "updated_at",
    "tracking", "tracking_policy", "extra", "rules",
)  # fmt: skip
"""The order of a link's values. New fields go to the end: older records are shorter, and are still read."""
RULE_FIELDS: Final = (
    "destination_url", "priority", "rule_id", "name", "countries", "devices", "sources", "campaigns",
    "segments", "extra", "extra_conditions",
)  # fmt: skip

_LISTS: Final = ("tags", "categories")
_TIMES: Final = ("scheduled_start_at", "scheduled_end_at", "expires_at", "created_at", "updated_at")
_RULE_LISTS: Final = ("countries", "devices", "sources", "campaigns", "segments")
_CLICKS: Final = LINK_FIELDS.index("clicks")
_TIME_PLACES: Final = slice(LINK_FIELDS.index(_TIMES[0]), LINK_FIELDS.index(_TIMES[-1]) + 1)
_MAP_PLACES: Final = tuple(LINK_FIELDS.index(name) for name in ("tracking", "tracking_policy", "extra"))
_MAPS: Final = tuple(LINK_FIELDS[place] for place in _MAP_PLACES)
_RULES: Final = LINK_FIELDS.index("rules")

_values_of: Final = attrgetter(*LINK_FIELDS)
_rule_values_of: Final = attrgetter(*RULE_FIELDS)
_encode: Final = json.JSONEncoder(separators=(",", ":")).encode


def link_to_json(link: Link) -> str:
    """The whole link as ASCII text."""
    return _encode(link_values(link))


def record_of(link: Link) -> str:
    """The link as ASCII text without its click counter, which moves all the time."""
    values = link_values(link)
    values[_CLICKS] = None
    return _encode(values)


def link_from_json(text: str) -> Link:
    """The link that `link_to_json` wrote.

    Raises:
        Damaged: the text is not one that we wrote.
    """
    return Link(**fields_from_json(text))


def fields_from_json(text: str) -> dict[str, Any]:
    """The fields of the link, by name: making the link itself of them takes longer than reading them.

    Raises:
        Damaged: the text is not one that we wrote.
    """
    try:
        return _fields_of(json.loads(text))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _unreadable("link", error) from error


def values_of_records(records: Sequence[str]) -> list[Values]:
    """The values of many links as they are stored, decoded at once and not looked into.

    Raises:
        Damaged: a text is not one that we wrote.
    """
    try:
        found = json.loads(f"[{','.join(records)}]")
    except (ValueError, RecursionError) as error:
        raise _unreadable("link", error) from error
    if len(found) != len(records) or not all(isinstance(values, list) for values in found):
        raise _unreadable("link", TypeError("not a list"))
    return found  # type: ignore[no-any-return]  # a list of lists, as was just looked


def stored(value: JSON) -> JSON:
    """A field's value as it stands among the stored ones of a link."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value) or None
    if isinstance(value, tuple):
        return json.loads(_encode([_rule_values(v) if isinstance(v, Rule) else v for v in value]))
    return value


def link_values(link: Link) -> Values:
    """The whole link as a list of JSON values."""
    values = list(_values_of(link))
    values[_TIME_PLACES] = [time and time.isoformat() for time in values[_TIME_PLACES]]
    for place in _MAP_PLACES:
        values[place] = dict(values[place]) if values[place] else None
    if values[_RULES]:
        values[_RULES] = [_rule_values(rule) for rule in values[_RULES]]
    return values


def link_of(values: Sequence[JSON]) -> Link:
    """The link of `link_values`. Raises KeyError, TypeError or ValueError for anything else."""
    return Link(**_fields_of(values))


def _fields_of(values: Sequence[JSON]) -> dict[str, Any]:
    if not isinstance(values, list):
        raise TypeError("not a list")
    found = dict(zip(LINK_FIELDS, values, strict=False))
    for name in _LISTS:
        found[name] = tuple(found[name])
    for name in _TIMES:
        if found[name] is not None:
            found[name] = datetime.fromisoformat(found[name])
    for name in _MAPS:
        found[name] = found[name] or {}
    found["rules"] = tuple([_rule_of(rule) for rule in found["rules"]])
    return found


def _rule_values(rule: Rule) -> Values:
    *values, extra, conditions = _rule_values_of(rule)
    return [*values, dict(extra), dict(conditions)]


def _rule_of(values: Sequence[JSON]) -> Rule:
    found = dict(zip(RULE_FIELDS, values, strict=False))
    for name in _RULE_LISTS:
        found[name] = tuple(found[name])
    return Rule(**found)


def timeline_to_json(timeline: Timeline) -> str:
    """The whole timeline as ASCII text."""
    return _encode(
        {
            "slug": timeline.slug,
            "live": timeline.live,
            "complete": timeline.complete,
            "as_of": timeline.as_of.isoformat(),
            "link_id": timeline.link_id,
            "versions": [_version_document(version) for version in timeline.versions],
        }
    )


def timeline_from_json(text: str) -> Timeline:
    """The timeline that `timeline_to_json` wrote; its source is now the cache.

    Raises:
        Damaged: the text is not one that we wrote.
    """
    try:
        document = json.loads(text)
        return Timeline(
            slug=document["slug"],
            live=document["live"],
            versions=tuple(_version_of(version) for version in document["versions"]),
            complete=document["complete"],
            as_of=datetime.fromisoformat(document["as_of"]),
            source=Source.CACHE,
            link_id=document["link_id"],
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _unreadable("timeline", error) from error


def _version_document(version: Version) -> Document:
    document: Document = {"version": version.version, "snapshot": link_values(version.snapshot)}
    if version.created_at is not None:
        document["created_at"] = version.created_at.isoformat()
    if version.action is not Action.OTHER:
        document["action"] = version.action.value
    for name in ("created_by", "note"):
        if value := getattr(version, name):
            document[name] = value
    for name in ("rolled_back_to", "parent"):
        if (value := getattr(version, name)) is not None:
            document[name] = value
    return document


def _version_of(document: Mapping[str, JSON]) -> Version:
    values: Document = dict(document)
    values["snapshot"] = link_of(values["snapshot"])
    if "created_at" in values:
        values["created_at"] = datetime.fromisoformat(values["created_at"])
    if "action" in values:
        values["action"] = Action(values["action"])
    return Version(**values)


def _unreadable(what: str, error: Exception) -> Damaged:
    return Damaged(
        f"A {what} in the cache cannot be read",
        detail=f"{type(error).__name__}: not in the form that this program writes.",
        hint="Sync again, or run `repoint cache clear`.",
    )
