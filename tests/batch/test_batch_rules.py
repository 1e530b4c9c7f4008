"""The rules of waves, stops and the meter, each at its edge; nothing is sent here."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from console.domain.batches import BatchKind, BatchWay
from console.domain.budget import Meter, reset_of
from console.domain.errors import BudgetSpent, Refused, StorageProblem, Throttled
from console.domain.links import Link
from console.domain.outcomes import GuardLevel, Outcome
from console.ops import meter
from console.ops.batches.rules import FAILURES, asks_for_pause, second_wave, stop_of
from console.ops.batches.values import StopReason
from console.ops.meter import Budget
from console.ops.planning.cost import Costing, ways_of
from console.practice.server import PracticeServer
from tests.support.clock import START
from tests.support.desk import at

LINK = Link("spring-launch", "https://www.example/", title="Spring")
FULL = Meter("ENTERPRISE", 500, 500, "20261124", START)


def test_the_second_wave_is_5_percent_and_never_nobody() -> None:
    assert [second_wave(n) for n in (0, 1, 20, 21, 1011)] == [1, 1, 1, 2, 51]


def test_what_ends_a_run_and_what_only_pauses_it() -> None:
    for error, reason in (
        (Refused("no", reason="protected"), StopReason.PROTECTED),
        (Refused("no", reason="other_target"), StopReason.REFUSED),
        (StorageProblem("full"), StopReason.STORAGE),
        (BudgetSpent("gone"), StopReason.BUDGET),
    ):
        stop = stop_of(error)
        assert stop is not None
        assert stop.reason is reason
    assert stop_of(Throttled("slow down")) is None
    assert asks_for_pause(Throttled("slow down"))
    late = Throttled("slow down")
    late.applied = "unknown"
    assert not asks_for_pause(late), "it may have been applied"
    assert {Outcome.FAILED, Outcome.REJECTED, Outcome.UNKNOWN} == FAILURES


@pytest.mark.parametrize(("seconds", "known"), [(30.0, False), (7200.0, True), (86_400.0, False)])
async def test_only_a_retry_after_of_hours_says_when_the_day_ends(
    practice: PracticeServer, seconds: float, known: bool
) -> None:
    async with at(practice) as session:
        now = session.clock.now().wall
        told = Meter("PRO", 10, 10, "", now)
        meter.refused(session, BudgetSpent("gone", meter=told, retry_after=seconds))
        reset = meter.known(session).reset
        assert reset is not None
        assert reset.known == known, "less is a pause, and more was cut to a day"
        if known:
            assert abs((reset.latest - now).total_seconds() - seconds) < 60


def test_a_day_whose_end_is_not_known_to_the_minute_is_over_only_at_its_latest_end() -> None:
    span = reset_of(FULL, START)
    assert span is not None
    assert span.earliest < span.latest
    held = Budget(FULL, None, 3, span, 0.2)
    assert meter.at(held, span.latest - timedelta(seconds=1)).left == 0
    assert meter.at(held, span.latest).left == 500
    later = reset_of(FULL, START + timedelta(hours=21))
    assert later is not None
    assert later.earliest == START + timedelta(hours=21), "never before now"
    first = Meter("ENTERPRISE", 500, 1, "20261124", START + timedelta(minutes=5))
    assert FULL.after(first).day_since == START, "whichever was read first"


def test_part_now_and_part_later_takes_the_days_that_it_takes() -> None:
    told = replace(FULL, used=212, resets_at=START + timedelta(hours=9))
    budget = Budget(told, None, 0, reset_of(told, START), 0.2)

    def seconds(links: int) -> float:
        about = Costing(BatchKind.ROLLBACK, [LINK] * links, (), budget, GuardLevel.STRONG, 0.1, START)
        return next(way.seconds for way in ways_of(about) if way.way is BatchWay.SPLIT)

    night, day, each = 9 * 3600, 86_400, 0.3
    assert seconds(189) == pytest.approx(night + each)
    assert seconds(188 + 400) == pytest.approx(night + 400 * each), "288 left, 100 kept: 188 today, then 400"
    assert seconds(188 + 401) == pytest.approx(night + day + each)
    assert seconds(1012) == pytest.approx(night + 2 * day + 24 * each)
