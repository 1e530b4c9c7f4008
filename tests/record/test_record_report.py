"""Reports to support: shown whole, confirmed, journalled before they leave, never sent twice."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from cache.journal import Journal
from console.domain.errors import BudgetSpent, InputRejected, Refused, StorageProblem, Unreachable
from console.domain.reports import Draft, ReportState
from console.ops.incident import reporting
from console.ops.incident.report_draft import draft
from console.ops.incident.reporting import body_of, decide, reports, save, send
from console.practice.server import PracticeServer
from tests.support.desk import at, confirmed, planned, reviewed
from tests.support.inprocess import Here

WORDS = Draft("health-check is wrong", "It calls a live page down.", "acme")


def came_in(server: PracticeServer) -> list[dict[str, object]]:
    return server.platform.reports


async def test_what_was_shown_is_what_arrives_once(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await session.read_meter()
        before = session.meter
        report = await send(session, WORDS, "report")
        assert came_in(practice) == [body_of(WORDS)]
        assert (report.state, report.receipt[:4]) == (ReportState.RECEIVED, "rep_")
        assert before is not None
        assert session.meter == before.spent(1)
        with pytest.raises(Refused, match=f"arrived already as {report.receipt}"):
            await send(session, WORDS, "report")
        assert reports(session)[0].request_id == report.request_id
    assert len(came_in(practice)) == 1


async def test_the_journal_knows_before_the_request_leaves(practice: PracticeServer) -> None:
    async with at(practice) as session:
        known: list[str] = []

        def look() -> None:
            import sqlite3
            from contextlib import closing

            from console.ops.profiles.places import journal_path

            with closing(sqlite3.connect(journal_path())) as db:
                known.extend(kind for (kind,) in db.execute("SELECT kind FROM entries ORDER BY seq"))

        practice.platform.faults.rival(look, path="/support/report$")
        await send(session, WORDS, "report")
    assert known == ["report draft", "report sending"]


@pytest.mark.parametrize("fault", ["commit_then_close", "commit_then_502", "before_rst", "commit_then_html"])
async def test_a_lost_answer_stays_unknown_until_the_operator_decides(
    practice: PracticeServer, fault: str
) -> None:
    practice.platform.faults.add(fault, path="/support/report$")
    async with at(practice) as session:
        assert (await send(session, WORDS, "report")).state is ReportState.UNKNOWN
    arrived = len(came_in(practice))
    async with at(practice) as session:  # another day, the same journal
        with pytest.raises(Refused, match="may have arrived"):
            await send(session, WORDS, "report")
        assert len(came_in(practice)) == arrived
        name = WORDS.report_id
        if arrived:
            assert decide(session, name, arrived=True).state is ReportState.RECEIVED
            with pytest.raises(Refused, match="arrived already"):
                await send(session, WORDS, "report")
        else:
            assert decide(session, name, arrived=False).state is ReportState.LOST
            assert (await send(session, WORDS, "report")).state is ReportState.RECEIVED
        with pytest.raises(Refused):
            decide(session, name, arrived=True)
    assert len(came_in(practice)) == 1


async def test_of_two_that_send_the_same_only_one_does(
    practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at(practice) as one, at(practice) as other:
        save(one, WORDS)
        ends = await asyncio.gather(
            send(one, WORDS, "report"), send(other, WORDS, "report"), return_exceptions=True
        )
    assert len(came_in(practice)) == 1
    assert sum(isinstance(end, Refused) for end in ends) == 1


async def test_a_process_that_died_while_sending_leaves_it_open(practice: PracticeServer) -> None:
    async with at(practice) as session:
        save(session, WORDS)
        reporting._claim(session, WORDS, "key-1")
        [report] = reports(session)
        assert report.state is ReportState.SENDING
        with pytest.raises(Refused, match="may have arrived"):
            await send(session, WORDS, "report")
    assert came_in(practice) == []


@pytest.mark.parametrize(
    ("status", "state"), [(400, ReportState.REFUSED), (403, ReportState.REFUSED), (429, ReportState.REFUSED)]
)
async def test_a_no_of_the_platform_leaves_it_to_be_sent_again(
    practice: PracticeServer, status: int, state: ReportState
) -> None:
    practice.platform.faults.add("answer", path="/support/report$", status=status)
    async with at(practice) as session:
        assert (await send(session, WORDS, "report")).state is state
        assert (await send(session, WORDS, "report")).state is ReportState.RECEIVED
    assert len(came_in(practice)) == 1


async def test_what_forbids_sending_sends_nothing_and_keeps_the_words(practice: PracticeServer) -> None:
    async with at(practice) as session:
        with pytest.raises(Refused, match="not confirmed"):
            await send(session, WORDS, "Report")
        assert reports(session) == []
    async with at(practice, protected=True) as session:
        with pytest.raises(Refused, match="protected"):
            await send(session, WORDS, "report")
    practice.platform.set_used(500)
    async with at(practice) as session:
        with pytest.raises(BudgetSpent):
            await send(session, WORDS, "report")
        session.platform, platform = None, session.platform
        with pytest.raises(Unreachable):
            await send(session, WORDS, "report")
        session.platform = platform
        assert [r.state for r in reports(session)] == [ReportState.SAVED]
    assert came_in(practice) == []


async def test_no_disk_no_report(practice: PracticeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageProblem("The disk is full")

    async with at(practice) as session:
        save(session, WORDS)
        with monkeypatch.context() as patch:
            patch.setattr(Journal, "claim", full)
            with pytest.raises(StorageProblem):
                await send(session, WORDS, "report")
        assert came_in(practice) == []
        with monkeypatch.context() as patch:
            patch.setattr(Journal, "append", full)
            assert (await send(session, WORDS, "report")).state is ReportState.RECEIVED
        with pytest.raises(Refused, match="may have arrived"):
            await send(session, WORDS, "report")
    assert len(came_in(practice)) == 1


async def test_a_run_and_a_link_fill_in_what_support_asks_for(
    practice: PracticeServer, tmp_path: Path
) -> None:
    async with at(practice) as session:
        plan = await planned(session)
        result = await confirmed(session, plan)
        found = draft(session, run=plan.plan_id)
        assert found.request_id == result.request_id
        for word in (
            "What:",
            "Expected:",
            "Since:",
            f"Request ids: {result.request_id}",
            "v9 to v8, made v10",
        ):
            assert word in found.details
        assert "spring-launch" in draft(session, slug="spring-launch").summary
        await reviewed(session, "docs")
        of_link = draft(session, slug="docs", summary="it is called down", request_id="req_1").details
        for word in (
            "What: it is called down",
            "Expected:",
            "Request ids: req_1",
            "Link: docs",
            "Before: v2",
        ):
            assert word in of_link, of_link
        (tmp_path / "e.zip").write_bytes(b"evidence")
        own = draft(session, summary="s", details="d", artifact=tmp_path / "e.zip")
        assert re.fullmatch(r"e\.zip sha256:[0-9a-f]{64} \(8 bytes\)", str(body_of(own)["reproArtifact"]))
        for wrong in ({"run": "none"}, {"summary": "s"}, {"summary": "s" * 201, "details": "d"}):
            with pytest.raises(InputRejected):
                draft(session, **wrong)
        with pytest.raises(InputRejected):
            draft(session, summary="s", details="d", artifact=tmp_path / "none")


async def test_no_token_leaves_in_a_report(practice: PracticeServer) -> None:
    async with at(practice) as session:
        found = draft(
            session, summary="s", details=f"I used Bearer {practice.token}", request_id=practice.pat
        )
        await send(session, found, "report")
    [arrived] = came_in(practice)
    assert practice.token not in str(arrived)
    assert practice.pat not in str(arrived)


async def test_the_other_two_routes_are_never_asked(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await send(session, WORDS, "report")
    asked = {request.path for request in practice.platform.requests}
    assert not {path for path in asked if "escalation" in path or "content-report" in path}


def test_from_the_command_line(here: Here, practice: PracticeServer) -> None:
    here.at(practice)
    words = ("report", "--summary", "s", "--details", "what\nexpected")
    dry = here(*words, "--dry-run", "--json")
    assert dry.json["body"] == {"summary": "s", "details": "what\nexpected", "handle": "acme"}
    assert "public content report" in dry.err
    assert here("report", "--list", "--json").lines == []
    offline = here("--offline", *words, code=8)
    name = here("report", "--list", "--json").lines[0]["id"]
    assert f"--send {name}" in offline.err
    assert here("report", "--send", name, "--confirm", "rollback", code=3).out == ""
    assert here(*words, code=3).err.count("confirm")
    assert came_in(practice) == []
    sent = here("report", "--send", name, "--confirm", "report", "--json").json
    assert (sent["state"], sent["id"]) == ("received", name)
    here("report", "--send", name, "--confirm", "report", code=3)
    practice.platform.faults.add("commit_then_close", path="/support/report$")
    lost = here("report", "--summary", "t", "--details", "d", "--confirm", "report", "--json", code=5).json
    assert lost["state"] == "unknown"
    here("report", "--decide", f"{lost['id']}=maybe", code=2)
    assert here("report", "--decide", f"{lost['id']}=arrived", "--json").json["state"] == "received"
    here("report", code=9)
    assert "internal escalation" in here("report", "--help").out
