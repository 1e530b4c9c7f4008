"""The one table of what can be done with an import; keys, footer and help are made of it."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import Final

from textual.binding import Binding, BindingType

from console.domain.target import Role
from screens.actions import Action, ActionState, why_not
from screens.present.chrome import KeyHint


class Stage(Enum):
    """How far an import is."""

    NO_FILE = "no file"
    CHECKING = "checking"
    FAILED = "failed"
    REVIEW = "review"
    LOOKING = "looking"
    SENDING = "sending"
    ENDED = "ended"


_SETTLED: Final = frozenset({Stage.REVIEW, Stage.FAILED})
_ROWS: Final = frozenset({Stage.REVIEW, Stage.ENDED})
_WORKING: Final = frozenset({Stage.CHECKING, Stage.LOOKING, Stage.SENDING})
ACTIONS: Final = (
    Action(
        "send", "i", "import", "Send what was reviewed: asks for typed words first.",
        dangerous=True, needs_live=True, role=Role.OPERATOR, hint=10,
    ),
    Action("halt", "x", "stop", "Stop what is under way; while sending, after the request that is out.",
        hint=20),
    Action("columns", "m", "columns", "Change which column fills which field; every row is checked anew.",
        hint=30),
    Action("existing", "e", "existing", "What to do with slugs that exist: update, skip, fail.", hint=40),
    Action("look", "h", "check", "Look from here whether the new destinations answer.", hint=50),
    Action("mend", "s", "save rows", "Save the rows with faults to a file, to be mended and imported.",
           hint=60),
    Action("file", "o", "other file", "Choose another file.", hint=70),
    Action("arm", "a", "arm", "Allow writes on a protected profile for 15 minutes; again, end that.",
           hint=15),
    Action("next", "right", "next kind", "Narrow the rows to the next kind."),
    Action("previous", "left", "kind before", "Narrow the rows to the kind before."),
    Action("leave", "escape", "leave", "Leave; nothing more is sent.", hint=90),
    Action("help", "question_mark", "help", "All keys, and why one does not work now.", hint=100),
)  # fmt: skip
BY_ID: Final = {action.id: action for action in ACTIONS}
_WHEN: Final = {
    "send": (frozenset({Stage.REVIEW}), "There is nothing reviewed to be sent"),
    "halt": (_WORKING, "Nothing is under way"),
    "columns": (_SETTLED, "Only before anything is sent"),
    "existing": (_SETTLED, "Only before anything is sent"),
    "look": (frozenset({Stage.REVIEW}), "Only before anything is sent"),
    "mend": (_ROWS, "There are no rows yet"),
    "file": (_SETTLED | {Stage.NO_FILE, Stage.ENDED}, "Something is under way"),
}


def why_not_now(action: Action, stage: Stage, state: ActionState, *, to_send: int, faulty: int) -> str | None:
    """Why an action cannot work now, in one sentence; None when it can."""
    stages, words = _WHEN.get(action.id, (frozenset(Stage), ""))
    if stage not in stages:
        return "Something is under way: x stops it" if stage in _WORKING else words
    if action.id == "send" and not to_send:
        return "There is nothing to send"
    if action.id == "look" and not to_send:
        return "There are no new destinations"
    if action.id == "mend" and not faulty:
        return "No row has faults"
    if action.id == "leave" and stage is Stage.SENDING:
        return "Requests are being sent: x stops after the one that is out"
    return why_not(action, replace(state, arm_key=printed(BY_ID["arm"])))


def hints(stage: Stage, state: ActionState, *, to_send: int, faulty: int, existing: str) -> list[KeyHint]:
    """The footer: what fits the stage, help last."""
    shown = []
    for action in sorted((a for a in ACTIONS if a.hint), key=lambda a: a.hint):
        stages, _ = _WHEN.get(action.id, (frozenset(Stage), ""))
        if stage in stages and (action.id != "arm" or state.protected):
            reason = why_not_now(action, stage, state, to_send=to_send, faulty=faulty)
            label = f"existing: {existing}" if action.id == "existing" else action.label
            shown.append(KeyHint(printed(action), label, reason))
    return shown


def bindings() -> list[BindingType]:
    """The keys of the import screen."""
    return [Binding(a.key, f"act('{a.id}')", a.label, show=False, id=f"import.{a.id}") for a in ACTIONS]


def printed(action: Action) -> str:
    """Its key as it is printed."""
    return _PRINTED.get(action.key, action.key)


_PRINTED: Final = {"escape": "esc", "question_mark": "?"}
