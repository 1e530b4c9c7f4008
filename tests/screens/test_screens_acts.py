"""What the keys do beside rolling back, on a platform and a clock that stand still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from textual.widgets import Input

from console.api.port import HealthRun
from console.domain.health import Difference, HealthResult, Vantage, Verdict
from console.domain.links import Link
from console.domain.routing import Route, Visitor
from console.domain.versions import Timeline
from console.ops.health.outages import board
from console.ops.health.sweep import check_from_here, from_cache
from console.ops.incident.notes import clear_bad, note_bad, release
from console.ops.session import Session
from console.ops.sync import sync
from screens.console import health_acts
from screens.console.app import Console
from screens.console.hold_watch import HoldWatch
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.help_screen import TextScreen
from screens.present.outages import second_look_line
from screens.themes import look as look_like
from screens.widgets.outage_list import OutageList
from screens.widgets.text_pane import TextPane
from tests.support.console_driver import Driver, still
from tests.support.frozen import NOW, FrozenPlatform, FrozenProber, frozen_console, frozen_session, history

SLUG = "spring-launch"


class Rival(FrozenPlatform):
    """A colleague makes version 10 when told to."""

    def __init__(self) -> None:
        self.moved = False

    async def history(self, slug: str, *, limit: int | None = None) -> Timeline:
        found = history(slug)
        if not self.moved:
            return found
        top = replace(found.current, version=10, created_by="kim", created_at=NOW)
        return replace(found, live=10, versions=(top, *found.versions))

    async def link(self, slug: str) -> Link:
        found = await self.history(slug)
        return replace(found.current.snapshot, version=found.live)


@asynccontextmanager
async def on_a_link(platform: object | None = None, **settings: Any) -> AsyncIterator[Driver]:
    app = frozen_console(platform, **settings)
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            driver = Driver(app, pilot)
            await driver.synced()
            await driver.filter(f"slug:{SLUG}", 1)
            await driver.seen(SLUG)
            yield driver
    finally:
        app.desk.engine.stop()


def text_of(app: Console) -> str:
    return "\n".join(app.screen.query_one(TextPane).texts) if isinstance(app.screen, TextScreen) else ""


def health_text(driver: Driver) -> str:
    return "\n".join(driver.app.main.health.query_one(OutageList).texts)


async def answer(driver: Driver, words: str) -> None:
    await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "the question")
    driver.app.screen.query_one(Input).value = words
    await driver.keys("enter")


async def test_a_protected_profile_is_armed_with_a_reason_and_disarmed() -> None:
    async with on_a_link(protected=True) as driver:
        await driver.keys("r")
        await driver.until(lambda: "press a to arm it" in driver.notice)
        await driver.keys("a")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen))
        await driver.keys("enter")
        assert isinstance(driver.app.screen, AskScreen), "no reason, no arming"
        await answer(driver, "shop is down")
        await driver.until(lambda: "15 minutes" in driver.notice)
        await driver.until(lambda: driver.app.desk.standing and driver.app.desk.standing.armed_seconds)
        await driver.keys("a")
        await driver.until(lambda: "read-only again" in driver.notice)


async def test_a_version_is_noted_bad_and_the_note_taken_back() -> None:
    async with on_a_link() as driver:
        await driver.keys("2", "down", "b")
        await answer(driver, "wrong campaign")
        await driver.until(lambda: "bad: wrong campaign" in driver.timeline_text, "the note")
        review = driver.app.main.timeline.review
        assert review is not None
        assert list(review.bad) == [8]
        await driver.keys("b")
        await driver.until(lambda: "bad:" not in driver.timeline_text, "the note gone")


async def test_a_diff_of_any_two_versions_stands_side_by_side_where_there_is_room() -> None:
    async with on_a_link() as driver:
        await driver.keys("2", "down", "space", "down", "down", "d")  # v8 marked, v6 under the cursor
        await driver.until(lambda: "v6" in text_of(driver.app) and "v8" in text_of(driver.app))
        assert "|" in text_of(driver.app) or "│" in text_of(driver.app)
        await driver.keys("escape")
        await driver.pilot.resize_terminal(80, 24)
        await driver.keys("d")
        await driver.until(lambda: "destination" in text_of(driver.app))
        assert "│" not in text_of(driver.app)


async def test_a_preview_names_both_versions_and_says_that_it_is_an_estimate() -> None:
    async with on_a_link() as driver:
        await driver.keys("p")
        await driver.until(lambda: "estimate" in text_of(driver.app), "the preview")
        assert "shop.example/launch-old" in text_of(driver.app)
        assert "4 of 4" in text_of(driver.app)


class Routed(FrozenPlatform):
    """Says where visitors go, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Visitor] = []

    async def preview(self, slug: str, visitor: Visitor) -> Route:
        self.asked.append(visitor)
        return Route(302, "https://elsewhere.example/", None, estimate=False)


