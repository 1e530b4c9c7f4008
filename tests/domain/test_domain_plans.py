"""A plan's digest covers what decides; checks block unless overridden; a write only moves forward."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from console.domain.outcomes import Outcome, WriteState
from console.domain.plans import Check, CheckStatus, Way
from console.domain.target import Role
from tests.support.builders import HISTORY, NOW, TARGET, later, plan, version

PLAN = plan()
DECIDES: dict[str, dict[str, Any]] = {
    "plan id": {"plan_id": "plan-2"},
    "platform": {"target": replace(TARGET, base_url="https://api.other.example")},
    "handle": {"target": replace(TARGET, handle="other")},
    "operator": {"target": replace(TARGET, operator="kim")},
    "epoch": {"target": replace(TARGET, epoch=2)},
    "slug": {"slug": "summer-sale"},
    "link id": {"link_id": "lnk_2"},
    "live version": {"live": replace(HISTORY[0], version=10)},
    "live version's type": {"live": replace(HISTORY[0], version="9")},
    "live content": {"live": version(9, "other")},
    "live record": {"live_fingerprint": "f" * 32},
    "to version": {"to": replace(HISTORY[1], version=7)},
    "to version's type": {"to": replace(HISTORY[1], version="8")},
    "to content": {"to": version(8, "other")},
    "reason": {"reason": "shop is up"},
    "way": {"way": Way.PUT},
    "time": {"made_at": later(NOW, 1)},
    "validity": {"seconds": 900.0},
    "undone run": {"undoes": "run-1"},
}


@pytest.mark.parametrize("fields", DECIDES.values(), ids=DECIDES.keys())
def test_the_digest_covers_what_decides(fields: dict[str, Any]) -> None:
    assert replace(PLAN, **fields).digest != PLAN.digest


def test_every_edit_has_a_digest_of_its_own() -> None:
    digests = {PLAN.digest, *(replace(PLAN, **fields).digest for fields in DECIDES.values())}
    assert len(digests) == len(DECIDES) + 1


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"changes": ()},
        {"expires_at": NOW.wall + timedelta(days=1)},
        {"made_at": replace(NOW, boottime=1.0)},
        {"to": replace(HISTORY[1], note="words only", created_by="lee")},
        {"target": replace(TARGET, role=Role.OWNER, profile="renamed")},
    ],
)
def test_what_is_only_shown_does_not_change_it(fields: dict[str, Any]) -> None:
    assert replace(PLAN, **fields).digest == plan().digest


def test_the_phrase_names_link_and_version() -> None:
    assert PLAN.phrase == "spring-launch v8"
    assert plan(to=version("abc")).phrase == "spring-launch abc"


@pytest.mark.parametrize("status", CheckStatus)
@pytest.mark.parametrize("overridable", [True, False])
@pytest.mark.parametrize("reason", ["", "  ", "the shop said so "])
def test_only_a_fail_blocks_and_only_a_reason_lets_an_overridable_one_pass(
    status: CheckStatus, overridable: bool, reason: str
) -> None:
    check = Check("destination", "Destination", status, overridable=overridable)
    assert check.blocks is (status is CheckStatus.FAIL)
    passed = check.overridden(reason)
    takes = status is CheckStatus.FAIL and overridable
    assert passed.override == (reason.strip() if takes else "")
    assert passed.blocks is (status is CheckStatus.FAIL and not (overridable and bool(reason.strip())))


FORWARD = {
    "prepared": {"sent", "dropped", "refused"},
    "sent": {"applied", "refused", "unknown", "dropped"},
    "unknown": {"applied", "refused", "dropped"},
    "applied": set(),
    "refused": set(),
    "dropped": set(),
}


@pytest.mark.parametrize(("a", "b"), itertools.product(WriteState, WriteState))
def test_a_write_moves_only_forward(a: WriteState, b: WriteState) -> None:
    assert a.can_become(b) is (b.value in FORWARD[a.value])


def test_no_way_leads_back_and_only_an_end_is_closed() -> None:
    reach: dict[WriteState, set[WriteState]] = {s: set() for s in WriteState}
    for _ in WriteState:
        for a, b in itertools.product(WriteState, WriteState):
            if a.can_become(b):
                reach[a] |= {b} | reach[b]
    for state in WriteState:
        assert state not in reach[state]
        assert state.open is bool(reach[state])
        assert not state.open or WriteState.DROPPED in reach[state]


def test_only_unknown_is_unsettled() -> None:
    assert {o for o in Outcome if not o.settled} == {Outcome.UNKNOWN}
