"""The rules that a row of an import must keep, told before anything is sent.

Pure: text in, value or fault out. All faults of a row are told at once; a value that cannot be read is
never guessed. Sources: platform-api, "The link"; product.md, section 6.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from console.domain.links import JSON, ROUTE_WORDS, SLUG, Rule
from console.domain.text import code_points, looks_alike, safe
from console.domain.urls import UrlProblem, require_destination

_TRUE: Final = frozenset({"true", "yes", "on", "1", "t", "y"})
_FALSE: Final = frozenset({"false", "no", "off", "0", "f", "n"})
_SLUGS: Final = re.compile(r"[A-Za-z0-9_-]{4,24}(?:\n[A-Za-z0-9_-]{4,24})*\Z")
"""`SLUG`, in each line of a text."""
_HAS_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:?\d\d")
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\0]")
_RAW: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]|\\\\(?=u[0-9a-f]{4})")
_SPELT: Final = re.compile(r"\\u(00[01][0-9a-f]|007f|00[89][0-9a-f]|005c|d[89a-f][0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing that is wrong with a row: in which column, a stable code, and words for people."""

    column: str
    code: str
    message: str


class BadCell(ValueError):
    """A cell that cannot be read as what its column holds. `code` is stable, `message` is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def read_slug(value: JSON) -> str:
    """A slug that a link may have; blanks round it are told, never cut."""
    if not isinstance(value, str) or not value:
        raise BadCell("invalid_slug", "the slug is missing")
    if SLUG.match(value):
        if value in ROUTE_WORDS:
            raise BadCell("invalid_slug", f"{value} is the name of a route")
        return value
    if looks_alike(value):
        spelt = safe(code_points(value), 80)
        raise BadCell(
            "invalid_slug", f"{spelt}: a slug has only A-Z a-z 0-9 _ -, and none that look like them"
        )
    if value.strip() != value:
        raise BadCell("invalid_slug", "a blank stands before or after the slug")
    raise BadCell("invalid_slug", "a slug is 4 to 24 of A-Z a-z 0-9 _ -")


def are_plain_slugs(slugs: Sequence[str]) -> bool:
    """Whether `read_slug` takes each of many; False means that each has to be looked at."""
    return _SLUGS.match("\n".join(slugs)) is not None and ROUTE_WORDS.isdisjoint(slugs)


def read_destination(value: JSON) -> str:
    """A destination as it stands in the row; it is checked by the WHATWG rule and sent unchanged."""
    if not isinstance(value, str) or not value:
        raise BadCell("invalid_destination_url", "the destination is missing")
    try:
        require_destination(value)
    except UrlProblem as problem:
        raise BadCell(problem.code, problem.message) from problem
    return value


def read_text(value: JSON) -> str:
    """Any text; nothing for nothing."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadCell("invalid_text", "is not a text")
    return value


def read_flag(value: JSON) -> bool:
    """`true`, `false`, and the words that spreadsheets write for them."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise BadCell("invalid_enabled", "is neither true nor false")


def read_list(value: JSON) -> tuple[str, ...]:
    """A JSON list of texts, or texts with `|` between them."""
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        if not value.startswith("["):
            return tuple([part for part in map(str.strip, value.split("|")) if part])
        value = read_json(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise BadCell("invalid_list", "is not a list of texts")


def show_list(items: tuple[str, ...]) -> str:
    """The cell that `read_list` reads as `items`."""
    if any("|" in item or item.strip() != item or not item for item in items) or (
        items and items[0].startswith("[")
    ):
        return json.dumps(list(items))
    return "|".join(items)


def read_time(value: JSON) -> datetime | None:
    """A time with its zone (RFC 3339), in UTC; nothing for nothing. A time without a zone is a fault."""
    if value is None or value == "":
        return None
    try:
        if not isinstance(value, str) or not _HAS_TIME.match(value):
            raise BadCell("invalid_time", "is not a time like 2026-03-01T09:00:00Z")
        made = datetime.fromisoformat(value.strip())
        if made.tzinfo is None:
            raise BadCell("invalid_time", "has no time zone: add Z or an offset")
        return made.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, BadCell):
            raise
        raise BadCell("invalid_time", "is not a time like 2026-03-01T09:00:00Z") from error


def read_max_clicks(value: JSON) -> int | None:
    """A whole number from 1 on; nothing for nothing."""
    if value is None or value == "":
        return None
    number = _whole(value)
    if number is None or not 1 <= number < 2**53:
        raise BadCell("invalid_max_clicks", "is not a whole number from 1 on")
    return number


def read_redirect(value: JSON) -> int:
    """302 or 307."""
    number = _whole(value)
    if number not in {302, 307}:
        raise BadCell("invalid_redirect_type", "is neither 302 nor 307")
    return number or 302


def _whole(value: JSON) -> int | None:
    if type(value) is int:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 16:
        return int(value)
    return None


def read_object(value: JSON) -> Mapping[str, JSON]:
    """A JSON object; nothing is an empty one."""
    if value is None or value == "":
        return {}
    found = read_json(value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        raise BadCell("invalid_object", "is not a JSON object")
    return found


def read_json(text: str) -> JSON:
    """A cell that holds JSON: no NaN, no name twice."""
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise BadCell("invalid_json", "is not JSON") from error


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _unique(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name comes twice")
    return made


def rule_faults(rules: tuple[Rule, ...]) -> list[RowFault]:
    """What is wrong with the destinations of a row's rules."""
    faults = []
    for number, rule in enumerate(rules, 1):
        try:
            require_destination(rule.destination_url)
        except UrlProblem as problem:
            message = f"rule {number}: {problem.message}"
            faults.append(RowFault("routingRules", "invalid_routing_rules", message))
    return faults


def schedule_faults(start: datetime | None, end: datetime | None, expires: datetime | None) -> list[RowFault]:
    """Whether a link would end before it starts."""
    if start is not None and end is not None and end <= start:
        return [RowFault("scheduledEndAt", "invalid_schedule", "the end is not after the start")]
    if start is not None and expires is not None and expires <= start:
        return [RowFault("expiresAt", "invalid_schedule", "it expires before it starts")]
    return []


def folded(slug: str) -> str:
    """What near-twins have in common: case, composition and blanks told nothing apart."""
    if slug.isascii():
        return slug.strip().lower()
    return unicodedata.normalize("NFKC", slug).strip().casefold()


def neutralised(cell: str) -> str:
    r"""A cell that no spreadsheet takes for a formula and that holds no control character.

    A leading apostrophe stands before `= + - @`, tab, carriage return and NUL (and before an apostrophe that
    stands before one); control characters are spelt `\u001b`. `restored` undoes both.
    """
    if _FORMULA.match(cell):
        cell = "'" + cell
    return _RAW.sub(lambda found: f"\\u{ord(found[0]):04x}", cell)


def restored(cell: str) -> str:
    """The text that `neutralised` made a cell of."""
    if "\\u" in cell:
        cell = _SPELT.sub(lambda found: chr(int(found[1], 16)), cell)
    if cell.startswith("'") and _FORMULA.match(cell):
        return cell[1:]
    return cell
