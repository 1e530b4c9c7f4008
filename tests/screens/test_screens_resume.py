"""Where the operator was is there again: at once after a crash, by a key after leaving; and the way back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from console.domain.rewrites import Rewrite
from console.domain.urls import UrlProblem
from console.ops import resume
from console.ops.planning.rules import PREVIOUS
from console.ops.resume import MOST_MARKS, OpenPlan, Whereabouts
from screens.batch.plan import BatchPlanScreen
from screens.rollback.dialog import RollbackDialog
from tests.support.batch_driver import BatchPage
from tests.support.console_driver import Driver
from tests.support.frozen import frozen_console, frozen_session

SLUG = "spring-launch"


@asynccontextmanager
async def opened() -> AsyncIterator[Driver]:
    """One life of the console; the home is the same for all of a test."""
    app = frozen_console()
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            yield Driver(app, pilot)
    finally:
        await asyncio.to_thread(app.desk.engine.stop)


async def busy(driver: Driver) -> None:
    """Two links marked, a filter on, the cursor on a link, its timeline open."""
    await driver.synced()
    await driver.keys("space", "space")
    await driver.filter(f"slug:{SLUG}", 1)
    await driver.keys("o")
    await driver.keys("enter")
    await driver.seen(SLUG)


def place(driver: Driver) -> tuple[object, ...]:
    main = driver.app.main
    links = main.links
    return (links.query_now.text, links.sort, links.descending, links.table.marks.frozen(), main.scope)


async def test_after_a_crash_everything_stands_where_it_stood() -> None:
    async with opened() as driver:
        await busy(driver)
        await driver.app.resume.keep()
        stood = place(driver)
    async with opened() as driver:
        await driver.until(lambda: driver.notice.startswith("The console ended without being left"))
        assert "2 links marked" in driver.notice
        await driver.seen(SLUG)
        assert place(driver) == stood
        assert driver.shown == 1
        assert "back" not in driver.notice
        await driver.keys("backspace")
        assert driver.app.main.links.query_now.text == f"slug:{SLUG}", "nowhere to go back to"


async def test_a_signal_keeps_the_place_and_an_orderly_end_only_offers_it() -> None:
    async with opened() as driver:
        await busy(driver)
        driver.app.leave(1)
    async with opened() as driver:
        await driver.until(lambda: driver.shown == 1, "gone to at once")
        await driver.seen(SLUG)
        await driver.keys("q")
    async with opened() as driver:
        await driver.until(lambda: driver.notice.startswith("Last time you were at slug:spring-launch"))
        assert driver.shown > 1
        await driver.keys("full_stop")
        await driver.until(lambda: driver.shown == 1)
        assert len(driver.app.main.links.table.marks) == 2
        await driver.keys("full_stop")
        await driver.until(lambda: driver.notice == "resume: There is nothing to resume")


async def test_a_rollback_that_was_being_prepared_is_named_and_prepared_again_with_its_version() -> None:
    async with opened() as driver:
        await busy(driver)
        dialog = await driver.dialog()
        await driver.ready(dialog)
        await driver.keys("tab")
        await driver.until(lambda: dialog.draft.plan is not None and dialog.draft.plan.to.version == 7)
        await driver.app.resume.keep()
    async with opened() as driver:
        await driver.until(lambda: "rolling back spring-launch to v7, nothing was sent" in driver.notice)
        await driver.seen(SLUG)
        assert not isinstance(driver.app.screen, RollbackDialog)
        dialog = await driver.dialog()
        await driver.until(lambda: dialog.draft.plan is not None, "the plan")
        assert dialog.draft.plan is not None
        assert dialog.draft.plan.to.version == 7


async def test_a_plan_that_was_open_is_planned_again_by_the_key_and_never_trusted() -> None:
    async with opened() as driver:
        await driver.synced()
        await driver.filter("status:down", 6)
        await driver.keys("R")
        first = await plan_shown(driver)
        await BatchPage(driver).choose_rule("previous")
        await driver.until(
            lambda: first.draft.rule is PREVIOUS and first.draft.plan is not None, "the other rule"
        )
        driver.app.leave(1)
    async with opened() as driver:
        await driver.until(lambda: ". plans it again" in driver.notice, "offered")
        assert "nothing was sent" in driver.notice
        assert driver.shown == 6
        await driver.keys("full_stop")
        again = await plan_shown(driver)
        assert (again.asked.title, again.draft.rule) == (first.asked.title, PREVIOUS)
        assert again.draft.plan is not first.draft.plan
        await driver.keys("escape")
        await driver.until(lambda: driver.app.screen is driver.app.main, "left")
        await driver.keys("full_stop")
        await driver.until(lambda: driver.notice == "resume: There is nothing to resume")
        await driver.keys("q")
    async with opened() as driver:
        await driver.until(lambda: driver.notice.startswith("Last time you were at"))
        assert "plan" not in driver.notice


async def plan_shown(driver: Driver) -> BatchPlanScreen:
    await driver.until(lambda: isinstance(driver.app.screen, BatchPlanScreen), "the plan")
    screen = driver.app.screen
    assert isinstance(screen, BatchPlanScreen)
    await driver.until(lambda: screen.draft.plan is not None, "planned")
    return screen


def test_a_find_and_replace_that_was_open_is_read_as_if_it_was_typed_now() -> None:
    for rewrite in (
        Rewrite.of_host("shop.example", "new.example"),
        Rewrite.of_prefix("https://shop.example/a", "https://shop.example/b"),
        Rewrite.of_page("https://page.example/"),
    ):
        kept = OpenPlan("6 links", "why", ("a",), "", (rewrite.kind.value, rewrite.old, rewrite.new))
        assert kept.rewritten == rewrite
    with pytest.raises(UrlProblem):
        assert OpenPlan("", "", ("a",), "", ("page", "", "javascript:alert(1)")).rewritten
    assert OpenPlan("", "").rewritten is None


async def test_a_way_leads_back_through_filters_and_panes() -> None:
    async with opened() as driver:
        await driver.synced()
        everything = driver.shown
        await driver.keys("backspace")
        await driver.until(lambda: driver.notice == "back: There is nowhere to go back to")
        await driver.filter("status:down", 6)
        await driver.filter(f" slug:{SLUG}", 1)
        await driver.keys("enter")
        await driver.until(lambda: driver.app.main.scope.value == "timeline")
        await driver.keys("backspace")
        await driver.until(lambda: driver.app.main.scope.value == "links")
        await driver.keys("backspace")
        await driver.until(lambda: driver.shown == 6)
        await driver.keys("backspace")
        await driver.until(lambda: driver.shown == everything)


async def test_what_is_kept_can_be_read_by_itself_only() -> None:
    session = await frozen_session()
    try:
        assert await resume.last(session) is None
        many = frozenset(f"link-{n}" for n in range(MOST_MARKS + 1))
        plan = OpenPlan("many", "why", tuple(many), "previous")
        await resume.keep(session, Whereabouts(filter="tag:x", marks=many, plan=plan))
        found = await resume.last(session)
        assert found is not None
        assert found.plan == OpenPlan("many", "why", (), "previous")
        assert (found.filter, found.marks, found.marks_lost) == ("tag:x", frozenset(), True)
        for strange in ("text", {"sort": "by-luck", "at": "2026-01-01"}, {"filter": "x"}, {"at": 7}):
            session.store.marks.remember(f"whereabouts:{session.target.key}", strange)  # type: ignore[arg-type]
            assert await resume.last(session) is None
    finally:
        await session.close()
