"""What `doctor` says of the terminal: size, colours, characters, and what stands in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from console.ops.doctor.values import Finding, ok, warn

WIDTH: Final = 80
HEIGHT: Final = 24
"""Columns and lines in which the console is complete (product.md, section 7)."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the process knows of its terminal.

    Attributes:
        present: standard input and output are a terminal.
        columns: 0 where there is none.
        encoding: of standard output.
    """

    present: bool
    columns: int
    lines: int
    encoding: str


def terminal_findings(terminal: Terminal, env: Mapping[str, str]) -> list[Finding]:
    """Look at the terminal. Nothing here can fail: the command line works without one."""
    if not terminal.present:
        return [
            warn(
                "terminal",
                "There is no terminal here; commands work, the console does not open.",
                "Over SSH: ssh -t HOST repoint",
            )
        ]
    return [_size(terminal), _colours(env), _characters(terminal), _between(env)]


def _size(terminal: Terminal) -> Finding:
    size = f"{terminal.columns}x{terminal.lines}"
    if terminal.columns < WIDTH or terminal.lines < HEIGHT:
        return warn(
            "terminal_size",
            f"The terminal is {size}; the console is complete from {WIDTH}x{HEIGHT} on.",
            "Make the window larger or the letters smaller",
        )
    return ok("terminal_size", f"The terminal is {size}.")


def _colours(env: Mapping[str, str]) -> Finding:
    term = env.get("TERM", "")
    if env.get("NO_COLOR"):
        return ok("colours", "NO_COLOR is set: words and signs carry the meaning, no colour does.")
    if term in {"", "dumb"}:
        return warn("colours", "TERM names no terminal with colours.", "export TERM=xterm-256color")
    if env.get("COLORTERM", "") in {"truecolor", "24bit"} or term.endswith("-direct"):
        return ok("colours", "The terminal has 16 million colours.")
    if "256color" in term:
        return ok("colours", "The terminal has 256 colours; the themes fit.")
    return warn(
        "colours", f"TERM={term[:40]} promises 16 colours; the ansi theme fits best.",
        "If the terminal can do more: export TERM=xterm-256color",
    )  # fmt: skip


def _characters(terminal: Terminal) -> Finding:
    if terminal.encoding.lower().replace("-", "") == "utf8":
        return ok("characters", "The terminal takes UTF-8.")
    return warn(
        "characters",
        f"Standard output is {terminal.encoding or 'unknown'}, not UTF-8: signs are spelled out.",
        "export LC_ALL=C.UTF-8",
    )


def _between(env: Mapping[str, str]) -> Finding:
    term = env.get("TERM", "")
    if env.get("TMUX"):
        return ok("multiplexer", "tmux stands in between; copying needs `set -g set-clipboard on` there.")
    if env.get("STY") or term.startswith("screen"):
        return ok("multiplexer", "screen stands in between; copying is wrapped for it.")
    if env.get("SSH_CONNECTION"):
        return ok("multiplexer", "An SSH session; run tmux in it, and a lost line loses nothing.")
    return ok("multiplexer", "Nothing stands in between.")
