"""Runs of batches over real HTTP: waves, ways, stop rules, pauses; never a wrong version, never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from console.domain.batches import BatchWay, RunState
from console.domain.outcomes import Outcome
from console.domain.rewrites import Rewrite
from console.exits import ExitCode
from console.ops.batches.by_import import _differs
from console.ops.batches.follow import plan_back
from console.ops.batches.values import Control, Hold, Progress, StopReason
from console.ops.planning.plan import plan_repoint
from console.ops.recovery import reconcile
from console.ops.sync import sync
from console.practice.faults import Kind
from console.practice.store import Store
from console.subcommands.batch_shown import code_of
from tests.support.batch import (
    Heard,
    Swift,
    go_on,
    make_links,
    nothing_doubled,
    ours,
    outcomes,
    plan_of,
    run,
)
from tests.support.builders import NOW
from tests.support.builders import plan as single
from tests.support.clock import ManualClock
from tests.support.desk import at
from tests.support.practice import Serve

POST = {"method": "POST", "path": "/rollback$"}


async def test_a_run_goes_in_waves_and_holds_what_it_restored(serve: Serve) -> None:
    server, heard = serve("calm"), Heard()
    slugs = make_links(server, 30)
    async with at(server) as session:
        plan = await plan_of(session, slugs)
        report = await run(session, plan, tell=heard)
        assert (report.run.state, outcomes(report)) == (RunState.DONE, {"APPLIED": 30})
        assert report.writes_spent == 30 == server.platform.meter.used
        assert {item.new_version for item in report.items} == {3}
        assert len(session.store.marks.holds(session.target.key)) == 30
        assert list(session.store.marks.bad(session.target.key, slugs[0])) == [2]
    nothing_doubled(server, plan)
    waves = [p.wave for p in heard if p.slug]
    assert (waves.count(1), waves.count(2), waves.count(3)) == (1, 2, 27)
    assert heard[-1].state is RunState.DONE
    assert heard[-1].writes_left == 470


async def test_the_import_way_restores_the_same_in_one_write(serve: Serve) -> None:
    server = serve("calm")
    slugs = make_links(server, 30)
    async with at(server) as session:
        plan = await plan_of(session, slugs)
        server.platform.edit(slugs[4], by="kim", title="mine")
        report = await run(session, plan, way=BatchWay.IMPORT)
        assert outcomes(report) == {"APPLIED": 29, "STALE": 1}
        assert report.items[4].outcome is Outcome.STALE
        assert "by kim" in report.items[4].detail
        assert report.writes_spent == 1 == server.platform.meter.used
        assert server.platform.link(slugs[7])["destinationUrl"].endswith("/v1")
    nothing_doubled(server, plan)


async def test_a_request_that_is_too_large_goes_in_smaller_ones_and_every_link_has_its_outcome(
    serve: Serve,
) -> None:
    server, heard = serve("calm"), Heard()
    slugs = make_links(server, 30)
    fault = server.platform.faults.add(
        Kind.TOO_LARGE, method="POST", path="/bulk-import$", times=None, size=4000
    )
    async with at(server) as session:
        plan = await plan_of(session, slugs)
        report = await run(session, plan, way=BatchWay.IMPORT, tell=heard)
        assert outcomes(report) == {"APPLIED": 30}
        assert report.writes_spent == fault.hits, "a request that is refused may be counted all the same"
        assert 1 < server.platform.meter.used < fault.hits, "some were too large, and some were not"
        assert [p.writes_spent for p in heard if p.slug] != [fault.hits] * 30, "told as it is spent"
        assert heard[-1].writes_spent == fault.hits
    nothing_doubled(server, plan)


async def test_one_link_that_is_too_large_is_refused_and_the_others_go(serve: Serve) -> None:
    server = serve("calm")
    slugs = make_links(server, 4)
    server.platform.edit(slugs[1], by="kim", description="x" * 3000)
    server.platform.edit(slugs[1], by="kim", destination_url="https://elsewhere.example/")
    server.platform.store.events.clear()
    server.platform.faults.add(Kind.TOO_LARGE, method="POST", path="/bulk-import$", times=None, size=3000)
    async with at(server) as session:
        plan = await plan_of(session, slugs)
        report = await run(session, plan, way=BatchWay.IMPORT, look_after=False)
        assert outcomes(report) == {"APPLIED": 3, "REJECTED": 1}
        assert report.items[1].detail == "the row is too large (payload_too_large)"
    nothing_doubled(server, plan)


async def test_requests_that_have_to_be_split_stop_where_the_writes_end(serve: Serve) -> None:
    server = serve("calm")
    slugs = make_links(server, 16)
    server.platform.faults.add(Kind.TOO_LARGE, method="POST", path="/bulk-import$", times=None, size=4000)
    async with at(server) as session:
        plan = await plan_of(session, slugs)
        report = await run(session, plan, way=BatchWay.IMPORT, max_writes=2, look_after=False)
        assert (report.run.state, report.run.stop_reason) == (RunState.PAUSED, StopReason.MAX_WRITES)
        assert report.writes_spent == 2
        assert 0 < outcomes(report)["SKIPPED"] < 16
        assert outcomes(await go_on(session, report)) == {"APPLIED": 16}
    nothing_doubled(server, plan)


async def test_three_failures_in_a_row_stop_the_run_and_the_others_wait(serve: Serve) -> None:
    server = serve("calm")
    slugs = make_links(server, 80)
    async with at(server, concurrency=1) as session:
        plan = await plan_of(session, slugs)
        server.platform.faults.add(Kind.ANSWER, **POST, skip=10, times=3, status=422, body={"error": "x"})
        report = await run(session, plan, look_after=False)
        assert (report.run.state, report.run.stop_reason) == (RunState.STOPPED, StopReason.IN_A_ROW)
        assert outcomes(report) == {"APPLIED": 10, "REJECTED": 3, "SKIPPED": 67}
    nothing_doubled(server, plan)


async def test_more_than_5_percent_failed_stop_the_run(serve: Serve) -> None:
    server = serve("calm")
    slugs = make_links(server, 40)
    async with at(server, concurrency=1) as session:
        plan = await plan_of(session, slugs)
        for slug in slugs[5:25:5]:
            server.platform.faults.add(
                Kind.ANSWER, method="POST", path=f"{slug}/rollback$", status=422, body={"error": "x"}
            )
        report = await run(session, plan, look_after=False)
        assert report.run.stop_reason == StopReason.SHARE
        assert outcomes(report) == {"APPLIED": 13, "REJECTED": 3, "SKIPPED": 24}, "2 of 40 are 5 %, not more"


async def test_a_restored_page_that_is_down_stops_after_the_first_item(serve: Serve) -> None:
    server = serve("outage", links=60)
    port = server.platform.setting.port
    slugs = make_links(server, 10)
    for slug in slugs:
        for host in ("shop", "www"):
            server.platform.edit(slug, by="kim", destination_url=f"http://{host}.localhost:{port}/now")
    server.platform.store.events.clear()
    async with at(server) as session:
        plan = await plan_of(session, slugs)
        report = await run(session, plan)
        assert (report.run.stop_reason, outcomes(report)) == (
            StopReason.DESTINATION, {"APPLIED": 1, "SKIPPED": 9},
        )  # fmt: skip
        report = await go_on(session, report, overrides={"destination": "better than nothing"})
        assert outcomes(report) == {"APPLIED": 10}
    nothing_doubled(server, plan)


async def test_the_first_wave_goes_on_until_an_item_proves_the_plan(serve: Serve) -> None:
    server, heard = serve("calm"), Heard()
    slugs = make_links(server, 10)
    async with at(server) as session:
        plan = await plan_of(session, slugs)
        for slug in slugs[:2]:
            server.platform.edit(slug, by="kim", title="mine")
        report = await run(session, plan, tell=heard)
        assert outcomes(report) == {"APPLIED": 8, "STALE": 2}
    waves = [p.wave for p in heard if p.slug]
    assert (waves.count(1), waves.count(2)) == (3, 1), "an item that moved proves nothing"


async def test_the_second_wave_is_verified_before_the_rest_goes(serve: Serve) -> None:
    server = serve("outage", links=60)
    port = server.platform.setting.port
    slugs = make_links(server, 10)
    for slug in slugs:
        for host in ("www", "shop") if slug != slugs[1] else ("shop", "www"):
            server.platform.edit(slug, by="kim", destination_url=f"http://{host}.localhost:{port}/launch-old")
    server.platform.store.events.clear()
    async with at(server) as session:
        plan = await plan_of(session, slugs)
        report = await run(session, plan)
        assert (report.run.stop_reason, outcomes(report)) == (
            StopReason.DESTINATION, {"APPLIED": 2, "SKIPPED": 8},
        )  # fmt: skip


@pytest.mark.parametrize("way", [BatchWay.ROLLBACK, BatchWay.IMPORT])
async def test_a_run_stops_where_visitors_get_not_what_was_planned(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, way: BatchWay
) -> None:
    server = serve("calm")
    slugs = make_links(server, 4)
    usual = Store.write

    def another(store: Store, slug: str, record: Any, *more: Any) -> Any:
        return usual(store, slug, {**record, "destinationUrl": "https://elsewhere.example/"}, *more)

    async with at(server) as session:
        plan = await plan_of(session, slugs)
        monkeypatch.setattr(Store, "write", another)
        report = await run(session, plan, way=way, look_after=False)
    assert (report.run.state, report.run.stop_reason) == (RunState.STOPPED, StopReason.NOT_VERIFIED)
    assert report.message.startswith("Visitors do not get what was planned: item-")
    made = {"APPLIED": 1, "SKIPPED": 3} if way is BatchWay.ROLLBACK else {"APPLIED": 4}
    assert outcomes(report) == made
    assert "but visitors do not get what v1 gave them" in report.items[0].detail
    assert code_of(report) == ExitCode.PARTLY


async def test_a_run_is_taken_back_to_pages_that_are_down(serve: Serve) -> None:
    server = serve("outage", links=60)
    port = server.platform.setting.port
    slugs = make_links(server, 4)
    for slug in slugs:
        for host in ("www", "shop"):
            server.platform.edit(slug, by="kim", destination_url=f"http://{host}.localhost:{port}/launch-old")
    async with at(server) as session:
        report = await run(session, await plan_of(session, slugs))
        assert outcomes(report) == {"APPLIED": 4}
        back = await plan_back(session, report.run.run, "it was not the page")
        assert outcomes(await run(session, back)) == {"APPLIED": 4}, "that they are down is known"


async def test_a_pause_keeps_all_and_resuming_says_what_changed(serve: Serve) -> None:
    server, control = serve("calm"), Control()
    slugs = make_links(server, 20)

    def pause(progress: Progress) -> None:
        if progress.done == 5:
            control.pause()

    async with at(server, concurrency=1) as session:
        plan = await plan_of(session, slugs)
        report = await run(session, plan, control=control, tell=pause)
        assert (report.run.state, outcomes(report)) == (RunState.PAUSED, {"APPLIED": 5, "SKIPPED": 15})
        server.platform.edit(slugs[8], by="kim", title="mine")
        server.platform.delete(slugs[9])
        report = await go_on(session, report)
        assert outcomes(report) == {"APPLIED": 18, "STALE": 2}
        assert len(report.changed) == 2
        assert "by kim" in report.changed[0]
        assert "does not exist" in report.changed[1]
    nothing_doubled(server, plan)


async def test_a_held_run_waits_and_reads_again_when_it_starts(serve: Serve) -> None:
    server, clock = serve("calm"), ManualClock()
    slugs = make_links(server, 4)
    async with at(server, clock) as session:
        plan = await plan_of(session, slugs)
        server.platform.edit(slugs[2], by="kim", title="mine")
        report = await run(session, plan, hold=Hold(clock.now().wall + timedelta(hours=2)))
        assert sum(clock.slept) >= 7200
        assert outcomes(report) == {"APPLIED": 3, "STALE": 1}
        assert len(report.changed) == 1
    nothing_doubled(server, plan)


@pytest.mark.parametrize("way", [BatchWay.ROLLBACK, BatchWay.IMPORT])
async def test_destinations_are_rewritten_under_the_same_guard(serve: Serve, way: BatchWay) -> None:
    server = serve("calm")
    slugs = make_links(server, 6)
    port = server.platform.setting.port
    for slug in slugs:
        server.platform.edit(slug, by="kim", tags=["kept"])
    server.platform.store.events.clear()
    async with at(server) as session:
        await sync(session)
        rewrite = Rewrite.of_host(f"shop.localhost:{port}", f"www.localhost:{port}")
        plan = await plan_repoint(session, slugs, rewrite, "shop moved")
        assert plan.phrase == "repoint 6"
        server.platform.edit(slugs[1], by="kim", title="mine")
        report = await run(session, plan, way=way)
        assert outcomes(report) == {"APPLIED": 5, "STALE": 1}
        assert session.store.marks.bad(session.target.key, slugs[0]) == {}
        live = server.platform.link(slugs[0])
        assert (live["destinationUrl"], live["tags"]) == (f"http://www.localhost:{port}/v2", ["kept"])
        back = await plan_back(session, report.run.run, "shop is back")
        undone = await run(session, back)
        assert outcomes(undone) == {"APPLIED": 5}
        assert server.platform.link(slugs[0])["destinationUrl"] == f"http://shop.localhost:{port}/v2"


async def test_a_link_of_an_open_chunk_is_touched_by_nobody_until_it_is_settled(serve: Serve) -> None:
    server = serve("calm")
    slugs = make_links(server, 3)
    async with at(server, ManualClock()) as session:
        plan = await plan_of(session, slugs)
        server.platform.faults.add(Kind.BEFORE_CLOSE, method="POST", path="/bulk-import$")
        server.platform.faults.add(Kind.ANSWER, method="GET", path="/history$", times=None, status=503)
        report = await run(session, plan, way=BatchWay.IMPORT, look_after=False)
        assert outcomes(report) == {"UNKNOWN": 3}
        assert len(session.store.journal.open_writes()) == 4, "three links and the request"
        server.platform.faults.clear()
        settled = await reconcile(session)
        assert {one.outcome for one in settled} == {Outcome.FAILED}
        assert session.store.runs.counts(plan.plan_id) == {Outcome.FAILED: 3}
    assert ours(server) == []


async def test_an_answer_that_is_found_late_holds_its_link_as_well(serve: Serve) -> None:
    server = serve("calm")
    slugs = make_links(server, 6)
    async with at(server, Swift(), server.token, timeout=5.0) as session:
        plan = await plan_of(session, slugs)
        path = f"{slugs[3]}/history$"
        server.platform.faults.add(Kind.COMMIT_THEN_CLOSE, method="POST", path=f"{slugs[3]}/rollback$")
        server.platform.faults.add(Kind.ANSWER, method="GET", path=path, skip=1, times=25, status=503)
        report = await run(session, plan, look_after=False)
        assert outcomes(report) == {"APPLIED": 6}
        assert len(session.store.marks.holds(session.target.key)) == 6
        assert list(session.store.marks.bad(session.target.key, slugs[3])) == [2]
    nothing_doubled(server, plan)


def test_a_link_of_another_birth_or_id_is_left_out_of_an_import() -> None:
    made = single()
    live = replace(made.live.snapshot, version=made.live.version)
    assert _differs(made, live) is None
    outcome, text = _differs(made, replace(live, destination_url="https://evil.example/")) or (None, "")
    assert (outcome, "changed under the same version" in text) == (Outcome.STALE, True)
    outcome, text = _differs(made, replace(live, link_id="17")) or (None, "")
    assert (outcome, text) == (Outcome.STALE, "This is another link: the slug was deleted and made again")
    born = replace(live, link_id="", created_at=NOW.wall)
    before = NOW.wall - timedelta(days=1)
    older = replace(made.live, snapshot=replace(made.live.snapshot, created_at=before))
    unnamed = replace(made, live=older, link_id=before.isoformat())
    assert _differs(unnamed, replace(born, created_at=before)) is None
    assert _differs(unnamed, born) is not None
