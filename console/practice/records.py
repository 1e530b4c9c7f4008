"""The record of a link as the practice platform takes and keeps it: checked on the way in, text inside."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from console.domain.links import ROUTE_WORDS, SLUG, Link, Rule
from console.domain.urls import UrlProblem, check_destination, host_of
from console.practice.problems import Problem

Record = dict[str, Any]
"""A link's content: what an operator sets, without what the platform adds."""

PLATFORM_FIELDS: Final = frozenset(
    {"id", "slug", "url", "version", "clicks", "hasPassword", "createdAt", "updatedAt", "updatedBy"}
)
"""Set by the platform; a PUT or an import that sends them back changes nothing by it."""
CONTROL_FIELDS: Final = frozenset({"expectedVersion", "reason", "password"})
"""Steer a write; never part of the record."""
BLOCKED_HOSTS: Final = frozenset({"malware.example", "phishing.example", "go.localhost"})
"""The block list (platform-api); go.localhost serves the short links themselves."""

DEFAULTS: Final[Mapping[str, Any]] = {
    "title": "",
    "description": "",
    "tags": [],
    "categories": [],
    "enabled": True,
    "redirectType": 302,
    "scheduledStartAt": None,
    "scheduledEndAt": None,
    "expiresAt": None,
    "maxClicks": None,
    "routingRules": [],
    "tracking": {},
    "trackingPolicy": {},
}
MAX_TEXT: Final = 4096
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})\Z")
_LEAP: Final = re.compile(r"(T\d\d:\d\d):60")


