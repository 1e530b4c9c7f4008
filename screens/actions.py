"""The one table of what an operator can do. Bindings, footer, palette, help and docs are made from it.

An action that cannot work now is shown faint, and its key says why (`why_not`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from console.domain.target import Role
from screens.present.chrome import KeyHint


class Scope(StrEnum):
    """Where an action is at home."""

    EVERYWHERE = "everywhere"
    LINKS = "links"
    TIMELINE = "timeline"
    HEALTH = "health"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done.

    Attributes:
        key: the key as Textual names it (`question_mark`); `keys` in words for people is `key_label`.
        label: the fewest words, for the footer.
        help: one sentence, for help and docs.
        dangerous: leads to a write; never runs from one key without a typed confirmation.
        needs_live: needs the platform, so not offline.
        needs_link: needs a link under the cursor.
        needs_marks: needs marked links.
        role: the least role that the platform asks for.
        hint: its place in the footer, lowest first; 0 keeps it out.
    """

    id: str
    key: str
    label: str
    help: str
    scope: Scope = Scope.EVERYWHERE
    dangerous: bool = False
    needs_live: bool = False
    needs_link: bool = False
    needs_marks: bool = False
    role: Role = Role.UNKNOWN
    hint: int = 0

    @property
    def key_label(self) -> str:
        """The key as it is printed: `?`, `/`, `space`, `ctrl+l`."""
        return PRINTED.get(self.key, self.key)


PRINTED: Final = {
    "slash": "/",
    "question_mark": "?",
    "equals_sign": "=",
    "full_stop": ".",
    "colon": ":",
}
"""Keys that are printed otherwise than Textual names them."""

