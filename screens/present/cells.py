"""Text in exact numbers of terminal cells: what every aligned line is made of."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text

from screens.themes import Look

Cell = tuple[str, Style]
"""A run of characters in one style. The characters are already safe for a terminal."""


def width_of(text: str) -> int:
    """Terminal cells of `text`."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int, ellipsis: str) -> str:
    """`text` in exactly `width` cells: padded with blanks, or cut with an ellipsis at its end."""
    if width <= 0:
        return ""
    if text.isascii():
        length = len(text)
        if length <= width:
            return text + " " * (width - length)
        return text[: width - 1] + ellipsis
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + ellipsis


def fit_right(text: str, width: int, ellipsis: str) -> str:
    """The same, aligned to the right."""
    missing = width - width_of(text)
    return " " * missing + text if missing >= 0 else fit(text, width, ellipsis)


def joined(cells: Iterable[Cell]) -> Text:
    """Cells as one line of text that never wraps and is never read as markup."""
    text = Text(no_wrap=True, end="")
    for part, style in cells:
        text.append(part, style)
    return text


def two_ends(left: list[Cell], right: list[Cell], width: int, look: Look) -> list[Cell]:
    """A line of exactly `width` cells with something at either end; the right end yields when narrow."""
    left_width = sum(width_of(t) for t, _ in left)
    right_width = sum(width_of(t) for t, _ in right)
    gap = width - left_width - right_width
    if gap >= 1:
        return [*left, (" " * gap, look.text), *right]
    return clipped(left, width, look)


def clipped(cells: Iterable[Cell], width: int, look: Look) -> list[Cell]:
    """Cells cut or padded to exactly `width`."""
    out: list[Cell] = []
    room = width
    for text, style in cells:
        size = width_of(text)
        if size > room:
            if room > 0:
                out.append((fit(text, room, look.glyphs.ellipsis), style))
            return out
        out.append((text, style))
        room -= size
    if room > 0:
        out.append((" " * room, look.text))
    return out
