"""A link as one row of the list: mark, health sign, slug, then the columns (`link_columns`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from rich.style import Style
from rich.text import Text

from console.domain.health import Band, Verdict
from console.domain.links import VersionId, label
from console.domain.text import looks_alike
from console.domain.urls import without_scheme
from screens.present.cells import Cell, fit, fit_right, joined
from screens.present.link_columns import Columns
from screens.present.words import age_short, clicks_short, health_word
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
    def title(self) -> str:
        """Its title; empty where it has none."""
        ...

    @property
    def host(self) -> str:
        """The host that it leads to."""
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
    def updated_at(self) -> float | None:
        """When the platform last changed it."""
        ...

    @property
    def clicks(self) -> int | None:
        """Its visitors, where the platform counts them."""
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


def link_cells(row: LinkRow, columns: Columns, look: Look, now: float, *, marked: bool = False) -> list[Cell]:
    """One row as runs of exactly `columns.width` cells together. `now` in Unix seconds, for the age."""
    glyphs = look.glyphs
    band = row.band
    failing = band in {Band.DOWN, Band.SLOW}
    slug_style = (look.strong if failing else look.text) if row.enabled else look.faint
    cells: list[Cell] = [
        (glyphs.mark if marked else " ", look.mark),
        (glyphs.band(band) + " ", look.band(band)),
    ]
    cells += _slug(row, columns.slug, look, slug_style)
    for column in columns.rest:
        text, style = _VALUES[column.name](row, look, now)
        place = fit_right if column.name in _NUMBERS else fit
        cells.append((" " * column.gap + place(text, column.width, glyphs.ellipsis), style))
    return cells


def _age(then: float | None, now: float) -> str:
    return age_short(None if then is None else now - then)


_VALUES: Final[dict[str, Callable[[LinkRow, Look, float], Cell]]] = {
    "destination": lambda row, look, _: (look.say(without_scheme(row.destination_url)), look.muted),
    "title": lambda row, look, _: (look.say(row.title), look.muted),
    "host": lambda row, look, _: (look.say(row.host), look.muted),
    "health": lambda row, look, _: (
        health_word(row.verdict, row.status_code, row.latency_ms),
        look.band(row.band),
    ),
    "version": lambda row, look, _: (look.say(label(row.version)), look.text),
    "changed": lambda row, look, now: (_age(row.updated_at, now), look.faint),
    "clicks": lambda row, look, _: (clicks_short(row.clicks), look.muted),
    "checked": lambda row, look, now: (_age(row.checked_at, now), look.faint),
}
_NUMBERS: Final = frozenset({"clicks"})
"""Columns that are aligned to the right."""
_HEADINGS: Final = {"version": "VER", "checked": "AGE"}


def flags_of(row: LinkRow, look: Look) -> str:
    """One-cell signs after a slug: `!` look-alike letters, the noted-bad sign, `H` held, `x` disabled."""
    flags = "!" if looks_alike(row.slug) else ""
    flags += look.glyphs.bad if row.bad else ""
    flags += "H" if row.held else ""
    return flags + ("" if row.enabled else "x")


def _slug(row: LinkRow, room: int, look: Look, style: Style) -> list[Cell]:
    slug, flags = look.say(row.slug), flags_of(row, look)
    if not flags or room <= len(flags) + 1:
        return [(fit(slug, room, look.glyphs.ellipsis), style)]
    room -= len(flags) + 1
    shown = fit(slug, room, look.glyphs.ellipsis)
    return [(shown + " ", style), (flags, look.slow)]


def link_text(row: LinkRow, columns: Columns, look: Look, now: float, *, marked: bool = False) -> Text:
    """The same row as one line of text."""
    return joined(link_cells(row, columns, look, now, marked=marked))


def header_cells(
    columns: Columns, look: Look, sorted_by: str = "", *, descending: bool = False
) -> list[Cell]:
    """The headings, with an arrow at the column that the list is sorted by (a name of `Sort`)."""
    arrow = look.glyphs.descending if descending else look.glyphs.ascending

    def head(key: str, width: int) -> str:
        name = _HEADINGS.get(key, key.upper())
        place = fit_right if key in _NUMBERS else fit
        if key != sorted_by:
            return place(name, width, look.glyphs.ellipsis)
        if len(name) + 2 > width:
            return place(name[: width - 1] + arrow, width, look.glyphs.ellipsis)
        return place(f"{name} {arrow}", width, look.glyphs.ellipsis)

    text = " " * columns.lead + head("slug", columns.slug)
    for column in columns.rest:
        text += " " * column.gap + head(column.name, column.width)
    return [(text, look.faint)]
