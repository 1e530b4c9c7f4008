"""Readers of single wire values. Each returns the domain's value or raises `Odd`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from console.domain.errors import UnreadableAnswer
from console.domain.links import JSON, VersionId
from console.domain.moments import utc

MAX_WHOLE: Final = 2**53
"""Whole numbers from here on are not exact in JSON as the platform's own JavaScript reads it."""
_MILLISECONDS: Final = 1e11  # a number of seconds this large is the year 5138: it counts milliseconds


class Odd(ValueError):
    """A value of another kind than the field has."""


def text(value: JSON) -> str:
    """A string as it is."""
    if type(value) is str:
        return value
    raise Odd


def texts(value: JSON) -> tuple[str, ...]:
    """A list of strings."""
    if type(value) is not list:
        raise Odd
    for item in value:
        if type(item) is not str:
            raise Odd
    return tuple(value)


def flag(value: JSON) -> bool:
    """A JSON true or false, and nothing that merely looks like it."""
    if value is True or value is False:
        return bool(value)
    raise Odd


def whole(value: JSON) -> int:
    """A whole number from 0 to 2^53 - 1. A bool is none."""
    if type(value) is int and 0 <= value < MAX_WHOLE:
        return int(value)
    raise Odd


def mapping(value: JSON) -> Mapping[str, JSON]:
    """An object."""
    if type(value) is dict:
        return value
    raise Odd


def version_id(value: JSON) -> VersionId:
    """A version's name, in the type the platform uses; never a bool, a float or an empty string."""
    if type(value) is int and 0 <= value < MAX_WHOLE:
        return value
    if type(value) is str and value:
        return value
    raise Odd


def name(value: JSON) -> str:
    """An identifier: a string, or a whole number as its digits."""
    return value if type(value) is str else str(whole(value))


def person(value: JSON) -> str:
    """Who did something: a name, or an object that holds one."""
    if type(value) is dict:
        found = first(value, "email", "name", "displayName", "username", "id", "userId", "sub")
        return "" if found is None else name(found)
    return name(value)


def moment(value: JSON) -> datetime:
    """A time in UTC: ISO 8601, or a number of seconds or milliseconds since 1970."""
    try:
        if type(value) is str:
            made = datetime.fromisoformat(value)
            return made if made.tzinfo is UTC else utc(made)
        if type(value) is int or type(value) is float:
            seconds = value / 1000 if value >= _MILLISECONDS else value
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Odd from error
    raise Odd


def wire_time(value: datetime | None) -> str | None:
    """A time as the platform writes it: `2026-03-01T09:00:00.000Z`."""
    if value is None:
        return None
    precision = "microseconds" if value.microsecond % 1000 else "milliseconds"
    return value.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def first(raw: Mapping[str, JSON], *names: str) -> JSON:
    """The first of the fields `names` that is there and not null."""
    for key in names:
        value = raw.get(key)
        if value is not None:
            return value
    return None


def or_else(read: object, value: JSON, default: JSON) -> JSON:
    """`read(value)`, or the default where the value is missing or odd. Not for fields that decide."""
    if value is None or not callable(read):
        return default
    try:
        return read(value)
    except Odd:
        return default


def listed(raw: JSON, what: str, *keys: str) -> tuple[list[JSON], Mapping[str, JSON]]:
    """The list in an answer, and the object round it: a bare array has none.

    Raises:
        UnreadableAnswer: no list is there under any of `keys`.
    """
    if type(raw) is list:
        return raw, {}
    if type(raw) is dict:
        for key in keys:
            value = raw.get(key)
            if type(value) is list:
                return value, raw
        inner = raw.get("data")
        if type(inner) is dict:
            return listed(inner, what, *keys)
    raise UnreadableAnswer(
        f"The platform's answer about {what} holds no list",
        detail="None of the fields " + ", ".join(keys) + " holds one.",
        hint="Run `repoint doctor` to compare the platform's answers with what is expected.",
    )


def next_token(around: Mapping[str, JSON]) -> str:
    """The token of the next page; empty on the last."""
    token = first(around, "nextToken", "next_token", "nextCursor", "cursor")
    return "" if token is None or token is False else str(token)


def inner_of(raw: JSON, keys: Iterable[str]) -> JSON:
    """The object under the first of `keys` that holds one, else the answer itself."""
    if type(raw) is dict:
        for key in keys:
            value = raw.get(key)
            if type(value) is dict:
                return value
    return raw
