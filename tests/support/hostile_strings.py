"""Some 2,000 strings that attack a terminal, a screen or an eye: every kind in every position.

The sequences have numbers that the program never uses, so that one that gets through is told from its own.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import Final

from tests.support.hostile import HOSTILE, foreign

_PARAMETERS: Final = "66;66;66"
_CSI: Final = "ABCDEFGHJKLMPSTXZ@`abcdefghlmnpqrstuvwx"
ANSI: Final = (
    *(f"\x1b[{_PARAMETERS}{final}" for final in _CSI),
    *(f"\x1b[{mark}66{final}" for mark in "?>=!" for final in "hlcqpmn"),
    *(f"\x9b{_PARAMETERS}{final}" for final in "HJm"),
    *(f"\x1b]{number};66{end}" for number in (0, 2, 4, 7, 8, 9, 10, 11, 50, 52, 104, 777, 1337)
      for end in ("\x07", "\x1b\\", "\x9c", "")),
    *(f"{start}66{end}" for start in ("\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x90", "\x9f", "\x9e", "\x98")
      for end in ("\x1b\\", "")),
    *(f"\x1b{final}66" for final in "c78=>DEHMNOZ#(%)*+-./"),
    "\x05", "\x0e", "\x0f", "\x7f", "\x00", "\x84", "\x85", "\x8d", "\x1a", "\x18",
)  # fmt: skip
MARKUP: Final = tuple(
    f"[{inside}]66"
    for inside in (
        "bold", "/bold", "/", "red", "link=http://x/", "@click=app.bell", "@click=app.bell('66')",
        " @click=app.quit", "\t@click=app.quit", "\n@click=app.quit", "@mouse.down=app.quit", "$error",
        "on red", "not bold", "blink", "#666666", "reverse", "/link", "@click=app.screenshot('66','/tmp')",
        "@click=foo.bar", "bold red on blue",
        "\\", "[", "[[", "]", "=", "@", "$", "/red", "b", "u", "s", "i", "dim", "strike", "link", "conceal",
    )
)  # fmt: skip
MARKDOWN: Final = (
    "| a | b |",
    "`66`",
    "<!-- 66 -->",
    "```\n66",
    "<img src=x>",
    "[66](javascript:1)",
    "\\n66",
)
_NAMED: Final = (
    "\u202e", "\u202d", "\u2066", "\u2067", "\u2068", "\u2069", "\u200b", "\u200c", "\u200d",
    "\u200e", "\u200f", "\u061c", "\ufeff", "\u00ad", "\u2028", "\u2029", "\u2060", "\u2064",
    "\u180e", "\u3164", "\uffa0", "\u115f", "\u1160", "\u2800", "\u034f", "\ufff9", "\ufffa",
    "\ufffb", "\ue000", "\ufdd0", "\uffff", "\U000e0001", "\U000e0041", "\U000e007f", "\U000f0000",
    "\U0010ffff",
)  # fmt: skip
UNICODE: Final = (
    *_NAMED, "p\u0430ypal", "\u0441\u043e\u043c", "e" + "\u0301" * 60, "\u0e49" * 30, "日本語" * 40,
    "\ufdfd" * 9,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\u2705\ufe0f", "\U00012031" * 9,
    "\u00e9", "e\u0301", "\u212b", "x" * 10_000, "n\n" * 1000, "\t" * 40, "\r", "a\rb\x08\x0b\x0cc\x07",
)  # fmt: skip
_ALONE: Final = (
    *HOSTILE,
    *ANSI,
    *MARKUP,
    *MARKDOWN,
    *UNICODE,
    *(chr(n) for n in (*range(32), *range(127, 160))),
)


def _placed() -> list[str]:
    found = dict.fromkeys(_ALONE)
    for text in _ALONE:
        if len(text) < 200:
            found |= dict.fromkeys((f"spring{text}", f"{text}launch", f"ab{text}cd", f"{text}{text}"))
    for one, other in itertools.product(ANSI[:12], MARKUP[:12]):
        found[one + other] = None
    # half a letter: neither a server's JSON nor a file can hold one
    return [text for text in found if not any(unicodedata.category(c) == "Cs" for c in text)]


STRINGS: Final = tuple(_placed())
_SEQUENCE: Final = re.compile(r"(?:\x1b[^\x1b]{1,12}|[\x80-\x9f].{0,4})", re.DOTALL)
_TOLD: Final = re.compile(r"\x1b\[(?:[?>=!]66|66;66;66)[@-~]")


def let_through(output: str) -> list[str]:
    """What of the hostile strings reached a terminal raw, or is foreign to any screen of ours."""
    return _TOLD.findall(output) + foreign(output.replace("\r", ""))


def packed(size: int = 12) -> list[str]:
    """All of them, several to a text: how a hostile author fills a field."""
    short = [text for text in STRINGS if len(text) < 200]
    return ["\u2026".join(short[start : start + size]) for start in range(0, len(short), size)]
