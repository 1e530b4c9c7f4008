"""Batches: opens plans, runs and the list of runs, and performs one run whatever screen is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.message import Message

from console.domain.errors import RepointError
from console.domain.outages import Outage
from console.ops import batch_desk as core
from console.ops.batch_values import Control, Options, Progress, Report
from console.ops.session import Session
from screens.actions import ActionState, Scope
from screens.console_desk import Desk
from screens.present.words import counted

if TYPE_CHECKING:
    from screens.batch_plan import Agreed, Asked
    from screens.batch_run import RunScreen, Shown
    from screens.console import Console


@dataclass(slots=True)
class Live:
    """The run that this console performs, or performed last."""

    shown: Shown
    control: Control
    going: bool = True


class Batches:
    """What the keys about many links do. One run at a time; leaving its view never ends it."""

    @dataclass
    class Moved(Message):
        """The run has come further."""

        progress: Progress

    def __init__(self, app: Console) -> None:
        self._app = app
        self.live: Live | None = None
        self.asked = ""

    @property
    def desk(self) -> Desk:
        """The way to the core."""
        return self._app.desk

    def state(self) -> ActionState:
        """What decides which actions can work."""
        return self._app.main.state

    def table(self) -> dict[str, Callable[[], None]]:
        """What each action does."""
        return {"rollback-all": self.roll_back_all, "runs": self.open_runs}

    # Plans.

    def roll_back_all(self) -> None:
        """Plan the rollback of what is meant: marked links, the outage under the cursor, or the filter."""
        from console.ops.batch_desk import to_roll_back
        from screens.batch_plan import Asked

        slugs, title, reason = self._meant()
        if not slugs:
            self._app.main.say(f"roll back all: {title}")
            return
        self.open_plan(Asked(title, reason, lambda rule, why: to_roll_back(slugs, rule, why)))

    def _meant(self) -> tuple[tuple[str, ...], str, str]:
        """Slugs, what they are in words, and the first reason."""
        main = self._app.main
        marks, query = main.links.table.marks, main.links.query_now
        if len(marks):
            words = counted(len(marks), "marked link")
            return tuple(sorted(marks)), words, f"{words} back to an earlier version"
        if main.scope is Scope.HEALTH and main.health.outage is not None:
            return _of(main.health.outage)
        found = main.links.found
        if found is None or not query.terms:
            return (), "mark links, filter them, or stand on an outage in health", ""
        words = f"{counted(found.count, 'link')} of {query.text}"
        return tuple(found.slugs(0, found.count)), words, f"{words} back to an earlier version"

    def open_plan(self, asked: Asked) -> None:
        """Open the plan review."""
        from screens.batch_plan import BatchPlanScreen

        if self.live is not None and self.live.going:
            self._app.main.say("roll back all: a run is going on; B shows it")
            return
        self._app.push_screen(BatchPlanScreen(self.desk, self.state, asked), self._agreed)

    def _agreed(self, agreed: Agreed | None) -> None:
        from screens.batch_run import Shown

        if agreed is None:
            return
        shown, plan = Shown(agreed.plan), agreed.plan
        control = self._begin(shown)
        self._perform(
            lambda s: core.run_plan(
                s,
                plan,
                agreed.typed,
                agreed.options,
                control=control,
                tell=self._tell,
                retries=agreed.retries,
            )
        )
        self.open_run(shown.run)

    # Runs.

    def open_runs(self) -> None:
        """The list of runs; while one goes on here, its view."""
        from screens.batch_runs import RunsScreen

        if self.live is not None and self.live.going:
            self.open_run(self.live.shown.run)
            return
        self._app.push_screen(RunsScreen(self), lambda run: self.open_run(run) if run else None)

    def open_run(self, run: str) -> None:
        """Open the view of a run."""
        from screens.batch_run import RunScreen

        live = self.live
        shown = live.shown if live is not None and live.shown.run == run else None
        self._app.push_screen(RunScreen(self, run, shown))

    def going(self, run: str) -> bool:
        """Whether this console performs it now."""
        return self.live is not None and self.live.going and self.live.shown.run == run

    def go_on(self, shown: Shown, waiting: int, typed: str, options: Options) -> None:
        """Go on with a run, after typed words."""
        control, run = self._begin(shown), shown.run
        self._perform(lambda s: core.go_on(s, run, waiting, typed, options, control=control, tell=self._tell))

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

    def left(self, run: str) -> None:
        """Its view was left: say what happens now."""
        if self.going(run):
            self._app.main.say(f"Run {run[:8]} goes on: B shows it, z there pauses it")

    async def waiting(self) -> str:
        """A run that was left unfinished, in a sentence; empty when there is none."""
        line = await self.desk.ask(core.unfinished)
        if line is None:
            return ""
        return f"Run {line.run[:8]} is unfinished: {line.waiting:,} of {line.total:,} items wait. B shows it"

    def _control(self, run: str) -> Control | None:
        return self.live.control if self.live is not None and self.going(run) else None

    def _begin(self, shown: Shown) -> Control:
        control = Control()
        shown.message, shown.progress = "", None
        self.live, self.asked = Live(shown, control), ""
        self._app.performing += 1
        return control

    def _perform(self, work: Callable[[Session], Coroutine[Any, Any, Report]]) -> None:
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
        main, screen = self._app.main, self._view(shown.run)
        if error is not None and screen is not None:
            screen.failed(error)
        elif error is not None:
            self.desk.failed(error)
        elif screen is None:
            state = shown.line.state.value if shown.line is not None else ""
            main.say(f"Run {shown.run[:8]} is {state}: {shown.message}. B shows it")
        if screen is not None:
            screen.show_list(keep=True)
        main.links.show()
        main.timeline.reload()

    def _tell(self, progress: Progress) -> None:
        self._app.post_message(self.Moved(progress))

    def moved(self, progress: Progress) -> None:
        """Show how far it is."""
        if self.live is None or not self.going(progress.run):
            return
        self.live.shown.heard(progress)
        if (screen := self._view(progress.run)) is not None:
            screen.dirty = True

    def _view(self, run: str) -> RunScreen | None:
        from screens.batch_run import RunScreen

        for screen in self._app.screen_stack:
            if isinstance(screen, RunScreen) and screen.run_id == run and screen.is_running:
                return screen
        return None

    def _work(self, work: Coroutine[Any, Any, object]) -> None:
        self._app.run_worker(work, group="work")


def _of(outage: Outage) -> tuple[tuple[str, ...], str, str]:
    kinds = ", ".join(name for name, _ in outage.kinds.most_common(2))
    words = f"{counted(outage.count, 'link')} of {outage.host}"
    return tuple(outage.slugs), words, f"{outage.host} fails ({kinds}): back to the last healthy version"
