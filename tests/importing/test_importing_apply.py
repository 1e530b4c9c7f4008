"""Applying an import on the platform's bad days: nothing lost, nothing twice, and the counts add up."""

from __future__ import annotations

import pytest

from cache.imports import RowState
from console.domain.errors import BudgetSpent, Refused, Throttled
from console.domain.outcomes import Outcome, WriteState
from console.ops.recovery import reconcile
from console.practice.faults import Kind
from console.practice.records import checked
from console.practice.store import Cause
from tests.support.clock import ManualClock
from tests.support.desk import at
from tests.support.importing import applied, counted, each_once, many, resumed, sheet

BULK = "bulk-import$"
ROWS = many(7)
SLUGS = [row[0] for row in ROWS]
LOST = [
    Kind.COMMIT_THEN_502, Kind.COMMIT_THEN_HTML, Kind.COMMIT_THEN_CLOSE, Kind.COMMIT_THEN_HALF,
    Kind.COMMIT_THEN_GZIP_CUT, Kind.COMMIT_THEN_RST, Kind.COMMIT_THEN_429,
]  # fmt: skip


async def test_good_rows_are_applied_and_every_row_has_its_fate(practice, tmp_path) -> None:
    live = practice.platform.link("docs")
    rows = [
        *ROWS,
        ("docs", "https://docs.example/moved", live["title"]),
        ("loop-page", practice.platform.link("loop-page")["destinationUrl"], "Round and round"),
        ("blocked", "https://malware.example/x", "On the block list"),
        ("x", "https://docs.example/", "Too short"),
    ]
    async with at(practice) as session:
        report = await applied(session, sheet(tmp_path, rows), rows=4)
        assert session.store.journal.verify() == []
        assert session.store.journal.open_writes() == []
    assert counted(report.counts) == {
        "created": 7, "updated": 1, "unchanged": 1, "failed": 1, "rejected": 1,
    }  # fmt: skip
    assert (report.state, report.writes_spent, sum(report.counts.values())) == ("done", 3, len(rows))
    assert [(row.line, row.slug) for row in report.handed_back] == [(11, "blocked")]
    assert "block list" in report.handed_back[0].faults[0].message
    each_once(practice, [*SLUGS, "docs"])
    assert practice.platform.link("docs")["tags"] == live["tags"]


async def test_a_request_that_is_too_large_goes_in_smaller_ones(practice, tmp_path) -> None:
    practice.platform.faults.add(Kind.TOO_LARGE, path=BULK, method="POST", times=None, size=700)
    rows = [*ROWS, ("much-too-long", "https://docs.example/" + "x" * 900, "Alone it is too large")]
    async with at(practice) as session:
        report = await applied(session, sheet(tmp_path, rows))
        assert session.store.journal.open_writes() == []
    assert counted(report.counts) == {"created": 7, "failed": 1}
    assert [row.faults[0].code for row in report.handed_back] == ["payload_too_large"]
    each_once(practice, SLUGS)


@pytest.mark.parametrize("kind", LOST)
async def test_a_lost_answer_is_settled_by_reading(practice, tmp_path, kind) -> None:
    practice.platform.faults.add(kind, path=BULK, method="POST", times=2, skip=1)
    async with at(practice, ManualClock()) as session:
        report = await applied(session, sheet(tmp_path, ROWS), rows=2)
        assert session.store.journal.open_writes() == []
    assert counted(report.counts) == {"created": 7}
    each_once(practice, SLUGS)


async def test_an_answer_that_never_comes_is_settled_by_reading(practice, tmp_path) -> None:
    practice.platform.faults.add(Kind.COMMIT_THEN_HANG, path=BULK, method="POST")
    async with at(practice, ManualClock(), timeout=2.0) as session:
        report = await applied(session, sheet(tmp_path, ROWS))
    assert counted(report.counts) == {"created": 7}
    each_once(practice, SLUGS)


@pytest.mark.parametrize("kind", [Kind.BEFORE_CLOSE, Kind.BEFORE_RST, Kind.ANSWER])
async def test_rows_that_did_not_arrive_are_sent_again_only_when_it_is_over(practice, tmp_path, kind) -> None:
    practice.platform.faults.add(kind, path=BULK, method="POST", times=2)
    clock = ManualClock()
    async with at(practice, clock) as session:
        report = await applied(session, sheet(tmp_path, ROWS), rows=4)
    assert counted(report.counts) == {"created": 7}
    assert sum(clock.slept) >= 60
    each_once(practice, SLUGS)


