"""Looking from both sides, through the core, at the practice platform over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from datetime import timedelta

import pytest

from cache.links import Sort
from console.api.port import HealthRun
from console.domain.errors import Refused
from console.domain.health import Difference, HealthResult, Vantage, Verdict
from console.domain.query import parse
from console.ops.checks import all_checks
from console.ops.health import sweep
from console.ops.health.outages import board, outages_among
from console.ops.health.platform_check import check_from_platform
from console.ops.health.sweep import Chosen, check_chosen, check_from_here, from_cache
from console.ops.health.targets import last_healthy, last_healthy_of
from console.ops.health.watch_outages import OutageWatch
from console.ops.incident.notes import note_bad
from console.ops.probe.prober import Prober
from console.ops.probe.values import Probed
from console.ops.review import read_live, review
from console.ops.session import Session
from console.ops.sync import sync, with_versions
from console.ops.verify import restored_health
from console.practice.landing import Page, Site
from console.practice.server import PracticeServer
from tests.support.clock import START, ManualClock
from tests.support.desk import at, planned

SLUGS = ["docs", "spring-launch", "old-page"]
CHECK = "health-check$"


async def looked(session: Session, slugs: list[str]) -> dict[str, HealthResult]:
    return {r.slug: r async for r in check_from_here(session, from_cache(session, slugs))}


async def test_a_result_from_before_a_version_was_live_is_none_of_its_own(practice: PracticeServer) -> None:
    """The destination is the same again: what was found of it before says nothing of this version's time."""
    async with at(practice) as session:
        await sync(session)
        cached = session.store.inventory.get("docs")
        assert cached is not None
        made = cached.link.updated_at
        assert made is not None
        found = [
            HealthResult("docs", cached.link.destination_url, Verdict.OK, Vantage.PLATFORM, seen)
            for seen in (made - timedelta(seconds=1), made)
        ]
        assert [result.version for result in with_versions(session, found)] == [None, cached.link.version]


