"""When a run starts: at a time, after the peak, after the reset; what it may spend then."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from console.domain.batches import BatchWay, RunState
from console.domain.budget import Meter
from console.domain.errors import Refused, UsageProblem
from console.domain.peaks import PeakWindow
from console.domain.plans import CheckStatus
from console.ops import meter
from console.ops.batches import when as batch_when
from console.ops.batches.follow import cancel as cancel_run
from console.ops.batches.run import checks_again, standing_of
from console.ops.batches.values import Control, Hold, Options, Progress, StopReason
from console.ops.meter import Budget
from tests.support.batch import Swift, go_on, make_links, nothing_doubled, ours, outcomes, plan_of, run
from tests.support.clock import START, ManualClock
from tests.support.desk import at
from tests.support.practice import Serve


def test_a_time_is_the_next_such_time_here_or_one_that_is_to_come() -> None:
    local = START.astimezone()
    for minutes in (-1, 1):
        near = local + timedelta(minutes=minutes)
        hold = batch_when.at_time(f"{near:%H:%M}", START)
        assert hold.until == (near + timedelta(days=minutes < 0)).astimezone(UTC)
        assert hold.why is StopReason.HELD
    assert batch_when.at_time("2026-11-24T23:30+00:00", START).until == START.replace(hour=23, minute=30)
    for text, what in (("soon", "takes a time"), ("25:00", "takes a time"), ("2026-11-24T14:02Z", "is over")):
        with pytest.raises(UsageProblem, match=what):
            batch_when.at_time(text, START)


def test_a_day_brings_its_writes_only_once_it_has_begun_for_certain() -> None:
    resets = START + timedelta(hours=9)
    used = Meter("ENTERPRISE", 500, 480, "20261124", START, resets_at=resets)
    budget = Budget(used, None, 3, meter.reset_of(used, START), 0.2)
    assert meter.at(budget, resets - timedelta(seconds=1)).left == 20
    assert meter.at(budget, None).left == 20
    assert (meter.at(budget, resets).left, meter.at(budget, resets).free) == (500, 400)


def test_a_day_read_again_does_not_end_any_later() -> None:
    midnight = START.replace(hour=0, minute=30)
    first = Meter("ENTERPRISE", 500, 480, "20261124", midnight)
    later = Meter("ENTERPRISE", 500, 490, "20261124", midnight + timedelta(minutes=5)).after(first)
    third = Meter("ENTERPRISE", 500, 490, "20261124", midnight + timedelta(minutes=9)).after(later)
    ends = {reset.latest for each in (first, later, third) if (reset := meter.reset_of(each, each.as_of))}
    assert ends == {midnight + timedelta(hours=25)}
    next_day = Meter("ENTERPRISE", 500, 0, "20261125", midnight + timedelta(hours=23)).after(third)
    assert next_day.day_since is None


def test_a_share_above_the_whole_leaves_other_work_nothing_and_never_less() -> None:
    budget = Budget(Meter("FREE", 2, 0, "20261124", START), None, 0, None, 1.2)
    assert budget.reserve == 3
    assert budget.a_day == 0


async def test_a_run_held_for_the_days_writes_spends_those_of_the_new_day(serve: Serve) -> None:
    server, clock = serve("calm"), Swift()
    slugs = make_links(server, 3)
    server.platform.set_used(500)
    async with at(server, clock, server.platform.tokens.jwt(lives=400_000)) as session:
        plan = await plan_of(session, slugs)
        reset = batch_when.after_reset(session)
        assert reset is not None
        clock.later += 60  # somebody thinks it over
        held: list[tuple[RunState, str]] = []

        def midnight(progress: Progress) -> None:
            if progress.hold is not None:
                assert progress.state is RunState.HELD
                held.append(standing_of(session.store.runs.all_of(session.target.key)[0]))
                server.platform.set_used(0)
            elif progress.slug:
                assert standing_of(session.store.runs.all_of(session.target.key)[0]) == (RunState.RUNNING, "")

        report = await run(session, plan, hold=reset, tell=midnight)
        assert set(held) == {(RunState.HELD, "held_after_reset")}
        assert clock.now().wall >= reset.until
        assert outcomes(report) == {"APPLIED": 3}
        assert report.writes_spent == 3 == server.platform.meter.used
    nothing_doubled(server, plan)


async def test_a_run_is_given_up_or_paused_while_it_waits_and_waits_again_when_it_goes_on(
    serve: Serve,
) -> None:
    server, clock = serve("calm"), ManualClock()
    slugs = make_links(server, 4)
    until = clock.now().wall + timedelta(hours=5)
    async with at(server, clock) as session:
        plan, control = await plan_of(session, slugs[:2]), Control()
        report = await run(session, plan, hold=Hold(until), control=control, tell=lambda _: control.cancel())
        assert (report.run.state, outcomes(report)) == (RunState.STOPPED, {"CANCELLED": 2})
        plan, control = await plan_of(session, slugs[2:]), Control()
        report = await run(session, plan, hold=Hold(until), control=control, tell=lambda _: control.pause())
        assert (report.run.state, outcomes(report)) == (RunState.PAUSED, {"SKIPPED": 2})
        assert ours(server) == []
        assert clock.now().wall < until
        report = await go_on(session, report)
        assert clock.now().wall >= until
        assert outcomes(report) == {"APPLIED": 2}


async def test_another_process_is_soon_heard_while_a_run_is_held(serve: Serve) -> None:
    server, clock = serve("calm"), ManualClock()
    async with at(server, clock) as session:
        plan = await plan_of(session, make_links(server, 2))

        def cancel(progress: Progress) -> None:
            if progress.waiting:
                told = cancel_run(session, plan.plan_id)
                assert told.message.startswith("It was asked to stop: what is under way ends first")

        report = await run(session, plan, hold=Hold(START + timedelta(hours=5)), tell=cancel)
        assert (report.run.stop_reason, outcomes(report)) == (StopReason.CANCELLED, {"CANCELLED": 2})
        assert sum(clock.slept) <= 10


async def test_the_end_of_the_peak_is_waited_for_and_asks_for_no_reason(serve: Serve) -> None:
    server, clock = serve("calm"), ManualClock()
    slugs = make_links(server, 2)
    peak = PeakWindow.parse("14:00-15:30")
    async with at(server, clock, peak_windows=(peak,)) as session:
        plan = await plan_of(session, slugs)
        hold = batch_when.after_peak(session)
        assert hold == Hold(START.replace(hour=15, minute=30), StopReason.HELD_PEAK)
        report = await run(session, plan, way=BatchWay.IMPORT, hold=hold)
        assert outcomes(report) == {"APPLIED": 2}
        assert clock.now().wall >= hold.until
        assert batch_when.after_peak(session) is None, "there is nothing to wait for"


async def test_going_on_inside_a_peak_asks_for_a_reason_that_the_run_keeps(serve: Serve) -> None:
    server, clock = serve("calm"), ManualClock()
    slugs = make_links(server, 3)
    peak = PeakWindow.parse("15:00-16:00")
    async with at(server, clock, peak_windows=(peak,)) as session:
        plan = await plan_of(session, slugs)
        report = await run(session, plan, max_writes=1)
        assert outcomes(report) == {"APPLIED": 1, "SKIPPED": 2}
        clock.advance(3600 * 1.2)
        with pytest.raises(Refused, match="most visitors come until 16:00 UTC"):
            await go_on(session, report)
        later = Hold(START.replace(hour=16), StopReason.HELD_PEAK)
        assert checks_again(session, report.run, Options(hold=later))[1].status is CheckStatus.OK
        report = await go_on(session, report, max_writes=1, overrides={"peak": "cannot wait"})
        assert outcomes(report) == {"APPLIED": 2, "SKIPPED": 1}
        assert report.run.overrides == {"blast_radius": "all of them fail", "peak": "cannot wait"}
        kept = [entry for entry in session.store.journal.entries() if "cannot wait" in str(entry)]
        assert kept, "the journal says why"
        report = await go_on(session, report)
        assert outcomes(report) == {"APPLIED": 3}, "the reason that was given stands"
        assert await go_on(session, report)
    nothing_doubled(server, plan)
