"""The tables of what can be done with a batch's plan and run; keys, footer and help are made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from rich.text import Text
from textual.binding import Binding, BindingType

from console.domain.target import Role
from screens.actions import Action, ActionState, why_not
from screens.present.cells import fit, joined
from screens.present.chrome import KeyHint
from screens.present.wrapping import wrap
from screens.themes import Look
from screens.widgets.text_pane import Build

_MOVING: Final = (
    Action("next", "right", "next kind", "Narrow the list to the next kind."),
    Action("previous", "left", "kind before", "Narrow the list to the kind before."),
    Action("detail", "enter", "whole item", "Show the item under the cursor whole."),
)
_ARM: Final = Action(
    "arm", "a", "arm", "Allow writes on a protected profile for 15 minutes; again, end that.", hint=80
)
PLAN: Final = (
    Action(
        "send", "r", "run", "Run the plan: asks for reasons where they are due, and for typed words.",
        dangerous=True, needs_live=True, role=Role.OPERATOR, hint=10,
    ),
    Action(
        "rule", "t", "other rule", "Last healthy version, the one before, or as of a time; planned anew.",
        hint=20,
    ),
    Action("way", "w", "other way", "Another way to send it.", hint=30),
    Action("when", "h", "when", "Start now, at a time, after the peak, or after the day's reset.", hint=35),
    Action("reason", "e", "reason", "Why: kept in the journal, and told to the platform.", hint=40),
    Action("again", "y", "plan again", "Read every link again and plan anew.", needs_live=True, hint=50),
    Action("halt", "x", "stop", "Stop planning; nothing was sent.", hint=15),
    _ARM,
    *_MOVING,
    Action("leave", "escape", "leave", "Leave; nothing is sent, and the plan is gone.", hint=90),
    Action("help", "question_mark", "help", "All keys, and why one does not work now.", hint=100),
)  # fmt: skip
RUN: Final = (
    Action("run-pause", "z", "pause", "Pause: what is under way ends first, and nothing is lost.", hint=10),
    Action(
        "run-resume", "r", "resume", "Go on: what waits is read and compared again; asks for typed words.",
        dangerous=True, needs_live=True, role=Role.OPERATOR, hint=20,
    ),
    Action(
        "run-when", "h", "when", "When it goes on: now, at a time, after the peak, or after the day's reset.",
        hint=25,
    ),
    Action("cancel", "x", "cancel", "Give up what waits, after a yes; what was sent stays.", hint=30),
    Action(
        "retry", "t", "retry failed", "Plan the failed and rejected items anew.",
        dangerous=True, needs_live=True, role=Role.OPERATOR, hint=40,
    ),
    Action(
        "run-undo", "u", "undo run", "Plan the way back of all that was applied, under the same guards.",
        dangerous=True, needs_live=True, role=Role.OPERATOR, hint=50,
    ),
    _ARM,
    *_MOVING,
    Action("leave", "escape", "leave", "Leave the view; the run goes on.", hint=90),
    Action("help", "question_mark", "help", "All keys, and why one does not work now.", hint=100),
)  # fmt: skip
LIST: Final = (
    Action("open", "enter", "open", "Open the run under the cursor.", hint=10),
    Action("leave", "escape", "leave", "Leave the list.", hint=90),
)
_PRINTED: Final = {"escape": "esc", "question_mark": "?"}


def bindings(actions: Sequence[Action], name: str) -> list[BindingType]:
    """The keys of a screen."""
    return [Binding(a.key, f"act('{a.id}')", a.label, show=False, id=f"{name}.{a.id}") for a in actions]


def reason_of(action: Action, own: Mapping[str, str], state: ActionState) -> str | None:
    """Why an action cannot work now: the screen's own reasons first; None when it can."""
    return own.get(action.id) or why_not(action, replace(state, arm_key=_ARM.key))


def hints(actions: Sequence[Action], own: Mapping[str, str], state: ActionState) -> list[KeyHint]:
    """The footer: what can work at all now, help last."""
    shown = sorted(
        (a for a in actions if a.hint and a.id not in own and (a is not _ARM or state.protected)),
        key=lambda a: a.hint,
    )
    return [KeyHint(_printed(a), a.label, why_not(a, state)) for a in shown]


def help_of(actions: Sequence[Action], own: Mapping[str, str], state: ActionState) -> Build:
    """Every key with what it does, and why it does not work now."""

    def lines(width: int, look: Look) -> list[Text]:
        found: list[Text] = []
        for action in actions:
            why = reason_of(action, own, state)
            rows = [(row, look.text if why is None else look.faint) for row in wrap(action.help, width - 24)]
            rows += [(row, look.slow) for row in wrap(f"Not now: {why}", width - 24)] if why else []
            for at, (row, style) in enumerate(rows):
                lead = [(fit(_printed(action) if at == 0 else "", 8, ""), look.strong)]
                lead.append((fit(action.label if at == 0 else "", 16, ""), look.muted))
                found.append(joined([*lead, (row, style)]))
        return found

    return lines


def _printed(action: Action) -> str:
    return _PRINTED.get(action.key, action.key)
