"""The one door between untrusted text and a terminal.

Every string from the platform, a file, a database, a header or an error body passes `safe()` before
it is shown. Textual and Rich strip five control characters and send the rest to the terminal as they
are, so a title could wipe the screen, fill the clipboard, or type keys. What `safe()` returns is still
data: show it as `Text` or `Content`, never as a `str` that a widget would read as markup.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_HIDDEN: Final = frozenset("\u3164\uffa0\u115f\u1160\u2800\u034f\u180e")
_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MAX_COMBINING: Final = 2
_PLAIN: Final = re.compile(r"[ -~]*\Z")

ELLIPSIS: Final = "…"
DEFAULT_LIMIT: Final = 500
LONGEST_KEPT: Final = 400
"""Characters of a foreign text that a cache in memory keeps: thousands of longer ones would fill it."""


def safe(text: object, limit: int = DEFAULT_LIMIT) -> str:
    """Return `text` with nothing in it that a terminal would obey or an eye would miss.

    Control, format, surrogate, private and unassigned characters, line separators and the blank-looking
    letters become `⟨XXXX⟩` with their code point; more than two combining marks in a row and everything
    past `limit` characters become `…`.

    Args:
        text: anything; `None` gives the empty string.
        limit: the most characters returned, the ellipsis included; at least 1.
    """
    if text is None:
        return ""
    value = text if isinstance(text, str) else str(text)
    if len(value) <= limit and _PLAIN.match(value):
        return value
    shown = _neutral(value[: limit + 1])
    return _cut(shown, limit) if max(len(value), len(shown)) > limit else shown


def _neutral(value: str) -> str:
    out: list[str] = []
    combining = 0
    for char in value:
        category = unicodedata.category(char)
        combining = combining + 1 if category in {"Mn", "Me"} else 0
        if category in _REFUSED_CATEGORIES or char in _HIDDEN:
            out.append(f"⟨{ord(char):04X}⟩")
        elif combining > _MAX_COMBINING:
            if combining == _MAX_COMBINING + 1:
                out.append(ELLIPSIS)
        else:
            out.append(char)
    return "".join(out)


def _cut(value: str, limit: int) -> str:
    kept = value[: max(limit - 1, 0)]
    return kept if kept.endswith(ELLIPSIS) else kept + ELLIPSIS


def code_points(text: str) -> str:
    """Spell out the non-ASCII characters of `text`: `p\u0430y` is `p⟨0430⟩y`. For look-alike slugs."""
    return "".join(c if c.isascii() and c.isprintable() else f"⟨{ord(c):04X}⟩" for c in text)


def looks_alike(text: str) -> bool:
    """Whether `text` holds a character that a slug cannot hold and an eye may take for one it can."""
    return not text.isascii()
