"""A run on screen, at the practice platform: held, given up, tried again; and one of another process."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from support.batch import make_links, ours
from support.console_driver import console

from cache.database import open_journal
from cache.process import this_process
from cache.runs import Item, Runs
from console.domain.batches import BatchWay, RunState
from console.domain.outcomes import Outcome
from console.ops.batches import desk as core
from console.ops.clock import SystemClock
from console.ops.planning.rules import PREVIOUS, rule_of
from console.ops.profiles.places import journal_path
from console.practice.faults import Kind
from console.practice.server import PracticeServer
from screens.batch.plan import BatchPlanScreen, Stage
from screens.batch.runner import Runner
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.pick_screen import PickScreen
from screens.widgets.text_pane import TextPane
from tests.support.batch_driver import BatchPage
from tests.support.console_driver import Driver


async def planned(driver: Driver, links: int) -> BatchPage:
    """The links back to the version before, one write each."""
    await driver.synced()
    await driver.filter("slug:item-", links)
    page = BatchPage(driver)
    await page.by_previous()
    while page.plan.draft.way is None or page.plan.draft.way.way is not BatchWay.ROLLBACK:
        await driver.keys("w")
    return page


async def started(driver: Driver, links: int) -> BatchPage:
    page = await planned(driver, links)
    await driver.keys("r")
    await page.confirm(f"rollback {links}")
    await page.running()
    return page


async def starts(driver: Driver, words: str) -> None:
    """Choose when it starts."""
    await driver.keys("h")
    await driver.until(lambda: isinstance(driver.app.screen, PickScreen), "the list of times")
    await driver.write(words)
    await driver.keys("enter")


async def give_up(driver: Driver, page: BatchPage) -> None:
    await driver.keys("x")
    await page.asked("yes")


async def test_a_run_is_held_until_the_reset_and_shows_for_what_and_is_given_up(
    practice: PracticeServer,
) -> None:
    make_links(practice, 3)
    async with console(practice, (80, 24)) as driver:
        page = await planned(driver, 3)
        await starts(driver, "at a")
        await page.asked("2001-01-01T00:00+00:00")
        await driver.until(lambda: "names a time that is over" in page.plan.said, "that it is over")
        assert page.plan.draft.hold is None
        await starts(driver, "reset")
        await driver.until(lambda: page.plan.draft.hold is not None, "the choice")
        hold = page.plan.draft.hold
        assert hold is not None
        when = f"{hold.until:%Y-%m-%d %H:%M} UTC"
        assert f"start     {when}" in page.facts
        await driver.keys("r")
        await page.confirm("rollback 3")
        await page.running()
        await driver.until(lambda: "held " in page.facts, "that it waits")
        assert f"until {when}, for the day's writes" in page.facts
        run = page.run.run_id
        kept = await driver.app.desk.ask(lambda s: core.report(s, run))
        assert kept is not None
        assert (kept.run.state, kept.run.stop_reason) == (RunState.HELD, "held_after_reset")
        await give_up(driver, page)
        screen = await page.ended()
        assert screen.shown is not None
        assert screen.shown.counts == {Outcome.CANCELLED: 3}
        assert "stopped" in page.facts
        assert ours(practice) == []


async def test_a_start_at_a_time_lets_a_peak_pass_and_now_takes_it_back(
    practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from support.console_driver import profile_of

    from console.domain.peaks import PeakWindow

    def busy(server: PracticeServer, *, protected: bool) -> object:
        now = SystemClock().now().wall
        window = f"{now:%H:%M}-{now.replace(hour=(now.hour + 2) % 24):%H:%M}"
        return replace(profile_of(server, protected=protected), peak_windows=(PeakWindow.parse(window),))

    monkeypatch.setattr("support.console_driver.profile_of", busy)
    make_links(practice, 2)
    async with console(practice) as driver:
        page = await planned(driver, 2)
        assert "most visitors come until" in page.facts
        await starts(driver, "peak")
        await driver.until(lambda: "for the end of the peak" in page.facts, "the choice")
        assert "most visitors come until" not in page.facts, "then nobody needs a reason"
        await starts(driver, "now")
        await driver.until(lambda: "most visitors come until" in page.facts, "the question again")
        assert page.plan.draft.hold is None


async def test_only_what_failed_is_tried_again(practice: PracticeServer) -> None:
    slugs = make_links(practice, 4)
    practice.platform.faults.add(
        Kind.ANSWER, method="POST", path=f"{slugs[2]}/rollback$", status=422, body={"error": "no"}
    )
    async with console(practice) as driver:
        page = await started(driver, 4)
        first = await page.ended()
        assert first.shown is not None
        assert first.shown.counts == {Outcome.APPLIED: 3, Outcome.REJECTED: 1}
        await driver.keys("right", "right")
        assert [line for line in page.lines if slugs[2] in line] == page.lines, "the list shows why"
        await driver.keys("t")
        await driver.until(lambda: isinstance(driver.app.screen, BatchPlanScreen), "the plan")
        await driver.until(lambda: page.plan.draft.plan is not None, "its end")
        assert len(page.lines) == 1
        assert slugs[2] in page.lines[0]
        await driver.keys("r")
        await page.confirm("rollback 1")
        again = await page.ended()
        assert again.shown is not None
        assert again.run_id != first.run_id
        assert again.shown.counts == {Outcome.APPLIED: 1}
        assert sorted(e.slug for e in ours(practice)) == slugs, "each link once"
        await driver.keys("t")
        assert again.said == "retry failed: Nothing failed"


async def test_a_run_is_given_up_after_a_yes_and_what_was_sent_stays(practice: PracticeServer) -> None:
    make_links(practice, 4)
    practice.platform.faults.add(
        Kind.THROTTLE, method="POST", path="/rollback$", skip=1, times=None, retry_after="4"
    )
    async with console(practice, (80, 24)) as driver:
        page = await started(driver, 4)
        await driver.until(lambda: "as the platform asks" in page.facts, "the platform's wish")
        assert "1 spent by this run" in page.facts, "told while it goes on"
        assert driver.app.desk.standing is not None
        assert driver.app.desk.standing.writes_left == 499, "in the top line as well"
        assert "applied 1" in page.kinds
        await driver.keys("x")
        await page.asked("no")
        await driver.until(lambda: page.run.said == "Not cancelled: the run is as it was", "that it goes on")
        await give_up(driver, page)
        screen = await page.ended()
        assert screen.shown is not None
        assert screen.shown.counts == {Outcome.APPLIED: 1, Outcome.CANCELLED: 3}
        assert "3 of 4" not in page.facts
        await driver.keys("r")
        assert screen.said == "resume: Nothing waits"
        assert len(ours(practice)) == 1


async def test_a_run_of_another_process_is_shown_as_it_goes_and_nobody_else_starts_it(
    practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slugs = make_links(practice, 3)
    fault = practice.platform.faults.add(
        Kind.THROTTLE, method="POST", path="/rollback$", times=None, retry_after="4"
    )
    async with console(practice) as driver:
        page = await started(driver, 3)
        await driver.until(lambda: "as the platform asks" in page.facts, "the platform's wish")
        await driver.keys("z")
        run = (await page.ended()).run_id
    practice.platform.faults.clear()
    sent = fault.hits
    monkeypatch.setattr("cache.run_rows.is_alive", lambda holder: holder.pid == 1)
    with closing(open_journal(journal_path())) as journal:
        elsewhere = Runs(journal, replace(this_process(), pid=1))
        elsewhere.claim(run, SystemClock().now())
        async with console(practice) as driver:
            page = BatchPage(driver)
            await driver.until(lambda: driver.app.main.links.found, "the console")
            await page.runs()
            assert "running" in page.lines[0]
            await driver.keys("enter")
            await driver.until(lambda: "another process of this machine" in page.facts, "whose it is")
            assert "r resume" not in page.keys
            for key, words in (("r", "resume"), ("u", "undo run"), ("t", "retry failed")):
                await driver.keys(key)
                assert page.run.said.startswith(f"{words}: "), key
            item = Item(run, 1, slugs[0], outcome=Outcome.APPLIED)
            elsewhere.settle([item], SystemClock().now())
            await driver.until(lambda: "applied 1" in page.kinds, "the other's progress, live")
            await driver.keys("z")
            await driver.until(lambda: asked(journal, run) == "pause", "the wish, at the other's door")
            assert not isinstance(driver.app.screen, AskScreen)
            assert ours(practice) == []
            assert fault.hits == sent, "nothing was sent from here"


def asked(journal: sqlite3.Connection, run: str) -> str:
    return str(journal.execute("SELECT asked FROM runs WHERE run = ?", (run,)).fetchone()[0])


async def test_links_go_back_to_what_was_live_at_a_time_that_is_named(practice: PracticeServer) -> None:
    make_links(practice, 2)
    async with console(practice, (80, 24)) as driver:
        page = await planned(driver, 2)
        await page.choose_rule("as of")
        await page.asked("3000-01-01T00:00")
        await driver.until(lambda: "still to come" in page.plan.said, "that it is still to come")
        assert page.plan.draft.rule is PREVIOUS
        assert "planned 2" in page.kinds
        await page.choose_rule("as of")
        await page.asked("2001-01-01T00:00Z")
        await driver.until(lambda: page.plan.draft.stage is Stage.REVIEW, "the plan of then")
        assert "left out 2" in page.kinds
        assert "no version as of 2001-01-01 00:00 UTC" in page.lines[0]
        assert "rule as of 2001-01-01T00:00:00+00:00" in page.facts
        draft = driver.app.batches.reviewing()
        assert draft is not None
        assert rule_of(draft.rule) == page.plan.draft.rule, "a lost line brings it back"
        assert ours(practice) == []


async def test_a_paused_run_waits_for_its_time_when_it_goes_on(practice: PracticeServer) -> None:
    make_links(practice, 3)
    practice.platform.faults.add(Kind.THROTTLE, method="POST", path="/rollback$", times=None, retry_after="4")
    async with console(practice, (80, 24)) as driver:
        page = await started(driver, 3)
        await driver.until(lambda: "as the platform asks" in page.facts, "the platform's wish")
        await driver.keys("z")
        await page.ended()
        await starts(driver, "reset")
        await driver.until(lambda: "for the day's writes" in page.facts, "the choice")
        await driver.keys("r")
        dialog = await page.confirming()
        assert "for the day's writes" in "\n".join(dialog.query_one(TextPane).texts)
        await page.confirm("resume 3")
        await driver.until(lambda: "held " in page.facts, "that it waits")
        await driver.keys("h")
        assert page.run.said == "when: It is running: z pauses it"
        await driver.keys("z")
        screen = await page.ended()
        assert screen.shown is not None
        assert screen.shown.counts == {Outcome.SKIPPED: 3}
        assert ours(practice) == []


async def test_a_sign_in_that_ends_in_the_middle_stops_the_run_and_it_goes_on_by_choice(
    practice: PracticeServer,
) -> None:
    slugs = make_links(practice, 4)
    practice.platform.faults.add(
        Kind.ANSWER, method="POST", path="/rollback$", skip=2, times=None, status=401,
        body={"error": "token_expired"},
    )  # fmt: skip
    async with console(practice, (80, 24)) as driver:
        page = await started(driver, 4)
        screen = await page.ended()
        assert screen.shown is not None
        assert screen.shown.counts == {Outcome.APPLIED: 2, Outcome.SKIPPED: 2}
        assert "stopped  the sign-in has ended" in page.facts
        assert "r goes on" in page.facts
        assert "2 spent by this run" in page.facts
        practice.platform.faults.clear()
        assert len(ours(practice)) == 2, "nothing goes on by itself"
        await driver.keys("r")
        await page.confirm("resume 2")
        await driver.until(
            lambda: page.run.shown and page.run.shown.counts == {Outcome.APPLIED: 4}, "its end"
        )
        await page.ended()
        assert sorted(e.slug for e in ours(practice)) == slugs, "each link once"


def test_a_result_is_told_in_the_view_of_its_own_run_else_in_the_notice_line() -> None:
    class View:
        def __init__(self, run_id: str) -> None:
            self.run_id, self.dirty, self.shown = run_id, False, 0

        def show_list(self, *, keep: bool = False) -> None:
            self.shown += keep

    own, other, said = View("run-1"), View("run-2"), list[str]()
    runner = Runner(cast("Any", None), cast("Any", None), said.append, lambda: None)
    shown = cast("Any", SimpleNamespace(run="run-1", line=None, message="Done"))
    runner.views.append(cast("Any", other))
    runner._ended(shown, None)
    assert (other.shown, said) == (0, ["Run run-1 is : Done. B shows it"])
    runner.views.append(cast("Any", own))
    runner._ended(shown, None)
    assert (own.shown, other.shown, len(said)) == (1, 0, 1)
