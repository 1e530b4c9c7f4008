"""Planning a batch against the practice platform: targets by rule, what is left out and why, no writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cache.imports import Record, RowState, new_table
from console.api.throttle import LONGEST_WAIT
from console.domain.batches import BatchKind, BatchPlan, BatchWay
from console.domain.errors import Refused, Throttled, Unreachable
from console.domain.peaks import PeakWindow
from console.domain.plans import Result
from console.domain.query import parse
from console.domain.rewrites import Rewrite
from console.domain.sightings import Stale
from console.ops.importing.record import chunk_write, imports_dir
from console.ops.planning import rules as planning_rules
from console.ops.planning.facts import facts
from console.ops.planning.plan import Step, plan_repoint, plan_rollback
from console.ops.planning.rules import LAST_HEALTHY, PREVIOUS, as_of, target_state
from console.ops.planning.selection import by_query
from console.ops.review import read_live
from console.ops.rollback import Request, prepare
from console.ops.session import Session
from console.ops.sync import sync
from console.practice.faults import Kind
from console.practice.server import PracticeServer
from tests.support.builders import write
from tests.support.clock import ManualClock
from tests.support.desk import at
from tests.support.practice import Serve

WHY = "shop is down"
SLUG = "spring-launch"


async def planned(session: Session, *slugs: str, rule: Any = PREVIOUS, **more: Any) -> BatchPlan:
    """Listed, then planned."""
    await sync(session)
    return await plan_rollback(session, slugs, rule, WHY, **more)


def reasons(plan: BatchPlan) -> dict[str, str]:
    return {one.slug: one.reason for one in plan.left_out}


def writes(server: PracticeServer) -> int:
    return server.platform.meter.used + len(server.platform.events)


async def test_each_item_states_what_is_live_and_what_it_goes_to(practice: PracticeServer) -> None:
    async with at(practice) as session:
        plan = await planned(session, SLUG, "vip-preview", SLUG, rule=LAST_HEALTHY)
        (first, second) = plan.items
        assert [first.slug, second.slug] == [SLUG, "vip-preview"], "most clicked first, each once"
        assert (first.version, first.to, first.clicks) == (9, 8, 18_204)
        assert first.to_destination.endswith("/launch-old")
        reading = await read_live(session, SLUG)
        assert (first.fingerprint, first.link_id) == (reading.fingerprint, reading.identity)
        state = target_state(plan, first, reading)
        assert state is not None
        assert state.fingerprint == first.to_fingerprint
        assert (plan.kind, plan.rule, plan.phrase) == (BatchKind.ROLLBACK, "last healthy", "rollback 2")
        assert plan.operator == session.target.operator
        assert plan.expires_at - plan.created_at == timedelta(minutes=15)
        single = await prepare(session, Request(SLUG, 8, "shop is down"))
        assert isinstance(single, Result)
        assert single.refusal is not None
        assert single.refusal.reason == Stale.NOT_SEEN, "a plan of many is no look at this link"
    assert writes(practice) == 0, "planning costs no write"


async def test_the_rules_choose_different_versions(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await sync(session)
        reading = await read_live(session, SLUG)
        made = {v.version: v.created_at for v in reading.timeline.versions}
        before_eight = made[8] - timedelta(seconds=1)  # type: ignore[operator]  # practice tells every time

        async def to(rule: planning_rules.Rule) -> object:
            plan = await plan_rollback(session, [SLUG], rule, WHY)
            return plan.items[0].to if plan.items else reasons(plan)[SLUG]

        assert await to(PREVIOUS) == 8
        assert await to(as_of(made[8])) == 8  # type: ignore[arg-type]  # as above
        assert await to(as_of(before_eight)) == 7
        assert await to(planning_rules.named({SLUG: 3}, "as before run X")) == 3
        assert "no version as of 2001-01-01" in str(await to(as_of(datetime(2001, 1, 1, tzinfo=UTC))))
        assert "already there: v9" in str(await to(as_of(session.clock.now().wall)))
        assert "it has no version v77" in str(await to(planning_rules.named({SLUG: 77}, "x")))
        plan = await plan_rollback(session, ["moved-page"], PREVIOUS, WHY)
        assert reasons(plan) == {"moved-page": "it has no earlier version"}
        assert plan.ways == (), "nothing to do costs nothing"


async def test_a_link_that_moved_since_it_was_listed_is_left_out_by_name(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await sync(session)
        practice.platform.edit("docs", by="kim", destination_url="https://docs.example/new")
        practice.platform.touch_same_version("vip-preview")
        practice.platform.recreate("hang-page")
        practice.platform.delete("old-page")
        plan = await plan_rollback(
            session, ["docs", "vip-preview", "hang-page", "old-page", SLUG], PREVIOUS, WHY
        )
        told = reasons(plan)
        assert told["docs"].startswith("moved since you listed it: v4 by kim at ")
        assert "its content changed under the same version v3" in told["vip-preview"]
        assert "deleted and made again" in told["hang-page"]
        assert told["old-page"] == "does not exist"
        assert [item.slug for item in plan.items] == [SLUG]
        assert session.store.sightings.latest(session.target.operator, "docs") is None


async def test_what_was_shown_counts_even_when_the_cache_is_newer(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await sync(session)
        shown = session.store.inventory.links_of([SLUG])
        practice.platform.edit(SLUG, by="kim")
        plan = await planned(session, SLUG, listed=shown)
        assert reasons(plan)[SLUG].startswith("moved since you listed it: v10 by kim")


async def test_holds_open_writes_opt_outs_and_strangers_are_left_out(practice: PracticeServer) -> None:
    async with at(practice, opt_out=("docs", "slow-partner.localhost")) as session:
        await sync(session)
        target, now = session.target, session.clock.now()
        session.store.marks.hold(target.key, "vip-preview", 3, "f", "kim", now)
        session.store.journal.prepare(write(slug=SLUG, target_key=target.key))
        practice.platform.edit("made-later", destination_url="https://www.example/")
        session.store.marks.note_bad(target.key, "old-page", 1, "empty", "lee", now)
        slugs = ["docs", "partner-spring", "vip-preview", SLUG, "made-later", "old-page", "nowhere"]
        told = reasons(await plan_rollback(session, slugs, PREVIOUS, WHY))
        assert list(told) == slugs, "in the order they were asked for"
        assert told["docs"] == told["partner-spring"] == "opted out in the profile"
        assert told["vip-preview"].startswith("held at v3 by kim since ")
        assert told[SLUG].startswith("open write: dana to v8")
        assert told["made-later"] == "never seen: it is not in the list of this machine"
        assert told["old-page"] == "v1 was noted bad by lee: empty"
        assert told["nowhere"] == "does not exist"
        undo = planning_rules.named({"vip-preview": 1, "old-page": 1}, "before run 7")
        plan = await plan_rollback(session, ["vip-preview", "old-page"], undo, WHY, undoes="7")
        assert (len(plan.items), plan.undoes) == (2, "7"), "an undo may leave a hold and go back to a bad one"


async def test_a_link_in_an_import_that_is_not_settled_is_left_out(practice: PracticeServer) -> None:
    async with at(practice) as session:
        chunk = chunk_write(session, "import-1", 1, "nightly")
        table = new_table(imports_dir(), "import-1")
        table.begin({"run": "import-1"})
        rows = [
            Record(1, 2, "docs", "update", RowState.PLANNED, 1),
            Record(2, 3, SLUG, "update", RowState.PLANNED, 1),
        ]
        table.add(rows)
        table.planned()
        table.leave(chunk.key, [1])
        table.close()
        session.store.journal.prepare(chunk)
        plan = await planned(session, "docs", SLUG)
        assert [item.slug for item in plan.items] == [SLUG]
        assert reasons(plan)["docs"].startswith("open write: ")


async def test_without_a_healthy_version_the_reason_says_what_was_looked_at(practice: PracticeServer) -> None:
    async with at(practice) as session:
        plan = await planned(session, "moved-page", "cut-page", "old-page", rule=LAST_HEALTHY)
        assert [item.slug for item in plan.items] == ["old-page"]
        assert reasons(plan)["moved-page"] == "no healthy version. It has no earlier version."
    practice.platform.landing.take_down("www")
    async with at(practice) as session:
        plan = await planned(session, "old-page", rule=LAST_HEALTHY)
        assert reasons(plan)["old-page"] == "no healthy version. Looked at: v1 503."


async def test_an_item_that_would_give_visitors_nothing_is_left_out(practice: PracticeServer) -> None:
    practice.platform.edit("docs", by="kim", enabled=False)
    practice.platform.edit("docs", by="kim", enabled=True)
    async with at(practice) as session:
        assert reasons(await planned(session, "docs"))["docs"] == "v4 would give visitors 404"


async def test_planning_tells_how_far_it_is(practice: PracticeServer) -> None:
    steps: list[Step] = []
    async with at(practice) as session:
        await planned(session, SLUG, "old-page", rule=LAST_HEALTHY, on_progress=steps.append)
    assert steps[:2] == [Step("reading", 1, 2), Step("reading", 2, 2)]
    assert steps[-1] == Step("looking", 2, 2)


async def test_a_reason_and_a_line_are_needed(practice: PracticeServer) -> None:
    async with at(practice) as session:
        with pytest.raises(Refused, match="needs a reason"):
            await plan_rollback(session, [SLUG], PREVIOUS, "  ")
        session.platform = None
        with pytest.raises(Unreachable, match="offline"):
            await plan_rollback(session, [SLUG], PREVIOUS, WHY)


async def test_one_link_may_fail_and_the_platform_may_not(practice: PracticeServer) -> None:
    async with at(practice, ManualClock()) as session:
        await sync(session)
        practice.platform.faults.add(Kind.ANSWER, path="/docs", status=500, times=None)
        plan = await plan_rollback(session, ["docs", SLUG], PREVIOUS, WHY)
        assert [item.slug for item in plan.items] == [SLUG]
        assert reasons(plan)["docs"].startswith("never seen: its history could not be read (")
    async with at(practice, ManualClock()) as session:
        practice.platform.faults.add(Kind.ANSWER, path="/history$", status=503, times=None)
        with pytest.raises(Unreachable):
            await plan_rollback(session, [SLUG, "old-page", "moved-page", "soft-page"], PREVIOUS, WHY)
    async with at(practice, ManualClock(), concurrency=1) as session:
        practice.platform.faults.clear()
        practice.platform.faults.add(Kind.ANSWER, path="/history$", status=503, times=None, skip=1)
        with pytest.raises(Unreachable):  # one was read, and then three in a row were not
            await plan_rollback(session, [SLUG, "old-page", "moved-page", "soft-page"], PREVIOUS, WHY)


async def test_an_absurd_pause_is_not_waited_for(practice: PracticeServer) -> None:
    clock = ManualClock()
    async with at(practice, clock) as session:
        await sync(session)
        clock.slept.clear()
        practice.platform.faults.add(Kind.THROTTLE, path="/history$", retry_after="99999999999", times=None)
        with pytest.raises(Throttled):
            await plan_rollback(session, [SLUG], PREVIOUS, WHY)
        assert max(clock.slept, default=0.0) <= LONGEST_WAIT
        assert sum(clock.slept) < 10 * LONGEST_WAIT


async def test_destinations_are_rewritten_with_their_rules(practice: PracticeServer) -> None:
    port = practice.landing_base.rpartition(":")[2]
    rules = [{"id": "r", "priority": 1, "conditions": {"deviceIn": ["mobile"]},
              "destinationUrl": f"http://shop.localhost:{port}/m"}]  # fmt: skip
    practice.platform.edit(SLUG, by="kim", routing_rules=rules)
    practice.platform.edit("docs", by="kim", password="open sesame")
    async with at(practice) as session:
        await sync(session)
        rewrite = Rewrite.of_host("shop.localhost", "www.localhost")
        plan = await plan_repoint(session, [SLUG, "docs", "old-page"], rewrite, WHY)
        (item,) = plan.items
        assert (item.slug, item.to, plan.phrase) == (SLUG, None, "repoint 1")
        assert item.to_destination == f"http://www.localhost:{port}/launch"
        after = target_state(plan, item, await read_live(session, SLUG))
        assert after is not None
        assert after.fingerprint == item.to_fingerprint
        assert after.rules[0].destination_url == f"http://www.localhost:{port}/m"
        assert reasons(plan)["old-page"] == "already there: nothing in it matches shop.localhost"
        page = await plan_repoint(session, [SLUG, "docs"], Rewrite.of_page("https://status.example/"), WHY)
        assert page.items[0].to_destination == "https://status.example/"
        assert page.rule == "page https://status.example/"
        assert "a password" in reasons(page)["docs"]
        assert [way.recorded_as for way in page.ways] == ["update", "import", "update"]
    assert writes(practice) == len(practice.platform.events) == 2, "only the colleague's"


async def test_the_facts_that_a_run_asks_about(outage: Serve) -> None:
    server = outage()
    async with at(server, blast_radius=1) as session:
        plan = await planned(session, SLUG, "loyalty")
        told = facts(session, plan)
        assert (told.links, told.cap, told.above_cap, told.peak_until) == (2, 1, True, None)
        assert told.clicks == 18_204 + 6_380
    async with at(server, peak_windows=(PeakWindow.parse("00:00-24:00"),)) as session:
        told = facts(session, plan)
        assert (told.cap, told.above_cap) == (100, False)
        assert told.peak_until is not None
        assert told.peak_until > session.clock.now().wall


async def test_a_whole_outage_is_planned_or_explained_without_a_write(outage: Serve) -> None:
    server = outage(links=200)
    server.platform.meter.used = 380
    async with at(server, timeout=15.0) as session:
        chosen = await by_query(session, parse("status:down host:shop.localhost"))
        plan = await plan_rollback(session, chosen.slugs, LAST_HEALTHY, WHY, listed=chosen.listed)
    planned_slugs, left = [item.slug for item in plan.items], list(reasons(plan))
    assert len(chosen.slugs) > 90
    assert sorted(planned_slugs + left) == sorted(chosen.slugs), "items and left out add up"
    assert len(planned_slugs) > 90
    assert all("shop" not in item.to_destination.split("/")[2] for item in plan.items)
    clicks = [item.clicks or 0 for item in plan.items]
    assert clicks == sorted(clicks, reverse=True)
    assert plan.proposed is not None
    assert (plan.proposed.way, plan.proposed.writes) == (BatchWay.IMPORT, 1)
    assert (server.platform.meter.used, server.platform.events) == (380, [])
    assert {asked.method for asked in server.platform.desk.asked} == {"GET"}
