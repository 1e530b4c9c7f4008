"""The line at the top (where, how fresh, who, how long, how many writes) and the line of keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.style import Style
from rich.text import Text

from console.domain.moments import Freshness
from console.domain.target import Role, Target
from screens.present.cells import Cell, clipped, joined, width_of
from screens.present.words import aged, count, duration
from screens.themes import Look

_TOKEN_SHORT: Final = 600.0
"""Seconds of token life below which it is shown as a warning."""
_GAP: Final = "   "


@dataclass(frozen=True, slots=True)
class TopState:
    """What the top line tells.

    Attributes:
        age: seconds since the data on screen was read; None when no clock can tell.
        token_seconds: life left of the token; None when it says nothing (a PAT).
        writes_left: writes left today; None when the platform did not say.
        reserve: writes kept for rollbacks.
        armed_seconds: for a protected profile, seconds until it is read-only again; 0 when it is read-only.
            None when the profile is not protected.
        notice: something that must not be overlooked: a read-only disk, open writes.
    """

    target: Target
    freshness: Freshness
    age: float | None
    token_seconds: float | None = None
    writes_left: int | None = None
    reserve: int = 0
    armed_seconds: float | None = None
    notice: str = ""


def top_line(state: TopState, look: Look, width: int) -> Text:
    """The top line, exactly `width` cells. What an incident needs least is dropped first."""
    left: list[list[Cell]] = [
        [("repoint ", look.strong), (look.say(state.target.handle), look.text)],
        _environment(state.target, look),
        _freshness(state, look),
    ]
    if state.notice:
        left.append([(look.say(state.notice), look.slow)])
    right = _right(state, look)
    while True:
        cells = _spread(left, right, look, width)
        if cells is not None:
            return joined(cells)
        if right:
            right.pop(0)
        elif len(left) > 1:
            left.pop()
        else:
            return joined(clipped([(" ", look.text), *left[0]], width, look))


def _right(state: TopState, look: Look) -> list[list[Cell]]:
    """The right end, least needed first."""
    parts = [_operator(state.target, look)]
    if state.token_seconds is not None:
        short = state.token_seconds < _TOKEN_SHORT
        style = look.slow if short else look.text
        parts.append([("token ", look.muted), (_token_life(state.token_seconds), style)])
    if state.writes_left is not None:
        style = look.slow if state.writes_left <= state.reserve else look.text
        parts.append([("writes left ", look.muted), (count(state.writes_left), style)])
    if state.armed_seconds is not None:
        parts.append(_armed(state.armed_seconds, look))
    return parts


def _spread(left: list[list[Cell]], right: list[list[Cell]], look: Look, width: int) -> list[Cell] | None:
    gap = (_GAP, look.text)
    first = [cell for part in left for cell in (*part, gap)]
    last = [cell for part in right for cell in (gap, *part)]
    used = sum(width_of(text) for text, _ in (*first, *last)) + 2
    if used > width:
        return None
    return [(" ", look.text), *first, (" " * (width - used), look.text), *last, (" ", look.text)]


def _environment(target: Target, look: Look) -> list[Cell]:
    style = look.environment(target.environment, production=target.is_production)
    return [("on ", look.muted), (look.say(target.environment), style)]


def _freshness(state: TopState, look: Look) -> list[Cell]:
    glyphs = look.glyphs
    sign, style = {
        Freshness.LIVE: (glyphs.ok, look.ok),
        Freshness.RECENT: (glyphs.ok, look.muted),
        Freshness.OLD: (glyphs.slow, look.slow),
        Freshness.OFFLINE: (glyphs.unchecked, look.slow),
    }[state.freshness]
    age = "age unknown" if state.age is None else aged(state.age)
    return [(f"{sign} {state.freshness.value} ", style), (age, look.muted)]


def _operator(target: Target, look: Look) -> list[Cell]:
    who = look.say(target.operator, 32) or "not signed in"
    if target.role is not Role.UNKNOWN:
        who += f" {look.glyphs.dot} {target.role.label}"
    return [(who, look.muted)]


def _token_life(seconds: float) -> str:
    return "expired" if seconds <= 0 else duration(seconds)


def _armed(seconds: float, look: Look) -> list[Cell]:
    if seconds <= 0:
        return [("read-only", look.muted)]
    return [("armed ", look.slow + Style(bold=True)), (duration(seconds), look.slow)]


@dataclass(frozen=True, slots=True)
class KeyHint:
    """A key as the bottom line shows it. `why_not` is set when it cannot work now."""

    key: str
    label: str
    why_not: str | None = None


def key_cells(hints: Sequence[KeyHint], look: Look, width: int) -> list[Cell]:
    """Keys and what they do, exactly `width` cells; those that cannot work now are faint.

    The last hint (help) always stays; others are dropped from the right end when there is no room.
    """
    if not hints:
        return clipped([], width, look)
    *most, last = hints
    tail = _hint(last, look)
    room = width - 1 - sum(width_of(text) for text, _ in tail)
    cells: list[Cell] = [(" ", look.text)]
    for hint in most:
        part = [*_hint(hint, look), (_GAP, look.text)]
        size = sum(width_of(text) for text, _ in part)
        if size > room:
            break
        cells += part
        room -= size
    return clipped([*cells, *tail], width, look)


def _hint(hint: KeyHint, look: Look) -> list[Cell]:
    off = hint.why_not is not None
    cells: list[Cell] = [(hint.key, look.faint if off else look.strong)]
    if hint.label:
        cells.append((" " + hint.label, look.faint if off else look.muted))
    return cells


def key_line(hints: Sequence[KeyHint], look: Look, width: int) -> Text:
    """The same as one line of text."""
    return joined(key_cells(hints, look, width))
