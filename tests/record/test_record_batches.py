"""Batch runs in the record: what a bundle of a run holds, and how long a run took in the story."""

from __future__ import annotations

import json

import pytest

from console.domain.batches import BatchWay, RunState
from console.ops.batches.follow import cancel
from console.ops.batches.values import Report
from console.ops.incident.evidence import collect
from console.ops.incident.report_draft import draft
from console.ops.incident.story import tell
from console.ops.incident.story_text import document, markdown
from console.ops.session import Session
from console.practice.server import PracticeServer
from tests.support.batch import go_on, make_links, plan_of, run
from tests.support.clock import ManualClock
from tests.support.desk import at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """One clock for the session and for the steps of writes, which the journal dates itself."""
    found = ManualClock()
    monkeypatch.setattr("cache.journal.moment", found.now)
    return found


async def ran(session: Session, server: PracticeServer, way: BatchWay = BatchWay.ROLLBACK) -> Report:
    """Three links, by one run."""
    return await run(session, await plan_of(session, make_links(server, 3)), way=way)


@pytest.mark.parametrize("way", [BatchWay.ROLLBACK, BatchWay.IMPORT])
async def test_a_bundle_of_a_run_has_its_items_and_every_history_as_it_is_now(
    practice: PracticeServer, clock: ManualClock, way: BatchWay
) -> None:
    async with at(practice, clock) as session:
        report = await ran(session, practice, way)
        practice.platform.edit("item-0001", by="kim", title="touched since")
        bundle = await collect(session, report.run.run[:8])
        named = sorted(name for name in bundle.files if name.startswith("histories/"))
        assert named == [f"histories/item-{n:04}.json" for n in range(3)]
        assert json.loads(bundle.files["histories/item-0001.json"])["live"] == 4
        told = json.loads(bundle.files["run.json"])
        assert [item["outcome"] for item in told["items"]] == ["APPLIED"] * 3
        assert (bundle.subject, bundle.kind, bundle.stale) == (report.run.run, "run", "")
        kinds = {
            json.loads(json.loads(row)["body"])["kind"] for row in bundle.files["journal.ndjson"].splitlines()
        }
        assert kinds == {"run", "write"}


async def test_a_bundle_says_which_histories_are_the_cache_s(
    practice: PracticeServer, clock: ManualClock
) -> None:
    async with at(practice, clock) as session:
        report = await ran(session, practice)
        practice.platform.faults.add("answer", path="/links/item-0001/history$", status=500, times=None)
        assert (await collect(session, report.run.run)).stale.startswith("1 of 3 links: ")
    async with at(practice, clock) as session:
        before = len(practice.platform.requests)
        session.platform = None
        bundle = await collect(session, report.run.run)
        assert len(practice.platform.requests) == before
        assert "histories/item-0002.json" in bundle.files


@pytest.mark.parametrize("way", [BatchWay.ROLLBACK, BatchWay.IMPORT])
async def test_a_run_is_in_the_story_with_how_long_it_took(
    practice: PracticeServer, clock: ManualClock, way: BatchWay
) -> None:
    async with at(practice, clock) as session:
        plan = await plan_of(session, make_links(practice, 3))
        began = clock.now().wall
        paused = await run(session, plan, way=way, max_writes=0 if way is BatchWay.IMPORT else 1)
        assert paused.run.state is RunState.PAUSED
        [half] = document(tell(session))["runs"]
        assert (half["state"], half["ended"], half["seconds"]) == ("paused", None, None)
        worked = half["seconds_at_work"]
        clock.advance(600)
        done = await go_on(session, paused)
        assert done.run.state is RunState.DONE
        story = tell(session)
    [each] = document(story)["runs"]
    assert (each["run"], each["way"], each["total"]) == (plan.plan_id, way.value, 3)
    assert each["outcomes"] == {"APPLIED": 3}
    took = (clock.now().wall - began).total_seconds()
    assert 600 <= each["seconds"] <= took
    assert worked <= each["seconds_at_work"] == pytest.approx(each["seconds"] - 600)
    assert "## Runs" in markdown(story)
    assert story.outcomes == {"APPLIED": 3}, "a request is not a fourth link"


async def test_an_import_s_request_does_not_keep_a_story_from_being_verified(
    practice: PracticeServer, clock: ManualClock
) -> None:
    async with at(practice, clock) as session:
        await ran(session, practice, BatchWay.IMPORT)
        story = tell(session)
    assert story.verified_count == 3, "its own look at the pages"
    assert story.verified is not None


async def test_a_stopped_run_has_its_end_and_its_reason(practice: PracticeServer, clock: ManualClock) -> None:
    async with at(practice, clock) as session:
        paused = await run(session, await plan_of(session, make_links(practice, 3)), max_writes=1)
        clock.advance(60)
        cancel(session, paused.run.run)
        [each] = document(tell(session))["runs"]
    assert each["state"] == "stopped"
    assert each["stop_reason"]
    assert each["seconds"] >= 60
    assert each["outcomes"] == {"APPLIED": 1, "CANCELLED": 2}


async def test_a_report_is_drafted_from_a_batch_and_carries_the_token_s_session(
    practice: PracticeServer,
) -> None:
    token = practice.platform.tokens.jwt(sid="ses_42")
    async with at(practice, token=token) as session:
        report = await ran(session, practice)
        found = draft(session, run=report.run.run[:8])
        assert f"rollback of 3 link(s), run {report.run.run}" in found.details
        assert found.session_id == "ses_42"
        assert draft(session, run=report.run.run, session_id="mine").session_id == "mine"
    async with at(practice) as session:
        assert draft(session, run=report.run.run).session_id == ""
