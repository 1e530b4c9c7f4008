"""Plan files: what is written is what is read, and nothing else is run."""

from __future__ import annotations

import copy
import json
import stat
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.domain.batches import (
    BatchItem,
    BatchKind,
    BatchPlan,
    BatchWay,
    LeftOut,
    WayCost,
    clocks,
)
from console.domain.errors import InputRejected, Refused, StorageProblem
from console.domain.outcomes import GuardLevel
from console.domain.target import Role, Target
from console.ops.planning import file as plan_file
from console.ops.planning.file import PlanState
from console.practice.server import PracticeServer
from tests.support.builders import NOW, later, write
from tests.support.clock import ManualClock
from tests.support.desk import at

TARGET = Target("main", "https://api.example", "acme", "production", "dana", Role.OPERATOR)
ITEM = BatchItem(
    "spring-launch", 9, "f9", 8, "f8", "lnk_1", "https://shop.example/", "https://www.example/", 7
)
PLAN = BatchPlan(
    plan_id="0f1e2d3c-0000-4000-8000-000000000001",
    kind=BatchKind.ROLLBACK,
    target=TARGET,
    operator="dana",
    reason="shop is down",
    rule="last healthy",
    created_at=NOW.wall,
    expires_at=NOW.wall + timedelta(seconds=900),
    made=clocks(NOW),
    items=(ITEM, replace(ITEM, slug="summer-sale", version="2026-b", to="2026-a", clicks=None)),
    left_out=(LeftOut("old-page", "no healthy version"),),
    ways=(WayCost(BatchWay.IMPORT, 1, True, 4.5, GuardLevel.BEST_EFFORT, "import"),),
)

texts = st.text(max_size=20)
versions = st.one_of(
    st.integers(0, 2**53), st.text(min_size=1, max_size=8), st.sampled_from(["3", "true", "8.0"])
)
items = st.builds(
    BatchItem,
    texts,
    versions,
    texts,
    st.none() | versions,
    texts,
    texts,
    texts,
    texts,
    st.none() | st.integers(0),
)
ways = st.builds(
    WayCost, st.sampled_from(BatchWay), st.integers(0, 9999), st.booleans(),
    st.floats(0, 1e6), st.sampled_from(GuardLevel), texts, texts, st.booleans(),
)  # fmt: skip
targets = st.builds(Target, texts, texts, texts, texts, texts, st.sampled_from(Role))
times = st.datetimes(timezones=st.just(UTC))
plans = st.builds(
    BatchPlan,
    plan_id=texts, kind=st.sampled_from(BatchKind), target=targets, operator=texts, reason=texts, rule=texts,
    created_at=times, expires_at=times,
    made=st.tuples(times.map(lambda t: t.isoformat()), st.floats(0, 1e9), st.floats(0, 1e9), texts),
    items=st.lists(items, max_size=4).map(tuple),
    left_out=st.lists(st.builds(LeftOut, texts, texts), max_size=3).map(tuple),
    ways=st.lists(ways, max_size=3).map(tuple), undoes=texts,
)  # fmt: skip


@given(plan=plans)
@settings(deadline=None, max_examples=60)
def test_a_plan_survives_its_file(plan: BatchPlan) -> None:
    read = plan_file.from_document(json.loads(json.dumps(plan_file.document(plan))))
    assert read.intact
    assert read.plan == plan
    assert read.plan.digest == plan.digest
    for before, after in zip(plan.items, read.plan.items, strict=True):
        assert (type(before.version), type(before.to)) == (type(after.version), type(after.to))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


PLACES = [place for place in places(plan_file.document(PLAN)) if place]
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@given(place=st.sampled_from(PLACES), value=junk, how=st.sampled_from(["set", "drop", "double", "add"]))
@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_changed_in_a_file_it_is_not_run(place: tuple[Any, ...], value: Any, how: str) -> None:
    whole = plan_file.document(PLAN)
    edited = copy.deepcopy(whole)
    around: Any = edited
    for key in place[:-1]:
        around = around[key]
    if how == "set":
        around[place[-1]] = value
    elif how == "drop":
        del around[place[-1]]
    elif isinstance(around, list):
        around.append(copy.deepcopy(around[0]) if how == "double" else value)
    else:
        around["extra"] = value
    if json.dumps(edited, sort_keys=True) == json.dumps(whole, sort_keys=True):
        return
    try:
        assert not plan_file.from_document(edited).intact
    except (Refused, InputRejected):
        return


