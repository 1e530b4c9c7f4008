"""One rollback over real HTTP: applied and verified, refused by name, never twice, never silent."""

from __future__ import annotations

import dataclasses

import pytest

from cache.journal import Journal
from cache.process import this_process
from console.domain.errors import Refused
from console.domain.outcomes import Outcome, WriteState
from console.domain.plans import CheckStatus, Plan, Result, Way
from console.domain.readings import Reading
from console.domain.sightings import Seen, Stale
from console.ops import checks, record
from console.ops import review as review_room
from console.ops import rollback as rollback_room
from console.ops.access.arming import arm
from console.ops.checks import Overrides, all_checks
from console.ops.health.targets import last_healthy
from console.ops.health.watch import moved_holds
from console.ops.recovery import reconcile
from console.ops.review import read_live, review, see
from console.ops.rollback import Request, confirm, perform, prepare, undo
from console.ops.session import Session
from console.ops.settle import SETTLE_SECONDS
from console.practice.server import PracticeServer
from tests.support.clock import ManualClock
from tests.support.desk import at, confirmed, planned, reviewed

SLUG = "spring-launch"


def versions(practice: PracticeServer) -> list[int]:
    return [v["version"] for v in practice.platform.history(SLUG)]


async def test_a_reviewed_link_goes_back_and_is_verified(practice: PracticeServer) -> None:
    async with at(practice) as session:
        result = await confirmed(session, await planned(session))
        assert result.outcome is Outcome.APPLIED
        assert (result.from_version, result.to_version, result.new_version) == (9, 8, 10)
        assert result.verified
        assert result.request_id
        assert practice.platform.link(SLUG)["destinationUrl"].startswith("http://www.localhost")
        assert [w.state for w in session.store.journal.writes_of(session.target.key, SLUG)] == [
            WriteState.APPLIED
        ]
        assert 9 in session.store.marks.bad(session.target.key, SLUG)
        assert session.store.journal.verify() == []


async def test_nothing_is_sent_for_a_link_that_was_not_reviewed(practice: PracticeServer) -> None:
    async with at(practice) as session:
        result = await prepare(session, Request(SLUG, 8, "shop is down"))
        assert isinstance(result, Result)
        assert result.refusal is not None
        assert result.refusal.reason == Stale.NOT_SEEN
        assert versions(practice)[0] == 9


