"""A link record, from the wire and back (platform-api, "The link")."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from console.api.wire_json import unreadable
from console.api.wire_values import (
    Odd,
    flag,
    inner_of,
    mapping,
    moment,
    name,
    person,
    text,
    texts,
    version_id,
    whole,
    wire_time,
)
from console.domain.errors import UnreadableAnswer
from console.domain.links import JSON, Link, Rule

_Reader = tuple[str, Callable[[JSON], Any]]


def _redirect(value: JSON) -> int:
    """302 or 307, as a number or as its digits; whatever 3xx the platform says is kept."""
    number = int(value) if type(value) is str and value.isascii() and value.isdigit() else value
    if type(number) is int and 300 <= number <= 399:
        return number
    raise Odd


def _condition(value: JSON) -> tuple[str, ...]:
    return (value,) if type(value) is str else texts(value)


_CONDITIONS: Final[dict[str, str]] = {
    "countryIn": "countries",
    "deviceIn": "devices",
    "sourceIn": "sources",
    "campaignIn": "campaigns",
    "segmentIn": "segments",
}
_RULE_FIELDS: Final[dict[str, _Reader]] = {
    "destinationUrl": ("destination_url", text),
    "priority": ("priority", lambda v: v if type(v) is int and abs(v) < 2**53 else whole(v)),
    "id": ("rule_id", name),
    "name": ("name", text),
}


def rule_from(raw: JSON) -> Rule:
    """One routing rule. Conditions that we do not know stay in `extra_conditions`: never assumed to hold.

    Raises:
        Odd: no object, or no destination.
    """
    if type(raw) is not dict:
        raise Odd
    fields: dict[str, Any] = {}
    extra: dict[str, JSON] = {}
    unknown: dict[str, JSON] = {}
    for key, value in raw.items():
        known = _RULE_FIELDS.get(key)
        if known is not None:
            if value is not None:
                fields[known[0]] = known[1](value)
        elif key == "conditions" and type(value) is dict:
            _read_conditions(value, fields, unknown)
        else:
            extra[key] = value
    if not fields.get("destination_url"):
        raise Odd
    return Rule(**fields, extra=extra, extra_conditions=unknown)


def _read_conditions(raw: Mapping[str, JSON], fields: dict[str, Any], unknown: dict[str, JSON]) -> None:
    for key, value in raw.items():
        if value is None:
            continue
        try:
            fields[_CONDITIONS[key]] = _condition(value)
        except (KeyError, Odd):
            unknown[key] = value


def _rules(value: JSON) -> tuple[Rule, ...]:
    if type(value) is not list:
        raise Odd
    return tuple([rule_from(item) for item in value]) if value else ()


_FIELDS: Final[dict[str, tuple[str, type | None, Callable[[JSON], Any]]]] = {
    # wire name: (our name, the type that needs no look, the reader of anything else)
    "slug": ("slug", str, text),
    "destinationUrl": ("destination_url", str, text),
    "title": ("title", str, text),
    "description": ("description", str, text),
    "tags": ("tags", None, texts),
    "categories": ("categories", None, texts),
    "enabled": ("enabled", bool, flag),
    "redirectType": ("redirect_type", None, _redirect),
    "scheduledStartAt": ("scheduled_start_at", None, moment),
    "scheduledEndAt": ("scheduled_end_at", None, moment),
    "expiresAt": ("expires_at", None, moment),
    "maxClicks": ("max_clicks", None, whole),
    # The password itself is never kept, and what the platform puts in its place is never sent back.
    "password": ("has_password", None, lambda v: v not in ("", False)),
    "hasPassword": ("has_password", bool, flag),
    "passwordProtected": ("has_password", bool, flag),
    "routingRules": ("rules", None, _rules),
    "tracking": ("tracking", dict, mapping),
    "trackingPolicy": ("tracking_policy", dict, mapping),
    "version": ("version", None, version_id),
    "versionId": ("version", None, version_id),
    "id": ("link_id", str, name),
    "url": ("url", str, text),
    "clicks": ("clicks", None, whole),
    "createdAt": ("created_at", None, moment),
    "updatedAt": ("updated_at", None, moment),
    "updatedBy": ("updated_by", str, person),
}
_READ_ONLY: Final = frozenset(
    {
        "version", "versionId", "id", "url", "clicks", "createdAt", "updatedAt", "updatedBy", "password",
        "hasPassword", "passwordProtected",
    }
)  # fmt: skip
_DECIDING: Final = frozenset(
    {
        "slug", "destinationUrl", "enabled", "redirectType", "scheduledStartAt", "scheduledEndAt",
        "expiresAt", "maxClicks", "hasPassword", "passwordProtected", "routingRules", "tracking",
        "trackingPolicy", "version", "versionId",
    }
)  # fmt: skip


def link_from(raw: JSON, *, slug: str = "", strict: bool = True) -> Link:
    """A link from its record. Fields that we do not know are kept in `extra`.

    Args:
        raw: the decoded record.
        slug: the slug to use where the record does not repeat it (snapshots in a history).
        strict: refuse a field that decides what visitors get when it cannot be read. Not strict is for
            lists of many links, of which one odd one must not hide the others: the odd value stays in
            `extra`, and the strict reading before any write refuses it.

    Raises:
        UnreadableAnswer: no object, no slug, or an odd deciding field where `strict`.
    """
    if type(raw) is not dict:
        raise unreadable("a link", "it is not an object")
    fields: dict[str, Any] = {}
    extra: dict[str, JSON] = {}
    known = _FIELDS.get
    for key, value in raw.items():
        entry = known(key)
        if entry is None:
            extra[key] = value
        elif value is not None:
            field, plain, read = entry
            try:
                fields[field] = value if type(value) is plain else read(value)
            except Odd:
                _note_odd(key, value, extra, fields.get("slug") or slug, strict=strict)
    if not fields.get("slug"):
        if not slug:
            raise unreadable("a link", "it has no slug")
        fields["slug"] = slug
    if "destination_url" not in fields:
        if strict:
            raise unreadable(f"the link {fields['slug']}", "it has no destinationUrl")
        fields["destination_url"] = ""
    return Link(**fields, extra=extra)


def why_no_link(raw: JSON) -> str:
    """Why `link_from` refuses a record of a list, where it is not strict."""
    return "it has no slug" if type(raw) is dict else "it is not an object"


def _note_odd(key: str, value: JSON, extra: dict[str, JSON], slug: str, *, strict: bool) -> None:
    if strict and key in _DECIDING:
        whom = f"the link {slug}" if slug else "a link"
        raise unreadable(whom, f"its {key} is not of the kind that the field has")
    if key != "password":
        extra[key] = value


def link_answer(raw: JSON, slug: str) -> Link:
    """The link in the answer to a request about `slug`: `{link: Link}` or a bare one.

    Raises:
        UnreadableAnswer: as `link_from`; or the answer is about another link.
    """
    link = link_from(inner_of(raw, ("link", "data", "item")), slug=slug)
    if link.slug != slug:
        raise another_link(slug)
    return link


def another_link(slug: str) -> UnreadableAnswer:
    """The error for an answer that names another slug than the one that was asked about."""
    return unreadable(f"the link {slug}", "it is about another link")


def link_to_wire(link: Link) -> dict[str, JSON]:
    """The whole record as a write sends it: unknown fields passed through, the platform's own left out.

    Nothing is left to a default: PUT may replace or merge, and only a field that is named is certain. The
    password is never sent, since it is never known; that there is one is, so that it may stay.
    """
    wire: dict[str, JSON] = {
        "slug": link.slug,
        "destinationUrl": link.destination_url,
        "title": link.title,
        "description": link.description,
        "tags": list(link.tags),
        "categories": list(link.categories),
        "enabled": link.enabled,
        "redirectType": link.redirect_type,
        "scheduledStartAt": wire_time(link.scheduled_start_at),
        "scheduledEndAt": wire_time(link.scheduled_end_at),
        "expiresAt": wire_time(link.expires_at),
        "maxClicks": link.max_clicks,
        "routingRules": [rule_to_wire(rule) for rule in link.rules],
        "tracking": dict(link.tracking),
        "trackingPolicy": dict(link.tracking_policy),
    }
    if link.has_password:
        wire["hasPassword"] = True
    wire.update((key, value) for key, value in link.extra.items() if key not in _READ_ONLY)
    return wire


def rule_to_wire(rule: Rule) -> dict[str, JSON]:
    """One rule as a write sends it."""
    conditions = {
        key: list(getattr(rule, field)) for key, field in _CONDITIONS.items() if getattr(rule, field)
    }
    wire: dict[str, JSON] = {
        "priority": rule.priority,
        "conditions": {**rule.extra_conditions, **conditions},
        "destinationUrl": rule.destination_url,
        **rule.extra,
    }
    if rule.rule_id:
        wire["id"] = rule.rule_id
    if rule.name:
        wire["name"] = rule.name
    return wire
