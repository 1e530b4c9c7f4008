"""A run's own counting: what it may spend, how long it waits, and when it has waited enough."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from cache.runs import Item
from console.domain.batches import BatchWay, RunState
from console.domain.errors import StorageProblem, Throttled, Unreachable
from console.domain.outcomes import Outcome
from console.ops.batches.item import Ended
from console.ops.batches.job import PATIENCE_SECONDS, Job
from console.ops.batches.rules import StopRules
from console.ops.batches.values import Control, Stop, StopReason
from tests.support.clock import ManualClock

USED_UP = Stop(RunState.PAUSED, StopReason.BUDGET, "used up")


def job(clock: ManualClock, allowance: int | None = None, asks: float = 0.0) -> Job:
    """One of three items, on a platform that states that many seconds until its next call."""
    runs = SimpleNamespace(settle=lambda *_: None, asked=lambda _: "")
    session: Any = SimpleNamespace(
        clock=clock, lost=None, store=SimpleNamespace(runs=runs),
        online=lambda: SimpleNamespace(pause_seconds=lambda: asks),
    )  # fmt: skip
    plan: Any = SimpleNamespace(plan_id="run-1", items=(None,) * 3)
    return Job(
        session, plan, BatchWay.ROLLBACK, Control(), None, {}, allowance, USED_UP,
        Counter({Outcome.SKIPPED: 3}), 0, StopRules(100),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "waits"), [(None, 2.0), (0.0, 2.0), (0.2, 1.0), (9.0, 9.0), (86_400.0, 60.0)]
)
async def test_an_absurd_wish_for_a_pause_is_cut(asked: float | None, waits: float) -> None:
    clock = ManualClock()
    one = job(clock)
    one.pause(Throttled("slow down", retry_after=asked))
    await one.pace()
    assert clock.slept == [waits]
    await one.pace()
    assert clock.slept == [waits], "once is enough"


async def test_the_platforms_stated_rate_is_kept_and_the_longer_wait_counts() -> None:
    clock = ManualClock()
    await job(clock, asks=7.0).pace()
    one = job(clock, asks=7.0)
    one.pause(Throttled("slow down", retry_after=20.0))
    await one.pace()
    assert clock.slept == [7.0, 20.0]


def test_pauses_in_a_row_end_the_run_and_those_heard_side_by_side_are_one() -> None:
    clock = ManualClock()
    one = job(clock)
    for _ in range(int(PATIENCE_SECONDS // 60)):
        for _ in range(8):
            one.pause(Throttled("slow down", retry_after=60.0))
        clock.advance(60)
    assert one.stop is None, "that long the platform may ask"
    one.pause(Throttled("slow down", retry_after=60.0))
    assert one.stop is not None
    assert (one.stop.state, one.stop.reason) == (RunState.STOPPED, StopReason.THROTTLED)


def test_an_item_that_gets_through_begins_the_patience_anew() -> None:
    clock = ManualClock()
    one = job(clock)
    for number in (1, 2):
        for _ in range(int(PATIENCE_SECONDS // 60)):
            one.pause(Throttled("slow down", retry_after=60.0))
            clock.advance(60)
        assert one.ended(Ended(Item("run-1", number, "slug", Outcome.NOOP)))
    assert one.stop is None


async def test_the_last_write_is_not_given_out_twice_and_comes_back_when_it_was_not_spent() -> None:
    one = job(ManualClock(), allowance=1)
    assert await one.take()
    second = asyncio.ensure_future(one.take())
    await asyncio.sleep(0)
    assert not second.done(), "the one under way may give its write back"
    one.land(charged=False)
    assert await second
    assert (one.spent, one.allowance) == (0, 0)
    third = asyncio.ensure_future(one.take())
    await asyncio.sleep(0)
    one.land(charged=True)
    assert not await third
    assert (one.spent, one.stop) == (1, USED_UP)


def test_the_first_reason_to_stop_stands() -> None:
    one = job(ManualClock())
    one.halt(USED_UP)
    one.halt(Stop(RunState.STOPPED, StopReason.THROTTLED, "later"))
    assert one.stop is USED_UP


def test_a_journal_that_was_lost_meanwhile_ends_the_run() -> None:
    one = job(ManualClock())
    one.session.lost = StorageProblem("The disk is full")
    assert one.ended(Ended(Item("run-1", 1, "slug", Outcome.NOOP)))
    assert one.stop is not None
    assert (one.stop.reason, one.stop.message) == (StopReason.STORAGE, "The disk is full")


def test_links_that_cannot_be_read_wait_and_three_of_them_stop_the_run() -> None:
    one = job(ManualClock())
    lost = Unreachable("no answer")
    for _ in range(3):
        assert one.ended(Ended(Item("run-1", 1, "slug"), error=lost))
    assert (one.unread, one.counts[Outcome.SKIPPED]) == (3, 3)
    assert one.stop is not None
    assert one.stop.reason is StopReason.IN_A_ROW


def test_a_write_that_was_refused_whole_comes_back() -> None:
    one = job(ManualClock(), allowance=5)
    one.spent, one.allowance = 1, 4
    one.refund()
    assert (one.spent, one.allowance) == (0, 5)
