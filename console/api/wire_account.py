"""Who we are and what we may spend, from the wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from console.api.port import Identity
from console.api.wire_json import unreadable
from console.api.wire_values import first, inner_of, moment, name, or_else, text, whole
from console.domain.budget import Meter
from console.domain.links import JSON
from console.domain.target import Role

_TOKENS: Final = ("token", "accessToken", "access_token", "jwt", "idToken", "id_token")


def meter_from(raw: JSON, as_of: datetime) -> Meter | None:
    """The day's writes; None when the answer does not say how many were used.

    Shape (A): `{plan, limits: {writesPerDay}, usage: {writesToday, writesDay}}`, flat or one level down;
    the account's time zone, or when the writes come back, where it says so.
    """
    around = inner_of(raw, ("meters", "data", "usageMeters"))
    if not isinstance(around, Mapping):
        return None
    limits = {**around, **_object(around.get("limits"))}
    usage = {**around, **_object(around.get("usage"))}
    used = or_else(whole, first(usage, "writesToday", "used"), None)
    if used is None:
        return None
    return Meter(
        plan=or_else(text, around.get("plan"), ""),
        limit=or_else(whole, first(limits, "writesPerDay", "dailyWrites"), None),
        used=used,
        day=or_else(name, first(usage, "writesDay", "day"), ""),
        as_of=as_of,
        zone=or_else(text, first({**usage, **limits}, "timeZone", "timezone", "zone"), ""),
        resets_at=or_else(moment, first({**limits, **usage}, "resetsAt", "resetAt", "writesResetAt"), None),
    )


def _object(value: JSON) -> Mapping[str, JSON]:
    return value if isinstance(value, dict) else {}


def identity_from(raw: JSON, handle: str) -> Identity:
    """Who we are: `{user: {id, email, name}, handles: [{handle, role}], plan}`, or the same laid flat.

    Raises:
        UnreadableAnswer: nobody is named.
    """
    around = inner_of(raw, ("data", "me"))
    if not isinstance(around, dict):
        raise unreadable("who we are", "it is not an object")
    user = inner_of(around, ("user", "operator", "account"))
    operator = or_else(name, first(user, "id", "userId", "sub", "email"), "")
    if not operator:
        raise unreadable("who we are", "it names nobody")
    handles = tuple(_handles(around))
    role = next((role for named, role in handles if named == handle), Role.UNKNOWN)
    if role is Role.UNKNOWN and around.get("handle") in {None, handle}:
        role = Role.parse(first(around, "role") or first(user, "role"))
    return Identity(
        operator=operator,
        name=or_else(text, first(user, "name", "displayName", "email"), operator),
        role=role,
        plan=or_else(text, first(around, "plan") or first(user, "plan"), ""),
        handles=handles,
    )


def _handles(around: Mapping[str, JSON]) -> Iterator[tuple[str, Role]]:
    listed = first(around, "handles", "memberships")
    if isinstance(listed, dict):
        yield from ((str(key), Role.parse(value)) for key, value in listed.items())
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, str):
            yield item, Role.UNKNOWN
        elif isinstance(item, dict):
            named = or_else(name, first(item, "handle", "name", "id"), "")
            if named:
                yield named, Role.parse(item.get("role"))


def role_from(raw: JSON, operator: str, email: str = "") -> Role:
    """Our own role among a handle's collaborators; UNKNOWN when we are not in the list."""
    around: Any = inner_of(raw, ("data",))
    if isinstance(around, dict):
        own = Role.parse(first(around, "role", "ownRole", "yourRole") or "")
        if own is not Role.UNKNOWN:
            return own
        around = first(around, "collaborators", "items", "results")
    for item in around if isinstance(around, list) else ():
        if not isinstance(item, dict):
            continue
        user = {**item, **_object(item.get("user"))}
        named = {user.get(key) for key in ("id", "userId", "sub", "email", "name") if _is_text(user.get(key))}
        if named & {operator, email} - {""}:
            return Role.parse(item.get("role"))
    return Role.UNKNOWN


def _is_text(value: JSON) -> bool:
    return isinstance(value, str) and bool(value)


def token_from(raw: JSON) -> str:
    """The new token in the answer to a refresh.

    Raises:
        UnreadableAnswer: there is none.
    """
    around = inner_of(raw, ("data", "tokens", "session"))
    found = first(around, *_TOKENS) if isinstance(around, dict) else None
    if not _is_text(found):
        raise unreadable("the new token", "it holds no token")
    return str(found)
