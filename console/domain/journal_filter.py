"""The filter of the journal: `kind:write by:dana incident:INC-204 refused` keeps what meets every word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.domain.errors import InputRejected
from console.domain.nearest import nearest
from console.domain.text import safe


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One entry as people read it. The words are redacted; they are data, not safe for a terminal yet.

    Attributes:
        state: what the entry came to: a write's state or outcome, else its kind.
    """

    seq: int
    at: datetime
    kind: str
    state: str
    by: str
    link: str
    incident: str
    run: str
    words: str


KEYS: Final[dict[str, Callable[[JournalRow], str]]] = {
    "kind": lambda row: f"{row.kind} {row.state}",
    "by": lambda row: row.by,
    "link": lambda row: row.link,
    "incident": lambda row: row.incident,
    "run": lambda row: row.run,
}
"""What can be asked for by name; anything else is looked for in the words."""


def journal_filter(text: str) -> Callable[[JournalRow], bool]:
    """A test for entries. Words are looked for anywhere, case aside; a dash before one means without it.

    Raises:
        InputRejected: a name before a colon that is none of `KEYS`.
    """
    tests = [_test(word) for word in text.split()]
    return lambda row: all(test(row) for test in tests)


def _test(word: str) -> Callable[[JournalRow], bool]:
    without, bare = word.startswith("-") and len(word) > 1, word.removeprefix("-")
    name, colon, rest = bare.partition(":")
    if colon and name.isalpha() and rest:
        if name not in KEYS:
            near = nearest(name, KEYS)
            hint = f"Did you mean {near}:?" if near else f"There are {', '.join(KEYS)}"
            raise InputRejected(f"The journal has no {safe(name, 40)}:", hint=hint)
        key, wanted = KEYS[name], rest.casefold()
        return lambda row: (wanted in key(row).casefold()) is not without
    wanted = bare.casefold()
    return lambda row: any(wanted in each.casefold() for each in _all(row)) is not without


def _all(row: JournalRow) -> tuple[str, ...]:
    return (row.words, row.kind, row.state, row.by, row.link, row.incident)
