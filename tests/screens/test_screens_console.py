"""The console against the practice platform, at both sizes."""

from __future__ import annotations

import pytest
from support.console_driver import console
from support.practice import Serve
from textual import events

from console.domain.outcomes import Outcome
from console.domain.versions import Source
from screens.dialogs import confirming
from screens.rollback.dialog import RollbackDialog

SIZES = [(80, 24), (120, 36)]


@pytest.mark.parametrize("size", SIZES)
async def test_list_filter_and_timeline(outage: Serve, size: tuple[int, int]) -> None:
    async with console(outage(), size) as driver:
        await driver.synced()
        assert driver.shown == 60
        assert driver.app.main.links.table.region.height > 10
        await driver.filter("slug:spring-launch", 1)
        await driver.keys("enter")
        await driver.seen("spring-launch")
        assert "v9" in driver.timeline_text
        assert "launch-old" in driver.timeline_text
        assert "seen by you" in driver.timeline_text


async def test_nothing_counts_as_seen_behind_another_pane(outage: Serve) -> None:
    async with console(outage(), (80, 24)) as driver:
        await driver.synced()
        await driver.filter("slug:spring-launch", 1)
        await driver.until(lambda: driver.app.main.timeline.review is not None)
        await driver.until(lambda: driver.app.main.timeline.review.timeline.source is Source.PLATFORM)
        await driver.pilot.pause(0.2)
        assert driver.app.main.timeline.view.lines.marks.seen is None
        dialog = await driver.dialog()
        await driver.until(lambda: dialog.draft.outcome is not None)
        assert "You have not reviewed" in driver.dialog_text


@pytest.mark.parametrize("size", SIZES)
async def test_a_rollback_by_typed_words_ends_verified(outage: Serve, size: tuple[int, int]) -> None:
    server = outage()
    async with console(server, size) as driver:
        await driver.synced()
        await driver.filter("slug:spring-launch", 1)
        await driver.keys("enter")
        await driver.seen("spring-launch")
        dialog = await driver.dialog()
        await driver.ready(dialog)
        assert dialog.draft.plan is not None
        assert dialog.draft.plan.phrase == "spring-launch v8"
        await driver.write("spring-launch v8")
        assert driver.phrase.value == "spring-launch v8"
        await driver.keys("enter")
        await driver.until(lambda: dialog.draft.outcome is not None, "the result")
        assert dialog.draft.outcome is not None
        assert dialog.draft.outcome.outcome is Outcome.APPLIED
        assert dialog.draft.outcome.verified
        assert "the platform shows it live" in driver.dialog_text
        assert server.platform.link("spring-launch")["version"] == 10
        await driver.keys("escape")
        await driver.until(lambda: not isinstance(driver.app.screen, RollbackDialog))
        await driver.until(lambda: driver.app.main.timeline.undoable is not None, "undo")
        undo = await driver.dialog("u")
        await driver.until(lambda: undo.draft.plan is not None, "the undo's plan")
        assert undo.draft.plan is not None
        assert undo.draft.plan.phrase == "spring-launch v9"
        await driver.until(lambda: undo.draft.wants_reason and not undo.deaf, "v9 still fails")
        await driver.write("drill")
        await driver.keys("enter")
        await driver.until(lambda: undo.ready, "the reason")
        assert driver.phrase.value == ""
        await driver.write("spring-launch v9")
        await driver.keys("enter")
        await driver.until(lambda: undo.draft.outcome is not None, "the undo")
        assert server.platform.link("spring-launch")["version"] == 11


async def test_enter_and_paste_never_confirm(outage: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = outage()
    monkeypatch.setattr(confirming, "DEAF_SECONDS", 3600.0)
    async with console(server) as driver:
        await driver.synced()
        await driver.filter("slug:spring-launch", 1)
        await driver.seen("spring-launch")
        dialog = await driver.dialog()
        await driver.keys("r", "enter")
        assert driver.app.screen is dialog
        assert driver.phrase.value == ""
        monkeypatch.setattr(confirming, "DEAF_SECONDS", 0.0)
        await driver.ready(dialog)
        await driver.keys("down")
        await driver.until(lambda: driver.phrase.has_focus)
        driver.phrase.post_message(events.Paste("spring-launch v8"))
        await driver.pilot.pause()
        assert driver.phrase.value == ""
        await driver.keys("enter")
        await driver.until(lambda: "That is not what has to be typed" in driver.dialog_text)
        assert not dialog.draft.sending
        await driver.keys("escape")
        await driver.until(lambda: "nothing was sent" in driver.notice)
        assert server.platform.link("spring-launch")["version"] == 9


async def test_a_link_that_moves_makes_confirming_dead(outage: Serve) -> None:
    server = outage()
    async with console(server) as driver:
        await driver.synced()
        await driver.filter("slug:spring-launch", 1)
        await driver.seen("spring-launch")
        dialog = await driver.dialog()
        await driver.ready(dialog)
        server.platform.edit("spring-launch", by="rival", title="moved")
        await driver.until(lambda: not dialog.ready, "the watch")
        assert driver.phrase.disabled
        assert "rival" in driver.dialog_text


async def test_a_platform_that_is_gone_is_told_and_writes_are_refused(outage: Serve) -> None:
    server = outage()
    async with console(server) as driver:
        await driver.synced()
        await driver.filter("slug:spring-launch", 1)
        await driver.seen("spring-launch")
        server.stop()
        await driver.keys("y")
        await driver.until(lambda: "Offline" in driver.banner, "the banner")
        assert driver.shown == 1
        await driver.keys("r")
        await driver.until(lambda: driver.notice.startswith("roll back: Offline"))


async def test_too_small_a_terminal_shows_only_that(outage: Serve) -> None:
    async with console(outage(), (20, 5)) as driver:
        await driver.until(lambda: driver.too_small)
        await driver.until(lambda: not driver.app.main.links.region, "the panes gone")


async def test_keys_typed_ahead_of_the_filter_are_the_filters(outage: Serve) -> None:
    async with console(outage()) as driver:
        await driver.synced()
        await driver.keys("slash", "h", "o")
        await driver.until(lambda: driver.app.main.links.query_one("FilterInput").value == "ho")


async def test_offline_shows_what_was_read_and_refuses_to_write(outage: Serve) -> None:
    server = outage()
    async with console(server) as driver:
        await driver.synced()
        await driver.filter("slug:spring-launch", 1)
        await driver.seen("spring-launch")
        await driver.keys("q")
    server.stop()
    async with console(server, offline=True) as driver:
        await driver.until(lambda: driver.shown == 60, "the list")
        await driver.until(lambda: "Offline" in driver.banner, "the banner")
        await driver.filter("slug:spring-launch", 1)
        await driver.until(lambda: "launch-old" in driver.timeline_text, "the cached history")
        await driver.keys("r")
        await driver.until(lambda: driver.notice.startswith("roll back: Offline"))
