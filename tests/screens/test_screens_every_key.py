"""Every key that is bound, on every screen: nothing crashes, and nothing is written without confirmation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App

from screens.actions import ACTIONS
from screens.rollback.dialog import RollbackDialog
from tests.support.console_driver import Driver
from tests.support.frozen import FrozenPlatform, frozen_console

SLUG = "spring-launch"
ENDS = {"q", "ctrl+q", "ctrl+c"}
"""Keys that end the program where nothing is open; pressed in `test_screens_start`."""
WRITES = ("rollback", "put", "bulk_import", "check_health", "report", "preview")
"""What costs a write, or sends something."""


class Watchful(FrozenPlatform):
    """Counts what is sent to it."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        if name not in WRITES:
            raise AttributeError(name)

        async def refuse(*_: object, **__: object) -> None:
            self.sent.append(name)

        return refuse


OPENERS: dict[str, tuple[str, ...]] = {
    "links": ("1",),
    "timeline": ("2",),
    "health": ("3",),
    "filter": ("1", "slash"),
    "help": ("question_mark",),
    "diff": ("2", "d"),
    "preview": ("p",),
    "palette": ("ctrl+p",),
    "command": ("colon",),
    "hosts": ("t",),
    "views": ("S",),
    "mark-file": ("F",),
    "journal": ("J",),
    "note": ("n",),
    "rollback": ("r",),
    "report": ("E",),
    "export": ("e",),
    "export-history": ("X",),
    "import": ("i",),
    "rollback-all": ("R",),
    "repoint": ("D",),
    "runs": ("B",),
}
ON_MAIN = {"links", "timeline", "health", "filter"}


async def home(driver: Driver) -> None:
    """Back to the main screen, whatever is open, its filter closed."""
    app = driver.app
    for _ in range(12):
        if app.screen is app.main and not app.main.links.bar.display:
            return
        await driver.keys("escape")
        await driver.pilot.pause()
    raise AssertionError(f"escape leaves {app.screen} open")


async def opened(driver: Driver, name: str) -> None:
    await home(driver)
    await driver.keys(*OPENERS[name])
    app = driver.app
    if name in ON_MAIN:
        await driver.pilot.pause()
    else:
        await driver.until(lambda: app.screen is not app.main, name)
    screen = app.screen
    if isinstance(screen, RollbackDialog):
        await driver.until(lambda: not screen.deaf, "no longer deaf")


def bound(app: App[Any], name: str) -> list[str]:
    """The keys that do something where the focus is now; in the dialog that writes, the table's too."""
    keys = set(app.screen.active_bindings) | ({a.key for a in ACTIONS} if name == "rollback" else set())
    return sorted(key for key in keys if key not in ENDS)


@pytest.mark.parametrize("name", OPENERS)
async def test_every_key(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # exports go where the console stands
    platform = Watchful()
    app = frozen_console(platform)
    async with app.run_test(size=(120, 36)) as pilot:
        driver = Driver(app, pilot)
        await driver.synced()
        await driver.filter(f"slug:{SLUG}", 1)
        await driver.seen(SLUG)
        await opened(driver, name)
        keys = bound(app, name)
        kind = type(app.screen)
        for key in keys:
            if type(app.screen) is not kind or (name == "filter") != app.main.links.bar.display:
                await opened(driver, name)
            await driver.keys(key)
            assert app.return_code is None, f"{key} ended it"
        await home(driver)
        assert platform.sent == []
        assert app.main.said is not None
    assert len(keys) > 5
