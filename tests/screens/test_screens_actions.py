"""The action table: every key works in every terminal, clashes with none, and says why when it cannot."""

from __future__ import annotations

import pytest
from textual.binding import Binding
from textual.keys import Keys

from console.domain.target import Role
from screens.actions import ACTIONS, BY_ID, Action, ActionState, Scope, hints, key_table, why_not
from screens.widgets.filter_bar import FilterBar
from screens.widgets.line_list import LineList
from screens.widgets.link_table import LinkTable
from screens.widgets.text_pane import TextPane
from screens.widgets.timeline_view import TimelineView

MULTIPLEXERS = {"ctrl+a", "ctrl+b", "ctrl+s", "ctrl+q", "ctrl+z", "ctrl+c"}
"""Prefixes of screen and tmux, flow control, job control."""


def keys_of(widget: type) -> set[str]:
    return {
        key for binding in widget.BINDINGS if isinstance(binding, Binding) for key in binding.key.split(",")
    }


def test_ids_and_keys_are_unique() -> None:
    assert len({a.id for a in ACTIONS}) == len(ACTIONS)
    assert len({a.key for a in ACTIONS}) == len(ACTIONS)


def test_no_action_takes_a_key_that_moves_the_cursor() -> None:
    moves = keys_of(LineList) | keys_of(TextPane)
    assert not moves & {a.key for a in ACTIONS}


def test_widgets_bind_only_keys_that_the_table_knows_or_that_move() -> None:
    known = {a.key for a in ACTIONS} | {"enter", "escape"}
    for widget in (LinkTable, TimelineView, FilterBar):
        assert keys_of(widget) - keys_of(LineList) <= known


def test_keys_reach_us_through_tmux_screen_and_job_control() -> None:
    taken = {a.key for a in ACTIONS} | keys_of(LineList)
    assert not taken & MULTIPLEXERS
    for key in taken:
        assert not key.startswith(("alt+", "ctrl+shift+", "shift+", "super+")), key


def test_every_key_is_one_that_textual_sends() -> None:
    named = {k.value for k in Keys}
    for action in ACTIONS:
        one = len(action.key) == 1 and action.key.isascii()
        assert one or action.key in named or action.key in {"slash", "question_mark", "colon", "full_stop"}, (
            action.key
        )


def test_a_dangerous_action_needs_the_platform_a_link_and_a_role() -> None:
    dangerous = [a for a in ACTIONS if a.dangerous]
    assert {a.id for a in dangerous} == {"rollback", "rollback-all", "repoint", "undo"}
    for action in dangerous:
        assert action.needs_live
        many = action.id in {"rollback-all", "repoint"}
        assert action.needs_link is not many, "marks and outages need no cursor"
        assert action.role is Role.OPERATOR


READY = ActionState(
    role=Role.OPERATOR,
    undoable=True,
    held=True,
    open_writes=1,
    protected=True,
    versions=2,
    marked=1,
    sweeping=True,
)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda a: a.id)
def test_everything_works_when_nothing_stands_against_it(action: Action) -> None:
    assert why_not(action, READY) is None


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (ActionState(offline="no answer since 14:02"), "Offline: no answer since 14:02"),
        (ActionState(link=False), "No link under the cursor"),
        (ActionState(role=Role.CREATOR), "Your role is creator; this needs operator"),
        (ActionState(read_only="the journal's disk is full"), "Read-only: the journal's disk is full"),
        (ActionState(armed=False), "The profile is protected: press a to arm it"),
        (ActionState(busy="Another run holds this link"), "Another run holds this link"),
    ],
)
def test_a_rollback_says_why_it_cannot_work(state: ActionState, why: str) -> None:
    assert why_not(BY_ID["rollback"], state) == why


def test_an_unknown_role_is_left_to_the_platform() -> None:
    assert why_not(BY_ID["rollback"], ActionState(role=Role.UNKNOWN)) is None


def test_looking_works_offline() -> None:
    offline = ActionState(offline="no answer", versions=2, read_only="disk full")
    for name in ("filter", "mark", "preview", "diff", "sort", "copy", "help", "quit", "check"):
        assert why_not(BY_ID[name], offline) is None


def test_the_footer_ends_with_help_and_greys_what_cannot_work() -> None:
    shown = hints(ActionState(offline="no answer"), Scope.LINKS)
    assert (shown[0].key, shown[-1].key) == ("/", "?")
    assert {h.label for h in shown if h.why_not} == {"roll back", "undo", "diff", "preview"}


def test_a_running_check_puts_its_keys_into_the_footer_of_every_pane() -> None:
    for scope in Scope:
        assert not {"pause", "stop"} & {hint.label for hint in hints(ActionState(), scope)}
        shown = hints(ActionState(sweeping=True), scope)
        assert [hint.label for hint in shown[:3]] == ["filter", "pause", "stop"]
        assert not any(hint.why_not for hint in shown[:3])


def test_the_key_table_names_every_action() -> None:
    table = key_table()
    assert table.count("\n") == len(ACTIONS) + 1
    assert "| `space` | mark |" in table
