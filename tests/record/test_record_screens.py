"""The record in the console: a note by one key, the journal with its filter, a paragraph for a chat."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from textual.widgets import Input

from console.domain.errors import InputRejected
from console.domain.journal_filter import JournalRow, journal_filter
from console.ops.incident import incidents, journal_view
from console.ops.incident.status_words import began, status
from console.ops.session import Session
from console.practice.server import PracticeServer
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.journal_screen import JournalScreen
from screens.present.journal import journal_lines
from screens.themes import look
from screens.widgets.text_pane import TextPane
from tests.support.clock import START
from tests.support.console_driver import Driver, console, still
from tests.support.desk import at, confirmed, planned
from tests.support.hostile import HOSTILE, foreign
from tests.support.inprocess import Here


async def answered(driver: Driver, words: str) -> None:
    await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "the question")
    driver.app.screen.query_one(Input).value = words
    await driver.keys("enter")


async def opened(driver: Driver) -> JournalScreen:
    await driver.keys("J")
    await driver.until(lambda: isinstance(driver.app.screen, JournalScreen), "the journal")
    assert isinstance(driver.app.screen, JournalScreen)
    return driver.app.screen


async def test_notes_and_todos_by_one_key_and_read_back_with_a_filter() -> None:
    async with still() as driver:
        await driver.keys("n")
        await answered(driver, "#INC-204 the shop is down")
        await driver.until(lambda: driver.notice.startswith("Noted as entry"), "noted")
        await driver.keys("n")
        await answered(driver, "todo ring the shop [/bold]")
        await driver.until(lambda: driver.notice.startswith("TODO"), "left to do")
        screen = await opened(driver)
        assert [row.kind for row in screen.shown] == ["todo", "note", "incident"]
        assert {row.incident for row in screen.shown} == {"INC-204"}
        await driver.keys("slash")
        await driver.write("kind:todo")
        await driver.until(lambda: len(screen.shown) == 1, "one entry")
        assert "[/bold]" in "\n".join(screen.query_one(TextPane).texts)
        await driver.keys("enter", "escape")
        await driver.until(lambda: not isinstance(driver.app.screen, JournalScreen), "left")


async def test_a_note_over_the_rollback_dialog_leaves_it_as_it_is() -> None:
    async with still() as driver:
        await driver.filter("slug:spring-launch", 1)
        await driver.seen("spring-launch")
        dialog = await driver.dialog()
        await driver.ready(dialog)
        await driver.keys("ctrl+n")
        await answered(driver, "todo ring the shop first")
        await driver.until(lambda: driver.notice.startswith("TODO"), "left to do")
        assert driver.app.screen is dialog
        assert dialog.ready
        await driver.keys("ctrl+n")
        await answered(driver, "v9 is theirs")
        await driver.until(lambda: driver.notice.startswith("Noted"), "noted")
        rows = await driver.app.desk.engine.call(journal_rows_of)
        assert (rows[0].words, rows[0].link) == ("spring-launch: v9 is theirs", "spring-launch")


async def journal_rows_of(session: Session) -> list[JournalRow]:
    return await journal_view.rows(session)


async def test_what_is_typed_wrongly_in_the_filter_is_told_and_keeps_the_list() -> None:
    async with still() as driver:
        await driver.keys("n")
        await answered(driver, "one")
        await driver.until(lambda: driver.notice.startswith("Noted"), "noted")
        screen = await opened(driver)
        await driver.keys("slash")
        await driver.write("kin:x")
        await driver.until(lambda: "kind" in str(screen.query_one("#journal").border_title), "the hint")
        assert len(screen.shown) == 0 or screen.shown[0].kind == "note"
        await driver.keys("escape")
        assert isinstance(driver.app.screen, JournalScreen)


async def test_one_key_copies_how_things_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    async with still() as driver:
        sent: list[str] = []
        monkeypatch.setattr(driver.app, "_to_terminal", sent.append)
        await driver.keys("s")
        await driver.until(lambda: driver.notice.startswith("Copied:"), "copied")
        [sequence] = sent
        copied = base64.b64decode(sequence.split(";")[2].split("\x07")[0]).decode()
    assert copied == driver.notice.removeprefix("Copied: ")
    assert copied.startswith("acme (production), 14:02 UTC")
    assert "shop.example" in copied
    assert "6 links" in copied


async def test_the_paragraph_tells_writes_unknowns_and_what_is_left(practice: PracticeServer) -> None:
    async with at(practice) as session:
        incidents.enter(session, "INC-7")
        await confirmed(session, await planned(session))
        incidents.leave_to_do(session, "ring\x1b[2J the shop")
        session.store.health.add([])
        await session.read_meter()
        found = await status(session)
    text = found["text"]
    assert text.startswith("INC-7 on acme (practice), ")
    assert "1 APPLIED; 0 verified" in text
    assert "To do: ring" in text
    assert "Writes left today: 499." in text
    assert foreign(text) == []
    assert "\n" not in text


def test_status_from_the_command_line_needs_no_platform(here: Here) -> None:
    here.set(REPOINT_BASE_URL="https://api.example", REPOINT_HANDLE="acme")
    assert here("--offline", "status").out.startswith("acme (")
    assert here("--offline", "status", "--json").json["writes_left"] is None


def row(**more: str) -> JournalRow:
    base = {"kind": "write", "state": "APPLIED", "by": "dana", "link": "spring-launch", "incident": "INC-7"}
    return JournalRow(1, START, **{**base, "run": "r1", "words": "v9 -> v8: shop is down", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", True), ("shop", True), ("SHOP down", True), ("shop up", False), ("kind:write", True),
        ("kind:applied", True), ("kind:note", False), ("-kind:note", True), ("-kind:write", False),
        ("by:dan link:spring incident:inc-7 run:r1", True), ("by:kim", False), ("-shop", False), ("-", True),
        ("14:02", False),
    ],
)  # fmt: skip
def test_the_filter_of_the_journal(text: str, kept: bool) -> None:
    assert journal_filter(text)(row()) is (kept if text != "-" else "-" in row().words)


def test_an_unknown_name_in_the_filter_is_told_with_the_nearest() -> None:
    with pytest.raises(InputRejected) as told:
        journal_filter("incidnt:INC-7")
    assert "incident:" in told.value.hint


def test_the_command_line_filters_the_same_way(here: Here) -> None:
    here.set(REPOINT_BASE_URL="https://api.example", REPOINT_HANDLE="acme")
    here("note", "--incident", "INC-7", "shop is down")
    here("note", "--end")
    here("note", "shop is up")
    assert [e["fields"]["text"] for e in here("journal", "incident:inc-7", "kind:note", "--json").lines] == [
        "shop is down"
    ]
    assert len(here("journal", "--json", "--", "shop", "-down").lines) == 1
    here("journal", "knd:x", code=9)


@pytest.mark.parametrize("width", [20, 80, 120])
def test_entries_are_data_at_every_width(width: int) -> None:
    rows = [row(words=text, by=text, incident=text, state=text) for text in HOSTILE]
    rows.append(JournalRow(2, START - timedelta(days=1), "note", "note", "", "", "", "", ""))
    for line in journal_lines(rows, look(), width, START):
        assert foreign(line.plain) == []
        assert line.cell_len <= max(width, 34)
    assert len(journal_lines([], look(), width, START)) == 1


async def test_the_journal_of_a_real_rollback(practice: PracticeServer) -> None:
    async def worked(session: Session) -> None:
        await confirmed(session, await planned(session))

    async with console(practice) as driver:
        await driver.synced()
        await driver.app.desk.engine.call(worked)
        screen = await opened(driver)
        assert [r.state for r in screen.shown][:1] == ["APPLIED"]


def test_what_began_on_another_day_is_told_with_its_day() -> None:
    now = datetime(2026, 11, 24, 1, 5, tzinfo=UTC)
    assert began(datetime(2026, 11, 24, 0, 30, tzinfo=UTC), now) == "00:30 UTC"
    assert began(datetime(2026, 11, 23, 23, 59, tzinfo=UTC), now) == "Nov 23 23:59 UTC"
    assert began(datetime(2025, 11, 24, 0, 30, tzinfo=UTC), now) == "Nov 24 2025 00:30 UTC"
