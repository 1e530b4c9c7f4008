"""Long text over several lines, measured in terminal cells."""

from __future__ import annotations

from screens.present.cells import width_of


def wrap(text: str, width: int) -> list[str]:
    """Words over lines of at most `width` cells; a word longer than a line is cut into lines."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        rest = word
        while rest:
            room = width - (width_of(line) + 1 if line else 0)
            if width_of(rest) <= room:
                line = f"{line} {rest}" if line else rest
                rest = ""
            elif line:
                lines.append(line)
                line = ""
            else:
                piece = _head(rest, width)
                lines.append(piece)
                rest = rest[len(piece) :]
    return [*lines, line] if line else lines


def pieces(text: str, width: int) -> list[str]:
    """Text cut into lines of at most `width` cells wherever it falls: for addresses."""
    lines: list[str] = []
    while text:
        head = _head(text, width)
        lines.append(head)
        text = text[len(head) :]
    return lines


def _head(text: str, width: int) -> str:
    if text.isascii():
        return text[:width]
    used = 0
    for index, char in enumerate(text):
        used += width_of(char)
        if used > width:
            return text[: max(index, 1)]
    return text
