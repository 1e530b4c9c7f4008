"""Links and timelines as text and back, without loss: our own form, which the platform never sees.

Fields at their default are left out. A version keeps its type (3 is not "3"); unknown fields of the
platform are kept as they came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from cache.problems import Damaged
from console.domain.links import JSON, Link, Rule
from console.domain.versions import Action, Source, Timeline, Version

Document = dict[str, Any]

_LISTS: Final = ("tags", "categories")
_TIMES: Final = ("scheduled_start_at", "scheduled_end_at", "expires_at", "created_at", "updated_at")
_MAPS: Final = ("tracking", "tracking_policy", "extra")
_NUMBERS: Final = ("max_clicks", "version", "clicks")
_RULE_LISTS: Final = ("countries", "devices", "sources", "campaigns", "segments")

_encode: Final = json.JSONEncoder(separators=(",", ":")).encode


def link_to_json(link: Link) -> str:
    """The whole link as ASCII text."""
    return _encode(link_document(link))


def link_from_json(text: str) -> Link:
    """The link that `link_to_json` wrote.

    Raises:
        Damaged: the text is not one that we wrote.
    """
    try:
        return link_of(json.loads(text))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _unreadable("link", error) from error


def link_document(link: Link) -> Document:  # noqa: C901, PLR0912 - straight: a million links run through here
    """The whole link as a JSON object."""
    document: Document = {"slug": link.slug, "destination_url": link.destination_url}
    if link.title:
        document["title"] = link.title
    if link.description:
        document["description"] = link.description
    if link.tags:
        document["tags"] = link.tags
    if link.categories:
        document["categories"] = link.categories
    if not link.enabled:
        document["enabled"] = False
    if link.redirect_type != 302:
        document["redirect_type"] = link.redirect_type
    if link.has_password:
        document["has_password"] = True
    if link.link_id:
        document["link_id"] = link.link_id
    if link.url:
        document["url"] = link.url
    if link.updated_by:
        document["updated_by"] = link.updated_by
    for name in _NUMBERS:
        if (number := getattr(link, name)) is not None:
            document[name] = number
    for name in _TIMES:
        if (time := getattr(link, name)) is not None:
            document[name] = time.isoformat()
    for name in _MAPS:
        if mapping := getattr(link, name):
            document[name] = dict(mapping)
    if link.rules:
        document["rules"] = [_rule_document(rule) for rule in link.rules]
    return document


def link_of(document: Mapping[str, JSON]) -> Link:
    """The link of `link_document`. Raises KeyError, TypeError or ValueError for anything else."""
    values: Document = dict(document)
    for name in _LISTS:
        if name in values:
            values[name] = tuple(values[name])
    for name in _TIMES:
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    if "rules" in values:
        values["rules"] = tuple(_rule_of(rule) for rule in values["rules"])
    return Link(**values)


def _rule_document(rule: Rule) -> Document:
    document: Document = {"destination_url": rule.destination_url, "priority": rule.priority}
    for name in ("rule_id", "name", *_RULE_LISTS):
        if value := getattr(rule, name):
            document[name] = value
    for name in ("extra", "extra_conditions"):
        if value := getattr(rule, name):
            document[name] = dict(value)
    return document


def _rule_of(document: Mapping[str, JSON]) -> Rule:
    values: Document = dict(document)
    for name in _RULE_LISTS:
        if name in values:
            values[name] = tuple(values[name])
    return Rule(**values)


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
    document: Document = {"version": version.version, "snapshot": link_document(version.snapshot)}
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
