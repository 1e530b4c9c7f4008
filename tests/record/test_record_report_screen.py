"""Reporting to support from the console: shown whole, sent once by a typed word, offered again when saved."""

from __future__ import annotations

import pytest
from textual.widgets import Button, Input

from console.domain.reports import Draft, Report, ReportState
from console.ops.incident.reporting import reports, save
from console.ops.session import Session
from console.practice.server import PracticeServer
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.report_dialog import ReportDialog
from screens.present.report import report_lines
from screens.themes import look
from screens.widgets.text_pane import TextPane
from tests.support.clock import START
from tests.support.console_driver import Driver, console
from tests.support.hostile import HOSTILE, foreign


async def answered(driver: Driver, words: str) -> None:
    await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "the question")
    driver.app.screen.query_one(Input).value = words
    await driver.keys("enter")


async def dialog_of(driver: Driver) -> ReportDialog:
    await driver.until(lambda: isinstance(driver.app.screen, ReportDialog), "the dialog")
    screen = driver.app.screen
    assert isinstance(screen, ReportDialog)
    await driver.until(lambda: not screen.deaf, "it listens")
    return screen


def text_of(screen: ReportDialog) -> str:
    return "\n".join(screen.query_one(TextPane).texts)


async def on_link(driver: Driver) -> None:
    await driver.synced()
    await driver.filter("slug:spring-launch", 1)
    await driver.seen("spring-launch")


async def test_a_report_is_shown_whole_and_sent_once_by_the_typed_word(practice: PracticeServer) -> None:
    async with console(practice) as driver:
        await on_link(driver)
        await driver.keys("E")
        await answered(driver, "health-check is wrong [/bold]")
        screen = await dialog_of(driver)
        assert screen.focused is screen.query_one("#cancel", Button)
        shown = text_of(screen)
        for part in (
            "health-check is wrong [/bold]",
            "acme",
            "spring-launch",
            "It costs one write",
            "never calls",
        ):
            assert part in shown.replace("\n", " "), part
        await driver.write("repoort")
        await driver.keys("enter")
        assert practice.platform.reports == []
        screen.query_one(Input).value = ""
        await driver.write("report")
        await driver.keys("enter")
        await driver.until(lambda: screen.report is not None, "the result")
        assert "Support has it as rep_" in text_of(screen)
        await driver.keys("enter", "enter")
    [arrived] = practice.platform.reports
    assert arrived["summary"] == "health-check is wrong [/bold]"


async def test_leaving_sends_nothing_and_keys_typed_at_once_do_not_count(practice: PracticeServer) -> None:
    async with console(practice) as driver:
        await on_link(driver)
        await driver.keys("E")
        await answered(driver, "x")
        await driver.until(lambda: isinstance(driver.app.screen, ReportDialog), "the dialog")
        screen = await dialog_of(driver)
        await driver.keys("enter")
        await driver.until(lambda: driver.app.screen is not screen, "enter on Cancel leaves")
        assert await driver.app.desk.engine.call(_reports) == []
    assert practice.platform.reports == []


async def test_a_lost_answer_is_decided_by_the_operator(practice: PracticeServer) -> None:
    practice.platform.faults.add("commit_then_close", path="/support/report$")
    async with console(practice) as driver:
        await on_link(driver)
        await driver.keys("E")
        await answered(driver, "lost")
        screen = await dialog_of(driver)
        await driver.write("report")
        await driver.keys("enter")
        await driver.until(lambda: screen.report is not None, "the result")
        assert "UNKNOWN" in text_of(screen)
        await driver.keys("escape", "E")
        await answered(driver, "arrived")
        await driver.until(lambda: "taken as received" in driver.notice, "decided")
    assert len(practice.platform.reports) == 1


async def test_offline_it_is_saved_and_offered_at_the_next_start(practice: PracticeServer) -> None:
    async with console(practice, offline=True) as driver:
        await driver.until(lambda: driver.app.desk.standing is not None, "open")
        await driver.keys("E")
        await answered(driver, "later")
        await driver.until(lambda: "saved" in driver.notice, "saved")
    async with console(practice) as driver:
        await driver.until(lambda: "1 report to support saved, not sent: press E" in driver.notice, "offered")
        await driver.keys("E")
        screen = await dialog_of(driver)
        assert "later" in text_of(screen)
        await driver.write("report")
        await driver.keys("enter")
        await driver.until(lambda: screen.report is not None, "the result")
    assert len(practice.platform.reports) == 1


async def _reports(session: Session) -> list[Report]:
    return reports(session)


async def test_what_is_refused_is_told_in_the_dialog(practice: PracticeServer) -> None:
    words = Draft("s", "d", "acme")

    async def keep(session: Session) -> None:
        save(session, words)

    practice.platform.set_used(500)
    async with console(practice) as driver:
        await on_link(driver)
        await driver.app.desk.engine.call(keep)
        await driver.keys("E")
        screen = await dialog_of(driver)
        await driver.write("report")
        await driver.keys("enter")
        await driver.until(lambda: "No write is left" in driver.notice, "refused")
        assert screen.report is None
    assert practice.platform.reports == []


@pytest.mark.parametrize("state", list(ReportState))
def test_whatever_a_report_says_is_data(state: ReportState) -> None:
    for text in HOSTILE:
        report = Report(Draft(text, text, text), text, START, state, receipt=text, detail=text)
        for line in report_lines({"summary": text, "details": text}, text, report, look(), 80):
            assert foreign(line.plain) == []
            assert line.cell_len <= 82
