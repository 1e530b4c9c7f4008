"""Which columns the list of links has, and where each stands in a width."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from console.domain.errors import ConfigProblem
from console.domain.nearest import nearest
from console.domain.text import safe
from screens.present.words import HEALTH_WIDTH

COLUMN_NAMES: Final = (
    "destination",
    "title",
    "host",
    "health",
    "version",
    "changed",
    "clicks",
    "checked",
)
"""What can stand behind the slug; the names are those of `repoint links --columns`."""

_WIDTHS: Final = {"health": HEALTH_WIDTH, "version": 5, "changed": 7, "clicks": 7, "checked": 4}
_SHARES: Final = {"destination": 4, "title": 3, "host": 2}
"""Columns that take what is left, and how much of it."""
_LEAST_NEEDED: Final = ("clicks", "title", "host", "changed", "version", "destination", "checked", "health")
"""What an incident needs least is dropped first where there is no room; a verdict's age goes last of all,
because a verdict without it is taken for one of now."""
_NARROW: Final = ("destination", "health", "version", "checked")
_ROOMY: Final = ("destination", "health", "version", "changed", "clicks", "checked")
_ROOMY_FROM: Final = 118
_VAST: Final = ("destination", "title", "health", "version", "changed", "clicks", "checked")
_VAST_FROM: Final = 160
_GAP: Final = 2
_LEAD: Final = 3
_SLUG_MAX: Final = 26
_SHARE_MIN: Final = 12


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `gap` blanks, then `width` cells from `start` on."""

    name: str
    start: int
    width: int
    gap: int


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a width. `lead` is the mark, the health sign and a blank; the slug comes behind it.

    `width` is the sum, gaps included: every row is exactly that wide.
    """

    width: int
    slug: int
    rest: tuple[Column, ...]
    lead: int = _LEAD

    def find(self, name: str) -> Column | None:
        """The column of a name, where it is shown."""
        return next((column for column in self.rest if column.name == name), None)

    def at(self, x: int) -> str:
        """The column that a cell of the list belongs to; the lead is the health sign's."""
        if x < self.lead:
            return "health"
        return next((c.name for c in reversed(self.rest) if x >= c.start - 1), "slug")


def read_columns(value: object) -> tuple[str, ...]:
    """The columns that a setting names, behind the slug and in its order.

    Raises:
        ConfigProblem: it is no list of names, a name is unknown, or it comes twice.
    """
    known = f"slug, {', '.join(COLUMN_NAMES)}"
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise ConfigProblem("[screen] columns must be a list of names", hint=f"Of {known}")
    for name in value:
        if name != "slug" and name not in COLUMN_NAMES:
            near = nearest(name[:40], ("slug", *COLUMN_NAMES))
            hint = f"Did you mean {near}? There are {known}" if near else f"There are {known}"
            raise ConfigProblem(f"The list has no column {safe(name, 40)}", hint=hint)
    if len(set(value)) < len(value):
        raise ConfigProblem("[screen] columns names a column twice", hint=f"Each once, of {known}")
    return tuple(name for name in value if name != "slug")


@lru_cache(maxsize=64)
def columns_for(width: int, chosen: tuple[str, ...] | None = None) -> Columns:
    """The columns that fit `width` cells: those chosen, or else those that the width has room for.

    Clicks go first, then title, host, change, version, destination and age; slug and health stay.
    """
    roomy = _VAST if width >= _VAST_FROM else _ROOMY if width >= _ROOMY_FROM else _NARROW
    names = list(chosen if chosen is not None else roomy)
    slug = min(_SLUG_MAX, max(10, round(width * 0.27)))
    for name in _LEAST_NEEDED:
        if name in names and name != "health" and _left(width, slug, names) < 0:
            names.remove(name)
    if not any(name in _SHARES for name in names):
        return _only_slug(width, names)
    return _laid_out(width, slug, names)


def _gap(name: str, before: str) -> int:
    return 1 if name == "checked" and before == "version" else _GAP


def _gaps(names: list[str]) -> list[int]:
    return [_gap(name, before) for name, before in zip(names, ["slug", *names], strict=False)]


def _left(width: int, slug: int, names: list[str]) -> int:
    """Cells left when each column has the fewest it can do with."""
    return width - _LEAD - slug - sum(_gaps(names)) - sum(_WIDTHS.get(name, _SHARE_MIN) for name in names)


def _only_slug(width: int, names: list[str]) -> Columns:
    slug = max(4, _left(width, 0, names))
    return _laid_out(width, slug, names)


def _laid_out(width: int, slug: int, names: list[str]) -> Columns:
    shares = sum(_SHARES.get(name, 0) for name in names)
    spare = _left(width, slug, names) if shares else 0
    at, rest, given = _LEAD + slug, [], 0
    last = next((name for name in reversed(names) if name in _SHARES), "")
    for name, gap in zip(names, _gaps(names), strict=True):
        cells = _WIDTHS.get(name, _SHARE_MIN)
        if name in _SHARES:
            more = spare - given if name == last else spare * _SHARES[name] // shares
            cells, given = cells + more, given + more
        rest.append(Column(name, at + gap, cells, gap))
        at += gap + cells
    return Columns(at, slug, tuple(rest))