async def test_the_platform_is_asked_where_one_visitor_goes_once_its_cost_is_confirmed() -> None:
    far = Routed()
    async with on_a_link(far) as driver:
        await driver.until(lambda: driver.app.main.timeline.review is not None)
        await driver.keys("A")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "the question")
        assert "costs 1 of the 4,788 writes" in "\n".join(
            driver.app.screen.query_one(TextPane).texts
        ).replace("\n", " ")
        await driver.keys("escape")
        await driver.until(lambda: "nothing was spent" in driver.notice)
        assert far.asked == []
        await driver.keys("A")
        await answer(driver, "US - ad")
        await driver.until(lambda: "elsewhere.example" in text_of(driver.app), "the answer")
        assert far.asked == [Visitor(country="US", source="ad")]
        shown = text_of(driver.app)
        assert shown.index("estimate") < shown.index("answer")
        assert "They differ" in shown


class Checking(FrozenPlatform):
    """Looks when it is asked to, and finds that all is well."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def check_health(self, slugs: Sequence[str], *, timeout_seconds: float) -> HealthRun:
        self.asked.append(list(slugs))
        found = [
            HealthResult(s, f"https://shop.example/{s}", Verdict.OK, Vantage.PLATFORM, NOW) for s in slugs
        ]
        return HealthRun("r", True, tuple(found))


async def test_the_platform_looks_at_the_host_under_the_cursor_once_confirmed() -> None:
    far = Checking()
    async with on_a_link(far) as driver:
        await driver.until(lambda: driver.app.main.health.board is not None)
        await driver.keys("3", "P")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "the question")
        await answer(driver, "no")
        await driver.until(lambda: "nothing was spent" in driver.notice)
        assert far.asked == []
        await driver.keys("P")
        await answer(driver, "yes")
        await driver.until(lambda: far.asked, "the platform asked")
        assert (len(far.asked[0]), SLUG in far.asked[0]) == (6, True)
        await driver.until(lambda: not driver.app.main.health.sweeping)


async def test_an_outage_leads_to_its_links_and_all_that_fails_is_checked_again() -> None:
    async with on_a_link() as driver:
        await driver.until(lambda: driver.app.main.health.board is not None)
        await driver.keys("3", "enter")
        await driver.until(lambda: driver.app.main.links.query_now.text == "host:shop.example -status:ok")
        await driver.until(lambda: driver.shown == 6)
        await driver.keys("3", "down")
        health = driver.app.main.health
        await driver.until(lambda: health.outage is not None and health.outage.host == "slow.partner.example")
        await driver.keys("h")
        await driver.until(lambda: health.sweep is not None and health.sweep.ended)
        assert health.sweep is not None
        assert health.sweep.total == 2
        await driver.keys("H")
        await driver.until(
            lambda: health.sweep is not None and health.sweep.ended and health.sweep.total == 8
        )


async def test_one_link_is_checked_again_from_its_timeline() -> None:
    async with on_a_link() as driver:
        health, timeline = driver.app.main.health, driver.app.main.timeline
        await driver.until(lambda: health.board is not None)
        driver.app.main.links.filter_by("")
        await driver.until(lambda: driver.shown == 14)
        await driver.keys("2")
        await driver.until(lambda: timeline.view.has_focus and timeline.slug)
        await driver.keys("h")
        await driver.until(lambda: health.sweep is not None and health.sweep.ended)
        assert health.sweep is not None
        assert (health.sweep.done, health.sweep.total) == (1, 1)
        assert driver.app.main.links.query_now.text == "", "the filter's others were not looked at"


async def test_many_links_are_counted_before_they_are_looked_at_and_then_all_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health_acts, "MANY", 13)
    async with on_a_link() as driver:
        health = driver.app.main.health
        driver.app.main.links.filter_by("")
        await driver.until(lambda: driver.shown == 14)
        await driver.keys("h")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "the question")
        asked = " ".join(driver.app.screen.query_one(TextPane).texts)
        assert "the destinations of 14 links? It costs no write" in asked
        await driver.keys("escape")
        await driver.until(lambda: driver.notice == "check: not begun")
        assert health.sweep is None
        await driver.keys("h")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "the question")
        await driver.keys("enter")
        await driver.until(lambda: health.sweep is not None and health.sweep.ended, "the check")
        assert health.sweep is not None
        assert (health.sweep.done, health.sweep.total) == (14, 14)
        await driver.until(lambda: "14 of 14" in health_text(driver) and "done" in health_text(driver))


async def test_the_platform_is_asked_about_every_link_without_their_names() -> None:
    far = Checking()
    async with on_a_link(far) as driver:
        await driver.keys("P")
        await answer(driver, "yes")
        await driver.until(lambda: far.asked == [[SLUG]], "the filter's link")
        await driver.until(lambda: not driver.app.main.health.sweeping)
        driver.app.main.links.filter_by("")
        await driver.until(lambda: driver.shown == 14)
        await driver.keys("P")
        await driver.until(lambda: isinstance(driver.app.screen, AskScreen), "the question")
        assert "looks at every link" in " ".join(driver.app.screen.query_one(TextPane).texts)
        await answer(driver, "yes")
        await driver.until(lambda: far.asked[1:] == [[]], "the whole handle")


async def test_a_check_ends_with_a_second_look_at_the_failing_host() -> None:
    async with on_a_link() as driver:
        await driver.keys("h")
        await driver.until(lambda: "Second look" in health_text(driver), "the second look")
        assert "here 503" in health_text(driver)
        assert "platform 503 1m" in health_text(driver)
        assert "down from both" in health_text(driver)


async def test_a_running_check_is_paused_and_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    async def waits(self: FrozenProber, urls: Any) -> AsyncIterator[Any]:
        for url in urls:
            yield self._found(url)
            await asyncio.Event().wait()

    monkeypatch.setattr(FrozenProber, "probe", waits)
    async with on_a_link() as driver:
        health = driver.app.main.health
        await driver.keys("z")
        await driver.until(lambda: driver.notice == "pause: No check is running")
        await driver.keys("h")
        await driver.until(lambda: health.sweep is not None and health.sweep.done == 1)
        await driver.keys("z")
        await driver.until(lambda: "paused" in health_text(driver))
        await driver.keys("z")
        await driver.until(lambda: "paused" not in health_text(driver))
        await driver.keys("x")
        await driver.until(lambda: not health.sweeping, "the end")
        await driver.until(lambda: "here 503" in health_text(driver), "what was found stays")


async def test_an_old_result_is_told_as_old_and_not_read_together_with_a_new_one() -> None:
    async with session_of() as session:
        await sync(session)
        items = from_cache(session, [SLUG])
        assert [result async for result in check_from_here(session, items)]
        (shop, *_) = (await board(session)).outages
        assert shop.here is not None
        assert shop.platform is not None
        assert (shop.here.kind, shop.platform.kind) == ("503", "503")
        assert shop.difference is Difference.AGREE_DOWN
    looked = replace(shop.platform, checked_at=NOW - timedelta(minutes=25))
    line = second_look_line(replace(shop, platform=looked), look_like("dark"), 116, NOW)
    assert "platform 503, 25 min ago" in line.plain


@asynccontextmanager
async def session_of(platform: object | None = None) -> AsyncIterator[Session]:
    session = await frozen_session(platform)
    try:
        yield session
    finally:
        await session.close()


class Wide(FrozenPlatform):
    """A host with more failing links than are looked through one by one."""

    async def links(self, _on_unread: object = None) -> AsyncIterator[list[Link]]:
        yield [Link(f"x{n:02}", f"https://slow.example/{n}", version=1) for n in range(40)]

    async def last_health(self) -> HealthRun:
        looked = [
            HealthResult(f"x{n:02}", f"https://slow.example/{n}", Verdict.TIMEOUT, Vantage.PLATFORM, NOW)
            for n in range(40)
        ]
        return HealthRun(None, True, tuple(looked))


async def test_the_second_look_finds_the_one_link_that_was_looked_at_from_here() -> None:
    async with session_of(Wide()) as session:
        await sync(session)
        (before,) = (await board(session)).outages
        assert (before.here, before.difference) == (None, Difference.INCONCLUSIVE)
        assert [result async for result in check_from_here(session, from_cache(session, ["x33"]))]
        (found,) = (await board(session)).outages
        assert found.here is not None
        assert (found.here.looked, found.count, found.difference) == (1, 40, Difference.SLOW_NOT_DOWN)


async def test_notes_and_releases_stand_in_the_journal_and_in_the_list() -> None:
    async with session_of() as session:
        await sync(session)
        row = session.store.inventory.find(SLUG)
        assert row is not None
        note_bad(session, SLUG, 9, "it is down")
        assert session.store.inventory.rows([row])[0].bad
        clear_bad(session, SLUG, 9)
        assert not session.store.inventory.rows([row])[0].bad
        session.store.marks.hold(session.target.key, SLUG, 9, "f", "dana", NOW)
        held = release(session, SLUG)
        assert held is not None
        assert held.version == 9
        assert release(session, SLUG) is None
        kinds = [entry.kind for entry in session.store.journal.entries()]
        assert sorted(kinds) == ["note cleared", "noted bad", "released"]


async def test_a_held_link_that_moves_is_told_once_and_can_be_released() -> None:
    rival = Rival()
    async with on_a_link(rival) as driver:
        app = driver.app
        now = history(SLUG).current

        async def hold(session: Session) -> None:
            key = session.target.key
            session.store.marks.hold(key, SLUG, 9, now.fingerprint, "dana", NOW)

        await app.desk.ask(hold)
        await app.desk.refresh()
        said: list[str] = []
        watch = HoldWatch(app.desk, said.append)
        await watch.look()
        assert said == []
        rival.moved = True
        await watch.look()
        await watch.look()
        assert said == [f"Watched: {SLUG} moved from v9 to v10 by kim"]
        app.main.links.show()
        row = app.main.links.table.row
        assert row is not None
        assert row.held
        await driver.keys("l")
        await driver.until(lambda: "is not watched any more" in driver.notice)
        await driver.until(lambda: app.desk.standing and not app.desk.standing.held)


@pytest.mark.parametrize("theme", ["dark", "light", "contrast", "terminal", "mono"])
async def test_every_theme_and_plain_letters_draw_the_screen(theme: str) -> None:
    app = frozen_console()
    app = Console(app.desk.engine, theme=theme, unicode=False, now=lambda: NOW)
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            driver = Driver(app, pilot)
            await driver.synced()
            await driver.until(lambda: "6 down" in health_text(driver), "the board")
            picture = app.export_screenshot()
            assert "spring-launch" in picture
            assert not set(picture) & set("●◐╭│─━▌")
    finally:
        app.desk.engine.stop()


async def test_what_opens_over_the_console_says_where_it_stands_and_leads_back() -> None:
    async with still() as driver:
        await driver.filter("slug:spring-launch", 1)
        await driver.seen("spring-launch")
        for key, name in (("question_mark", "Keys"), ("p", "Preview"), ("d", "Diff")):
            await driver.keys(key)
            await driver.until(lambda: isinstance(driver.app.screen, TextScreen), name)
            title = str(driver.app.screen.query_one(".dialog").border_title)
            assert title.startswith("slug:spring-launch → spring-launch"), title
            assert name in title
            await driver.keys("backspace")
            await driver.until(lambda: driver.app.screen is driver.app.main, "back")
        screen = await driver.picks("t")
        assert "slug:spring-launch" in str(screen.query_one("#pick").border_title)
