"""The filter language: `host:shop.example status:down tag:promo changed:<2h version:>3 text`.

Terms are AND-ed; a leading `-` negates; quotes keep blanks together. A bare word is looked up in slug,
title, destination, tags and description, by the beginning of words. A fault names the word it is about,
so that a screen can mark it as it is typed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from console.domain.errors import InputRejected
from console.domain.health import Band, Verdict

TEXT_FIELDS: Final = ("host", "tag", "category", "slug", "url", "title", "by")
"""Fields whose value is text. `host:` matches the whole host or a parent domain of it."""
AGE_FIELDS: Final = ("changed", "checked")
NUMBER_FIELDS: Final = ("version", "clicks")
FLAGS: Final = (
    "disabled",
    "scheduled",
    "expired",
    "password",
    "rules",
    "held",
    "bad",
    "seen",
    "marked",
)
FIELDS: Final = (*TEXT_FIELDS, "status", *AGE_FIELDS, *NUMBER_FIELDS, "is")
STATUSES: Final = tuple(b.value for b in Band) + tuple(v.value.lower() for v in Verdict)

_TOKEN: Final = re.compile(r'\s*(-?)(?:([A-Za-z]+):)?("[^"]*"|"[^"]*$|\S*)')
_AGE: Final = re.compile(r"([<>]=?|)(\d{1,9})([smhdw])\Z")
_NUMBER: Final = re.compile(r"([<>]=?|)(\d{1,15})\Z")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True, slots=True)
class Term:
    """One condition.

    Attributes:
        field: one of `FIELDS`, or `text` for a bare word.
        value: text as typed, folded where the field is; seconds for ages; a number's digits.
        op: `=`, `<`, `<=`, `>`, `>=`. For ages, `<2h` means younger than two hours.
        negated: a leading `-`.
        start, end: where in the query the term stands, characters.
    """

    field: str
    value: str
    op: str = "="
    negated: bool = False
    start: int = 0
    end: int = 0

    @property
    def number(self) -> int:
        """The value of an age (seconds) or number field."""
        return int(self.value)


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed filter. `text` is what was typed."""

    text: str
    terms: tuple[Term, ...]

    @property
    def empty(self) -> bool:
        """Whether every link matches."""
        return not self.terms


class QueryProblem(InputRejected):
    """A word of the filter that cannot be understood. `start` and `end` are its place, characters."""

    def __init__(self, title: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(title, hint=hint, detail="The filter was not applied.")
        self.start = start
        self.end = end


def parse(text: str) -> Query:
    """Parse a filter.

    Raises:
        QueryProblem: an unknown field, status or flag, an age or number that is none, an open quote.
    """
    terms = []
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None or match.end() == position:  # pragma: no cover - the pattern takes anything
            break
        position = match.end()
        start = match.start(1)
        minus, field, raw = match.group(1), (match.group(2) or "").lower(), match.group(3)
        if field and raw.startswith("//"):  # a pasted address is text, not a field
            field, raw = "", f"{match.group(2)}:{raw}"
        if not field and raw in {"", '""'}:
            continue
        terms.append(_term(field, raw, start, position, negated=bool(minus)))
    return Query(text, tuple(terms))


def _term(field: str, raw: str, start: int, end: int, *, negated: bool) -> Term:
    if raw.startswith('"') and (len(raw) == 1 or not raw.endswith('"')):
        raise QueryProblem('A quote is open: close it with "', start, end)
    value = raw.strip('"')
    if not field:
        return Term("text", value, "=", negated, start, end)
    if field not in FIELDS:
        raise QueryProblem(f"There is no filter {field}:", start, end, _nearest(field, FIELDS, ":"))
    if not value:
        raise QueryProblem(f"{field}: needs a value", start, end, _example(field))
    if field in AGE_FIELDS:
        return _compared(field, _AGE, value, start, end, negated=negated)
    if field in NUMBER_FIELDS:
        return _compared(field, _NUMBER, value.removeprefix("v"), start, end, negated=negated)
    folded = value.lower()
    if field == "status" and folded not in STATUSES:
        raise QueryProblem(f"There is no status {folded}", start, end, _nearest(folded, STATUSES))
    if field == "is" and folded not in FLAGS:
        raise QueryProblem(f"There is no flag is:{folded}", start, end, _nearest(folded, FLAGS))
    return Term(field, folded if field != "url" else value, "=", negated, start, end)


def _compared(
    field: str, pattern: re.Pattern[str], value: str, start: int, end: int, *, negated: bool
) -> Term:
    match = pattern.match(value)
    if match is None:
        raise QueryProblem(f"{field}: cannot read {value!r}", start, end, _example(field))
    amount = int(match.group(2))
    if pattern is _AGE:
        amount *= _SECONDS[match.group(3)]
        return Term(field, str(amount), match.group(1) or "<=", negated, start, end)
    return Term(field, str(amount), match.group(1) or "=", negated, start, end)


def _example(field: str) -> str:
    examples = {"changed": "changed:<2h", "checked": "checked:<10m", "version": "version:>3",
                "clicks": "clicks:>1000", "status": "status:down", "is": "is:disabled"}  # fmt: skip
    return f"For example {examples.get(field, field + ':word')}"


def _nearest(word: str, known: tuple[str, ...], suffix: str = "") -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {close[0]}{suffix}?"
    return "One of " + ", ".join(k + suffix for k in known)


def completions(text: str, cursor: int, values: Mapping[str, Sequence[str]] | None = None) -> tuple[str, ...]:
    """Ways to finish the word under the cursor, whole words, best first.

    Args:
        text: what was typed.
        cursor: where in it the word ends, characters.
        values: for fields with words of their own (`host`, `tag`), those that are known, best first.
    """
    word = text[:cursor].rsplit(" ", 1)[-1]
    minus = "-" if word.startswith("-") else ""
    word = word.removeprefix("-")
    if ":" not in word:
        return tuple(f"{minus}{f}:" for f in FIELDS if f.startswith(word.lower())) if word else ()
    field, value = word.split(":", 1)
    field, typed = field.lower(), value.lower().removeprefix('"')
    bands = tuple(b.value for b in Band)
    own = {"status": tuple(dict.fromkeys(STATUSES)) if typed else bands, "is": FLAGS}
    choices = own.get(field) or (values or {}).get(field, ())
    ahead = [c for c in choices if c.lower().startswith(typed)]
    return tuple(f"{minus}{field}:{_quoted(c)}" for c in ahead if c != value)


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value
