"""Asking the platform: what it costs, what is never spent, and what an answer that is none says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from console.api.port import HealthRun
from console.domain.errors import Refused, RepointError, Throttled, Unreachable
from console.domain.health import HealthResult, Vantage, Verdict
from console.domain.routing import Visitor
from console.ops.health import platform_check
from console.ops.health.platform_check import check_from_platform, cost_of
from console.ops.health.route_check import ask_route, cost_of_route
from console.ops.health.sweep import check_from_here, from_cache, require_spare_write
from console.ops.review import read_live
from console.ops.session import Session
from console.ops.sync import sync
from console.practice.server import PracticeServer
from tests.support.clock import ManualClock
from tests.support.desk import at
from tests.support.waiting import until

SLUGS = ["docs", "spring-launch", "old-page"]
CHECK = "health-check$"


async def looked(session: Session, slugs: list[str]) -> dict[str, HealthResult]:
    return {r.slug: r async for r in check_from_here(session, from_cache(session, slugs))}


async def test_the_platform_checks_a_selection_for_one_write(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await sync(session)
        cost = await cost_of(session, SLUGS)
        used = practice.platform.writes_today
        assert cost.writes == 1
        assert f"looks at 3 links. That costs 1 of the {cost.left:,} writes left" in cost.sentence
        found = {r.slug: r for r in await check_from_platform(session, SLUGS)}
        assert practice.platform.writes_today == used + 1
        assert session.meter is not None
        assert session.meter.left == (cost.left or 0) - 1
    verdicts = {slug: r.verdict for slug, r in found.items()}
    assert verdicts == {"docs": Verdict.OK, "spring-launch": Verdict.SERVER_ERROR, "old-page": Verdict.DEAD}
    assert {r.vantage for r in found.values()} == {Vantage.PLATFORM}
    assert found["spring-launch"].version == 9


async def test_one_visitor_is_asked_of_the_platform_and_held_against_the_estimate(
    practice: PracticeServer,
) -> None:
    async with at(practice) as session:
        live = (await read_live(session, "docs")).current.snapshot
        used = practice.platform.writes_today
        assert "where one visitor goes. That costs 1 of" in (await cost_of_route(session)).sentence
        found = await ask_route(session, live, Visitor(country="US"))
        assert (found.agrees, found.answer.estimate, found.estimate.estimate) == (True, False, True)
        assert practice.platform.writes_today == used + 1
        other = await ask_route(session, replace(live, destination_url="https://x.example/"), Visitor())
        assert not other.agrees


async def test_a_run_is_polled_and_told(practice: PracticeServer) -> None:
    practice.platform.manners.checks_at_once = 2
    clock = ManualClock()
    clock.sleep = asyncio.sleep  # type: ignore[method-assign]  # the run goes on in real time
    told: list[tuple[int, int]] = []
    async with at(practice) as session:
        await sync(session)
        session.clock = clock
        found = await check_from_platform(session, SLUGS, lambda done, total: told.append((done, total)))
    assert sorted(r.slug for r in found) == sorted(SLUGS)
    assert {total for _, total in told} <= {3}


@pytest.mark.parametrize("status", [503, 504])
async def test_a_gateway_that_gives_up_is_no_result(practice: PracticeServer, status: int) -> None:
    async with at(practice) as session:
        await sync(session)
        before = session.store.health.latest(SLUGS)
        practice.platform.faults.add("answer", method="POST", path=CHECK, status=status)
        with pytest.raises(Unreachable) as caught:
            await check_from_platform(session, SLUGS)
        assert f"no result ({status})" in caught.value.title
        assert session.store.health.latest(SLUGS) == before


@pytest.mark.parametrize(
    ("kind", "settings", "counted"),
    [("answer", {"status": 503}, 1), ("commit_then_close", {}, 1), ("answer", {"status": 403}, 0)],
)
async def test_a_question_whose_answer_was_lost_may_have_been_charged(
    practice: PracticeServer, kind: str, settings: dict[str, Any], counted: int
) -> None:
    """Else a platform that does not tell its meter would be asked until the reserve is gone."""
    async with at(practice) as session:
        await sync(session)
        live = (await read_live(session, "docs")).current.snapshot
        questions = {
            CHECK: lambda: check_from_platform(session, SLUGS),
            "route-preview$": lambda: ask_route(session, live, Visitor()),
        }
        for path, question in questions.items():
            left = (await cost_of(session, SLUGS)).left
            assert left is not None
            practice.platform.faults.add(kind, method="POST", path=path, **settings)
            with pytest.raises(RepointError):
                await question()
            assert session.meter is not None
            assert session.meter.left == left - counted


async def test_a_question_that_was_left_while_it_was_asked_may_have_been_charged(
    practice: PracticeServer,
) -> None:
    async with at(practice) as session:
        await sync(session)
        left = (await cost_of(session, SLUGS)).left
        assert left is not None
        practice.platform.faults.add("before_hang", method="POST", path=CHECK)
        asked = asyncio.create_task(check_from_platform(session, SLUGS))
        await asyncio.to_thread(until, lambda: any(r.method == "POST" for r in practice.platform.requests))
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert session.meter is not None
        assert session.meter.left == left - 1


async def test_a_platform_without_the_route_is_read_by_the_other_method(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await sync(session)
        practice.platform.faults.add("no_route", method="POST", path=CHECK, status=405)
        found = await check_from_platform(session, SLUGS)
        assert {r.slug for r in found} >= set(SLUGS)
        for method in ("POST", "GET"):
            practice.platform.faults.add("no_route", method=method, path=CHECK, status=404)
        with pytest.raises(RepointError, match="checks no destinations"):
            await check_from_platform(session, SLUGS)


async def test_the_reserve_is_not_spent_and_looking_from_here_is_free(serve: Any) -> None:
    practice = serve("tiny", plan="PRO")
    practice.platform.set_used(8)
    async with at(practice) as session:
        await sync(session)
        with pytest.raises(Refused) as caught:
            await check_from_platform(session, SLUGS)
        assert caught.value.reason == "reserve"
        assert len(await looked(session, SLUGS)) == 3
    assert practice.platform.writes_today == 8


async def test_where_questions_are_free_no_reserve_stands_in_the_way(serve: Any) -> None:
    practice = serve("tiny", plan="PRO")
    practice.platform.set_used(10)
    async with at(practice, token=practice.pat) as session:
        await sync(session)
        cost = await cost_of(session, SLUGS)
        assert (cost.writes, "costs no write with this token" in cost.sentence) == (0, True)
        await require_spare_write(session)  # what an import asks before each of its requests
        assert len(await check_from_platform(session, SLUGS)) == 3
    assert practice.platform.writes_today == 10


async def test_what_is_opted_out_is_not_kept_when_the_platform_tells_of_it_unasked(
    practice: PracticeServer,
) -> None:
    async with at(practice, opt_out=("docs",)) as session:
        await sync(session)
        practice.platform.faults.add("no_route", method="POST", path=CHECK, status=405)
        before = session.store.health.of("docs")
        found = {r.slug for r in await check_from_platform(session, SLUGS)}
        assert "spring-launch" in found
        assert "docs" not in found
        assert session.store.health.of("docs") == before


async def test_a_selection_that_is_opted_out_whole_does_not_become_every_link(
    practice: PracticeServer,
) -> None:
    async with at(practice, opt_out=("docs",)) as session:
        await sync(session)
        used = practice.platform.writes_today
        assert await check_from_platform(session, ["docs"]) == []
        assert practice.platform.writes_today == used


async def test_a_run_that_does_not_end_is_left_with_what_it_found(
    practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at(practice) as session:
        await sync(session)
        url, now = practice.platform.link("docs")["destinationUrl"], session.clock.now().wall
        told = HealthResult("docs", url, Verdict.REFUSED, Vantage.PLATFORM, now + timedelta(seconds=1))

        patience: list[object] = []

        async def going(*_: object, timeout_seconds: float = 0.0) -> HealthRun:
            patience.append(timeout_seconds)
            return HealthRun("r1", False, (told,))

        monkeypatch.setattr(type(session.online()), "check_health", going)
        monkeypatch.setattr(type(session.online()), "last_health", going)
        monkeypatch.setattr(platform_check, "_POLL_SECONDS", 0.0)
        with pytest.raises(Throttled, match="not ended"):
            await check_from_platform(session, SLUGS)
        assert session.store.health.of("docs")[0].verdict is Verdict.REFUSED
        assert patience[0] == session.profile.timeout / 2, (
            "no destination outlasts the call that waits for it"
        )
