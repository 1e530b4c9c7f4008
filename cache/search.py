"""The filter language as SQL: every value a parameter, every word quoted.

What each field means here, beyond `console.domain.query`: `host:` is the whole host or a parent domain
of it, on any port unless one is named; `tag:` and `category:` are whole and folded; `slug:`, `title:` and
`by:` are contained, folded; `url:` is contained as typed. A time or number that is not known meets no
comparison, so the negation of one includes it. `status:` takes a band first, then a verdict.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from cache.problems import storable
from console.domain.health import Band
from console.domain.query import Query, Term
from console.domain.text import LONGEST_KEPT
from console.domain.urls import host_of

SEPARATOR: Final = "\x1f"
"""Stands before and after each tag of a joined list, so that a whole tag can be looked for."""

_BANDS: Final = {band.value: band.rank for band in Band}
_COMPARISONS: Final = {"=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_FLIPPED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


@dataclass(slots=True)
class Clause:
    """A filter as SQL.

    Attributes:
        conditions: AND-ed, over the table `links`.
        values: their parameters, in order.
        match: the full-text query of the words that must be there; empty when there are none.
    """

    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    match: str = ""

    @property
    def empty(self) -> bool:
        """Whether every link meets it."""
        return not self.conditions and not self.match

    @property
    def where(self) -> str:
        """The conditions as one; `1` when there are none."""
        return " AND ".join(self.conditions) or "1"


def compile_query(query: Query, now: float, marked: Iterable[str] | None = None) -> Clause:
    """The SQL of a parsed filter.

    Args:
        query: what was typed, parsed.
        now: unix seconds; ages and schedules are judged at it.
        marked: slugs that the operator has marked; what `is:marked` means.
    """
    clause = Clause()
    words = []
    for term in query.terms:
        if term.field == "text" and not term.negated and has_words(term.value):
            words.append(phrase(term.value))
            continue
        if term.field == "tag" and not term.negated and term.value.isascii() and has_words(term.value):
            # The index finds the few that may have the tag; the condition tells which do.
            words.append("tags : " + phrase(term.value))
        condition, values = _condition(term, now, marked)
        clause.conditions.append(f"NOT coalesce({condition}, 0)" if term.negated else condition)
        clause.values += values
    clause.match = " AND ".join(words)
    return clause


_Sql = tuple[str, list[Any]]


def _condition(term: Term, now: float, marked: Iterable[str] | None) -> _Sql:
    if term.field == "is":
        return _flag(term.value, now, marked)
    if term.field in _AGES:
        return f"({_AGES[term.field]} {_FLIPPED[term.op]} ?)", [now - term.number]
    return _FIELDS[term.field](term)


def _host(term: Term) -> _Sql:
    # Hosts are kept in punycode; a plain one is taken as typed, since "1" would be read as 0.0.0.1.
    host = term.value if term.value.isascii() else host_of(f"http://{term.value}/") or term.value
    key, port = host_key(storable(host))
    condition = "(host_key >= ? AND host_key < ?"
    values: list[Any] = [key, key[:-1] + "/"]  # "/" is the character after "."
    if port:
        condition += " AND host LIKE ? ESCAPE '\\'"
        values.append("%" + escaped(f":{port}"))
    return condition + ")", values


def _status(term: Term) -> _Sql:
    if term.value in _BANDS:
        return "(rank = ?)", [_BANDS[term.value]]
    return "(verdict = ?)", [term.value.upper()]


def _contained(column: str) -> Callable[[Term], _Sql]:
    def condition(term: Term) -> _Sql:
        return f"({column} LIKE ? ESCAPE '\\')", [f"%{escaped(storable(term.value))}%"]

    return condition


def _listed(column: str) -> Callable[[Term], _Sql]:
    def condition(term: Term) -> _Sql:
        return f"(instr({column}, ?) > 0)", [f"{SEPARATOR}{storable(term.value)}{SEPARATOR}"]

    return condition


def _url(term: Term) -> _Sql:
    return "(instr(destination, ?) > 0)", [storable(term.value)]


def _version(term: Term) -> _Sql:
    return f"(typeof(version) = 'integer' AND version {_COMPARISONS[term.op]} ?)", [term.number]


def _clicks(term: Term) -> _Sql:
    return f"(clicks {_COMPARISONS[term.op]} ?)", [term.number]


def _text(term: Term) -> _Sql:
    if has_words(term.value):
        return "(id IN (SELECT rowid FROM links_fts WHERE links_fts MATCH ?))", [phrase(term.value)]
    # Signs alone are no word of the index: look for them as they are.
    pattern = f"%{escaped(storable(term.value))}%"
    columns = ("slug", "title", "destination")
    return "(" + " OR ".join(f"{c} LIKE ? ESCAPE '\\'" for c in columns) + ")", [pattern] * len(columns)


_AGES: Final = {"changed": "updated_at", "checked": "checked_at"}
_FIELDS: Final[dict[str, Callable[[Term], _Sql]]] = {
    "text": _text,
    "host": _host,
    "tag": _listed("tags"),
    "category": _listed("categories"),
    "slug": _contained("slug"),
    "url": _url,
    "title": _contained("coalesce(title_key, title)"),
    "by": _contained("updated_by"),
    "status": _status,
    "version": _version,
    "clicks": _clicks,
}

_PLAIN_FLAGS: Final = {
    "disabled": "(enabled = 0)",
    "password": "(has_password = 1)",
    "rules": "(rule_count > 0)",
    "held": "(slug IN (SELECT slug FROM link_marks WHERE held))",
    "bad": "(slug IN (SELECT slug FROM link_marks WHERE bad))",
    "seen": "(EXISTS (SELECT 1 FROM sightings AS s WHERE s.slug = links.slug AND s.version = links.version))",
}


def _flag(flag: str, now: float, marked: Iterable[str] | None) -> _Sql:
    if flag == "scheduled":
        return "(starts_at > ?)", [now]
    if flag == "expired":
        return "(ends_at <= ?)", [now]
    if flag == "marked":
        slugs = json.dumps([storable(slug) for slug in marked or ()])
        return "(slug IN (SELECT value FROM json_each(?)))", [slugs]
    return _PLAIN_FLAGS[flag], []


def escaped(text: str) -> str:
    r"""`text` for a LIKE with ESCAPE '\': `%` and `_` stand for themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def phrase(text: str) -> str:
    """`text` for an FTS5 MATCH: its words in a row, the last one by its beginning."""
    quoted = storable(text).replace("\0", " ").replace('"', '""')
    return f'"{quoted}" *'


def has_words(text: str) -> bool:
    """Whether the index's tokenizer (unicode61: letters, digits, private use) finds a word in `text`."""
    return any(_in_word(unicodedata.category(char)) for char in text)


def _in_word(category: str) -> bool:
    return category[0] in "LN" or category == "Co"


@lru_cache(maxsize=4096)
def host_key(host: str) -> tuple[str, str]:
    """A host turned round, so that a domain is a prefix of its children; and its port.

    `www.shop.example:81` gives `example.shop.www.` and `81`.
    """
    name, port = host.lower(), ""
    before, colon, after = name.rpartition(":")
    if colon and after.isdigit() and not before.endswith(":"):
        name, port = before, after
    return "".join(f"{label}." for label in reversed(name.strip(".").split("."))), port


def joined(values: tuple[str, ...]) -> str:
    """Tags as one text to look in, folded; empty for none. Many links have the same: short ones are kept."""
    return _joined(values) if sum(map(len, values)) <= LONGEST_KEPT else _joined.__wrapped__(values)


@lru_cache(maxsize=4096)
def _joined(values: tuple[str, ...]) -> str:
    folded = [storable(value.lower()) for value in values]
    return SEPARATOR + SEPARATOR.join(folded) + SEPARATOR if folded else ""
