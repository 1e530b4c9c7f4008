"""A link as one row of the list: mark, health sign, slug, destination, health word, version, age."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from rich.style import Style
from rich.text import Text

from console.domain.health import Band, Verdict
from console.domain.links import VersionId, label
from console.domain.text import looks_alike
from console.domain.urls import without_scheme
from screens.present.cells import Cell, fit, joined
from screens.present.words import HEALTH_WIDTH, age_short, health_word
from screens.themes import Look


class LinkRow(Protocol):
    """What the list needs to know of a link. Every text is untrusted. Times are Unix seconds."""

    @property
    def slug(self) -> str:
        """The slug."""
        ...

    @property
    def destination_url(self) -> str:
        """Where it points."""
        ...

    @property
    def version(self) -> VersionId | None:
        """The live version, where known."""
        ...

    @property
    def band(self) -> Band:
        """The band of its health."""
        ...

    @property
    def verdict(self) -> Verdict | None:
        """The newest verdict, where there is one."""
        ...

    @property
    def status_code(self) -> int | None:
        """The HTTP status of that check."""
        ...

    @property
    def latency_ms(self) -> float | None:
        """Milliseconds to the first byte."""
        ...

    @property
    def checked_at(self) -> float | None:
        """When it was checked."""
        ...

    @property
    def enabled(self) -> bool:
        """Whether the link answers at all."""
        ...

    @property
    def held(self) -> bool:
        """Whether a rolled-back link is watched."""
        ...

    @property
    def bad(self) -> bool:
        """Whether its live version is noted bad."""
        ...


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells of each column; 0 hides it. `lead` is the mark, the health sign and a blank.

    `width` is the sum, gaps included: every row is exactly that wide.
    """

    width: int
    slug: int
    destination: int
    health: int
    version: int
    age: int
    lead: int = 3

    @property
    def age_start(self) -> int:
        """Where the age column starts, cells; meaningless when it is hidden."""
        return self.width - self.age


_GAP: Final = 2
_AGE: Final = 4
_VERSION: Final = 5
_SLUG_MAX: Final = 26
_DESTINATION_MIN: Final = 12


@lru_cache(maxsize=64)
def columns_for(width: int) -> Columns:
    """The columns that fit `width` cells: what an incident needs least is dropped first.

    Age goes first, then the version, then the destination; slug and health stay.
    """
    lead = 3
    slug = min(_SLUG_MAX, max(10, round(width * 0.27)))
    health = HEALTH_WIDTH
    version, age = _VERSION, _AGE

    def room(with_version: int, with_age: int) -> int:
        tail = (with_version + _GAP if with_version else 0) + (with_age + 1 if with_age else 0)
        return width - lead - slug - _GAP - _GAP - health - tail

    if room(version, age) < _DESTINATION_MIN:
        age = 0
    if room(version, age) < _DESTINATION_MIN:
        version = 0
    destination = room(version, age)
    if destination < _DESTINATION_MIN:
        destination = 0
        slug = max(4, width - lead - _GAP - health)
    total = width if destination else lead + slug + _GAP + health
    return Columns(total, slug, destination, health, version, age, lead)


def link_cells(row: LinkRow, columns: Columns, look: Look, now: float, *, marked: bool = False) -> list[Cell]:
    """One row as runs of exactly `columns.width` cells together. `now` in Unix seconds, for the age."""
    glyphs = look.glyphs
    band = row.band
    colour = look.band(band)
    ellipsis = glyphs.ellipsis
    failing = band in {Band.DOWN, Band.SLOW}
    slug_style = (look.strong if failing else look.text) if row.enabled else look.faint
    cells: list[Cell] = [
        (glyphs.mark if marked else " ", look.mark),
        (glyphs.band(band) + " ", colour),
    ]
    cells += _slug(row, columns.slug + _GAP, look, slug_style)
    if columns.destination:
        destination = look.say(without_scheme(row.destination_url))
        cells.append((fit(destination, columns.destination, ellipsis) + "  ", look.muted))
    word = health_word(row.verdict, row.status_code, row.latency_ms)
    cells.append((fit(word, columns.health, ellipsis), colour))
    if columns.version:
        version = fit(look.say(label(row.version)), columns.version, ellipsis)
        cells.append(("  " + version, look.text))
    if columns.age:
        age = None if row.checked_at is None else now - row.checked_at
        cells.append((fit(" " + age_short(age), columns.age + 1, ellipsis), look.faint))
    return cells


def flags_of(row: LinkRow, look: Look) -> str:
    """One-cell signs after a slug: `!` look-alike letters, the noted-bad sign, `H` held, `x` disabled."""
    flags = "!" if looks_alike(row.slug) else ""
    flags += look.glyphs.bad if row.bad else ""
    flags += "H" if row.held else ""
    return flags + ("" if row.enabled else "x")


def _slug(row: LinkRow, width: int, look: Look, style: Style) -> list[Cell]:
    slug, flags = look.say(row.slug), flags_of(row, look)
    room = width - _GAP
    if not flags or room <= len(flags) + 1:
        return [(fit(slug, room, look.glyphs.ellipsis) + "  ", style)]
    room -= len(flags) + 1
    shown = fit(slug, room, look.glyphs.ellipsis)
    return [(shown + " ", style), (flags + "  ", look.slow)]


def link_text(row: LinkRow, columns: Columns, look: Look, now: float, *, marked: bool = False) -> Text:
    """The same row as one line of text."""
    return joined(link_cells(row, columns, look, now, marked=marked))


def header_cells(
    columns: Columns, look: Look, sorted_by: str = "", *, descending: bool = False
) -> list[Cell]:
    """The headings, with an arrow at the column that the list is sorted by.

    `sorted_by` is `slug`, `destination`, `health` or `version`; another order shows no arrow.
    """
    arrow = look.glyphs.descending if descending else look.glyphs.ascending

    def head(name: str, key: str, width: int) -> str:
        return fit(f"{name} {arrow}" if key == sorted_by else name, width, look.glyphs.ellipsis)

    text = " " * columns.lead + head("SLUG", "slug", columns.slug) + "  "
    if columns.destination:
        text += head("DESTINATION", "destination", columns.destination) + "  "
    text += head("HEALTH", "health", columns.health)
    if columns.version:
        text += "  " + head("VER", "version", columns.version)
    if columns.age:
        text += " " + head("AGE", "checked", columns.age)
    return [(text, look.faint)]