def test_the_file_is_private_whole_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan_file.write(path, PLAN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["plan.json"]
    assert plan_file.read(path) == PLAN
    with pytest.raises(StorageProblem, match="exists"):
        plan_file.write(path, replace(PLAN, reason="another"))
    assert plan_file.read(path) == PLAN


def test_a_file_laid_out_anew_is_the_same_plan(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan_file.write(path, PLAN)
    path.write_text(json.dumps(json.loads(path.read_text()), sort_keys=True), encoding="utf-8")
    assert plan_file.read(path) == PLAN


def test_an_edited_plan_is_shown_and_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan_file.write(path, PLAN)
    path.write_text(path.read_text().replace('"to": 8', '"to": 7'))
    found = plan_file.load(path)
    assert (found.intact, found.plan.items[0].to) == (False, 7)
    with pytest.raises(Refused) as refused:
        plan_file.read(path)
    assert refused.value.reason == "edited_plan"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not JSON"),
        ('{"kind": "repoint-plan", "schema": 1', "not JSON"),
        ('{"kind": "repoint-plan", "kind": "repoint-plan"}', "not JSON"),
        ("[]", "does not say"),
        ('{"items": []}', "does not say"),
        ('{"kind": "repoint-plan", "schema": 2}', "schema 2, and this repoint reads schema 1"),
        ('{"kind": "repoint-plan", "schema": true}', "reads schema 1 only"),
        ('{"kind": "repoint-plan"}', "reads schema 1 only"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_plan_of_ours_is_said_in_a_sentence(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(content)
    with pytest.raises(InputRejected, match=words):
        plan_file.read(path)
    with pytest.raises(InputRejected, match="cannot be read"):
        plan_file.read(tmp_path / "missing.json")


def test_age_decides_by_the_clock_that_counts_sleep() -> None:
    assert plan_file.state_of(PLAN, None, later(NOW, 900)) is PlanState.READY
    assert plan_file.state_of(PLAN, None, later(NOW, 901)) is PlanState.EXPIRED
    assert plan_file.state_of(PLAN, None, later(NOW, 0, slept=901)) is PlanState.EXPIRED
    stretched = replace(PLAN, expires_at=NOW.wall + timedelta(days=9))
    assert plan_file.state_of(stretched, None, later(NOW, 901)) is PlanState.EXPIRED
    set_back = replace(later(NOW, 10), boot_id="boot-2", wall=NOW.wall - timedelta(hours=1))
    assert plan_file.state_of(PLAN, None, set_back) is PlanState.EXPIRED, "no clock can tell its age"


async def test_a_plan_is_bound_to_its_target_and_single_use(practice: PracticeServer) -> None:
    clock = ManualClock()
    async with at(practice, clock) as session:
        made = clocks(clock.now())
        plan = replace(PLAN, target=session.target, operator=session.target.operator, made=made)
        plan_file.require_ready(session, plan)
        for other in (replace(session.target, handle="other"), replace(session.target, operator="kim")):
            with pytest.raises(Refused) as refused:
                plan_file.require_ready(session, replace(plan, target=other))
            assert refused.value.reason == "other_target"
        session.store.journal.prepare(write(run="another-run"))
        plan_file.require_ready(session, plan)
        session.store.journal.prepare(write(run=plan.plan_id, key="key-2", slug="docs"))
        with pytest.raises(Refused) as refused:
            plan_file.require_ready(session, plan)
        assert refused.value.reason == "consumed_plan"
        plan = replace(plan, plan_id="fresh")
        clock.advance(901)
        with pytest.raises(Refused) as refused:
            plan_file.require_ready(session, plan)
        assert refused.value.reason == "expired_plan"
