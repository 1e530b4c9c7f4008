"""A home that two machines share: what the other holds is left to it, until somebody says that it is gone."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from cache.journal import Journal
from cache.process import Holder
from cache.runs import Run, RunBusy, Runs
from console.domain.batches import RunState
from console.domain.errors import Refused, StorageProblem
from console.domain.outcomes import Outcome, WriteState
from console.ops import record
from console.ops.recovery import reconcile
from console.ops.rollback import Request, prepare
from console.ops.session import Session
from console.ops.settle import SETTLE_SECONDS
from console.practice.server import PracticeServer
from tests.support.clock import ManualClock
from tests.support.desk import at, planned
from tests.support.inprocess import Here, here

__all__ = ["here"]
SLUG = "spring-launch"
THERE = Holder(4711, "1", "a-boot", "ops-laptop-2")


async def left_by_it(session: Session, *states: WriteState) -> tuple[Journal, str]:
    """The other machine's journal, on the same file, and the write that it left."""
    theirs = Journal(session.store.connections[1], THERE)
    plan = await planned(session)
    kept = theirs.prepare(replace(record.new_write(session, plan), boot_id="a-boot"))
    for state in states:
        theirs.advance(kept.key, state)
    return theirs, kept.key


async def test_a_write_held_elsewhere_is_left_alone_and_the_way_on_is_named(practice: PracticeServer) -> None:
    clock = ManualClock()
    async with at(practice, clock) as session:
        await left_by_it(session)
        clock.advance(30 * 86400)
        (found,) = await reconcile(session)
        assert (found.outcome, found.busy) == (Outcome.UNKNOWN, True)
        assert "repoint reconcile --gone ops-laptop-2" in found.sentence
        refused = await prepare(session, Request(SLUG, 8, "shop is down"))
        assert refused.refusal is not None  # type: ignore[union-attr]
        assert "ops-laptop-2, which cannot be seen from here" in refused.refusal.title  # type: ignore[union-attr]


async def test_what_it_had_not_sent_is_dropped_and_can_no_longer_be_sent(practice: PracticeServer) -> None:
    async with at(practice, ManualClock()) as session:
        theirs, key = await left_by_it(session)
        (found,) = await reconcile(session, gone="ops-laptop-2")
        assert found.outcome is Outcome.CANCELLED
        with pytest.raises(StorageProblem):
            theirs.advance(key, WriteState.SENT)  # it lives after all: nothing leaves
        assert session.store.journal.verify() == []


async def test_what_it_had_sent_is_settled_by_reading_and_not_too_soon(practice: PracticeServer) -> None:
    clock = ManualClock()
    async with at(practice, clock) as session:
        await left_by_it(session, WriteState.SENT)
        (found,) = await reconcile(session, gone="ops-laptop-2")
        assert (found.outcome, found.busy) == (Outcome.UNKNOWN, False)
        clock.advance(SETTLE_SECONDS + 1)
        (found,) = await reconcile(session)
        assert found.outcome is Outcome.FAILED
        assert session.store.journal.open_writes() == []


@pytest.mark.parametrize("name", ["ops-laptop-3", "", "this"])
async def test_a_machine_that_holds_nothing_here_is_refused(practice: PracticeServer, name: str) -> None:
    async with at(practice, ManualClock()) as session:
        await left_by_it(session)
        if not name:
            (found,) = await reconcile(session, gone="")
            assert found.busy
            return
        with pytest.raises(Refused) as caught:
            await reconcile(session, gone=os.uname().nodename if name == "this" else name)
        assert caught.value.reason == "no_such_holder"
        assert len(session.store.journal.open_writes()) == 1


async def test_a_run_that_it_performed_can_go_on_here(practice: PracticeServer) -> None:
    async with at(practice, ManualClock()) as session:
        now = session.clock.now()
        theirs = Runs(session.store.connections[1], THERE)
        target = session.target.key
        made = ("rollback", target, "dana", "rollback", "why", "{}", "d", 0, now.wall.isoformat())
        theirs.begin(Run("run-of-theirs", *made), [SLUG], now)
        with pytest.raises(RunBusy, match="ops-laptop-2"):
            session.store.runs.claim("run-of-theirs", now)
        await reconcile(session, gone="ops-laptop-2")
        assert session.store.runs.claim("run-of-theirs", now).state is RunState.RUNNING


def test_the_command_takes_the_machines_name(here: Here, practice: PracticeServer) -> None:
    here.at(practice)
    done = here("reconcile", "--gone", "nowhere", code=3)
    assert "That machine holds nothing here" in done.err
