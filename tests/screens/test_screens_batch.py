"""Many links at once on screen, at the practice platform: planned, confirmed, run, paused, taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.batch import make_links, ours
from support.console_driver import console, profile_of
from support.practice import Serve
from textual import events

from console.domain.batches import BatchWay
from console.domain.outcomes import Outcome
from console.domain.peaks import PeakWindow
from console.ops.batches import desk as core
from console.ops.profiles.profile import Profile
from console.practice.faults import Kind
from console.practice.server import PracticeServer
from screens.batch.confirm import BatchConfirm
from screens.batch.plan import BatchPlanScreen
from screens.batch.run import RunScreen
from screens.dialogs import confirming
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.confirming import PhraseInput
from tests.support.batch_driver import BatchPage
from tests.support.console_driver import Driver

SIZES = [(80, 24), (120, 36)]


async def listed(driver: Driver, links: int) -> BatchPage:
    await driver.synced()
    await driver.filter("slug:item-", links)
    return BatchPage(driver)


@pytest.mark.parametrize("size", SIZES)
async def test_from_a_filter_to_every_outcome_and_back(
    practice: PracticeServer, size: tuple[int, int]
) -> None:
    make_links(practice, 6)
    async with console(practice, size) as driver:
        page = await listed(driver, 6)
        await page.by_previous()
        assert "planned 6" in page.kinds
        assert "left out 0" in page.kinds
        assert "v2 → v1" in page.lines[0]
        assert "proposed" in page.facts
        assert "kept for rollbacks" in page.facts
        assert "on practice" in page.facts
        assert ours(practice) == []
        await driver.keys("r")
        await page.confirm("rollback 6")
        screen = await page.ended()
        assert screen.shown is not None
        assert screen.shown.counts == {Outcome.APPLIED: 6}
        assert "applied 6" in page.kinds
        assert {e.action for e in ours(practice)} == {"import"}, "the cheapest way that fits"
        await driver.keys("u")
        await page.asked("the shop is back")
        await driver.until(lambda: isinstance(driver.app.screen, BatchPlanScreen), "the way back")
        await driver.until(lambda: page.plan.draft.plan is not None, "its plan")
        assert len(page.lines) == 6
        assert len(ours(practice)) == 6, "taking back is confirmed like anything else"


async def test_nothing_but_the_typed_words_confirms(
    practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_links(practice, 2)
    monkeypatch.setattr(confirming, "DEAF_SECONDS", 1000.0)
    async with console(practice) as driver:
        page = await listed(driver, 2)
        await page.by_previous()
        await driver.keys("r")
        dialog = await page.confirming()
        await driver.write("rollback 2")
        await driver.keys("enter")
        assert dialog.query_one(PhraseInput).value == "", "a held key goes nowhere"
        monkeypatch.setattr(confirming, "DEAF_SECONDS", 0.0)
        dialog.query_one(PhraseInput).post_message(events.Paste("rollback 2"))
        await driver.pilot.pause()
        assert dialog.query_one(PhraseInput).value == ""
        await driver.write("rollback 3")
        await driver.keys("enter")
        assert isinstance(driver.app.screen, BatchConfirm)
        await driver.keys("escape")
        await driver.until(lambda: page.plan.said == "Nothing was sent", "the sentence")
        await driver.keys("r")
        await page.confirming()
        await driver.keys("enter")
        await driver.until(lambda: driver.app.screen is page.plan, "Enter on Cancel leaves")
        assert ours(practice) == []


async def test_a_run_that_was_left_and_paused_goes_on_from_the_list_after_typed_words(
    practice: PracticeServer,
) -> None:
    make_links(practice, 4)
    practice.platform.faults.add(Kind.THROTTLE, method="POST", path="/rollback$", times=None, retry_after="2")
    async with console(practice, (80, 24)) as driver:
        page = await listed(driver, 4)
        await page.by_previous()
        await driver.keys("w")
        assert page.plan.draft.way is not None
        assert page.plan.draft.way.way is BatchWay.ROLLBACK
        await driver.keys("r")
        await page.confirm("rollback 4")
        await page.running()
        await driver.until(lambda: "as the platform asks" in page.facts, "the platform's wish")
        await driver.keys("escape")
        await driver.until(lambda: "goes on: B shows it" in driver.notice, "what happens to the run")
        await driver.keys("q")
        await driver.until(lambda: "A run is going on" in driver.notice, "why nobody leaves")
        await driver.keys("B")
        await page.running()
        await driver.keys("z")
        screen = await page.ended()
        assert screen.shown is not None
        assert "paused" in page.facts
        assert "r goes on" in page.facts, "the key, not the command line"
        assert screen.shown.counts == {Outcome.SKIPPED: 4}
        assert driver.app.performing == 0
    practice.platform.faults.clear()
    async with console(practice, (80, 24)) as driver:
        await driver.until(
            lambda: "is unfinished: 4 of 4 items wait. B shows it" in driver.notice, "the offer"
        )
        page = BatchPage(driver)
        await page.runs()
        assert page.lines[0].startswith(f"{screen.run_id[:8]}  "), "in line with its heading"
        assert "paused" in page.lines[0]
        assert "0 of 4" in page.lines[0]
        await driver.keys("enter")
        await driver.until(lambda: isinstance(driver.app.screen, RunScreen), "its view")
        await driver.until(lambda: "r resume" in page.keys, "that it can go on")
        await driver.keys("r")
        await page.confirm("rollback 4")
        assert isinstance(driver.app.screen, BatchConfirm), "going on has words of its own"
        driver.app.screen.query_one(PhraseInput).value = ""
        await page.confirm("resume 4")
        await driver.until(
            lambda: page.run.shown and page.run.shown.counts == {Outcome.APPLIED: 4}, "all of it"
        )
        await page.ended()
        assert "done" in page.facts
        assert len(ours(practice)) == 4
        assert page.run.list.lines.count == 4
        await driver.keys("right")
        assert "▌applied 4" in page.kinds


async def test_size_and_hour_each_ask_for_a_reason_that_the_run_keeps(
    practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careful(server: PracticeServer, *, protected: bool) -> Profile:
        return replace(
            profile_of(server, protected=protected),
            blast_radius=2,
            peak_windows=(PeakWindow.parse("00:00-24:00"),),
        )

    monkeypatch.setattr("support.console_driver.profile_of", careful)
    make_links(practice, 3)
    async with console(practice) as driver:
        page = await listed(driver, 3)
        await page.by_previous()
        assert "3 links at once" in page.facts
        assert "most visitors come until" in page.facts
        await driver.keys("r")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "the first reason")
        await driver.keys("escape")
        await driver.until(lambda: page.plan.said == "Nothing was sent", "that nothing goes without it")
        await driver.keys("r")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "the first reason again")
        first = driver.app.screen
        await page.asked("all of them fail")
        await driver.until(lambda: driver.app.screen not in {first, page.plan}, "the second reason")
        await page.asked("it cannot wait")
        await page.confirm("rollback 3")
        screen = await page.ended()
        assert screen.shown is not None
        assert screen.shown.counts == {Outcome.APPLIED: 3}
        run = screen.run_id
        kept = await driver.app.desk.ask(lambda s: core.report(s, run))
        assert kept is not None
        assert kept.run.overrides == {"blast_radius": "all of them fail", "peak": "it cannot wait"}


async def test_one_key_in_health_plans_the_rollback_of_the_whole_outage(outage: Serve) -> None:
    server = outage(links=30)
    async with console(server, (80, 24)) as driver:
        await driver.synced()
        await driver.keys("3")
        await driver.until(lambda: driver.app.main.health.outage is not None, "the outage")
        failing = driver.app.main.health.outage
        assert failing is not None
        page = BatchPage(driver)
        await page.planned()
        plan = page.plan.draft.plan
        assert plan is not None
        asked = {i.slug for i in plan.items} | {o.slug for o in plan.left_out}
        assert asked == set(failing.slugs)
        assert plan.rule == "last healthy"
        assert failing.host in plan.reason
        await driver.keys("right")
        assert "▌left out" in page.kinds
        assert page.lines == [line for line in page.lines if line.startswith("–")]
        await driver.keys("left", "enter")
        await driver.until(lambda: driver.app.screen is not page.plan, "the item, whole")
        await driver.keys("escape", "escape")
        await driver.until(lambda: driver.app.screen is driver.app.main, "the console")
        assert ours(server) == []


async def test_a_profile_that_is_protected_again_is_armed_where_the_plan_stands(
    practice: PracticeServer,
) -> None:
    make_links(practice, 2)
    async with console(practice, (80, 24), protected=True) as driver:
        await driver.synced()
        await driver.keys("a")
        await driver.answer("INC-204")
        await driver.until(lambda: "Writes are allowed" in driver.notice, "armed")
        await driver.filter("slug:item-", 2)
        page = BatchPage(driver)
        await page.by_previous()
        await driver.keys("a")
        await driver.until(lambda: "read-only again" in page.plan.said, "the fifteen minutes are over")
        await driver.keys("r")
        assert page.plan.said == "run: The profile is protected: press a to arm it"
        await driver.keys("a")
        await page.asked("INC-204 goes on")
        await driver.until(lambda: "Writes are allowed" in page.plan.said, "armed again")
        assert page.plan.draft.plan is not None, "the same plan"
        await driver.keys("r")
        await page.confirm("rollback 2")
        await page.ended()
        assert len(ours(practice)) == 2