async def test_what_only_the_platform_cannot_reach_is_on_the_board(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await sync(session)
        await check_from_platform(session, ["spring-launch"])
        practice.platform.landing.recover("shop")
        await looked(session, ["spring-launch"])
        (shop,) = outages_among(session, ["spring-launch"])
        assert shop.difference is Difference.PLATFORM_ONLY
        assert "shop.localhost" in {o.host for o in (await board(session)).outages}


async def test_a_destination_that_goes_and_comes_is_marked_as_flapping(practice: PracticeServer) -> None:
    clock = ManualClock()
    async with at(practice, clock) as session:
        await sync(session)
        for page in (Page.DOWN, Page.OK, Page.DOWN, Page.OK):
            practice.platform.landing.set_site("docs", Site(page))
            clock.advance(60)
            await looked(session, ["docs"])
        (found,) = outages_among(session, ["docs"])
        assert (found.flapping, found.kinds) == (1, {"flapping": 1})
        clock.advance(3600)
        assert outages_among(session, ["docs"]) == ()


async def test_watching_tells_what_began_grew_turned_and_ended(practice: PracticeServer) -> None:
    landing = practice.platform.landing
    landing.recover("shop")
    slugs = ["docs", "moved-page", "soft-page"]
    for slug in slugs:
        practice.platform.edit(
            slug, destination_url=f"{practice.landing_base}/{slug}".replace("127.0.0.1", "x.localhost")
        )
    async with at(practice, ManualClock()) as session:
        await sync(session)
        watch = OutageWatch(session, slugs)

        async def look(**paths: Page) -> list[tuple[str, int, int]]:
            sites = {f"/{name.replace('_', '-')}": Site(page) for name, page in paths.items()}
            landing.set_site("x", Site(Page.OK, paths=sites))
            found = await watch.look()
            assert {change.outage.host for change in found} <= {"x.localhost"}
            assert all("x.localhost" in change.sentence for change in found)
            return [(change.turn.value, change.before, change.links) for change in found]

        assert await look() == []
        assert await look(docs=Page.DOWN) == [("began", 0, 1)]
        assert await look(docs=Page.DOWN) == []
        assert await look(docs=Page.DOWN, moved_page=Page.DEAD) == [("grew", 1, 2)]
        assert await look(moved_page=Page.DEAD) == [("shrank", 2, 1)]
        assert await look(moved_page=Page.SOFT_404) == [("turned", 1, 1)]
        assert await look() == [("ended", 1, 0)]


async def test_any_number_is_looked_at_a_portion_after_the_other(
    practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "PORTION", 7)
    practice.platform.landing.set_site("hang", Site(Page.OK))
    asked: list[int] = []

    class Counted(Prober):
        def probe(self, urls: Iterable[str]) -> AsyncGenerator[Probed]:
            known = list(urls)
            asked.append(len(known))
            return super().probe(known)

    async with at(practice) as session:
        await sync(session)
        session.prober = Counted(session.probing, session.clock)
        inventory = session.store.inventory
        places = inventory.select(parse(""), Sort.SLUG, 0.0)
        chosen = Chosen(places=places, every=True)
        found = [result.slug async for result in check_chosen(session, chosen)]
        assert sorted(found) == inventory.slugs(places)
        assert len(asked) == -(-len(places) // 7) > 1
        assert max(asked) <= 7
        assert (chosen.names(session), Chosen(places=places[:2]).names(session)) == ([], sorted(found)[:2])
        assert len(session.store.health.latest()) == len(places)


def hits(practice: PracticeServer, host: str) -> int:
    return sum(n for where, n in practice.platform.landing.hits.items() if where.startswith(f"{host}."))


async def test_what_is_opted_out_is_looked_at_by_nobody(practice: PracticeServer) -> None:
    out = ("www.localhost", "docs")
    practice.platform.landing.set_site("hang", Site(Page.OK))
    async with at(practice, opt_out=out) as session:
        await sync(session)
        assert (await looked(session, ["docs"]))["docs"].verdict is Verdict.NOT_CHECKED
        plan = await planned(session)
        checks = {check.name: check for check in await all_checks(session, plan)}
        assert checks["destination_here"].detail == "opted out in the profile"
        assert await OutageWatch(session, ["docs"]).look() == []
        found = {r.slug for r in await check_from_platform(session, [])}
        assert "docs" not in found
        assert "spring-launch" in found
        from console.domain.outcomes import Outcome
        from console.domain.plans import Result

        after = await restored_health(session, plan, Result(Outcome.APPLIED, plan.slug, 9, 8, 10))
        assert after.verdict is Verdict.NOT_CHECKED
    assert (hits(practice, "docs"), hits(practice, "www")) == (0, 0)


async def test_a_check_by_the_platforms_last_result_says_how_old_it_is(
    practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at(practice) as session:
        await sync(session)
        plan = await planned(session)
        url, seen = plan.to.snapshot.destination_url, session.clock.now().wall - timedelta(hours=3)

        async def last_health(_platform: object) -> HealthRun:
            told = HealthResult(plan.slug, url, Verdict.REFUSED, Vantage.PLATFORM, seen)
            return HealthRun(None, True, (told,))

        monkeypatch.setattr(type(session.online()), "last_health", last_health)
        checks = {check.name: check for check in await all_checks(session, plan)}
    assert checks["destination_platform"].detail == "refused, looked 3 h ago"


async def test_old_results_are_dropped_once_a_day_but_never_the_newest(practice: PracticeServer) -> None:
    clock = ManualClock()
    async with at(practice, clock, keep_health=30 * 86400.0) as session:
        await sync(session)
        log = session.store.health
        url = practice.platform.link("docs")["destinationUrl"]
        old = [
            HealthResult("docs", url, Verdict.OK, Vantage.HERE, START - timedelta(days=days))
            for days in (50, 40)
        ]
        log.add(old)
        await sync(session)
        assert len([r for r in log.of("docs") if r.vantage is Vantage.HERE]) == 2
        clock.advance(86400)
        await sync(session)
        assert [r.checked_at for r in log.of("docs") if r.vantage is Vantage.HERE] == [old[1].checked_at]


async def test_a_rollback_goes_before_everything_else(practice: PracticeServer) -> None:
    """While a rollback's work is under way no other read begins and no sweep asks anything new."""
    begun = asyncio.Event()
    async with at(practice) as session:

        async def read() -> None:
            await begun.wait()
            await session.online().link("spring-launch")

        async def look() -> None:
            await begun.wait()
            await looked(session, ["docs"])

        await sync(session)
        shop = practice.platform.link("spring-launch")["destinationUrl"]
        await session.prober.probe_one(shop)  # what is made on first use has been made
        others = [asyncio.create_task(read()), asyncio.create_task(look())]
        asked = len(practice.platform.requests)
        with session.first():
            begun.set()
            for _ in range(3):  # as much again as the others would do, so that they had their time
                await session.online().link("docs")
                await session.prober.probe_one(shop)
            assert len(practice.platform.requests) == asked + 3
            assert hits(practice, "docs") == 0
            assert not any(other.done() for other in others)
        await asyncio.wait_for(asyncio.gather(*others), 60)
    assert hits(practice, "docs") == 1


async def test_the_last_healthy_version_is_none_that_is_noted_bad_or_never_looked_at(
    practice: PracticeServer,
) -> None:
    async with at(practice) as session:
        reading = await read_live(session, "spring-launch")
        first = await last_healthy(session, review(session, reading))
        assert first.version.version == 8
        note_bad(session, "spring-launch", 8, "an empty page")
        later = await last_healthy(session, review(session, reading))
        assert later.version.version == 7
        assert [(v.version, why) for v, why in later.passed_over] == [(8, "noted bad")]
    async with at(practice, opt_out=("spring-launch",)) as session:
        before = hits(practice, "www")
        with pytest.raises(Refused) as caught:
            await last_healthy(session, review(session, reading))
        assert caught.value.reason == "no_healthy_version"
        many = await last_healthy_of(session, {"spring-launch": review(session, reading)})
        assert isinstance(many["spring-launch"], Refused)
        assert hits(practice, "www") == before
