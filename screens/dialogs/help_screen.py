"""Text over the console that is read and left: help made from the action table, a diff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
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
_LABEL = 15


class TextScreen(ModalScreen[None]):
    """Lines in a frame; escape, q or the key that opened it leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter,backspace", "leave", "Leave", show=False),
    ]

    def __init__(self, title: str, build: Build, *, broad: bool = False) -> None:
        super().__init__()
        self._broad = broad
        self._title = title
        self._build = build

    def compose(self) -> ComposeResult:
        """The frame and the lines."""
        with Vertical(classes="dialog -broad" if self._broad else "dialog") as frame:
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
    """The keys that work now, then those that do not and why, then those that move."""
    reasons = {action.id: why_not(action, state) for action in actions}
    now = [action for action in actions if reasons[action.id] is None]
    lines = [Text(f"These {len(now)} work now", look.title)]
    for action in now:
        lines += _key_lines(action.key_label, action.label, [(action.help, look.text)], look, width)
    if len(now) < len(actions):
        lines += [Text(), Text("These do not", look.title)]
    for action in actions:
        if (reason := reasons[action.id]) is not None:
            said = [(action.help, look.faint), (f"Not now: {reason}", look.slow)]
            lines += _key_lines(action.key_label, action.label, said, look, width)
    lines += [Text(), Text("Moving", look.title)]
    for keys, words in _MOVES:
        lines += _key_lines(keys, "", [(words, look.text)], look, width)
    return lines


_MOVES = (
    ("j k", "Down, up; the arrows as well."),
    ("g G", "First, last; home and end as well."),
    ("pgdn", "A page down; pgup a page up."),
    ("enter", "Open what is under the cursor."),
    ("esc", "Leave what is open; nothing is sent."),
    ("mouse", "A click goes there, a second one opens it; at a row's left edge it marks."),
)


def _key_lines(key: str, label: str, said: Sequence[tuple[str, Style]], look: Look, width: int) -> list[Text]:
    room = max(16, width - _KEY - _LABEL)
    rows = [(row, style) for words, style in said for row in wrap(look.say(words), room)]
    lines = []
    for at, (row, style) in enumerate(rows):
        lead = [(fit(key if at == 0 else "", _KEY, ""), look.strong)]
        lead.append((fit(label if at == 0 else "", _LABEL, ""), look.muted))
        lines.append(joined([*lead, (row, style)]))
    return lines
