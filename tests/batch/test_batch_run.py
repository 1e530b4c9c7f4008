"""Runs of batches over real HTTP: waves, ways, stop rules, pauses; never a wrong version, never twice."""

from __future__ import annotations

from console.domain.batches import BatchWay, RunState
from console.domain.outcomes import Outcome
from tests.support.batch import Heard, make_links, nothing_doubled, outcomes, plan_of, run
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
