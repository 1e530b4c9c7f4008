"""The incident that things hang on, TODOs, and handing all of it to the next operator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.domain.errors import InputRejected, Refused
from console.domain.incidents import assigned
from console.ops.incident import incidents
from console.ops.incident.handoff import hand_off, take_over
from console.practice.server import PracticeServer
from tests.support.clock import ManualClock
from tests.support.desk import at, confirmed, planned
from tests.support.inprocess import Here


def offline(here: Here, handle: str = "acme") -> Here:
    here.set(REPOINT_BASE_URL="https://api.example", REPOINT_HANDLE=handle)
    return here


def test_an_incident_stays_current_until_another_or_none_is_named(here: Here) -> None:
    offline(here)
    assert here("note", "before", "--json").json["incident"] is None
    assert here("note", "--incident", "INC-1", "first", "--json").json["incident"] == "INC-1"
    assert here("note", "still", "--json").json["incident"] == "INC-1"
    here("note", "--end")
    assert here("note", "after", "--json").json["incident"] is None
    assert here("note", "--incident", "INC-1", "--json").json["incident"] == "INC-1"
    events = [e["fields"]["event"] for e in here("journal", "--kind", "incident", "--json").lines]
    assert events == ["opened", "ended", "resumed"]
    here("note", "--end")
    here("note", "--end", code=3)
    here("note", "--incident", "two words", code=9)


def test_incidents_of_two_targets_do_not_mix(here: Here) -> None:
    offline(here)
    here("note", "--incident", "INC-1")
    offline(here, "globex")
    assert here("note", "elsewhere", "--json").json["incident"] is None
    assert here("note", "--list", "--json").json["todos"] == []


async def test_writes_and_refusals_hang_on_the_incident(practice: PracticeServer) -> None:
    async with at(practice) as session:
        incidents.enter(session, "INC-7")
        await confirmed(session, await planned(session))
        incidents.end(session)
        incidents.note(session, "later")
        told = list(assigned(session.store.journal.entries(), session.target.key))
    writes = {name for entry, name in told if entry.kind == "write"}
    assert writes == {"INC-7"}
    assert told[-1][1] == ""


def test_what_is_left_to_do_is_ticked_off_once(here: Here) -> None:
    offline(here)
    number = here("note", "--todo", "tell the shop team", "--json").json["seq"]
    [left] = here("note", "--list", "--json").json["todos"]
    assert (left["todo"], left["text"]) == (number, "tell the shop team")
    assert here("note", "--done", str(number), "--json").json["todos"] == []
    here("note", "--done", str(number), code=9)
    here("note", "--todo", code=2)
    here("note", "--done", "3", "text", code=2)


def test_a_token_typed_into_a_note_is_taken_out(here: Here, home: Path) -> None:
    offline(here)
    here("note", "used Bearer abcdefghijklmnopqrstuvwxyz here")
    assert b"abcdefghijklmnop" not in (home / "journal.db").read_bytes()


async def test_the_next_operator_gets_all_that_is_open_and_nothing_twice(
    practice: PracticeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, clock = tmp_path / "hand.json", ManualClock()
    async with at(practice, clock) as session:
        incidents.enter(session, "INC-7", clock.now().wall)
        incidents.note(session, "shop is down")
        ticked = incidents.leave_to_do(session, "ring the shop")
        incidents.leave_to_do(session, "watch the partner")
        incidents.done(session, ticked.number)
        await confirmed(session, await planned(session))
        hand_off(session, file)
        with pytest.raises(InputRejected):  # an open TODO of that number: none
            incidents.done(session, ticked.number)
    assert file.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("REPOINT_HOME", str(tmp_path / "next"))
    async with at(practice, clock) as session:
        taken = take_over(session, file)
        now = incidents.current(session)
        assert (taken.notes, taken.todos, taken.bad_versions, taken.holds) == (1, 1, 1, 1)
        assert now is not None
        assert (now.name, now.began) == ("INC-7", clock.now().wall)
        [left] = [todo for todo in incidents.todos(session) if todo.done_at is None]
        assert (left.text, left.by) == ("watch the partner", session.target.operator)
        assert 9 in session.store.marks.bad(session.target.key, "spring-launch")
        again = take_over(session, file)
        assert (again.notes, again.todos, again.bad_versions, again.holds) == (0, 0, 0, 0)


async def test_a_write_that_was_left_unsettled_is_left_to_do(
    practice: PracticeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at(practice, ManualClock()) as session:
        incidents.enter(session, "INC-7")
        plan = await planned(session)
        practice.platform.faults.add("commit_then_close", path="/rollback$")
        practice.platform.faults.add("answer", path="/history$", skip=1, times=None)
        result = await confirmed(session, plan)
        assert result.outcome.value == "UNKNOWN"
        hand_off(session, tmp_path / "hand.json")
    monkeypatch.setenv("REPOINT_HOME", str(tmp_path / "next"))
    async with at(practice) as session:
        taken = take_over(session, tmp_path / "hand.json")
        assert taken.unsettled == ("spring-launch",)
        assert take_over(session, tmp_path / "hand.json").todos == 0
        [left] = incidents.todos(session)
        assert "unsettled" in left.text


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"incident": "INC-8"}, "edited"),
        ({"kind": "repoint-plan"}, "something else"),
        ({"said": [{"kind": "write"}]}, "edited"),
    ],
)
async def test_an_edited_hand_off_is_refused(
    practice: PracticeServer, tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    file = tmp_path / "hand.json"
    async with at(practice) as session:
        incidents.enter(session, "INC-7")
        document = {**hand_off(session, file), **change}
        (tmp_path / "edited.json").write_text(json.dumps(document))
        count = len(session.store.journal.entries())
        with pytest.raises(InputRejected, match=reason):
            take_over(session, tmp_path / "edited.json")
        assert len(session.store.journal.entries()) == count


async def test_a_hand_off_of_another_target_is_refused(practice: PracticeServer, tmp_path: Path) -> None:
    async with at(practice) as session:
        incidents.enter(session, "INC-7")
        hand_off(session, tmp_path / "hand.json")
    async with at(practice, handle="globex") as session:
        with pytest.raises(Refused, match="another target"):
            take_over(session, tmp_path / "hand.json")


def test_handing_over_from_the_command_line(here: Here, tmp_path: Path) -> None:
    offline(here)
    file = str(tmp_path / "hand.json")
    here("handoff", "-o", file, code=3)
    here("note", "--incident", "INC-9", "one")
    assert here("handoff", "-o", file, "--json").json["said"] == 1
    here("handoff", "-o", file, code=1)
    assert here("handoff", "--take", file, "--json").json["notes"] == 0
    here("handoff", "--take", str(tmp_path / "none"), code=9)
