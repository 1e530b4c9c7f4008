"""The gates before a run and before going on: each closed by its own name, with nothing sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cache.process import this_process
from cache.runs import Runs
from console.domain.batches import BatchWay
from console.domain.errors import BudgetSpent, Refused
from console.domain.outcomes import Outcome
from console.domain.plans import CheckStatus
from console.ops.batches.gates import batch_checks, confirm_batch, require_start
from console.ops.batches.run import resume
from console.ops.batches.values import Control, Options, StopReason
from console.ops.session import Session
from console.practice.faults import Kind
from tests.support.batch import go_on, make_links, nothing_doubled, ours, outcomes, plan_of, run
from tests.support.clock import ManualClock
from tests.support.desk import at
from tests.support.practice import Serve


async def refused_as(session: Session, plan: object, confirmed: object) -> str:
    with pytest.raises(Refused) as caught:
        await require_start(session, plan, confirmed, Options())  # type: ignore[arg-type]
    return caught.value.reason


async def test_what_was_confirmed_is_what_may_run(serve: Serve) -> None:
    server = serve("calm")
    slugs = make_links(server, 3)
    async with at(server) as session:
        plan = await plan_of(session, slugs)
        yes = confirm_batch(plan, plan.phrase)
        other = replace(plan, items=(replace(plan.items[0], to=1, to_fingerprint="x"), *plan.items[1:]))
        assert await refused_as(session, other, yes) == "edited_plan"
        assert await refused_as(session, plan, replace(yes, typed="rollback 2")) == "edited_plan"
        assert await require_start(session, plan, yes, Options())
    assert ours(server) == []


async def test_a_protected_profile_begins_no_run_until_it_is_armed(serve: Serve) -> None:
    server = serve("calm")
    async with at(server, protected=True) as session:
        plan = await plan_of(session, make_links(server, 2))
        assert await refused_as(session, plan, confirm_batch(plan, plan.phrase)) == "protected"
    assert ours(server) == []


async def test_as_many_as_are_allowed_are_allowed(serve: Serve) -> None:
    server = serve("calm")
    async with at(server, blast_radius=3) as session:
        plan = await plan_of(session, make_links(server, 3))
        yes, named = confirm_batch(plan, plan.phrase), Options(way=BatchWay.ROLLBACK)
        assert batch_checks(session, plan, named)[0].status is CheckStatus.OK
        server.platform.set_used(500 - 3)
        assert await require_start(session, plan, yes, named) is BatchWay.ROLLBACK
        server.platform.set_used(500 - 2)
        with pytest.raises(BudgetSpent, match="takes 3 writes, and it may spend 2 today"):
            await require_start(session, plan, yes, named)
    assert ours(server) == []


async def test_the_waiting_links_of_a_run_that_a_living_process_performs_are_its_own(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve("calm")
    slugs = make_links(server, 3)
    async with at(server) as session:
        first = await plan_of(session, slugs)
        report = await run(session, first, max_writes=1)
        assert outcomes(report) == {"APPLIED": 1, "SKIPPED": 2}
        waiting = next(i.slug for i in report.items if i.outcome is Outcome.SKIPPED)
        plan = await plan_of(session, [waiting])
        yes = confirm_batch(plan, plan.phrase)
        elsewhere = Runs(session.store.connections[1], replace(this_process(), pid=1))
        elsewhere.claim(first.plan_id, session.clock.now())
        monkeypatch.setattr("cache.run_rows.is_alive", lambda _: True)
        assert await refused_as(session, plan, yes) == "run_busy"
        monkeypatch.setattr("cache.run_rows.is_alive", lambda _: False)
        assert await require_start(session, plan, yes, Options())


async def test_a_run_goes_on_only_for_the_operator_and_target_that_began_it(serve: Serve) -> None:
    server = serve("calm")
    slugs = make_links(server, 3)
    async with at(server) as session:
        plan = await plan_of(session, slugs)
        control = Control()
        control.pause()
        report = await run(session, plan, control=control)
        assert report.run.stop_reason == StopReason.OPERATOR
        session.target = replace(session.target, operator="kim")
        with pytest.raises(Refused) as caught:
            await resume(session, plan.plan_id, Options())
        assert caught.value.reason == "other_target"
        assert ours(server) == []
        session.target = replace(session.target, operator=plan.operator)
        assert outcomes(await go_on(session, report)) == {"APPLIED": 3}
    nothing_doubled(server, plan)


async def test_a_pause_that_was_asked_for_after_the_write_took_effect_is_no_reason_to_write_again(
    serve: Serve,
) -> None:
    server = serve("calm")
    slugs = make_links(server, 2)
    async with at(server, ManualClock()) as session:
        plan = await plan_of(session, slugs)
        server.platform.faults.add(Kind.COMMIT_THEN_ANSWER, status=429, method="POST", path="/rollback$")
        report = await run(session, plan)
        assert outcomes(report) == {"APPLIED": 2}, "the first is found in place, by our own mark"
        assert len(session.store.marks.holds(session.target.key)) == 2
    nothing_doubled(server, plan)
