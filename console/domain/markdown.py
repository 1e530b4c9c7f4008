"""Untrusted text in Markdown: data that no renderer obeys, and that no terminal does either."""

from __future__ import annotations

import re
from typing import Final

from console.domain.text import safe

LIMIT: Final = 600
"""Characters of one piece of untrusted text."""
_MARKS: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:=^$>])")
_BARE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_ -]*\Z")
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "(at)"})


def text(value: object, limit: int = LIMIT) -> str:
    """A sentence as plain words: every mark is escaped (CommonMark 0.31, section 2.4), nobody is mentioned.

    A colon is a mark too: without it an address does not become a link (GFM, section 6.9).
    """
    shown = safe(value, limit).strip()
    if _BARE.match(shown):
        return shown
    return _MARKS.sub(r"\\\1", shown).translate(_ENTITIES)


def code(value: object, limit: int = 120) -> str:
    """A name (a slug, an operator, an id) in a code span; nothing at all gives a dash.

    A backtick would end the span and a bar the cell of a table, so neither is left as it is.
    """
    shown = safe(value, limit).strip().replace("`", "'").replace("|", "¦").replace("\\", "⧵")
    return f"`{shown}`" if shown else "–"
