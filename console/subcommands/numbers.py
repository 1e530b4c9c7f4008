"""Numbers as operators type them: counts and seconds, each with the span that makes sense."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

_LONGEST: Final = 86_400.0


def count(text: str) -> int:
    """A whole number of one or more.

    Raises:
        ArgumentTypeError: it is none; the parser puts the flag before the words.
    """
    number = whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"takes a whole number of 1 or more, not {number}")
    return number


def whole(text: str) -> int:
    """A whole number. Raises as `count`."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"takes a whole number, not {text[:40]!r}") from None


def seconds(least: float) -> Callable[[str], float]:
    """A reader of seconds, `least` to a day. What it returns raises as `count`."""

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not least <= number <= _LONGEST:  # not a number is in no span
            span = f"{least:g} to {_LONGEST:g}"
            raise argparse.ArgumentTypeError(f"takes seconds from {span}, not {text[:40]!r}")
        return number

    return read
