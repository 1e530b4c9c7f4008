"""Without the platform: everything read stays, nothing is sent, and the console comes back by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from console.api.port import Identity
from console.domain.budget import Meter
from console.domain.errors import SignInNeeded, Unreachable
from console.domain.links import Link
from console.domain.target import Secret
from console.domain.versions import Timeline
from console.ops.connect import connect
from console.ops.engine import Engine
from console.ops.profiles.profile import Profile
from console.ops.sync import Progress
from screens.console import line_watch, upkeep
from screens.console.app import Console
from screens.console.health import HealthPane, Sweep
from tests.support.console_driver import Driver
from tests.support.frozen import NOW, FrozenPlatform, StillClock, frozen_console, history, links

SLUG = "spring-launch"


class Patchy(FrozenPlatform):
    """Can be cut off; meanwhile a colleague changes two links, makes one and deletes another."""

    def __init__(self) -> None:
        self.down = False
        self.moved = False
        self.asked = 0

    def _line(self) -> None:
        self.asked += 1
        if self.down:
            raise Unreachable("No answer from api.example", hint="Look at the network")

    async def whoami(self) -> Identity:
        self._line()
        return await super().whoami()

    async def meter(self) -> Meter | None:
        self._line()
        return await super().meter()

    async def links(self, _on_unread: object = None) -> AsyncIterator[list[Link]]:
        self._line()
        found = self._now
        if self.moved:
            moved = [replace(each, version=99, updated_at=NOW) for each in found[:2]]
            new = replace(found[3], slug="brand-new", link_id="lnk_99", updated_at=NOW - timedelta(seconds=1))
            found = [*moved, *found[3:], new]
        yield found

    @property
    def _now(self) -> list[Link]:
        """All at the version that `history` says is live: to read one changes nothing that was listed."""
        return [replace(each, version=9) for each in links()]

    async def link(self, slug: str) -> Link:
        self._line()
        return next(each for each in self._now if each.slug == slug)

    async def history(self, slug: str, *, limit: int | None = None) -> Timeline:
        self._line()
        return history(slug)


@asynccontextmanager
async def opened(platform: Patchy, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> AsyncIterator[Driver]:
    monkeypatch.setattr(upkeep, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(upkeep, "LONGEST_RETRY", 0.05)
    app = frozen_console(platform, **settings)
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            yield Driver(app, pilot)
    finally:
        app.desk.engine.stop()


async def test_a_lost_line_is_told_reading_goes_on_and_the_console_comes_back_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    platform = Patchy()
    async with opened(platform, monkeypatch) as driver:
        await driver.synced()
        await driver.filter(f"slug:{SLUG}", 1)
        await driver.seen(SLUG)
        platform.down = True
        await driver.keys("f")
        await driver.until(lambda: "Offline: No answer from api.example" in driver.banner)
        before = platform.asked
        await driver.until(lambda: platform.asked >= before + 3, "it tries again")
        for key, label in (("r", "roll back"), ("y", "sync"), ("f", "read again")):
            await driver.keys(key)
            await driver.until(
                lambda label=label: driver.notice == f"{label}: Offline: No answer from api.example"
            )
        assert "v9" in driver.timeline_text
        await driver.keys("backspace")
        await driver.until(lambda: driver.shown > 1, "the list works")
        platform.moved, platform.down = True, False
        await driver.until(lambda: driver.notice.startswith("Online again"), "back")
        assert driver.banner == ""
        assert " changed, 1 new, 1 removed" in driver.notice
        assert "summer-sale" in driver.notice
        assert "nothing" not in driver.notice.lower()


async def test_a_line_lost_while_nobody_asks_is_told_and_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_watch, "LINE_SECONDS", 0.02)
    platform = Patchy()
    async with opened(platform, monkeypatch) as driver:
        await driver.synced()
        before = platform.asked
        await driver.until(lambda: platform.asked > before, "it looks by itself")
        platform.down = True
        await driver.until(lambda: "Offline: No answer from api.example" in driver.banner, "told")
        platform.down = False
        await driver.until(lambda: driver.notice.startswith("Online again"), "back")


async def test_an_idle_console_asks_ever_more_seldom_and_not_while_the_line_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    platform = Patchy()
    async with opened(platform, monkeypatch) as driver:
        await driver.synced()
        watch = line_watch.LineWatch(driver.app.desk)
        turns = []
        for turn in range(1, 60):
            before = platform.asked
            await watch.look()
            if platform.asked > before:
                turns.append(turn)
        assert turns == [2, 4, 8, 16, 31, 46]
        driver.app.desk.answers()
        before = platform.asked
        await watch.look()
        assert platform.asked == before


async def test_a_start_without_a_network_shows_what_was_read_and_catches_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    platform = Patchy()
    async with opened(platform, monkeypatch) as driver:
        await driver.synced()
        await driver.filter(f"slug:{SLUG}", 1)
        await driver.seen(SLUG)
        await driver.keys("q")
    platform.down = True
    async with opened(platform, monkeypatch) as driver:
        await driver.until(lambda: "Offline" in driver.banner, "the banner")
        assert driver.shown == len(links())
        platform.down = False
        await driver.until(lambda: driver.notice.startswith("Online again"), "back")
        assert "Nothing has changed since" in driver.notice


async def test_a_token_that_cannot_be_had_leaves_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoToken:
        async def get(self) -> Secret | None:
            raise SignInNeeded("The token command failed", hint="Sign in again")

    async with opened(Patchy(), monkeypatch) as driver:
        await driver.synced()
        await driver.keys("q")
    profile = Profile(name="main", base_url="https://api.example", handle="acme", environment="production")
    with pytest.raises(SignInNeeded):
        await connect(profile, clock=StillClock(NOW), tokens=NoToken())
    engine = Engine(lambda: connect(profile, clock=StillClock(NOW), tokens=NoToken(), tolerant=True))
    app = Console(engine, now=lambda: NOW)
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: driver.shown == len(links()), "the list")
            await driver.until(lambda: "Offline: The token command failed" in driver.banner)
            assert not app.desk.retries, "a sign-in is not tried again and again"
            await driver.until(lambda: driver.notice.startswith("The token command failed"), "what to do")
            await driver.keys("r")
            await driver.until(lambda: driver.notice.startswith("roll back: Offline"))
    finally:
        engine.stop()


async def test_a_first_start_without_a_network_says_that_nothing_was_read_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    platform = Patchy()
    platform.down = True
    async with opened(platform, monkeypatch) as driver:
        await driver.until(lambda: "Offline" in driver.banner, "the banner")
        await driver.until(lambda: "nothing was read yet" in driver.banner)
        platform.down = False
        await driver.until(lambda: driver.shown == len(links()), "everything")
        await driver.until(lambda: driver.banner == "")


async def test_what_another_target_said_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(Patchy(), monkeypatch) as driver:
        await driver.synced()
        await driver.filter(f"slug:{SLUG}", 1)
        await driver.seen(SLUG)
        app = driver.app
        timeline, before = app.main.timeline, driver.timeline_text
        review = timeline.review
        assert review is not None
        said = app.main.said
        late = app.desk.epoch + 1
        app.upkeep.syncing = True
        app.upkeep.told(upkeep.SyncProgress(Progress(7, None), late))
        timeline.review = None
        timeline._show(SLUG, late, review, None)
        app.main.health.on_health_pane_progressed(HealthPane.Progressed(Sweep(1, 2, 0.0), late))
        assert (app.main.said, timeline.review, app.main.health.sweep) == (said, None, None)
        assert driver.timeline_text == before
