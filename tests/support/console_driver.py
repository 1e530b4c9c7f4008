"""The console as a test drives it: keys in, what is on screen out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.widgets import Input

from console.domain.target import Secret
from console.ops.connect import connect
from console.ops.engine import Engine
from console.ops.profiles.profile import Profile
from console.practice.server import PracticeServer
from screens.console.app import Console
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.pick_screen import PickScreen
from screens.rollback.dialog import PhraseInput, RollbackDialog
from screens.widgets.one_line import OneLine
from screens.widgets.size_notice import SizeNotice
from screens.widgets.text_pane import TextPane
from tests.support.frozen import frozen_console
from tests.support.waiting import PATIENCE


class OneToken:
    """A token that is at hand."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get(self) -> Secret:
        return Secret(self._token)


class Driver:
    """Page object over the running console."""

    def __init__(self, app: Console, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    async def until(self, what: Callable[[], object], why: str = "") -> None:
        """Wait until something is so."""
        end = time.monotonic() + PATIENCE
        while not what():
            if time.monotonic() > end:
                raise AssertionError(
                    f"never came: {why or what}; notice: {self.notice}; text: {self.dialog_text}"
                )
            await self.pilot.pause(0.02)

    async def keys(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        names = {" ": "space", "-": "minus", ":": "colon", ".": "full_stop"}
        await self.pilot.press(*(names.get(c, c) for c in text))

    async def filter(self, text: str, links: int) -> None:
        await self.keys("slash")
        await self.until(lambda: self.app.main.links.query_one("FilterInput").has_focus, "the filter")
        await self.write(text)
        await self.until(lambda: self.shown == links, f"{links} links")
        await self.keys("enter")
        await self.until(lambda: self.app.main.links.table.has_focus, "the list")

    async def synced(self) -> None:
        await self.until(lambda: self.notice.startswith("Read "), "the sync")

    async def seen(self, slug: str) -> None:
        """Wait until the link's live version counts as seen."""
        view = self.app.main.timeline.view
        await self.until(
            lambda: self.app.main.timeline.slug == slug and view.lines.marks.seen is not None, f"{slug} seen"
        )

    async def dialog(self, key: str = "r") -> RollbackDialog:
        await self.keys(key)
        await self.until(lambda: isinstance(self.app.screen, RollbackDialog), "the dialog")
        assert isinstance(self.app.screen, RollbackDialog)
        return self.app.screen

    async def ready(self, dialog: RollbackDialog) -> None:
        await self.until(lambda: dialog.ready and not dialog.deaf, "every check")

    async def picks(self, key: str) -> PickScreen:
        """Open a list to choose from."""
        await self.keys(key)
        await self.until(lambda: isinstance(self.app.screen, PickScreen), "the list to choose from")
        assert isinstance(self.app.screen, PickScreen)
        return self.app.screen

    async def answer(self, words: str) -> None:
        """Answer a question in a line of words."""
        await self.until(lambda: isinstance(self.app.screen, AskScreen), "the question")
        self.app.screen.query_one(Input).value = words
        await self.keys("enter")

    @property
    def marked(self) -> list[str]:
        return sorted(self.app.main.links.table.marks)

    @property
    def shown(self) -> int:
        found = self.app.main.links.found
        return found.count if found else 0

    @property
    def notice(self) -> str:
        return self.app.main.said

    @property
    def banner(self) -> str:
        line = self.app.main.query_one("#banner", OneLine)
        return line.text if line.display else ""

    @property
    def timeline_text(self) -> str:
        view = self.app.main.timeline.view
        return "\n".join("".join(t for t, _ in view.lines.cells(i)) for i in range(view.lines.height))

    @property
    def dialog_text(self) -> str:
        screen = self.app.screen
        if not isinstance(screen, RollbackDialog):
            return ""
        ask = screen.query_one("#rollback-ask", OneLine)
        return "\n".join([*screen.query_one(TextPane).texts, ask.text])

    @property
    def phrase(self) -> PhraseInput:
        return self.app.screen.query_one(PhraseInput)

    @property
    def too_small(self) -> bool:
        return bool(self.app.main.query_one(SizeNotice).display)


def profile_of(server: PracticeServer, *, protected: bool = False) -> Profile:
    """A profile of the practice platform."""
    return Profile(
        name="practice",
        base_url=server.base_url,
        handle=server.handle,
        environment="practice",
        probe_allow_private=True,
        token_env="REPOINT_TOKEN",
        protected=protected,
    )


@asynccontextmanager
async def console(
    server: PracticeServer,
    size: tuple[int, int] = (120, 36),
    *,
    offline: bool = False,
    protected: bool = False,
) -> AsyncIterator[Driver]:
    """The console running against a practice platform."""
    profile, tokens = profile_of(server, protected=protected), OneToken(server.token)
    engine = Engine(lambda: connect(profile, offline=offline, tokens=tokens))
    app = Console(engine)
    try:
        async with app.run_test(size=size) as pilot:
            yield Driver(app, pilot)
    finally:
        engine.stop()


@asynccontextmanager
async def still(size: tuple[int, int] = (120, 36)) -> AsyncIterator[Driver]:
    """The console on data that never changes, with its list read."""
    app = frozen_console()
    try:
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, pilot)
            await driver.synced()
            yield driver
    finally:
        app.desk.engine.stop()
