"""Many links at once on screen, at the practice platform: planned, confirmed, run, paused, taken back."""

from __future__ import annotations

import pytest
from support.batch import make_links, ours
from support.console_driver import console
from textual import events

from console.domain.outcomes import Outcome
from console.practice.server import PracticeServer
from screens import confirming
from screens.batch_confirm import BatchConfirm
from screens.batch_plan import BatchPlanScreen
from screens.confirming import PhraseInput
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
        await page.planned()
        await driver.keys("t")
        await driver.until(lambda: page.plan.draft.plan is not None, "the plan by the other rule")
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
        await page.planned()
        await driver.keys("t")
        await driver.until(lambda: page.plan.draft.plan is not None, "the plan by the other rule")
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