ACTIONS: Final[tuple[Action, ...]] = (
    Action("filter", "slash", "filter", "Filter the links: host:, status:, tag:, changed:, words.", hint=10),
    Action(
        "mark", "space", "mark", "Mark the link, or unmark it, and go on to the next.",
        Scope.LINKS, needs_link=True, hint=20,
    ),
    Action(
        "mark-range", "v", "range", "Start a range of marks at the cursor; again, mark up to the cursor.",
        Scope.LINKS, needs_link=True,
    ),
    Action(
        "mark-all", "M", "mark all", "Mark every link of the filter; again, take those marks away.",
        Scope.LINKS, needs_link=True,
    ),
    Action(
        "mark-host", "m", "mark host", "Mark every link that leads to the same host; again, unmark them.",
        Scope.LINKS, needs_link=True,
    ),
    Action("mark-file", "F", "mark file", "Mark the links that a file names, one slug a line."),
    Action("hosts", "t", "hosts", "The filter's links by destination host: go to one's links, or mark them."),
    Action("views", "S", "views", "Saved views: go to one, or save this filter and order under a name."),
    Action("unmark", "V", "unmark all", "Take all marks away.", Scope.LINKS, needs_marks=True),
    Action(
        "check", "h", "check",
        "Check from here the marked links, in the timeline its link, in health its host, else the filter.",
        needs_link=True, hint=30,
    ),
    Action("check-failing", "H", "check failing", "Check from here again every link that fails.", hint=31),
    Action(
        "check-platform", "P", "ask platform",
        "Have the platform check the same links; says what it costs in writes, and asks first.",
        needs_live=True, needs_link=True, role=Role.OPERATOR,
    ),
    Action(
        "outage-links", "enter", "its links", "Show the links of the failing host under the cursor.",
        Scope.HEALTH, hint=15,
    ),
    Action(
        "rollback-all", "R", "roll back all",
        "Plan the rollback of many: the marked links, in health the outage's, else those of the filter.",
        Scope.HEALTH, dangerous=True, needs_live=True, role=Role.OPERATOR, hint=16,
    ),
    Action(
        "repoint", "D", "find and replace",
        "Another host, beginning or one page for many: the marked, in health the outage's, else filtered.",
        dangerous=True, needs_live=True, role=Role.OPERATOR,
    ),
    Action("runs", "B", "runs", "The runs of batches: the one that goes on, past ones, unfinished ones."),
    Action("pause", "z", "pause", "Pause the running check; again, go on with it."),
    Action("stop", "x", "stop", "Stop the running check; what it has found stays."),
    Action(
        "rollback", "r", "roll back", "Roll the link back: choose, check, confirm, verified.",
        dangerous=True, needs_live=True, needs_link=True, role=Role.OPERATOR, hint=40,
    ),
    Action(
        "undo", "u", "undo", "Undo your last rollback of the link, with the same guards.",
        dangerous=True, needs_live=True, needs_link=True, role=Role.OPERATOR, hint=80,
    ),
    Action(
        "preview", "p", "preview", "What sample visitors get now, and from the version under the cursor.",
        needs_link=True, hint=50,
    ),
    Action(
        "ask-route", "A", "ask route",
        "Ask the platform where one visitor goes, beside the estimate; says its cost first.",
        needs_live=True, needs_link=True,
    ),
    Action("diff", "d", "diff", "What differs between two versions.", needs_link=True, hint=60),
    Action(
        "history", "f", "read again", "Read the link's history from the platform again.",
        needs_live=True, needs_link=True,
    ),
    Action("sync", "y", "sync", "Read all links from the platform into the cache.", needs_live=True),
    Action("sort", "o", "sort", "Order the links by another column; again, the other way round.", hint=70),
    Action(
        "import", "i", "import", "Links from a file: checked whole, looked through, sent.", hint=72,
    ),
    Action("export", "e", "export", "Write the filter's links to a file: CSV, NDJSON or JSON.", hint=74),
    Action(
        "export-history", "X", "export history",
        "Write the link's history to a file: Markdown, CSV or JSON.", needs_link=True,
    ),
    Action("copy", "c", "copy", "Copy the link's state to your clipboard, over SSH too.", needs_link=True),
    Action(
        "note-bad", "b", "note bad", "Note the version as one not to return to, or take the note away.",
        Scope.TIMELINE, needs_link=True,
    ),
    Action(
        "release", "l", "release", "Stop watching a rolled-back link.", needs_link=True,
    ),
    Action("note", "n", "note", "Note, TODO or incident into the journal; from any screen with ctrl+n."),
    Action("journal", "J", "journal", "What was sent, refused and noted, newest first, with a filter."),
    Action("status", "s", "status", "Copy a paragraph for a chat: what is down, done and left."),
    Action("report", "E", "report", "Report to the platform's support: shown whole, confirmed, sent once."),
    Action(
        "profile", "T", "profile",
        "Who you are, the token's life and where it came from; go to another profile or handle.",
    ),
    Action("arm", "a", "arm", "Allow writes on a protected profile for 15 minutes; again, end that."),
    Action(
        "reconcile", "w", "open writes", "Settle writes whose outcome is not known, by reading the platform.",
        needs_live=True,
    ),
    Action("pane-links", "1", "links", "Go to the links."),
    Action("pane-timeline", "2", "timeline", "Go to the timeline."),
    Action("pane-health", "3", "health", "Go to health."),
    Action("pane-all", "4", "all panes", "Show the panes side by side, or one at a time."),
    Action("next-pane", "tab", "next pane", "Go to the next pane."),
    Action("command", "colon", "command", "Type a command: filter, go, sort, host, profile, theme, ..."),
    Action("palette", "ctrl+p", "palette", "Find an action by its words."),
    Action("back", "backspace", "back", "Back to the filter, link and pane before this one."),
    Action("resume", "full_stop", "resume", "Go to where you were when the console last ended."),
    Action("redraw", "ctrl+l", "redraw", "Draw the whole screen again."),
    Action("quit", "q", "quit", "Leave.", hint=90),
    Action("help", "question_mark", "help", "All keys, and why one does not work now.", hint=100),
)  # fmt: skip

BY_ID: Final = {action.id: action for action in ACTIONS}


