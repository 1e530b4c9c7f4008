"""The strict JSON edge: what `json` forgives, an incident console must not.

`json.loads` takes NaN, infinities, a field named twice (the last wins) and any depth. Here they are
refused, because a version read wrongly is a rollback to the wrong place. A lone surrogate (a title that
was cut inside an emoji) is no reason to lose a link: it becomes U+FFFD.
"""

from __future__ import annotations

import json
import math
from typing import Final

from console.domain.errors import UnreadableAnswer
from console.domain.links import JSON

MAX_DEPTH: Final = 64
"""Nested arrays and objects; platform-api needs seven."""
MAX_CONTAINERS: Final = 200_000
"""Arrays and objects in one document: bounds the memory that a small hostile body can ask for."""


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is too large")
    return value


def _unique(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a field comes twice")
    return made


DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite
)
FAULTS: Final = (ValueError, RecursionError, OverflowError)
"""What decoding raises: JSON and Unicode errors are ValueErrors."""


def loads(body: bytes, what: str) -> JSON:
    """Decode one JSON document.

    Args:
        body: UTF-8, with or without a byte order mark.
        what: the answer in the operator's words, for the error: `the history of spring-launch`.

    Raises:
        UnreadableAnswer: not UTF-8, not JSON, NaN or infinite numbers, a field that comes twice, deeper
            than `MAX_DEPTH`, more than `MAX_CONTAINERS`.
    """
    try:
        return decoded(body.decode("utf-8-sig"))
    except FAULTS as error:
        raise unreadable(what, reason_of(error)) from None


def decoded(text: str) -> JSON:
    """Decode one JSON text; raises one of `FAULTS`."""
    return vetted(DECODER.decode(text), text)


def vetted(value: JSON, text: str) -> JSON:
    """A decoded value with the rest of the edge's rules applied; `text` is what it was decoded from."""
    containers = text.count("{") + text.count("[")
    if containers > MAX_DEPTH:
        if containers > MAX_CONTAINERS:
            raise ValueError("it holds more values than any answer needs")
        if _deeper_than(value, MAX_DEPTH):
            raise ValueError("it is nested too deeply")
    if "\\" in text and ("\\ud" in text or "\\uD" in text):
        return mended(value)
    return value


def reason_of(error: BaseException) -> str:
    """Why decoding failed, in words that quote nothing of the answer."""
    if isinstance(error, UnicodeError):
        return "it is not UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON (line {error.lineno}, column {error.colno})"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    message = str(error)
    return "a number is too long" if "digits" in message else message


def unreadable(what: str, reason: str, *, hint: str = "") -> UnreadableAnswer:
    """The error for an answer of a shape nobody expected."""
    return UnreadableAnswer(
        f"The platform's answer about {what} cannot be read",
        detail=f"{reason[:1].upper()}{reason[1:]}. Nothing was concluded from it.",
        hint=hint or "Try again; if it stays, run `repoint doctor`.",
    )


def _deeper_than(value: JSON, limit: int) -> bool:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(limit):
        if not level:
            return False
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
    return bool(level)


def mended(value: JSON) -> JSON:
    """The value with lone surrogates replaced: neither a terminal nor a database takes them."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [mended(item) for item in value]
    if isinstance(value, dict):
        return {mended(key): mended(item) for key, item in value.items()}
    return value