async def test_a_platform_that_is_down_stops_it_and_the_same_import_goes_on(practice, tmp_path) -> None:
    path = sheet(tmp_path, ROWS)
    practice.platform.faults.add(Kind.ANSWER, path=BULK, method="POST", times=None, skip=1)
    async with at(practice, ManualClock()) as session:
        report = await applied(session, path, rows=3)
        assert (report.state, counted(report.counts)) == ("stopped", {"created": 3, "planned": 4})
        practice.platform.faults.clear()
        report = await resumed(session, path, rows=3)
    assert (report.state, counted(report.counts)) == ("done", {"created": 7})
    each_once(practice, SLUGS)


async def test_a_request_that_is_too_large_is_split(practice, tmp_path) -> None:
    practice.platform.faults.add(Kind.ANSWER, path=BULK, method="POST", times=2, status=413)
    async with at(practice, ManualClock()) as session:
        report = await applied(session, sheet(tmp_path, ROWS))
        sizes = [write.state for write in session.store.journal.writes_of_run(report.run)]
    assert counted(report.counts) == {"created": 7}
    assert sizes[:2] == [WriteState.REFUSED] * 2
    assert sizes[2:] == [WriteState.APPLIED] * 7  # 7 rows, then 3, then 1 at a time
    each_once(practice, SLUGS)


async def test_a_single_row_that_is_too_large_is_handed_back(practice, tmp_path) -> None:
    practice.platform.faults.add(Kind.ANSWER, path=BULK, method="POST", status=413)
    async with at(practice, ManualClock()) as session:
        report = await applied(session, sheet(tmp_path, ROWS[:2]), rows=1)
    assert counted(report.counts) == {"created": 1, "failed": 1}
    assert report.handed_back[0].faults[0].code == "payload_too_large"


async def test_five_thousand_rows_through_a_minute_of_pauses_lose_and_double_none(practice, tmp_path) -> None:
    rows = many(5000)
    practice.platform.faults.add(Kind.THROTTLE, path=BULK, method="POST", times=10, skip=2, retry_after="6")
    clock = ManualClock()
    async with at(practice, clock) as session:
        report = await applied(session, sheet(tmp_path, rows))
        states = [write.state for write in session.store.journal.writes_of_run(report.run)]
    assert (report.state, counted(report.counts), report.writes_spent) == ("done", {"created": 5000}, 5)
    assert clock.slept.count(6.0) == 10
    assert (states.count(WriteState.REFUSED), states.count(WriteState.APPLIED)) == (10, 5)
    each_once(practice, [row[0] for row in rows])


async def test_pauses_without_end_stop_it(practice, tmp_path) -> None:
    practice.platform.faults.add(Kind.THROTTLE, path=BULK, method="POST", times=None, retry_after="60")
    async with at(practice, ManualClock()) as session:
        report = await applied(session, sheet(tmp_path, ROWS))
    assert isinstance(report.error, Throttled)
    assert counted(report.counts) == {"planned": 7}
    assert practice.platform.events == []


@pytest.mark.parametrize("status", [200, 201, 202, 207])
@pytest.mark.parametrize("without_rows", [False, True])
async def test_every_answer_that_takes_rows_is_understood(practice, tmp_path, status, without_rows) -> None:
    manners = practice.platform.manners
    manners.imports_answer, manners.imports_without_rows = min(status, 201), without_rows
    manners.imports_in_background = 0 if status == 202 else None
    bad = [("blocked", "https://malware.example/x", "On the block list")] if status == 207 else []
    async with at(practice, ManualClock()) as session:
        report = await applied(session, sheet(tmp_path, [*ROWS, *bad]), rows=4)
        told = [write.http_status for write in session.store.journal.writes_of_run(report.run)]
    if status != 207 or not without_rows:
        assert counted(report.counts) == {"created": 7, **({"failed": 1} if bad else {})}
    assert report.counts[RowState.CREATED] == 7
    if not without_rows and status != 202:
        assert status in told
    each_once(practice, SLUGS)


async def test_an_import_in_the_background_is_polled_and_one_without_rows_is_read(practice, tmp_path) -> None:
    practice.platform.manners.imports_in_background = 10
    practice.platform.manners.imports_without_rows = True
    async with at(practice, ManualClock()) as session:
        report = await applied(session, sheet(tmp_path, many(60)))
        few = await applied(session, sheet(tmp_path, ROWS[:0] + many(3, "other")))
    assert counted(report.counts) == {"created": 60}
    assert counted(few.counts) == {"created": 3}


