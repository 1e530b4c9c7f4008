"""The console as it looks, on a platform and a clock that stand still.

After a wanted change: `.venv/bin/pytest -n0 tests/screens/test_screens_snapshots.py --snapshot-update`,
then look at every picture that changed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from console.domain.versions import Source
from screens.console.app import Console
from tests.support.console_driver import Driver
from tests.support.frozen import frozen_console

Compare = Callable[..., bool]
Before = Callable[[Driver], Awaitable[None]]


@pytest.fixture(autouse=True)
def _a_capable_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@contextmanager
def frozen(**settings: Any) -> Iterator[Console]:
    app = frozen_console(**settings)
    try:
        yield app
    finally:
        app.desk.engine.stop()


async def on_a_link(driver: Driver) -> None:
    """Two links marked, the cursor on another, all of it read."""
    await driver.synced()
    health = driver.app.main.health
    await driver.until(lambda: health.board is not None and health.board.outages, "the board")
    await driver.keys("space", "space", "down")
    timeline = driver.app.main.timeline
    await driver.until(lambda: timeline.slug == "spring-launch" and timeline.review is not None, "the link")
    await driver.until(
        lambda: timeline.review is not None and timeline.review.timeline.source is Source.PLATFORM, "all read"
    )


async def side_by_side(driver: Driver) -> None:
    await on_a_link(driver)
    await driver.seen("spring-launch")


async def on_the_timeline(driver: Driver) -> None:
    await on_a_link(driver)
    await driver.keys("enter")
    await driver.seen("spring-launch")


async def confirming(driver: Driver) -> None:
    await side_by_side(driver)
    await driver.ready(await driver.dialog())


async def not_reviewed(driver: Driver) -> None:
    await on_a_link(driver)
    dialog = await driver.dialog()
    await driver.until(lambda: dialog.draft.outcome is not None, "the refusal")


def before(app: Console, then: Before) -> Callable[[Pilot[int]], Awaitable[None]]:
    async def run(pilot: Pilot[int]) -> None:
        driver = Driver(app, pilot)
        await then(driver)
        await pilot.pause()

    return run


WIDE, NARROW = (120, 36), (80, 24)


@pytest.mark.parametrize(
    ("size", "then"),
    [
        pytest.param(WIDE, side_by_side, id="wide"),
        pytest.param(NARROW, on_a_link, id="narrow"),
        pytest.param(NARROW, on_the_timeline, id="narrow-timeline"),
        pytest.param(WIDE, confirming, id="rollback"),
        pytest.param(NARROW, not_reviewed, id="refused"),
    ],
)
def test_in_colour(snap_compare: Compare, size: tuple[int, int], then: Before) -> None:
    with frozen() as app:
        assert snap_compare(app, terminal_size=size, run_before=before(app, then))


@pytest.mark.parametrize(
    ("size", "then"),
    [pytest.param(WIDE, side_by_side, id="wide"), pytest.param(NARROW, on_a_link, id="narrow")],
)
def test_without_colours(
    snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], then: Before
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with frozen() as app:
        assert snap_compare(app, terminal_size=size, run_before=before(app, then))


def test_a_vast_terminal_shows_more_columns(snap_compare: Compare) -> None:
    with frozen() as app:
        assert snap_compare(app, terminal_size=(200, 60), run_before=before(app, side_by_side))
