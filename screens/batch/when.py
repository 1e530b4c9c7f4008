"""When a run starts, chosen from a list: now, at a time, after the peak, after the day's reset."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from console.ops.batches import desk as core
from console.ops.batches.values import Hold, StopReason
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.pick_screen import Pick, PickScreen
from screens.present.batch import utc
from screens.present.cells import Cell
from screens.themes import Look

if TYPE_CHECKING:
    from textual.app import App

    from screens.batch.base import Work

_NOW: Final = "now"
_AT: Final = "at a time"
_NAMES: Final = {StopReason.HELD_PEAK: "after the peak", StopReason.HELD_RESET: "after the reset"}
_QUESTION: Final = "At what time? 23:30 is this machine's next half past eleven; or 2026-11-24T23:30+00:00."


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen; `hold` None is now."""

    hold: Hold | None


async def ask_when(app: App[Any], ask: Callable[[Work[Any]], Coroutine[Any, Any, Any]]) -> Choice | None:
    """The operator's choice; None when it was left, or could not be meant, which was said."""
    holds: tuple[Hold, ...] = await ask(core.holds) or ()
    known = {_NAMES[hold.why]: hold for hold in holds}
    picks = [
        Pick(_NOW, _said("as soon as it is confirmed")),
        Pick(_AT, _said("you name it next")),
        *(Pick(name, _said(utc(hold.until))) for name, hold in known.items()),
    ]
    chosen = await app.push_screen_wait(PickScreen("When does it start?", picks, "enter take   esc leave"))
    if chosen is None:
        return None
    if chosen.name != _AT:
        return Choice(known.get(chosen.name))
    text = await app.push_screen_wait(AskScreen("When does it start?", _QUESTION))
    if text is None:
        return None
    hold = await ask(lambda s: core.hold_at(s, text))
    return None if hold is None else Choice(hold)


def _said(words: str) -> Callable[[Look], list[Cell]]:
    return lambda look: [(look.say(words, 200), look.muted)]
