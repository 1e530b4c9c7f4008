"""Text that attacks a terminal, a screen or an eye; what may not reach a terminal from any of it."""

from __future__ import annotations

import re
from typing import Final

HOSTILE: Final = (
    "\x1b[2J\x1b[H",
    "\x1b]52;c;cm0gLXJmIC8=\x07",
    "\x1b]52;c;cm0gLXJmIC8=\x1b\\",
    "\x1b]0;PWNTITLE\x07",
    "\x1b]8;;http://evil.test\x1b\\click\x1b]8;;\x1b\\",
    "\x1b[>q\x1b[c",
    "\x9b2J",
    "\x9d52;c;eA==\x9c",
    "\x1b[?1049l",
    "\x1bP+q544e\x1b\\",
    "a\rb\x08\x0b\x0cc\x07",
    "one\ntwo\nthree",
    "tab\there",
    "sep\u2028para\u2029nel\x85",
    "\u202egnp.exe",
    "\u2066\u2069\u200b\u200d\ufeff\U000e0041",
    "\ud800 lone",
    "\x00nul\x7f",
    "\x0e\x0fshift",
    "[bold]x[/bold]",
    "[/bold]",
    "[/]",
    "[@click=app.bell]press[/]",
    "[ @click=app.bell]press",
    "[link=http://x/]y[/link]",
    "[$x]\\",
    "e" + "\u0301" * 60,
    "日本語" * 40,
    "👨‍👩‍👧‍👦 family",
    "x" * 10_000,
    "\u3164\u2800",
    "p\u0430ypal",
    "",
    " ",
)

_ALLOWED: Final = re.compile(
    r"\x1b\[[0-9;]*[mHMLrX]"  # styles, places, scrolling, blanks
    r"|\x1b\[\?[0-9;]+[hl]"  # modes
    r"|\x1b\[\?[0-9]+\$p"  # asking for modes
    r"|\x1b\[[<>][0-9]*u"  # keyboard protocol
    r"|\x1b\[6n"
    r"|\x1b\]22;[a-z-]*\x07"  # the shape of the mouse pointer
    r"|\n"
)


def foreign(data: str) -> list[str]:
    """The control characters and sequences in terminal output that no screen of ours writes."""
    rest = _ALLOWED.sub("", data)
    return re.findall(r"[\x00-\x1f\x7f-\x9f].{0,12}", rest, flags=re.DOTALL)
