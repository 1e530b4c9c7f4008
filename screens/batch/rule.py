"""Which version each link goes back to, chosen from a list: last healthy, the one before, as of a time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from console.ops.batches import desk as core
from console.ops.planning.rules import LAST_HEALTHY, PREVIOUS, Rule
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.pick_screen import Pick, PickScreen
from screens.present.cells import Cell
from screens.themes import Look

if TYPE_CHECKING:
    from textual.app import App

    from screens.batch.base import Work

_AS_OF: Final = "as of a time"
_TITLE: Final = "Back to which version?"
_KEYS: Final = "enter take   esc leave"
_QUESTION: Final = "What was live when? 2h, 3d, or 2026-11-24T14:00 of this machine's time."
_RULES: Final = {rule.text: rule for rule in (LAST_HEALTHY, PREVIOUS)}
_TOLD: Final = {
    LAST_HEALTHY.text: "newest earlier one that works",
    PREVIOUS.text: "the one before the live one",
    _AS_OF: "what was live then",
}


async def ask_rule(app: App[Any], ask: Callable[[Work[Any]], Coroutine[Any, Any, Any]]) -> Rule | None:
    """The operator's choice; None when it was left, or could not be meant, which was said."""
    picks = [Pick(name, _said(words)) for name, words in _TOLD.items()]
    chosen = await app.push_screen_wait(PickScreen(_TITLE, picks, _KEYS))
    if chosen is None or chosen.name != _AS_OF:
        return None if chosen is None else _RULES[chosen.name]
    text = await app.push_screen_wait(AskScreen(_TITLE, _QUESTION))
    rule: Rule | None = None if text is None else await ask(lambda s: core.rule_at(s, text))
    return rule


def _said(words: str) -> Callable[[Look], list[Cell]]:
    return lambda look: [(look.say(words, 200), look.muted)]