@dataclass(frozen=True, slots=True)
class ActionState:
    """What decides whether an action can work now.

    Attributes:
        offline: why the platform is out of reach; empty when it is not.
        read_only: why nothing may be written (disk, journal, open writes found at start); empty when it may.
        link: whether there is a link under the cursor.
        marked: how many links are marked.
        role: ours on the handle, as far as it is known.
        armed: whether writes are allowed; always for a profile that is not protected.
        protected: whether the profile asks to be armed.
        open_writes: writes whose outcome is not known.
        held: whether the link under the cursor is being watched.
        undoable: whether there is a rollback of ours to undo on it.
        busy: what is under way that the action would get in the way of; empty when nothing is.
        versions: how many versions of the link are known.
        sweeping: whether a check is running.
        failing: how many hosts fail.
        trail: whether there is a place to go back to.
        resumable: whether the last console's place was offered and not gone to.
        arm_key: the key that arms, as it is printed.
    """

    offline: str = ""
    read_only: str = ""
    link: bool = True
    marked: int = 0
    role: Role = Role.UNKNOWN
    armed: bool = True
    protected: bool = False
    open_writes: int = 0
    held: bool = False
    undoable: bool = False
    busy: str = ""
    versions: int = 0
    sweeping: bool = False
    failing: int = 1
    trail: bool = True
    resumable: bool = True
    arm_key: str = "a"


def why_not(action: Action, state: ActionState) -> str | None:
    """Why an action cannot work now, in one sentence; None when it can."""
    return _out_of_reach(action, state) or _write_refused(action, state) or _own_reason(action, state)


def _out_of_reach(action: Action, state: ActionState) -> str | None:
    if action.needs_live and state.offline:
        return f"Offline: {state.offline}"
    if action.needs_link and not (state.link or (action.id == "check" and state.marked)):
        return "No link under the cursor"
    if action.needs_marks and not state.marked:
        return "No links are marked"
    return None


def _write_refused(action: Action, state: ActionState) -> str | None:
    if action.role is not Role.UNKNOWN and Role.UNKNOWN < state.role < action.role:
        return f"Your role is {state.role.label}; this needs {action.role.label}"
    if not action.dangerous:
        return None
    if state.read_only:
        return f"Read-only: {state.read_only}"
    if not state.armed:
        return f"The profile is protected: press {state.arm_key} to arm it"
    return state.busy or None


def _own_reason(action: Action, state: ActionState) -> str | None:
    reasons = {
        "arm": None if state.protected else "The profile is not protected: writes are allowed",
        "reconcile": None if state.open_writes else "Every write is settled",
        "release": None if state.held else "The link is not being watched",
        "undo": None if state.undoable else "You have rolled nothing back on this link",
        "preview": None if state.versions else "The link's history has not been read yet",
        "ask-route": None if state.versions else "The link's history has not been read yet",
        "note-bad": None if state.versions else "The link's history has not been read yet",
        "export-history": None if state.versions else "The link's history has not been read yet",
        "check-failing": None if state.failing else "Nothing that was looked at fails",
        "outage-links": None if state.failing else "Nothing that was looked at fails",
        "pause": None if state.sweeping else "No check is running",
        "stop": None if state.sweeping else "No check is running",
        "back": None if state.trail else "There is nowhere to go back to",
        "resume": None if state.resumable else "There is nothing to resume",
        "diff": None if state.versions > 1 else "There is only one version to look at",
    }
    return reasons.get(action.id)


_WHILE_SWEEPING: Final = {"pause": 11, "stop": 12}
"""Places in the footer while a check runs: before all but the filter, so that no width drops them."""


def hints(
    state: ActionState, scope: Scope = Scope.EVERYWHERE, actions: Iterable[Action] = ACTIONS
) -> list[KeyHint]:
    """The footer for a pane, in order; help comes last and always stays."""
    places = {a.id: a.hint for a in actions} | (_WHILE_SWEEPING if state.sweeping else {})
    shown = [a for a in actions if places[a.id] and a.scope in {scope, Scope.EVERYWHERE}]
    shown.sort(key=lambda a: places[a.id])
    return [KeyHint(a.key_label, a.label, why_not(a, state)) for a in shown]


def bindings(actions: Iterable[Action] = ACTIONS) -> list[tuple[str, str, str, str]]:
    """(key, action id, label, help) of each, for an app to bind."""
    return [(a.key, a.id, a.label, a.help) for a in actions]


def key_table() -> str:
    """All keys as a Markdown table, for the docs."""
    rows = [f"| `{a.key_label}` | {a.label} | {a.help} |" for a in ACTIONS]
    return "\n".join(("| key | action | what it does |", "| --- | --- | --- |", *rows))
