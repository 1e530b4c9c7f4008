"""Words that screens and commands share."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 version`, `9 versions`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
