"""Batches: what the keys about many links open: a plan, a run, the list of runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from console.domain.outages import Outage
from console.ops import batch_desk as core
from screens.actions import ActionState, Scope
from screens.batch_runner import Runner
from screens.console_desk import Desk
from screens.present.words import counted

if TYPE_CHECKING:
    from screens.batch_plan import Agreed, Asked
    from screens.console import Console


class Batches:
    """What the keys about many links do. One run at a time; leaving its view never ends it."""

    def __init__(self, app: Console) -> None:
        self._app = app
        self.runner = Runner(app)

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

        if self.runner.busy:
            self._app.main.say("roll back all: a run is going on; B shows it")
            return
        self._app.push_screen(BatchPlanScreen(self.desk, self.state, asked), self._agreed)

    def _agreed(self, agreed: Agreed | None) -> None:
        from screens.batch_run import Shown

        if agreed is None:
            return
        shown, plan = Shown(agreed.plan), agreed.plan
        control = self.runner.begin(shown)
        self.runner.perform(
            lambda s: core.run_plan(
                s,
                plan,
                agreed.typed,
                agreed.options,
                control=control,
                tell=self.runner.tell,
                retries=agreed.retries,
            )
        )
        self.open_run(shown.run)

    # Runs.

    def open_runs(self) -> None:
        """The list of runs; while one goes on here, its view."""
        from screens.batch_runs import RunsScreen

        live = self.runner.live
        if live is not None and live.going:
            self.open_run(live.shown.run)
            return
        self._app.push_screen(RunsScreen(self), lambda run: self.open_run(run) if run else None)

    def open_run(self, run: str) -> None:
        """Open the view of a run."""
        from screens.batch_run import RunScreen

        live = self.runner.live
        shown = live.shown if live is not None and live.shown.run == run else None
        self._app.push_screen(RunScreen(self, run, shown))

    def left(self, run: str) -> None:
        """Its view was left: say what happens now."""
        if self.runner.going(run):
            self._app.main.say(f"Run {run[:8]} goes on: B shows it, z there pauses it")

    async def waiting(self) -> str:
        """A run that was left unfinished, in a sentence; empty when there is none."""
        line = await self.desk.ask(core.unfinished)
        if line is None:
            return ""
        return f"Run {line.run[:8]} is unfinished: {line.waiting:,} of {line.total:,} items wait. B shows it"


def _of(outage: Outage) -> tuple[tuple[str, ...], str, str]:
    kinds = ", ".join(name for name, _ in outage.kinds.most_common(2))
    words = f"{counted(outage.count, 'link')} of {outage.host}"
    return tuple(outage.slugs), words, f"{outage.host} fails ({kinds}): back to the last healthy version"
