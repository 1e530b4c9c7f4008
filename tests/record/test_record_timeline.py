"""The timeline: what an incident came to, how long it took, and that no text in it is obeyed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from console.domain.errors import InputRejected
from console.domain.health import HealthResult, Vantage, Verdict
from console.domain.markdown import code, text
from console.domain.story import EventKind
from console.ops.incident import incidents
from console.ops.incident.story import tell
from console.ops.incident.story_text import document, markdown, span
from console.ops.session import Session
from console.ops.verify import restored_health
from console.practice.server import PracticeServer
from tests.support import hostile as attacks
from tests.support.clock import START, ManualClock
from tests.support.desk import at, confirmed, planned
from tests.support.inprocess import Here


def seen_failing(session: Session, seconds_ago: float, began_ago: float) -> None:
    now = session.clock.now().wall
    looked = HealthResult(
        "spring-launch", "http://shop.localhost/launch", Verdict.SERVER_ERROR, Vantage.HERE,
        now - timedelta(seconds=seconds_ago), status_code=503,
        failing_since=now - timedelta(seconds=began_ago),
    )  # fmt: skip
    session.store.health.add([looked])


async def incident(session: Session, clock: ManualClock) -> None:
    """Down since 300 s; looked at 200 s ago; rolled back now; looked at again 30 s later."""
    seen_failing(session, 200, 300)
    incidents.enter(session, "INC-7")
    incidents.note(session, "shop team is on it")
    plan = await planned(session)
    result = await confirmed(session, plan)
    clock.advance(30)
    session.store.health.add(
        [HealthResult("spring-launch", "http://www", Verdict.OK, Vantage.HERE, clock.now().wall, version=10)]
    )
    assert result.new_version == 10
    incidents.leave_to_do(session, "write the post-mortem")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """One clock for the session and for the steps of writes, which the journal dates itself."""
    found = ManualClock()
    monkeypatch.setattr("cache.journal.moment", found.now)
    return found


async def test_the_story_of_an_incident(practice: PracticeServer, clock: ManualClock) -> None:
    async with at(practice, clock) as session:
        await incident(session, clock)
        story = tell(session)
    assert (story.incident, story.began_from) == ("INC-7", "health check")
    assert story.began == START - timedelta(seconds=300)
    told = document(story)
    assert told["seconds_to_detect"] == 100
    assert told["seconds_to_first_mitigation"] == pytest.approx(300, abs=2)
    assert told["seconds_to_verified"] == pytest.approx(330, abs=2)
    [change] = told["changes"]
    assert (change["from"], change["to"], change["new_version"], change["outcome"]) == (9, 8, 10, "APPLIED")
    assert change["request_id"] in {asked.request_id for asked in practice.platform.requests}
    assert told["left_to_do"] == ["write the post-mortem"]
    assert told["journal"]["whole"] is True
    kinds = [event.kind for event in story.events]
    for kind in (EventKind.SEEN, EventKind.DONE, EventKind.VERIFIED, EventKind.NOTED):
        assert kind in kinds
    assert [e.at for e in story.events] == sorted(e.at for e in story.events)


async def test_what_is_not_verified_is_not_said_to_be(practice: PracticeServer, clock: ManualClock) -> None:
    async with at(practice, clock) as session:
        incidents.enter(session, "INC-7")
        await confirmed(session, await planned(session))
        story = tell(session)
    assert story.mitigated is not None
    assert story.verified is None
    assert story.began is None
    assert document(story)["seconds_to_first_mitigation"] is None
    assert "not all of it yet" in markdown(story)


async def test_a_look_from_before_the_write_or_from_elsewhere_verifies_nothing(
    practice: PracticeServer, clock: ManualClock
) -> None:
    async with at(practice, clock) as session:
        early = clock.now().wall
        clock.advance(5)
        await confirmed(session, await planned(session))
        session.store.health.add(
            [
                HealthResult("spring-launch", "http://www", Verdict.OK, Vantage.HERE, early),
                HealthResult("spring-launch", "http://www", Verdict.OK, Vantage.PLATFORM, clock.now().wall),
                HealthResult("spring-launch", "http://www", Verdict.SLOW, Vantage.HERE, clock.now().wall),
            ]
        )
        assert tell(session).verified_count == 0


async def test_verified_is_when_the_last_of_all_was(practice: PracticeServer, clock: ManualClock) -> None:
    async with at(practice, clock) as session:
        await confirmed(session, await planned(session))
        [one] = tell(session).changes
        whole = tell(session)
    late = START + timedelta(minutes=9)
    other = replace(one, key="k2", slug="docs")
    some = replace(whole, changes=(replace(one, verified_at=START), other))
    assert (some.verified, some.verified_count) == (None, 1)
    both = replace(whole, changes=(replace(one, verified_at=START), replace(other, verified_at=late)))
    assert both.verified == late


async def test_a_real_look_at_the_restored_page_verifies(practice: PracticeServer) -> None:
    async with at(practice) as session:
        plan = await planned(session)
        result = await confirmed(session, plan)
        await restored_health(session, plan, result)
        story = tell(session)
    assert story.verified_count == 1
    assert story.verified is not None


async def test_refusals_and_lost_answers_are_told_and_what_is_said_wins_over_the_check(
    practice: PracticeServer, clock: ManualClock
) -> None:
    async with at(practice, clock) as session:
        seen_failing(session, 10, 20)
        incidents.enter(session, "INC-7", START - timedelta(hours=1))
        plan = await planned(session)
        practice.platform.edit("spring-launch", "kim", "hotfix")
        assert (await confirmed(session, plan)).outcome.value == "STALE"
        practice.platform.faults.add("commit_then_close", path="/rollback$")
        again = await planned(session, to=8)
        practice.platform.faults.add("answer", path="/history$", skip=1, times=None)
        assert (await confirmed(session, again)).outcome.value == "UNKNOWN"
        story = tell(session)
    assert story.seconds_to(story.detected) == 3590
    kinds = [event.kind for event in story.events]
    assert EventKind.REFUSED in kinds
    assert EventKind.UNKNOWN in kinds
    assert story.outcomes["unknown"] == 1
    assert story.mitigated is None


async def test_another_incident_and_older_entries_are_left_out(practice: PracticeServer) -> None:
    clock = ManualClock()
    async with at(practice, clock) as session:
        incidents.enter(session, "INC-6")
        incidents.note(session, "an older one")
        clock.advance(3600)
        incidents.enter(session, "INC-7")
        incidents.note(session, "this one")
        assert "older" not in markdown(tell(session))
        assert "older" in markdown(tell(session, "INC-6"))
        since = clock.now().wall - timedelta(minutes=5)
        assert [e.text for e in tell(session, "INC-6", since).events] == []
        with pytest.raises(InputRejected, match="INC-8"):
            tell(session, "INC-8")


def obeyed(source: str) -> list[str]:
    """What a renderer would do beyond showing words, in text that stands in a list item and a table."""
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": True})
    rows = f"- {source}\n\n| a |\n| - |\n| {source} |\n\n{source}\n"
    found = [t for token in parser.parse(rows) for t in [token, *(token.children or [])]]
    inner = r"inline|text|code_inline|text_special|softbreak"
    fine = rf"({inner}|(paragraph|bullet_list|list_item|table|thead|tbody|tr|th|td)_.*)"
    return [t.type for t in found if not re.fullmatch(fine, t.type)]


HOSTILE = [
    *attacks.HOSTILE, "<img src=x onerror=alert(1)>", "![x](http://evil.example/p.png)", "@channel",
    "[click](javascript:alert(1))", "http://evil.example", "www.evil.example", "a|b", "`x` **y** ~~z~~",
    "&lt;b&gt;", "# head", "> quote", "- list", "1. list", "***", "mail@evil.example", "    code", "\\", "|",
    "```", "a\n# b", "$x$", "[ref]: http://x", "=====",
]  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markdown_shows_text_and_obeys_none_of_it(hostile: str) -> None:
    for shown in (text(hostile), code(hostile)):
        assert obeyed(shown) == []
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert obeyed("<b>") != []


async def test_hostile_notes_and_names_stay_words_in_the_whole_page(practice: PracticeServer) -> None:
    async with at(practice) as session:
        incidents.enter(session, "INC-7")
        for hostile in HOSTILE:
            if 0 < len(hostile.strip()) < incidents.LONGEST:
                incidents.note(session, hostile, slug="x`|y")
        page = markdown(tell(session))
    parsed = MarkdownIt("gfm-like", {"html": True, "linkify": True}).parse(page)
    types = {t.type for token in parsed for t in [token, *(token.children or [])]}
    assert not {
        t for t in types if t.startswith(("html", "link", "image", "em_", "fence", "blockquote", "s_"))
    }
    assert "\x1b" not in page
    assert "@channel" not in page


def test_the_command_line_prints_markdown_and_json(here: Here, practice: PracticeServer) -> None:
    here.at(practice)
    here("note", "--incident", "INC-7", "--began", "20m", "the \x1b[2Jshop")
    shown = here("timeline").out
    assert shown.startswith("# Incident `INC-7` on `acme`")
    assert "\x1b" not in shown
    told = here("timeline", "--format", "json").json
    assert told == {**here("timeline", "--json").json, "until": told["until"]}
    assert told["seconds_to_detect"] >= 1200
    here("timeline", "--incident", "INC-8", code=9)
    here("timeline", "--since", "soon", code=2)


def test_durations_in_words() -> None:
    assert [span(s) for s in (None, 4, 60, 372, 7500)] == [
        "not known", "4 s", "1 min", "6 min 12 s", "2 h 5 min",
    ]  # fmt: skip


def test_a_damaged_journal_is_said_in_the_page(here: Here, home: Path) -> None:
    import sqlite3
    from contextlib import closing

    here.set(REPOINT_BASE_URL="https://api.example", REPOINT_HANDLE="acme")
    here("note", "one")
    here("note", "two")
    with closing(sqlite3.connect(home / "journal.db")) as db, db:
        db.execute("UPDATE entries SET body = replace(body, 'one', 'won')")
    assert "The journal is damaged" in here("timeline").out
    assert json.loads(here("timeline", "--json").out)["journal"]["whole"] is False