async def test_writes_kept_for_rollbacks_are_never_spent(practice, tmp_path) -> None:
    path = sheet(tmp_path, ROWS)
    practice.platform.set_plan("PRO")
    practice.platform.set_used(6)
    async with at(practice) as session:
        report = await applied(session, path, rows=2)
        assert isinstance(report.error, Refused)
        assert counted(report.counts) == {"created": 4, "planned": 3}
        assert practice.platform.writes_today == 8
        practice.platform.set_used(0)
        report = await resumed(session, path, rows=2)
    assert (counted(report.counts), report.writes_spent) == ({"created": 7}, 4)
    each_once(practice, SLUGS)


async def test_the_days_end_stops_it_with_everything_kept(practice, tmp_path) -> None:
    path = sheet(tmp_path, ROWS)
    practice.platform.faults.add(Kind.DAY_SPENT, path=BULK, method="POST", skip=2)
    async with at(practice, ManualClock()) as session:
        report = await applied(session, path, rows=2)
        assert isinstance(report.error, BudgetSpent)
        assert counted(report.counts) == {"created": 4, "planned": 3}
        report = await resumed(session, path, rows=2)
    assert counted(report.counts) == {"created": 7}
    each_once(practice, SLUGS)


async def test_links_that_moved_since_the_check_are_not_written(practice, tmp_path) -> None:
    rows = [
        ("docs", "https://docs.example/moved", "x"), ("soft-page", "https://docs.example/", "x"),
        ("new-link", "https://docs.example/mine", "x"),
    ]  # fmt: skip

    def meanwhile() -> None:
        practice.platform.edit("docs", title="theirs")
        practice.platform.delete("soft-page")
        theirs = checked({"destinationUrl": "https://docs.example/theirs"})
        practice.platform.store.write("new-link", theirs, None, Cause("kim", "create"))

    async with at(practice) as session:
        report = await applied(session, sheet(tmp_path, rows), before=meanwhile)
    assert counted(report.counts) == {"stale": 3}
    assert practice.platform.link("docs")["title"] == "theirs"


async def test_a_change_that_slips_in_before_the_request_is_stale(practice, tmp_path) -> None:
    practice.platform.faults.rival(
        lambda: practice.platform.edit("docs", title="theirs"), path=BULK, method="POST"
    )
    rows = [("docs", "https://docs.example/moved", "x"), *ROWS]
    async with at(practice) as session:
        report = await applied(session, sheet(tmp_path, rows))
    assert counted(report.counts) == {"created": 7, "stale": 1}
    assert practice.platform.link("docs")["title"] == "theirs"


async def test_a_file_that_changed_since_it_was_checked_is_refused(practice, tmp_path) -> None:
    path = sheet(tmp_path, ROWS)
    async with at(practice) as session:
        with pytest.raises(Refused) as refused:
            await applied(session, path, before=lambda: path.write_text(path.read_text() + "\n"))
    assert refused.value.reason == "file_changed"
    assert practice.platform.events == []


async def test_a_protected_profile_has_to_be_armed(practice, tmp_path) -> None:
    async with at(practice, protected=True) as session:
        with pytest.raises(Refused) as refused:
            await applied(session, sheet(tmp_path, ROWS))
    assert refused.value.reason == "protected"


async def test_a_lost_chunk_that_cannot_be_read_stays_unknown_until_reconciled(practice, tmp_path) -> None:
    path = sheet(tmp_path, ROWS)
    faults = practice.platform.faults
    faults.rival(
        lambda: faults.add(Kind.ANSWER, method="GET", path="/links", times=None),
        path=BULK, method="POST", skip=1,
    )  # fmt: skip
    faults.add(Kind.COMMIT_THEN_CLOSE, path=BULK, method="POST", skip=1)
    async with at(practice, ManualClock()) as session:
        report = await applied(session, path, rows=3)
        assert counted(report.counts) == {"created": 3, "unknown": 3, "planned": 1}
        practice.platform.faults.clear()
        (settled,) = await reconcile(session)
        assert settled.outcome is Outcome.APPLIED
        report = await resumed(session, path, rows=3)
    assert counted(report.counts) == {"created": 7}
    assert report.counts[RowState.UNKNOWN] == 0
    each_once(practice, SLUGS)