def iso(seconds: float) -> str:
    """Unix time as the platform writes it: UTC, milliseconds, `Z`."""
    whole = datetime.fromtimestamp(seconds, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{whole.microsecond // 1000:03d}Z"


def when(text: str) -> datetime:
    """Read a time as RFC 3339 has it; a leap second is the second before.

    Raises:
        ValueError: not a time, or one that UTC has no year for.
        OverflowError: the same, at the ends of the calendar.
    """
    if not _TIME.match(text):
        raise ValueError(text)
    return datetime.fromisoformat(_LEAP.sub(r"\1:59", text.upper())).astimezone(UTC)


def as_text(record: Mapping[str, Any]) -> str:
    """A record as it is kept: ASCII, so that any string an operator can send can be stored."""
    return json.dumps(record, separators=(",", ":"))


def check_slug(slug: object) -> str:
    """The slug of a link that may be made.

    Raises:
        Problem: 400 `invalid_slug`: not the documented pattern, or a word that collides with a route.
    """
    if not isinstance(slug, str) or not SLUG.match(slug):
        raise Problem(400, "invalid_slug", "a slug is 4 to 24 of A-Z a-z 0-9 _ -")
    if slug in ROUTE_WORDS:
        raise Problem(400, "invalid_slug", f"{slug!r} is a route's name")
    return slug


def checked(body: Mapping[str, Any]) -> Record:
    """The content of a whole record as it will be kept; fields that nobody knows stay in it.

    Raises:
        Problem: 400 with the code `invalid_...` of the first field that is wrong.
    """
    record: Record = {"destinationUrl": _destination(body.get("destinationUrl"))}
    for name, default in DEFAULTS.items():
        value = body.get(name, default)
        record[name] = _CHECKS[name](name, value)
    for name, value in body.items():
        if name not in record and name not in PLATFORM_FIELDS and name not in CONTROL_FIELDS:
            record[name] = value
    return record


def _bad(name: str, message: str) -> Problem:
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in name.split(".", 1)[0])
    return Problem(400, f"invalid_{words}", f"{name}: {message}")


def _destination(value: object, name: str = "destinationUrl") -> str:
    if not isinstance(value, str):
        raise Problem(400, "invalid_destination_url", f"{name} is required and is a string")
    try:
        check_destination(value)
    except UrlProblem as problem:
        raise Problem(400, problem.code, f"{name} {problem.message}") from problem
    if host_of(value).split(":", 1)[0] in BLOCKED_HOSTS:
        raise Problem(400, "invalid_destination_url", f"{name} is on the block list")
    return value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _bad(name, "is a string")
    if len(value) > MAX_TEXT:
        raise _bad(name, f"is longer than {MAX_TEXT} characters")
    return value


def _words(name: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise _bad(name, "is a list of strings")
    return list(value)


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _bad(name, "is true or false")
    return value


def whole(value: object) -> int | None:
    """A whole number as JSON has it: 3 and 3.0 are, true and "3" are not."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is int else None


def _redirect(name: str, value: object) -> int:
    status = whole(value)
    if status not in {302, 307}:
        raise _bad(name, "is 302 or 307")
    assert status is not None
    return status


def _time(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise _bad(name, "is a time (RFC 3339) or null")
    try:
        when(value)
    except (ValueError, OverflowError) as error:
        raise _bad(name, "is a time (RFC 3339) or null") from error
    return value


def _clicks(name: str, value: object) -> int | None:
    if value is None:
        return None
    count = whole(value)
    if count is None or count < 1:
        raise _bad(name, "is a whole number from 1 on, or null")
    return count


def _object(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _bad(name, "is an object")
    return value


def _rules(name: str, value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise _bad(name, "is a list of rules")
    return [_rule(name, rule) for rule in value]


def _rule(name: str, rule: object) -> dict[str, Any]:
    if not isinstance(rule, dict):
        raise _bad(name, "holds something that is no rule")
    _destination(rule.get("destinationUrl"), f"{name}.destinationUrl")
    if whole(rule.get("priority", 0)) is None:
        raise _bad(name, "priority is a whole number")
    if not all(isinstance(rule.get(key, ""), str) for key in ("id", "name")):
        raise _bad(name, "id and name are strings")
    conditions = _object(name, rule.get("conditions", {}))
    for key in CONDITIONS:
        _words(f"{name}.{key}", conditions.get(key, []))
    return rule


_CHECKS: Final[Mapping[str, Callable[[str, object], Any]]] = {
    "title": _text,
    "description": _text,
    "tags": _words,
    "categories": _words,
    "enabled": _flag,
    "redirectType": _redirect,
    "scheduledStartAt": _time,
    "scheduledEndAt": _time,
    "expiresAt": _time,
    "maxClicks": _clicks,
    "routingRules": _rules,
    "tracking": _object,
    "trackingPolicy": _object,
}
CONDITIONS: Final = ("countryIn", "deviceIn", "sourceIn", "campaignIn", "segmentIn")


def expected_version(body: Mapping[str, Any]) -> int | None:
    """The version that a write was made for; None when it does not say.

    Raises:
        Problem: 400 `invalid_expected_version`.
    """
    told = body.get("expectedVersion")
    number = whole(told)
    if told is not None and number is None:
        raise Problem(400, "invalid_expected_version", "expectedVersion is a version's number")
    return number


class Locked(Protocol):
    """Whatever may have a password."""

    @property
    def password(self) -> str | None:
        """The password, None for none."""
        ...


def next_password(body: Mapping[str, Any], held: Locked | None) -> str | None:
    """The password after a write: a new one; none; or, where the body is silent, the one there is.

    It is never echoed, so a record that was read and sent back has none, and must not unlock the link.

    Raises:
        Problem: 400 `invalid_password`.
    """
    if "password" not in body:
        return None if held is None or body.get("hasPassword") is False else held.password
    password = body["password"]
    if password is not None and not isinstance(password, str):
        raise Problem(400, "invalid_password", "password is a string or null")
    return password or None


def as_rule(rule: Mapping[str, Any]) -> Rule:
    """A checked rule as the domain evaluates it."""
    conditions = rule.get("conditions", {})
    country, device, source, campaign, segment = (tuple(conditions.get(key, ())) for key in CONDITIONS)
    return Rule(
        destination_url=rule["destinationUrl"],
        priority=whole(rule.get("priority", 0)) or 0,
        rule_id=rule.get("id", ""),
        name=rule.get("name", ""),
        countries=country,
        devices=device,
        sources=source,
        campaigns=campaign,
        segments=segment,
        extra_conditions={k: v for k, v in conditions.items() if k not in CONDITIONS},
    )


def as_link(slug: str, record: Mapping[str, Any], *, has_password: bool = False) -> Link:
    """A kept record as the domain's `Link`, as far as routing needs it."""
    starts, ends, expires = (
        when(record[key]) if record.get(key) else None
        for key in ("scheduledStartAt", "scheduledEndAt", "expiresAt")
    )
    return Link(
        slug=slug,
        destination_url=record["destinationUrl"],
        enabled=record.get("enabled", True),
        redirect_type=record.get("redirectType", 302),
        scheduled_start_at=starts,
        scheduled_end_at=ends,
        expires_at=expires,
        max_clicks=record.get("maxClicks"),
        has_password=has_password,
        rules=tuple(as_rule(rule) for rule in record.get("routingRules", ())),
    )