async def test_a_rival_after_the_review_is_named_with_what_they_changed(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await reviewed(session)
        practice.platform.edit(SLUG, by="kim", destination_url="http://docs.localhost:1/kim")
        result = await prepare(session, Request(SLUG, 8, "shop is down"))
        assert isinstance(result, Result)
        assert result.outcome is Outcome.STALE
        refusal = result.refusal
        assert refusal is not None
        assert (refusal.reason, refusal.seen, refusal.live) == (Stale.VERSION_MOVED, 9, 10)
        assert refusal.changed_by == "kim"
        assert [c.field for c in refusal.diff] == ["destination"]
        assert refusal.next


async def test_a_rival_between_confirm_and_send_stops_it(practice: PracticeServer) -> None:
    async with at(practice) as session:
        plan = await planned(session)
        practice.platform.edit(SLUG, by="kim", destination_url="http://docs.localhost:1/kim")
        result = await confirmed(session, plan)
        assert result.outcome is Outcome.STALE
        assert versions(practice)[0] == 10
        assert practice.platform.history(SLUG)[0]["createdBy"] == "kim"
        assert session.store.journal.open_writes() == []


async def test_content_that_moved_under_the_same_version_is_refused(practice: PracticeServer) -> None:
    async with at(practice) as session:
        plan = await planned(session)
        practice.platform.touch_same_version(SLUG, destinationUrl="http://docs.localhost:1/aba")
        result = await confirmed(session, plan)
        assert result.refusal is not None
        assert result.refusal.reason == Stale.CONTENT_MOVED
        assert versions(practice)[0] == 9


async def test_a_slug_made_again_is_another_link(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await reviewed(session)
        practice.platform.recreate(SLUG)
        result = await prepare(session, Request(SLUG, 1, "shop is down"))
        assert isinstance(result, Result)
        assert result.refusal is not None
        assert result.refusal.reason == Stale.IDENTITY_CHANGED


async def test_a_history_restored_from_a_backup_is_refused(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await reviewed(session)
        practice.platform.rewind(SLUG, 7)
        result = await prepare(session, Request(SLUG, 6, "shop is down"))
        assert isinstance(result, Result)
        assert result.refusal is not None
        assert result.refusal.reason == Stale.HISTORY_WENT_BACK


async def test_an_old_dialog_and_a_machine_that_slept_must_read_again(practice: PracticeServer) -> None:
    for wait in ("advance", "sleep_machine"):
        clock = ManualClock()
        async with at(practice, clock) as session:
            plan = await planned(session)
            shown_at = session.clock.now()
            getattr(clock, wait)(61)
            result = await perform(session, plan, confirm(plan, plan.phrase, shown_at))
            assert result.refusal is not None
            assert result.refusal.reason == Stale.TOO_OLD
    assert versions(practice)[0] == 9


async def test_a_plan_is_single_use_bound_and_unedited(practice: PracticeServer) -> None:
    async with at(practice) as session:
        plan = await planned(session)
        yes = confirm(plan, plan.phrase, session.clock.now())
        edited = dataclasses.replace(plan, reason="another")
        with pytest.raises(Refused, match="not the one that was confirmed"):
            await perform(session, edited, yes)
        assert (await perform(session, plan, yes)).outcome is Outcome.APPLIED
        with pytest.raises(Refused, match="used already"):
            await perform(session, plan, yes)
        assert versions(practice)[0] == 10


@pytest.mark.parametrize("typed", ["", "spring-launch", "spring-launch v9", " spring-launch v8", "y\n"])
async def test_only_the_exact_words_confirm(practice: PracticeServer, typed: str) -> None:
    async with at(practice) as session:
        plan = await planned(session)
        with pytest.raises(Refused, match="not what has to be typed"):
            confirm(plan, typed, session.clock.now())


async def test_going_where_the_link_already_is_sends_nothing(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await confirmed(session, await planned(session))
        result = await prepare(session, Request(SLUG, 8, "again"))
        assert isinstance(result, Result)
        assert result.outcome is Outcome.NOOP
        assert versions(practice)[0] == 10


def patience(kind: str) -> float:
    """Seconds a call gets: few only where the far side never answers."""
    return 2.0 if "hang" in kind else 15.0


LOST = [
    "commit_then_502",
    "commit_then_html",
    "commit_then_hang",
    "commit_then_close",
    "commit_then_half",
    "commit_then_rst",
]


@pytest.mark.parametrize("kind", LOST)
async def test_a_lost_answer_is_settled_by_reading(practice: PracticeServer, kind: str) -> None:
    async with at(practice, timeout=patience(kind)) as session:
        plan = await planned(session)
        practice.platform.faults.add(kind, method="POST", path="rollback")
        result = await confirmed(session, plan)
        assert result.outcome is Outcome.APPLIED
        assert result.new_version == 10
        assert len(practice.platform.events) == 1


@pytest.mark.parametrize("kind", ["before_close", "before_hang", "before_rst"])
async def test_what_cannot_be_known_yet_is_said_and_blocks_the_link(
    practice: PracticeServer, kind: str
) -> None:
    clock = ManualClock()
    async with at(practice, clock, timeout=patience(kind)) as session:
        plan = await planned(session)
        practice.platform.faults.add(kind, method="POST", path="rollback")
        result = await confirmed(session, plan)
        assert result.outcome is Outcome.UNKNOWN
        again = await prepare(session, Request(SLUG, 8, "again"))
        assert isinstance(again, Result)
        assert again.refusal is not None
        assert again.refusal.reason == Stale.WRITE_OPEN
        assert [s.outcome for s in await reconcile(session)] == [Outcome.UNKNOWN]
        clock.advance(SETTLE_SECONDS + 1)
        assert [s.outcome for s in await reconcile(session)] == [Outcome.FAILED]
        assert versions(practice)[0] == 9
        assert session.store.journal.open_writes() == []


async def test_a_dead_holders_lock_is_taken_over_by_reading(practice: PracticeServer) -> None:
    clock = ManualClock()
    async with at(practice, clock) as session:
        plan = await planned(session)
        dead = dataclasses.replace(this_process(), pid=2**22 + 1, started="0")
        left = Journal(session.store.connections[1], dead).prepare(record.new_write(session, plan))
        again = await prepare(session, Request(SLUG, 8, "again"))
        assert isinstance(again, Plan), again
        settled = session.store.journal.write(left.key)
        assert settled is not None
        assert settled.state is WriteState.DROPPED


async def test_the_same_key_is_sent_again_only_where_keys_are_honoured(practice: PracticeServer) -> None:
    async with at(practice, honours_idempotency=True) as session:
        plan = await planned(session)
        practice.platform.faults.add("before_rst", method="POST", path="rollback")
        result = await confirmed(session, plan)
        assert result.outcome is Outcome.APPLIED
        (write,) = session.store.journal.writes_of(session.target.key, SLUG)
        assert write.attempts == 2
        assert [e.key for e in practice.platform.events] == [write.key]


async def test_a_key_sent_again_while_the_first_runs_stays_unknown(practice: PracticeServer) -> None:
    async with at(practice, timeout=2.0, honours_idempotency=True) as session:
        plan = await planned(session)
        practice.platform.faults.add("before_hang", method="POST", path="rollback")
        practice.platform.faults.add("answer", method="POST", path="rollback", status=409)
        result = await confirmed(session, plan)
        assert result.outcome is Outcome.UNKNOWN
        assert len(session.store.journal.open_writes()) == 1


async def test_a_platform_that_ignores_preconditions_is_caught_by_verifying(practice: PracticeServer) -> None:
    async with at(practice) as session:
        plan = await planned(session)
        practice.platform.faults.ignore_preconditions = True
        practice.platform.faults.rival(
            lambda: practice.platform.edit(SLUG, by="kim"), method="POST", path="rollback"
        )
        result = await confirmed(session, plan)
        assert result.outcome is Outcome.APPLIED
        assert result.overtaken_by == 10
        assert not result.verified
        assert "kim" in result.message


async def test_a_rival_inside_the_platform_is_refused_by_the_platform(practice: PracticeServer) -> None:
    async with at(practice) as session:
        plan = await planned(session)
        practice.platform.faults.rival(
            lambda: practice.platform.edit(SLUG, by="kim"), method="POST", path="rollback"
        )
        result = await confirmed(session, plan)
        assert result.outcome is Outcome.STALE
        assert result.refusal is not None
        assert result.refusal.changed_by == "kim"
        assert versions(practice)[0] == 10


async def test_without_a_rollback_route_the_record_is_put_back(practice: PracticeServer) -> None:
    async with at(practice) as session:
        plan = await planned(session)
        practice.platform.faults.add("no_route", path="rollback")
        result = await confirmed(session, plan)
        assert result.outcome is Outcome.REJECTED
        assert "--way put" in result.hint
        result = await confirmed(session, await planned(session, way=Way.PUT))
        assert result.outcome is Outcome.APPLIED
        assert practice.platform.link(SLUG)["destinationUrl"].startswith("http://www.localhost")


async def test_undo_goes_back_under_the_same_guard(practice: PracticeServer) -> None:
    async with at(practice) as session:
        done = await confirmed(session, await planned(session))
        assert done.run is not None
        plan = await undo(session, done.run, "the shop is back")
        assert isinstance(plan, Plan)
        assert plan.to.version == 9
        assert (await confirmed(session, plan)).outcome is Outcome.APPLIED
        assert 9 not in session.store.marks.bad(session.target.key, SLUG)
        with pytest.raises(Refused, match="nothing to undo"):
            await undo(session, "no-such-run", "why not")


async def test_a_held_link_that_moves_raises_a_notice(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await confirmed(session, await planned(session))
        assert await moved_holds(session) == []
        practice.platform.edit(SLUG, by="kim")
        (moved,) = await moved_holds(session)
        assert "kim" in moved.sentence


async def test_a_protected_profile_is_read_only_until_armed(practice: PracticeServer) -> None:
    clock = ManualClock()
    async with at(practice, clock, protected=True) as session:
        await reviewed(session)
        with pytest.raises(Refused, match="protected"):
            await prepare(session, Request(SLUG, 8, "shop is down"))
        arm(session, "INC-204")
        plan = await planned(session)
        clock.advance(901)
        with pytest.raises(Refused, match="protected"):
            await confirmed(session, plan)
        assert versions(practice)[0] == 9


async def test_checks_say_what_was_found_and_a_failed_one_needs_a_reason(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await confirmed(session, await planned(session))
        see(session, await read_live(session, SLUG), Seen.TIMELINE)
        plan = await prepare(session, Request(SLUG, 9, "back"))
        assert isinstance(plan, Plan)
        found = {c.name: c for c in await all_checks(session, plan)}
        assert found["live_unchanged"].status is CheckStatus.OK
        assert found["destination_here"].blocks
        assert found["target_note"].blocks
        yes = confirm(plan, plan.phrase, session.clock.now())
        with pytest.raises(Refused, match="503"):
            await perform(session, plan, yes, tuple(found.values()))
        names = ("destination_here", "destination_platform", "target_note")
        reasons = Overrides(dict.fromkeys(names, "known"))
        overridden = await all_checks(session, plan, reasons)
        assert (await perform(session, plan, yes, overridden)).outcome is Outcome.APPLIED
        kinds = [e.kind for e in session.store.journal.entries()]
        assert kinds.count("override") == 3


async def test_the_last_healthy_version_has_evidence(practice: PracticeServer) -> None:
    async with at(practice) as session:
        choice = await last_healthy(session, review(session, await read_live(session, SLUG)))
        assert choice.version.version == 8
        assert choice.evidence.status_code == 200


async def test_two_operators_never_lose_a_change(practice: PracticeServer) -> None:
    async with at(practice) as dana, at(practice, token=practice.pat) as pat:
        mine, theirs = await planned(dana), await planned(pat, to=6)
        first = await confirmed(dana, mine)
        second = await confirmed(pat, theirs)
        assert first.outcome is Outcome.APPLIED
        assert second.outcome is Outcome.STALE
        assert versions(practice)[0] == 10


async def test_a_record_that_says_else_than_its_history_needs_a_reason(
    practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = "http://docs.localhost:1/in-place"

    async def in_place(session: Session, slug: str) -> Reading:
        reading = await read_live(session, slug)
        assert reading.record is not None
        moved = dataclasses.replace(reading.record, destination_url=elsewhere)
        return dataclasses.replace(reading, record=moved)

    async with at(practice) as session:
        for room in (checks, review_room, rollback_room):
            monkeypatch.setattr(room, "read_live", in_place)
        see(session, await in_place(session, SLUG), Seen.TIMELINE)
        plan = await prepare(session, Request(SLUG, 8, "shop is down"))
        assert isinstance(plan, Plan)
        found = {check.name: check for check in await all_checks(session, plan)}
        check = found["live_unchanged"]
        assert check.status is CheckStatus.FAIL
        assert elsewhere in check.detail
        assert check.blocks
        assert not check.overridden("the platform edits in place").blocks


async def test_a_rollback_that_proves_applied_late_is_held_and_its_version_noted(
    practice: PracticeServer,
) -> None:
    async with at(practice, timeout=2.0) as session:
        plan = await planned(session)
        practice.platform.faults.add("commit_then_hang", method="POST", path="rollback")
        practice.platform.faults.add("answer", method="GET", path=SLUG, status=503, times=None, skip=2)
        result = await confirmed(session, plan)
        assert result.outcome is Outcome.UNKNOWN
        practice.platform.faults.clear()
        assert [s.outcome for s in await reconcile(session)] == [Outcome.APPLIED]
        (held,) = session.store.marks.holds(session.target.key)
        assert (held.slug, held.version) == (SLUG, 10)
        assert list(session.store.marks.bad(session.target.key, SLUG)) == [9]
