"""Copying over SSH: OSC 52, wrapped so that tmux and screen pass it on. Only ever by the operator's key."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import Final

from console.domain.text import safe

MAX_BYTES: Final = 74_994
"""Of text: its Base64 is then just under the 100,000 bytes that xterm and others take of one sequence."""
_SCREEN_PIECE: Final = 700
"""GNU screen cuts a string sequence at 768 bytes; longer ones go in pieces."""


def copied_text(text: str) -> str:
    """`text` as it may be copied: each line safe, so that pasting it into a shell runs nothing hidden."""
    return "\n".join(safe(line, limit=MAX_BYTES) for line in text.splitlines())


def sequence(text: str, environ: Mapping[str, str] | None = None) -> str | None:
    """The sequence that fills the terminal's clipboard with `text`; None when it is too long.

    In tmux it passes to the outer terminal as well (`allow-passthrough on`), and tmux takes the plain one
    for its own buffer (`set-clipboard on`).
    """
    env = os.environ if environ is None else environ
    raw = copied_text(text).encode("utf-8")
    if len(raw) > MAX_BYTES:
        return None
    plain = f"\x1b]52;c;{base64.b64encode(raw).decode('ascii')}\x07"
    if env.get("TMUX"):
        doubled = plain.replace("\x1b", "\x1b\x1b")
        return f"{plain}\x1bPtmux;{doubled}\x1b\\"
    if env.get("STY") or env.get("TERM", "").startswith("screen"):
        return "".join(f"\x1bP{piece}\x1b\\" for piece in _in_pieces(plain))
    return plain


def _in_pieces(text: str) -> list[str]:
    return [text[i : i + _SCREEN_PIECE] for i in range(0, len(text), _SCREEN_PIECE)]
