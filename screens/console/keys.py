"""Which actions the console does, and what decides whether each can work now."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from screens.actions import ACTIONS, ActionState, Scope
from screens.desk import Desk
from screens.keymap import binding_id

_OWN: Final = frozenset({"mark", "mark-range"})
"""Bound by the list itself."""
NEXT_PANE: Final = {
    Scope.EVERYWHERE: "links",
    Scope.LINKS: "timeline",
    Scope.TIMELINE: "health",
    Scope.HEALTH: "links",
}


def bindings() -> list[BindingType]:
    """The keys of the main screen, from the action table."""
    return [
        Binding(a.key, f"act('{a.id}')", a.label, show=False, id=binding_id(a.id))
        for a in ACTIONS
        if a.id not in _OWN
    ]


def state_of(
    desk: Desk,
    *,
    slug: str,
    marked: int,
    listed: int,
    undoable: bool,
    versions: int,
    busy: str,
    sweeping: bool = False,
    failing: int = 0,
    trail: bool = False,
    resumable: bool = False,
    arm_key: str = "a",
) -> ActionState:
    """What the action table asks, from how we stand."""
    now = desk.standing
    if now is None:
        return ActionState(offline="the session is not open yet", link=bool(slug), read_only="not open yet")
    armed = now.armed_seconds
    return ActionState(
        offline=desk.offline,
        read_only=now.read_only,
        link=bool(slug) or listed > 0,
        marked=marked,
        role=now.target.role,
        armed=armed is None or armed > 0,
        protected=armed is not None,
        open_writes=now.open_writes,
        held=slug in now.held,
        undoable=undoable,
        busy=busy,
        versions=versions,
        sweeping=sweeping,
        failing=failing,
        trail=trail,
        resumable=resumable,
        arm_key=arm_key,
    )
