"""Tables for a terminal or a pipe: aligned by what characters take on screen, cut to fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from console.domain.text import ELLIPSIS, safe
from console.output_parts import Part, Styled, Tone

_GAP = "  "
_CELL_LIMIT = 500
_NARROWEST = 8


def laid_out(columns: Sequence[str], rows: Iterable[Sequence[Part]], width: int | None) -> list[list[Part]]:
    """The lines of a table, the titles first, each as parts to print.

    Args:
        columns: the titles.
        rows: one cell a column; None is shown as `-`.
        width: cells that a line may take; None for no limit.
    """
    table = [list(row) for row in rows]
    right = [
        bool(table) and all(isinstance(row[i], int | float) or row[i] is None for row in table)
        for i in range(len(columns))
    ]
    titles: list[Part] = [Styled(title.upper(), Tone.STRONG) for title in columns]
    texts = [[_text(cell) for cell in row] for row in [titles, *table]]
    widths = [max(cells(row[i]) for row in texts) for i in range(len(columns))]
    if width is not None:
        widths = _fitted(widths, width)
    return [
        _line(cells_of, text, widths, right) for cells_of, text in zip([titles, *table], texts, strict=True)
    ]


def _line(
    parts: Sequence[Part], texts: Sequence[str], widths: Sequence[int], right: Sequence[bool]
) -> list[Part]:
    line: list[Part] = []
    for i, (part, text) in enumerate(zip(parts, texts, strict=True)):
        shown = cut(text, widths[i])
        pad = " " * (widths[i] - cells(shown))
        last = i == len(widths) - 1
        cell: Part = Styled(shown, part.tone) if isinstance(part, Styled) else shown
        line += [pad, cell] if right[i] else [cell, "" if last else pad]
        if not last:
            line.append(_GAP)
    return line


def _text(part: Part) -> str:
    value = part.text if isinstance(part, Styled) else part
    return "-" if value is None else safe(value, _CELL_LIMIT)


def _fitted(widths: list[int], width: int) -> list[int]:
    """Take from the widest column until the line fits or nothing wide is left."""
    fitted = list(widths)
    over = sum(fitted) + len(_GAP) * (len(fitted) - 1) - width
    while over > 0 and max(fitted) > _NARROWEST:
        fitted[fitted.index(max(fitted))] -= 1
        over -= 1
    return fitted


def cells(text: str) -> int:
    """How many cells `text` takes on a terminal: two for wide characters, none for combining marks."""
    if text.isascii():
        return len(text)
    return sum(_cell(char) for char in text)


def _cell(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, with an ellipsis where something was cut."""
    if cells(text) <= width:
        return text
    taken, out = 0, []
    for char in text:
        taken += _cell(char)
        if taken > width - 1:
            break
        out.append(char)
    return "".join(out) + ELLIPSIS
