"""One run at a time, performed whatever screen is open; leaving its view never ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Protocol

from textual.message import Message

from console.domain.errors import RepointError
from console.ops.batches import desk as core
from console.ops.batches.values import Control, Options, Progress, Report
from console.ops.session import Session
from screens.batch.shown import Shown
from screens.desk import Desk
from screens.shell import Shell


class RunView(Protocol):
    """What shows a run while somebody looks at it.

    Attributes:
        run_id: the run that it shows.
        dirty: it is to be drawn again.
    """

    run_id: str
    dirty: bool

    def say(self, sentence: str) -> None:
        """One sentence."""

    def failed(self, error: RepointError) -> None:
        """Why it ended."""

    def show_list(self, *, keep: bool = False) -> None:
        """Its items."""

    async def read(self) -> None:
        """Read it again."""


@dataclass(slots=True)
class Live:
    """The run that this console performs, or performed last. `spent`: its writes that are counted so far."""

    shown: Shown
    control: Control
    spent: int
    going: bool = True


class Runner:
    """Performs a run for the console and its views.

    Attributes:
        views: those that are open; each enters and leaves by itself.
    """

    @dataclass
    class Moved(Message):
        """The run has come further."""

        progress: Progress

    def __init__(
        self, app: Shell, desk: Desk, say: Callable[[str], None], changed: Callable[[], None]
    ) -> None:
        """`say`: where a result is told that nobody looks at; `changed`: links may have moved."""
        self._app, self.desk = app, desk
        self._say, self._changed = say, changed
        self.views: list[RunView] = []
        self.live: Live | None = None
        self.asked = ""

    @property
    def busy(self) -> bool:
        """Whether a run goes on here."""
        return self.live is not None and self.live.going

    def going(self, run: str) -> bool:
        """Whether this console performs it now."""
        return self.live is not None and self.live.going and self.live.shown.run == run

    def go_on(self, shown: Shown, waiting: int, typed: str, options: Options) -> None:
        """Go on with a run, after typed words."""
        control, run = self.begin(shown), shown.run
        self.perform(lambda s: core.go_on(s, run, waiting, typed, options, control=control, tell=self.tell))

    def pause(self, run: str) -> None:
        """Pause it, whoever performs it."""
        self.asked = "pausing" if self.going(run) else ""
        self._work(self.desk.ask(lambda s: core.pause(s, run, self._control(run))))

    def cancel(self, run: str) -> None:
        """Give up what waits."""
        self.asked = "cancelling" if self.going(run) else ""
        self._work(self._cancel(run))

    async def _cancel(self, run: str) -> None:
        found = await self.desk.ask(lambda s: core.cancel(s, run, self._control(run)))
        screen = self._view(run)
        if found is not None and screen is not None and not self.going(run):
            await screen.read()
            screen.say(found.message)

    def _control(self, run: str) -> Control | None:
        return self.live.control if self.live is not None and self.going(run) else None

    def begin(self, shown: Shown) -> Control:
        """It is this console's run from now on; its control."""
        control = Control()
        shown.message, shown.progress = "", None
        self.live, self.asked = Live(shown, control, shown.spent), ""
        self._app.performing += 1
        return control

    def perform(self, work: Callable[[Session], Coroutine[Any, Any, Report]]) -> None:
        """Have the core perform it."""
        self._app.run_worker(self._performed(work), group="batch", exclusive=False)

    async def _performed(self, work: Callable[[Session], Coroutine[Any, Any, Report]]) -> None:
        live = self.live
        assert live is not None
        sent = self.desk.engine.submit(work)
        error: RepointError | None = None
        try:
            live.shown.take(await asyncio.shield(asyncio.wrap_future(sent)))
        except RepointError as refused:
            error = refused
        finally:
            live.going = False
            self.asked = ""
            self._app.performing -= 1
        self._ended(live.shown, error)
        await self.desk.refresh()

    def _ended(self, shown: Shown, error: RepointError | None) -> None:
        screen = self._view(shown.run)
        if error is not None and screen is not None:
            screen.failed(error)
        elif error is not None:
            self.desk.failed(error)
        elif screen is None:
            state = shown.line.state.value if shown.line is not None else ""
            self._say(f"Run {shown.run[:8]} is {state}: {shown.message}. B shows it")
        if screen is not None:
            screen.show_list(keep=True)
        self._changed()

    def tell(self, progress: Progress) -> None:
        """Told by the core, on its own thread."""
        self._app.post_message(self.Moved(progress))

    def moved(self, progress: Progress) -> None:
        """Show how far it is."""
        if self.live is None or not self.going(progress.run):
            return
        self.live.shown.heard(progress)
        self._count(self.live, progress)
        if (screen := self._view(progress.run)) is not None:
            screen.dirty = True

    def _count(self, live: Live, progress: Progress) -> None:
        """The top line's writes left, while it goes on; how we stand is read again at its end."""
        more, live.spent = progress.writes_spent - live.spent, progress.writes_spent
        now = self.desk.standing
        if more > 0 and now is not None and now.writes_left is not None and progress.writes_left is not None:
            self.desk.standing = replace(now, writes_left=max(0, now.writes_left - more))

    def _view(self, run: str) -> RunView | None:
        return next((view for view in self.views if view.run_id == run), None)

    def _work(self, work: Coroutine[Any, Any, object]) -> None:
        self._app.run_worker(work, group="work")
