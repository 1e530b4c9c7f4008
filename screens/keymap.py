"""The operator's own keys: `[keys]` of `config.toml` over the action table, checked before they are used.

    [keys]
    rollback = "ctrl+r"
    note-bad = "n"

A key that two actions share, or that moves the cursor, is refused: at 3 a.m. a key does one thing. One
that tmux, screen, job control or the terminal takes for itself is told by `config show` and `doctor`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from textual.keys import Keys, _character_to_key

from console.domain.errors import ConfigProblem
from console.domain.nearest import nearest
from console.domain.text import safe
from screens.actions import ACTIONS, BY_ID, PRINTED, Action

RESERVED: Final = {
    "up": "moves the cursor",
    "down": "moves the cursor",
    "j": "moves the cursor",
    "k": "moves the cursor",
    "g": "goes to the first line",
    "G": "goes to the last line",
    "home": "goes to the first line",
    "end": "goes to the last line",
    "pageup": "turns the page",
    "pagedown": "turns the page",
    "ctrl+f": "turns the page",
    "enter": "opens what is under the cursor",
    "escape": "leaves what is open",
}
"""Keys that the lists and dialogs have for themselves, and what for."""

_TAKEN: Final = {
    "ctrl+a": "screen takes it as its prefix",
    "ctrl+b": "tmux takes it as its prefix",
    "ctrl+c": "it interrupts",
    "ctrl+q": "flow control and Textual take it",
    "ctrl+s": "flow control takes it: the terminal stands still until ctrl+q",
    "ctrl+z": "job control takes it",
    "ctrl+backslash": "it ends the program",
    "ctrl+h": "terminals send backspace for it",
    "ctrl+i": "terminals send tab for it",
    "ctrl+j": "terminals send enter for it",
    "ctrl+m": "terminals send enter for it",
    "ctrl+left_square_bracket": "terminals send escape for it",
    "f1": "many terminals open their help with it",
    "f11": "many terminals go to full screen with it",
}
_UNSENT: Final = ("alt+", "super+", "hyper+", "meta+", "ctrl+shift+", "shift+")
_NAMED: Final = frozenset(key.value for key in Keys)
_BY_PRINT: Final = {printed: key for key, printed in PRINTED.items()}


@dataclass(frozen=True, slots=True)
class Keymap:
    """The actions under the keys that are in force.

    Attributes:
        warnings: what is odd about the operator's keys, a sentence each; the console starts all the same.
    """

    actions: tuple[Action, ...] = ACTIONS
    warnings: tuple[str, ...] = ()

    def key(self, action: str) -> str:
        """The key of an action as Textual names it."""
        return next(each.key for each in self.actions if each.id == action)

    def label(self, action: str) -> str:
        """The same as it is printed."""
        return next(each.key_label for each in self.actions if each.id == action)

    def changed(self) -> dict[str, str]:
        """Those that differ from the table's: binding id to key, as Textual's `set_keymap` takes them."""
        own = {action.id: action.key for action in ACTIONS}
        return {binding_id(a.id): a.key for a in self.actions if a.key != own[a.id]}


def binding_id(action: str) -> str:
    """The id of an action's binding."""
    return action if action in {"mark", "mark-range"} else f"console.{action}"


def keymap_of(settings: Mapping[str, object]) -> Keymap:
    """The keymap of `[keys]`.

    Raises:
        ConfigProblem: an action that there is not, a key that there is not, a key that two actions share
            or that the lists have for themselves.
    """
    names = [action.id for action in ACTIONS]
    chosen: dict[str, str] = {}
    for name, value in settings.items():
        if name not in names:
            near = nearest(name[:60], names)
            hint = f"Did you mean {near}?" if near else f"Actions: {', '.join(names)}"
            raise ConfigProblem(f"[keys] has no action {safe(name, 40)}", hint=hint)
        chosen[name] = _named(name, value)
    actions = tuple(replace(a, key=chosen.get(a.id, a.key)) for a in ACTIONS)
    _refuse_clashes(actions)
    return Keymap(actions, tuple(_odd(name, key) for name, key in chosen.items() if _odd(name, key)))


def _named(action: str, value: object) -> str:
    """A key as Textual names it, from what people write: `?`, `space`, `ctrl+r`, `pagedown`."""
    if not isinstance(value, str) or not value:
        raise ConfigProblem(f'[keys] {action} must be a key in quotes, like "n" or "ctrl+r"')
    if value in _BY_PRINT:
        return _BY_PRINT[value]
    if value in PRINTED:
        return value
    if len(value) == 1:
        if not value.isprintable() or not value.isascii():
            raise ConfigProblem(f"[keys] {action}: not every keyboard has {safe(value, 10)}")
        return value if value.isalnum() else _character_to_key(value)
    *modifiers, last = value.split("+") if value != "+" else ["+"]
    lower = "+".join([*(m.lower() for m in modifiers), last if len(last) == 1 else last.lower()])
    known = lower in _NAMED or lower in _TAKEN or (bool(modifiers) and lower.startswith(_UNSENT))
    if not known:
        near = nearest(lower[:30], sorted(_NAMED))
        raise ConfigProblem(
            f"[keys] {action}: there is no key {safe(value, 30)}",
            hint=f"Did you mean {near}?" if near else "Keys are named like n, ?, space, ctrl+r, f5",
        )
    return lower


def _refuse_clashes(actions: Sequence[Action]) -> None:
    holders: dict[str, str] = {}
    for action in actions:
        if action.key in RESERVED and action.key != BY_ID[action.id].key:
            raise ConfigProblem(
                f"[keys] {action.id}: {action.key_label} {RESERVED[action.key]} and cannot do anything else",
                hint="Choose another key",
            )
        if action.key in holders:
            raise ConfigProblem(
                f"[keys] {holders[action.key]} and {action.id} are both on {action.key_label}",
                hint="Give one of them another key",
            )
        holders[action.key] = action.id


def _odd(action: str, key: str) -> str:
    lead = f"[keys] {action}"
    if key in _TAKEN:
        return f"{lead}: {key} may never arrive, {_TAKEN[key]}"
    if key.startswith(_UNSENT):
        return f"{lead}: many terminals, and tmux, do not send {key}"
    return ""
