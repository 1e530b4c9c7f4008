"""Text over the console that is read and left: help made from the action table, a diff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from screens.actions import Action, ActionState, why_not
from screens.present.cells import fit, joined
from screens.present.wrapping import wrap
from screens.themes import Look
from screens.widgets.text_pane import Build, TextPane

_KEY = 9
_LABEL = 13


class TextScreen(ModalScreen[None]):
    """Lines in a frame; escape, q or the key that opened it leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "leave", "Leave", show=False),
    ]

    def __init__(self, title: str, build: Build) -> None:
        super().__init__()
        self._title = title
        self._build = build

    def compose(self) -> ComposeResult:
        """The frame and the lines."""
        with Vertical(classes="dialog") as frame:
            frame.border_title = self._title.replace("[", r"\[")
            frame.border_subtitle = "esc leave"
            yield TextPane(self._build, id="text")

    def on_mount(self) -> None:
        """Keys scroll."""
        self.query_one(TextPane).focus()

    def action_leave(self) -> None:
        """Leave."""
        self.dismiss(None)


def help_lines(actions: Sequence[Action], state: ActionState, look: Look, width: int) -> list[Text]:
    """Every key with what it does, and why it does not work now."""
    lines: list[Text] = []
    room = max(16, width - _KEY - _LABEL)
    for action in actions:
        reason = why_not(action, state)
        rows = [(row, look.text if reason is None else look.faint) for row in wrap(action.help, room)]
        if reason is not None:
            rows += [(row, look.slow) for row in wrap(look.say(f"Not now: {reason}"), room)]
        for at, (row, style) in enumerate(rows):
            key = action.key_label if at == 0 else ""
            name = action.label if at == 0 else ""
            lead = [(fit(key, _KEY, ""), look.strong), (fit(name, _LABEL, ""), look.muted)]
            lines.append(joined([*lead, (row, style)]))
    return lines
