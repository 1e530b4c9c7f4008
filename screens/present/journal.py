"""The journal's entries as lines: when, what it came to, who, and the words, wrapped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.style import Style
from rich.text import Text

from console.domain.journal_filter import JournalRow
from screens.present.cells import Cell, fit, joined, width_of
from screens.present.wrapping import wrap
from screens.themes import Look

_STATE: Final = 12
_BY: Final = 8
_NARROW: Final = 60
"""Cells below which the words get lines of their own."""


def journal_lines(rows: Sequence[JournalRow], look: Look, width: int, now: datetime) -> list[Text]:
    """Entries in the order given; where there are none, a sentence that says so."""
    if not rows:
        return [Text("Nothing in the journal meets this filter", look.muted)]
    lines: list[Text] = []
    day = ""
    for row in rows:
        local = row.at.astimezone(now.tzinfo)
        if (today := f"{local:%a %d %b %Y}") != day:
            day = today
            lines.append(Text(day, look.muted))
        lines += _entry(row, f"{local:%H:%M:%S}", look, width)
    return lines


def _entry(row: JournalRow, time: str, look: Look, width: int) -> list[Text]:
    sign, style = _state(row, look)
    cells: list[Cell] = [
        (f"{time} ", look.muted),
        (fit(f"{sign} {look.say(row.state.lower(), 40)}", _STATE + 2, look.glyphs.ellipsis) + " ", style),
        (fit(look.say(row.by, 40) or "?", _BY, look.glyphs.ellipsis) + "  ", look.muted),
    ]
    lead = sum(width_of(text) for text, _ in cells)
    words = look.say(f"{row.words}{f'  [{row.incident}]' if row.incident else ''}", 600)
    if width - lead < _NARROW // 2:
        return [joined(cells), *(Text(f"  {part}", look.text) for part in wrap(words, max(10, width - 2)))]
    first, *rest = wrap(words, width - lead) or [""]
    return [joined([*cells, (first, look.text)]), *(Text(" " * lead + part, look.text) for part in rest)]


def _state(row: JournalRow, look: Look) -> tuple[str, Style]:
    glyphs = look.glyphs
    signs = {
        "applied": (glyphs.ok, look.ok),
        "unknown": (glyphs.warning, look.down),
        "refusal": (glyphs.warning, look.slow),
        "stale": (glyphs.warning, look.slow),
        "rejected": (glyphs.warning, look.slow),
        "failed": (glyphs.warning, look.down),
        "override": (glyphs.warning, look.slow),
    }
    return signs.get(row.state.lower(), (glyphs.dot, look.text))
