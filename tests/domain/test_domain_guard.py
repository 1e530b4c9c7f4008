"""Each kind of staleness is refused by its own name, and the fresh one passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.moments import Moment
from console.domain.readings import Reading
from console.domain.sightings import DIALOG_MAX_AGE, SIGHTING_MAX_AGE, Stale
from console.domain.target import Role
from console.ops.guard import (
    SLEEP_TOLERANCE,
    WAYS_ON,
    at_target,
    judge_age,
    judge_context,
    judge_send,
    judge_sighting,
    same_state,
)
from tests.support.builders import (
    HISTORY,
    NOW,
    TARGET,
    later,
    link,
    plan,
    reading,
    sighting,
    version,
)

RIVAL = version(10, created_by="kim", note="sorry, mine")
PLAN = plan()


def judged(of: Reading, now: Moment = NOW, **fields: Any) -> str | None:
    refusal = judge_sighting(sighting(**fields), of, now, SIGHTING_MAX_AGE)
    return refusal.reason if refusal else None


def test_the_fresh_one_passes_everywhere() -> None:
    assert judged(reading()) is None
    assert judge_context(PLAN, TARGET) is None
    assert judge_age(PLAN, NOW, later(NOW, 5)) is None
    assert judge_send(PLAN, reading()) is None


def test_not_seen() -> None:
    refusal = judge_sighting(None, reading(), NOW, SIGHTING_MAX_AGE)
    assert refusal is not None
    assert (refusal.reason, refusal.seen, refusal.live) == (Stale.NOT_SEEN, None, 9)
    assert "v9" in refusal.title


def test_a_rival_is_told_with_who_when_why_what_and_the_ways_on() -> None:
    refusal = judge_sighting(sighting(), reading(RIVAL, *HISTORY), NOW, SIGHTING_MAX_AGE)
    assert refusal is not None
    assert (refusal.reason, refusal.seen, refusal.live) == (Stale.VERSION_MOVED, 9, 10)
    assert (refusal.changed_by, refusal.note) == ("kim", "sorry, mine")
    assert refusal.changed_at == RIVAL.created_at
    assert [c.field for c in refusal.diff] == ["destination"]
    assert refusal.next == WAYS_ON
    assert "v10" in refusal.title
    assert "v9" in refusal.title


STALE: dict[str, tuple[Reading, dict[str, Any], Stale]] = {
    "version moved": (reading(RIVAL, *HISTORY), {}, Stale.VERSION_MOVED),
    "same content, other version": (reading(version(10, "page-9"), *HISTORY), {}, Stale.VERSION_MOVED),
    "same number, other type": (
        reading(version("9"), complete=False), {}, Stale.VERSION_MOVED
    ),
    "content of the record moved": (
        reading(record=link("edited", version=9)), {}, Stale.CONTENT_MOVED
    ),
    "content of history moved": (
        reading(version(9, "edited"), *HISTORY[1:]), {}, Stale.CONTENT_MOVED
    ),
    "deleted and made again": (reading(link_id="lnk_2"), {}, Stale.IDENTITY_CHANGED),
    "another link that also moved": (
        reading(version(1), link_id="lnk_2"), {}, Stale.IDENTITY_CHANGED
    ),
    "restored from a backup": (reading(*HISTORY[1:]), {}, Stale.HISTORY_WENT_BACK),
    "a named version that is gone": (
        reading(version("b"), version("a")), {"version": "c", "fingerprint": ""}, Stale.HISTORY_WENT_BACK
    ),
    "a named version beyond what was read": (
        reading(version("b"), version("a"), complete=False),
        {"version": "c", "fingerprint": ""},
        Stale.VERSION_MOVED,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("of", "seen", "why"), STALE.values(), ids=STALE.keys())
def test_each_kind_of_stale_state_by_its_name(of: Reading, seen: dict[str, Any], why: Stale) -> None:
    assert judged(of, **seen) == why
    # However old the sighting is, what moved is the better reason.
    assert judged(of, later(NOW, SIGHTING_MAX_AGE + 1), **seen) == why


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (later(NOW, SIGHTING_MAX_AGE), None),
        (later(NOW, SIGHTING_MAX_AGE + 1), Stale.TOO_OLD),
        (later(NOW, 0, slept=SIGHTING_MAX_AGE + 1), Stale.TOO_OLD),
        (replace(later(NOW, SIGHTING_MAX_AGE + 1), wall=NOW.wall), Stale.TOO_OLD),
        (replace(later(NOW, 60), wall=NOW.wall + timedelta(days=3650)), None),
        (replace(NOW, boot_id="boot-2", boottime=1.0, wall=NOW.wall + timedelta(hours=1)), None),
        (replace(NOW, boot_id="boot-2", boottime=1.0, wall=NOW.wall - timedelta(seconds=1)), Stale.TOO_OLD),
        (replace(NOW, boot_id="boot-2", boottime=1.0, wall=NOW.wall + timedelta(days=2)), Stale.TOO_OLD),
    ],
)
def test_a_sighting_counts_for_a_day_by_a_clock_that_does_not_lie(now: Moment, why: Stale | None) -> None:
    assert judged(reading(), now) == why


def test_a_stated_version_has_no_fingerprint_but_all_else_is_judged() -> None:
    assert judged(reading(record=link("edited", version=9)), fingerprint="") is None
    assert judged(reading(RIVAL, *HISTORY), fingerprint="") == Stale.VERSION_MOVED


@pytest.mark.parametrize(
    ("fields", "moved"),
    [
        ({}, False),
        ({"profile": "renamed", "role": Role.OWNER}, False),
        ({"base_url": "https://api.other.example"}, True),
        ({"handle": "other"}, True),
        ({"operator": "kim"}, True),
        ({"epoch": 2}, True),
    ],
)
def test_a_plan_runs_only_where_and_by_whom_it_was_made(fields: dict[str, Any], moved: bool) -> None:
    refusal = judge_context(PLAN, replace(TARGET, **fields))
    assert (refusal.reason if refusal else None) == (Stale.CONTEXT_CHANGED if moved else None)


@pytest.mark.parametrize(
    ("shown_at", "now", "word"),
    [
        (NOW, later(NOW, DIALOG_MAX_AGE), None),
        (NOW, later(NOW, DIALOG_MAX_AGE + 1), "older than 60 s"),
        (later(NOW, 590), later(NOW, 600), None),
        (later(NOW, 590), later(NOW, 601), "expired"),
        (NOW, later(NOW, 1, slept=SLEEP_TOLERANCE), None),
        (NOW, later(NOW, 1, slept=SLEEP_TOLERANCE + 1), "slept for 3 s"),
        (later(NOW, 1, slept=300), later(NOW, 2, slept=300), "slept for 300 s"),
        (NOW, replace(later(NOW, 5), wall=NOW.wall + timedelta(days=3650)), None),
        (NOW, replace(later(NOW, 5), wall=NOW.wall - timedelta(days=3650)), None),
        (NOW, replace(later(NOW, 601), wall=NOW.wall), "expired"),
        (NOW, replace(NOW, boot_id="boot-2", wall=NOW.wall - timedelta(seconds=1)), "expired"),
    ],
)
def test_age_and_sleep_by_their_own_words(shown_at: Moment, now: Moment, word: str | None) -> None:
    refusal = judge_age(PLAN, shown_at, now)
    if word is None:
        assert refusal is None
    else:
        assert refusal is not None
        assert refusal.reason == Stale.TOO_OLD
        assert word in refusal.title
        assert refusal.seen == 9


SEND: dict[str, tuple[Reading, Stale | None]] = {
    "as planned": (reading(at=later(NOW, 300)), None),
    "title only": (reading(record=replace(HISTORY[0].snapshot, title="other", version=9)), None),
    "rival": (reading(RIVAL, *HISTORY), Stale.VERSION_MOVED),
    "rival to the same content": (reading(version(10, "page-9"), *HISTORY), Stale.VERSION_MOVED),
    "edited in place": (reading(record=link("edited", version=9)), Stale.CONTENT_MOVED),
    "history rewritten": (
        reading(version(9, "edited"), *HISTORY[1:], record=HISTORY[0].snapshot), Stale.CONTENT_MOVED
    ),
    "another link": (reading(link_id="lnk_2"), Stale.IDENTITY_CHANGED),
    "restored": (reading(*HISTORY[1:]), Stale.HISTORY_WENT_BACK),
    "target gone": (reading(HISTORY[0], HISTORY[2]), Stale.TARGET_VERSION_GONE),
    "target rewritten": (reading(HISTORY[0], version(8, "edited"), HISTORY[2]), Stale.TARGET_VERSION_GONE),
    "target of another type": (
        reading(HISTORY[0], replace(HISTORY[1], version="8")), Stale.TARGET_VERSION_GONE
    ),
}  # fmt: skip


@pytest.mark.parametrize(("of", "why"), SEND.values(), ids=SEND.keys())
def test_the_last_comparison_before_a_write(of: Reading, why: Stale | None) -> None:
    refusal = judge_send(PLAN, of)
    assert (refusal.reason if refusal else None) == why


NAMES = st.sampled_from([7, 8, 9, 10, "9", "8"])
PATHS = st.sampled_from(["page-7", "page-8", "page-9", "page-10"])


@settings(max_examples=200)
@given(
    st.lists(st.tuples(NAMES, PATHS), min_size=1, max_size=4),
    PATHS,
    st.sampled_from(["lnk_1", "lnk_2"]),
    st.booleans(),
)
def test_nothing_but_exactly_what_was_reviewed_may_leave(
    rows: list[tuple[int | str, str]], record: str, link_id: str, complete: bool
) -> None:
    history = tuple(version(name, path) for name, path in rows)
    of = reading(
        *history, record=link(record, version=history[0].version), link_id=link_id, complete=complete
    )
    exact = (
        of.live == 9
        and of.fingerprint == of.current.fingerprint == HISTORY[0].fingerprint
        and link_id == "lnk_1"
        and (target := of.timeline.find(8)) is not None
        and target.fingerprint == HISTORY[1].fingerprint
    )
    assert (judge_send(PLAN, of) is None) is exact


def test_already_there_is_told_from_still_to_go() -> None:
    assert at_target(PLAN, reading(*HISTORY[1:]))
    assert at_target(PLAN, reading(version(10, "page-8"), *HISTORY))
    assert not at_target(PLAN, reading())
    assert not at_target(PLAN, reading(RIVAL, *HISTORY))
    # A live version that gives visitors the same as its target is still a step to make.
    equal = reading(version(9, "page-8"), *HISTORY[1:])
    assert not at_target(plan(equal), equal)
    assert same_state(equal, plan(equal))
