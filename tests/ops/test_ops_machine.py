"""A thousand seeded runs of two operators, rivals, a bad line and sudden deaths; and what they found once.

A failure prints every step of its run and the line that replays it.
"""

from __future__ import annotations

import pytest

from console.domain.outcomes import Outcome
from console.domain.plans import Result
from console.domain.sightings import Stale
from console.ops.rollback import Request, prepare
from console.practice.server import PracticeServer
from tests.support.clock import ManualClock
from tests.support.desk import at, confirmed, planned
from tests.support.simulator import simulate

SLUG = "spring-launch"
RUNS = 125


@pytest.mark.parametrize("begin", range(0, 8 * RUNS, RUNS))
def test_never_stale_never_twice_never_silent(begin: int) -> None:
    tally = simulate(range(begin, begin + RUNS))
    assert tally["runs"] == RUNS
    assert tally["kills"] >= 15
    assert tally["outcome APPLIED"] > RUNS // 4
    assert tally["outcome STALE"] > 0
    assert tally["outcome UNKNOWN"] > 0


async def test_what_slipped_in_on_top_of_ours_does_not_count_as_seen(practice: PracticeServer) -> None:
    async with at(practice) as session:
        plan = await planned(session)
        practice.platform.faults.rival(
            lambda: practice.platform.edit(SLUG, by="kim"), method="POST", path="rollback", after=True
        )
        result = await confirmed(session, plan)
        assert (result.outcome, result.new_version, result.overtaken_by) == (Outcome.APPLIED, 10, 11)
        again = await prepare(session, Request(SLUG, 10, "mine was better"))
        assert isinstance(again, Result)
        assert again.refusal is not None
        assert again.refusal.reason == Stale.VERSION_MOVED


async def test_content_replaced_unseen_under_the_same_number_is_told(practice: PracticeServer) -> None:
    async with at(practice) as session:
        plan = await planned(session)
        practice.platform.faults.rival(
            lambda: practice.platform.touch_same_version(SLUG, destinationUrl="http://docs.localhost:1/aba"),
            method="POST",
            path="rollback",
        )
        result = await confirmed(session, plan)
        assert result.outcome is Outcome.APPLIED
        assert result.overtaken_by == 9
        assert not result.verified
        assert "content of v9 had changed" in result.message


async def test_a_write_that_waited_long_for_its_last_reading_does_not_leave(practice: PracticeServer) -> None:
    """Its age in the journal would soon be taken for a proof that nothing of it is under way any more."""
    clock = ManualClock()
    async with at(practice, clock) as session:
        plan = await planned(session)
        practice.platform.faults.rival(lambda: clock.advance(21), method="GET", path="history")
        result = await confirmed(session, plan)
        assert result.outcome is Outcome.STALE
        assert result.refusal is not None
        assert result.refusal.reason == Stale.TOO_OLD
        assert practice.platform.events == []
        assert session.store.journal.open_writes() == []
