"""What a batch costs, and the day's writes that it is held against."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache.writes import INSERT, to_row
from console.api.throttle import LONGEST_TOLD, LONGEST_WAIT
from console.api.wire_errors import error_from
from console.domain.batches import BatchKind, BatchWay, WayCost
from console.domain.budget import Meter, Reset, reset_of
from console.domain.errors import BudgetSpent, Throttled
from console.domain.links import Link
from console.domain.outcomes import GuardLevel, WriteState
from console.domain.rewrites import Rewrite
from console.domain.urls import UrlProblem
from console.ops import meter
from console.ops.importing.values import CHUNK_BYTES, MAX_CHUNK_ROWS, weight_of
from console.ops.meter import Budget, Told
from console.ops.planning.cost import Costing, import_chunks, may_spend, ways_of
from console.ops.session import Session
from console.practice.faults import Kind
from console.practice.server import PracticeServer
from tests.support.builders import NOW, write
from tests.support.clock import ManualClock
from tests.support.desk import at, confirmed, planned

DAY = Meter("ENTERPRISE", 500, 212, "20261124", NOW.wall)
LINK = Link("spring-launch", "https://www.example/", title="Spring")


def budget(used: int = 212, **more: Any) -> Budget:
    told = replace(DAY, used=used, **more)
    return Budget(told, Told.PLATFORM, 0, reset_of(told, NOW.wall), 0.2)


def ways(links: int, held: Budget | None = None, **more: Any) -> dict[BatchWay, WayCost]:
    about = Costing(
        BatchKind.ROLLBACK, [LINK] * links, (), held or budget(), GuardLevel.STRONG, 0.1, NOW.wall
    )
    return {way.way: way for way in ways_of(replace(about, **more))}


def test_a_thousand_links_on_288_writes_go_by_import() -> None:
    found = ways(1012)
    assert [(w.writes, w.fits, w.recorded_as) for w in found.values()] == [
        (1012, False, "rollback"),
        (1, True, "import"),
        (1012, True, "rollback"),
    ]
    assert found[BatchWay.ROLLBACK].why_not == (
        "it takes 1,012 writes and 288 are left today, 100 of them kept for rollbacks"
    )
    assert found[BatchWay.IMPORT].guard is GuardLevel.BEST_EFFORT, "nobody is known to compare its rows"
    assert found[BatchWay.SPLIT].seconds > 22 * 3600, "today's 188, then from midnight on, and a third day"


def test_every_way_keeps_the_reserve_unless_it_is_named() -> None:
    assert ways(188)[BatchWay.ROLLBACK].fits
    beyond = ways(189)[BatchWay.ROLLBACK]
    assert (beyond.fits, beyond.why_not.endswith("whoever names this way spends those too")) == (False, True)
    none = ways(1, budget(used=400))
    assert not any(way.fits for way in none.values()), "what is left is all reserve"
    assert may_spend(BatchKind.ROLLBACK, budget(used=400), named=True) == 100
    assert may_spend(BatchKind.ROLLBACK, budget(used=400), named=False) == 0
    assert may_spend(BatchKind.REPOINT, budget(used=400), named=True) == 0
    assert "names this way" not in ways(189, kind=BatchKind.REPOINT)[BatchWay.ROLLBACK].why_not


def test_writes_that_nobody_counts_cost_nothing() -> None:
    free = replace(budget(used=500), charged=False)
    assert {(w.writes, w.fits) for w in ways(9, free).values() if w.way is not BatchWay.SPLIT} == {(0, True)}
    unknown = Budget(None, None, 0, None, 0.2)
    assert ways(9, unknown)[BatchWay.ROLLBACK].fits, "an unknown budget is no wall"


def test_a_password_keeps_a_batch_from_the_import() -> None:
    found = ways(9, locked=("vip-one", "vip-two"))[BatchWay.IMPORT]
    assert (found.fits, found.possible) == (False, False)
    assert ways(1, budget(used=450))[BatchWay.IMPORT].possible, "too few writes is another matter"
    assert "2 with a password that an import cannot bring back (vip-one, vip-two)" in found.why_not


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=60))
def test_chunks_hold_every_link_in_the_fewest_requests(lengths: list[int]) -> None:
    links = [replace(LINK, description="x" * length) for length in lengths]
    sizes, start = list(import_chunks(links)), 0
    assert sum(sizes) == len(links)
    for number, size in enumerate(sizes):
        weights = [weight_of(link) for link in links[start : start + size]]
        start += size
        assert size <= MAX_CHUNK_ROWS
        assert size == 1 or sum(weights) <= CHUNK_BYTES
        if number + 1 < len(sizes):
            assert sum(weights) + weight_of(links[start]) > CHUNK_BYTES, "the next one did not fit"


DAY_END = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, Reset(NOW.wall, DAY_END + timedelta(hours=12))),
        ({"day": "20261125"}, Reset(DAY_END + timedelta(hours=10), NOW.wall + timedelta(hours=25))),
        ({"zone": "Asia/Tokyo", "day": "20261124"}, Reset(*[DAY_END - timedelta(hours=9)] * 2)),
        ({"zone": "Mars/Base"}, Reset(NOW.wall, DAY_END + timedelta(hours=12))),
        ({"resets_at": NOW.wall + timedelta(hours=1)}, Reset(*[NOW.wall + timedelta(hours=1)] * 2)),
        ({"resets_at": NOW.wall}, None),
        ({"day": "20261122"}, None),
        ({"day": ""}, Reset(NOW.wall, NOW.wall + timedelta(hours=25))),
        ({"day": "99991231"}, Reset(NOW.wall, NOW.wall + timedelta(hours=25))),
    ],
)
def test_the_accounts_midnight_is_told_as_far_as_it_is_known(
    more: dict[str, Any], expected: Reset | None
) -> None:
    assert reset_of(replace(DAY, **more), NOW.wall) == expected


def test_the_two_kinds_of_429_are_told_apart() -> None:
    body = {"error": "rate_limited", "plan": "PRO", "limits": {"writesPerDay": 10}}
    body["usage"] = {"writesToday": 10, "writesDay": "20261124"}
    error = error_from(429, {"retry-after": "7200"}, json.dumps(body).encode(), write=True)
    assert isinstance(error, BudgetSpent)
    assert error.meter is not None
    assert (error.meter.limit, error.meter.used, error.meter.day, error.retry_after) == (
        10,
        10,
        "20261124",
        7200,
    )
    pause = error_from(429, {"retry-after": "99999999999"}, b'{"error":"rate_limited","message":"slow down"}')
    assert isinstance(pause, Throttled)
    assert pause.retry_after == LONGEST_TOLD
    assert LONGEST_WAIT == 60.0


async def test_between_readings_our_own_and_other_processes_writes_are_counted(
    practice: PracticeServer,
) -> None:
    clock = ManualClock()
    async with at(practice, clock) as session:
        first = await meter.read(session)
        assert (first.left, first.told, first.since) == (500, Told.PLATFORM, 0)
        clock.advance(60)
        mine = session.store.journal.prepare(
            write(target_key=session.target.key, created_at=clock.now().wall.isoformat(), key="key-2")
        )
        session.store.journal.advance(mine.key, WriteState.SENT)
        session.count_write()
        _sent_elsewhere(session, clock)
        now = meter.known(session)
        assert (now.left, now.since) == (498, 2)
    async with at(practice, clock) as session:
        kept = meter.known(session)
        assert (kept.told, kept.left) == (Told.REMEMBERED, 498), "what the journal knows since the last word"
        clock.advance(2 * 86_400)
        assert meter.known(session).meter is None, "that day is over"


def _sent_elsewhere(session: Session, clock: ManualClock) -> None:
    """A write that another process sent: its holder is nobody of here."""
    other = write(target_key=session.target.key, created_at=clock.now().wall.isoformat(), slug="docs")
    kept = replace(other, state=WriteState.APPLIED, attempts=1)
    journal = session.store.connections[1]
    journal.execute("BEGIN IMMEDIATE")
    journal.execute(INSERT, to_row(kept))
    journal.execute("COMMIT")


async def test_a_refusal_for_the_day_is_remembered_whatever_was_read_before(practice: PracticeServer) -> None:
    async with at(practice) as session:
        plan = await planned(session)
        assert (await meter.read(session)).left == 500
        practice.platform.faults.add(Kind.DAY_SPENT, path="/rollback$")
        result = await confirmed(session, plan)
        assert isinstance(result.error, BudgetSpent)
        assert (meter.known(session).left, meter.known(session).told) == (0, Told.REFUSAL)
    async with at(practice) as session:
        assert meter.known(session).left == 0, "and by the next process"


@pytest.mark.parametrize(
    ("rewrite", "before", "after"),
    [
        (Rewrite.of_host("a.example", "b.example"), "https://a.example/x?y#z", "https://b.example/x?y#z"),
        (Rewrite.of_host("a.example", "b.example"), "http://A.example:8080/x", "http://b.example:8080/x"),
        (Rewrite.of_host("a.example:8080", "b.example"), "http://a.example:8080/x", "http://b.example/x"),
        (Rewrite.of_host("a.example:443", "b.example:8443"), "https://a.example/", "https://b.example:8443/"),
        (Rewrite.of_host("a.example", "b.example"), "https://a.example", "https://b.example"),
        (Rewrite.of_host("a.example", "b.example"), "https://www.a.example/", "https://www.a.example/"),
        (Rewrite.of_host("a.example", "b.example"), "https://b.example/?u=a.example", "https://b.example/?u=a.example"),
        (Rewrite.of_prefix("https://a.example/sale", "https://b.example/s"), "https://a.example/sale/1",
         "https://b.example/s/1"),
        (Rewrite.of_prefix("https://a.example", "https://b.example"), "https://a.example.evil.example/",
         "https://a.example.evil.example/"),
        (Rewrite.of_page("https://status.example/"), "http://a.example/x", "https://status.example/"),
    ],
)  # fmt: skip
def test_a_rewrite_changes_what_was_meant_and_nothing_else(rewrite: Rewrite, before: str, after: str) -> None:
    link = replace(LINK, destination_url=before)
    assert rewrite.apply(link) == replace(link, destination_url=after)
    assert rewrite.touches(link) == (before != after)
    assert Rewrite.parse(rewrite.rule) == rewrite


@pytest.mark.parametrize("host", ["", "a b", "a.example/x", "user@a.example", "http://a.example"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(UrlProblem):
        Rewrite.of_host(host, "b.example")
    with pytest.raises(UrlProblem):
        Rewrite.of_host("b.example", host)


async def test_a_platform_that_does_not_say_leaves_its_last_word(practice: PracticeServer) -> None:
    async with at(practice) as session:
        practice.platform.faults.add(Kind.NO_ROUTE, path="/usage-meters$", times=None)
        assert (await meter.read(session)).meter is None
        told = Meter("PRO", 10, 10, "", session.clock.now().wall)
        meter.refused(session, BudgetSpent("gone", meter=told, retry_after=7200.0))
        now = await meter.read(session)
        assert (now.left, now.told, now.free) == (0, Told.REFUSAL, 0)
        assert now.reset is not None
        assert now.reset.known, "a Retry-After of hours says when the day ends"
