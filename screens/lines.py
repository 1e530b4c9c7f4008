"""The main screen's single lines: what the top line, the banner and the notice say."""

from __future__ import annotations

from rich.text import Text

from console.domain.moments import freshness
from screens.desk import Desk
from screens.present.cells import clipped, joined
from screens.present.chrome import TopState, top_line
from screens.themes import Look
from screens.widgets.one_line import OneLine


def top(desk: Desk, width: int, look: Look) -> Text:
    """Where we are, how fresh, as whom, how long, how many writes."""
    now, at = desk.standing, desk.now()
    if now is None:
        return joined(clipped([(" repoint ", look.strong), ("opening", look.muted)], width, look))
    age = None if now.synced_at is None else at.timestamp() - now.synced_at
    life = None if now.token_expires_at is None else (now.token_expires_at - at).total_seconds()
    state = TopState(
        target=now.target,
        freshness=freshness(age, offline=bool(desk.offline)),
        age=age,
        token_seconds=life,
        writes_left=now.writes_left,
        reserve=now.reserve,
        armed_seconds=now.armed_seconds,
        notice=now.read_only or (f"{now.open_writes} open writes" if now.open_writes else ""),
    )
    return top_line(state, look, width)


def banner(desk: Desk) -> str:
    """Why nothing can be written, where nothing can; else empty."""
    offline = desk.offline if desk.standing else ""
    if not offline or desk.standing is None:
        return ""
    known = (
        "Shown as last read" if desk.standing.synced_at is not None else "In the cache nothing was read yet"
    )
    return f"Offline: {offline}. {known}; nothing can be written" + (
        "; it is tried again by itself" if desk.retries else ""
    )


def tell(line: OneLine, words: str, *, warn: bool) -> None:
    """Show a sentence in a line, or hide the line."""
    line.display = bool(words)

    def build(width: int, look: Look) -> Text:
        style = look.slow if warn else look.text
        lead = f" {look.glyphs.warning} " if warn else " "
        return joined(clipped([(lead, style), (look.say(words), style)], width, look))

    line.show(build)
