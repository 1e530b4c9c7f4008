"""The outage: 1,012 links, 288 writes left, faults and a rival; and runs that are killed at random points.

What the platform did is asked of its own list of events, not of what we believe.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from pathlib import Path

import pytest

from console.domain.batches import BatchWay, RunState
from console.domain.outcomes import Outcome
from console.ops.batches.values import StopReason
from console.ops.planning import file as plan_file
from console.practice.faults import Kind
from console.practice.server import PracticeServer
from tests.support.batch import Swift, go_on, make_links, nothing_doubled, ours, outcomes, plan_of, run
from tests.support.desk import at
from tests.support.practice import Serve
from tests.support.simulator_children import ROOT

LINKS, LEFT = 1012, 288
SOME = 240
KILLED = (
    (BatchWay.ROLLBACK, 1, 45),
    (BatchWay.SPLIT, 2, 45),
    (BatchWay.IMPORT, 3, 90),
    (BatchWay.IMPORT, 4, 90),
)
"""How it is sent, the seed, and the last step of the journal at which it may die."""


def rivalry(server: PracticeServer, slugs: list[str]) -> None:
    """Kim takes some links before they are written, and some just as they are."""
    platform = server.platform
    for slug in slugs[100::200]:
        platform.edit(slug, "kim", title="mine")
    for slug in slugs[10:14]:
        platform.faults.rival(
            lambda slug=slug: platform.edit(slug, "lee", title="mine"),
            method="POST",
            path=f"{slug}/rollback$",
        )


async def test_1012_links_go_back_by_import_in_the_writes_that_were_planned(serve: Serve) -> None:
    server = serve("calm")
    slugs = make_links(server, LINKS)
    faults = server.platform.faults
    async with at(server, Swift(), server.token, timeout=20.0) as session:
        server.platform.set_used(500 - LEFT)
        plan = await plan_of(session, slugs)
        assert plan.proposed is not None
        assert plan.proposed.way is BatchWay.IMPORT
        rivalry(server, slugs)
        faults.add(Kind.THROTTLE, method="POST", path="/bulk-import$", retry_after="3")
        faults.add(Kind.COMMIT_THEN_CLOSE, method="POST", path="/bulk-import$")
        faults.add(Kind.ANSWER, method="GET", path="/history$", skip=50, times=6, status=503)
        report = await run(session, plan, way=None, look_after=False)
        assert report.run.state is RunState.DONE
        assert outcomes(report) == {"APPLIED": LINKS - 5, "STALE": 5}
        assert report.writes_spent == plan.proposed.writes
    nothing_doubled(server, plan)
    assert len(ours(server)) == LINKS - 5
    assert server.platform.meter.used == 500 - LEFT + plan.proposed.writes


async def test_one_by_one_a_run_goes_as_far_as_the_days_writes_allow(serve: Serve) -> None:
    server = serve("calm")
    slugs = make_links(server, SOME)
    faults, post = server.platform.faults, {"method": "POST", "path": "/rollback$"}
    async with at(server, Swift(), server.token, timeout=20.0) as session:
        server.platform.set_used(500 - 160)
        plan = await plan_of(session, slugs)
        rivalry(server, slugs)
        for number, kind in enumerate((Kind.COMMIT_THEN_CLOSE, Kind.COMMIT_THEN_502, Kind.BEFORE_CLOSE)):
            faults.add(kind, **post, skip=12 + 12 * number)
        faults.add(Kind.THROTTLE, **post, skip=44, times=2, retry_after="1")
        faults.add(Kind.ANSWER, method="GET", path="/history$", skip=90, times=3, status=503)
        report = await run(session, plan, way=BatchWay.SPLIT, look_after=False)
        assert (report.run.state, report.run.stop_reason) == (RunState.PAUSED, StopReason.BUDGET)
        free = 160 - 100
        assert report.writes_spent == free, "what is kept for rollbacks of the day is kept"
        assert server.platform.meter.used <= 500 - 100
        nothing_doubled(server, plan)
    found = outcomes(report)
    assert found["APPLIED"] + found.get("FAILED", 0) + found.get("STALE", 0) + found["SKIPPED"] == SOME
    assert found["APPLIED"] == len(ours(server)) >= free - 6


@pytest.mark.parametrize(("way", "seed", "last"), KILLED)
async def test_a_run_killed_at_random_points_loses_nothing_and_doubles_nothing(
    serve: Serve, tmp_path: Path, way: BatchWay, seed: int, last: int
) -> None:
    server, rng = serve("calm"), random.Random(seed)
    slugs = make_links(server, 24)
    file = tmp_path / "plan.json"
    async with at(server, Swift(), server.token) as session:
        plan = await plan_of(session, slugs)
        plan_file.write(file, plan)
    killed = 0
    for _ in range(2):
        step, how = rng.randint(2, last), rng.choice(["before", "after"])
        command = ["-m", "tests.support.batch_child", server.base_url, server.handle, server.token]
        child = await asyncio.create_subprocess_exec(
            sys.executable, *command, str(file), way.value, str(step), how, cwd=ROOT,
            stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        _, said = await child.communicate()
        assert child.returncode in {0, -signal.SIGKILL}, said
        killed += child.returncode != 0
    assert killed, "nothing was killed"
    async with at(server, Swift(), server.token) as session:
        report = await go_on(session, plan.plan_id, look_after=False)
        assert report.run.state is RunState.DONE, report
        failed = [item.slug for item in report.items if item.outcome is not Outcome.APPLIED]
        assert session.store.journal.open_writes() == []
    nothing_doubled(server, plan)
    assert len(ours(server)) + len(failed) == len(slugs), "nothing lost"
    assert outcomes(report) == {"APPLIED": len(ours(server)), **({"FAILED": len(failed)} if failed else {})}
    assert {event.action for event in ours(server)} == {"import" if way is BatchWay.IMPORT else "rollback"}
