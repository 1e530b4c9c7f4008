"""Answers that come late: the screen that asked may be gone, and drawing on it would end the console."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen
from textual.widget import Widget


def stands(screen: Screen[Any], part: str | type[Widget]) -> bool:
    """Whether a screen still has what it was made of. Its parts go before it does, and its work last."""
    return screen.is_running and screen.query_one_optional(part) is not None
