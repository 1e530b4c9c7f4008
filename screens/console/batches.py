"""Batches: what the keys about many links open: a plan, a run, the list of runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.domain.outages import Outage
from console.domain.urls import UrlProblem
from console.domain.words import counted
from console.ops.batches import desk as core
from console.ops.planning.preview import Preview
from console.ops.planning.rules import Rule, rule_of
from console.ops.resume import OpenPlan
from screens.actions import ActionState, Scope
from screens.batch.runner import Runner
from screens.desk import Desk

if TYPE_CHECKING:
    from screens.batch.plan import Agreed, Asked, BatchPlanScreen
    from screens.console.host import Host


@dataclass(frozen=True, slots=True)
class Meant:
    """The links that a key about many is about; none where nothing is marked, filtered or failing.

    Attributes:
        words: what they are; untrusted.
        reason: why they are rolled back, where that is known.
        host: where they all lead, where that is known.
    """

    slugs: tuple[str, ...] = ()
    words: str = ""
    reason: str = ""
    host: str = ""


class Batches:
    """What the keys about many links do. One run at a time; leaving its view never ends it."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self.runner = Runner(app, app.desk, app.main.say, self._moved)
        self._reviewing: BatchPlanScreen | None = None

    @property
    def desk(self) -> Desk:
        """The way to the core."""
        return self._app.desk

    def state(self) -> ActionState:
        """What decides which actions can work."""
        return self._app.main.state

    def table(self) -> dict[str, Callable[[], None]]:
        """What each action does."""
        return {"rollback-all": self.roll_back_all, "repoint": self.find_and_replace, "runs": self.open_runs}

    def _moved(self) -> None:
        """Links were changed: show them as they are now."""
        self._app.main.links.show()
        self._app.main.timeline.reload()

    # Plans.

    def roll_back_all(self) -> None:
        """Plan the rollback of what is meant: marked links, the outage under the cursor, or the filter."""
        from console.ops.batches.desk import to_roll_back
        from screens.batch.plan import Asked

        meant = self._meant()
        if not meant.slugs:
            self._app.main.say("roll back all: mark links, filter them, or stand on an outage in health")
            return
        slugs, reason = meant.slugs, meant.reason or f"{meant.words} back to an earlier version"
        self.open_plan(
            Asked(meant.words, reason, lambda rule, why: to_roll_back(slugs, rule, why), slugs=slugs)
        )

    def find_and_replace(self) -> None:
        """Ask for the words, then plan: of what is meant, or of all that lead to what is looked for."""
        from screens.batch.repoint_dialog import RepointDialog

        if self._going_on("find and replace"):
            return
        meant = self._meant()
        slugs = meant.slugs or None
        self._app.push_screen(
            RepointDialog(self.desk, meant.words or "all links", slugs, meant.host), self._rewritten
        )

    def _rewritten(self, found: Preview | None) -> None:
        from screens.batch.plan import Asked
        from screens.batch.repoint_dialog import reason_of

        if found is None:
            return
        rewrite, slugs = found.rewrite, found.slugs
        self.open_plan(
            Asked(
                counted(len(slugs), "link"), reason_of(found),
                lambda _, why: core.to_repoint(slugs, rewrite, why), rules=False, rule=rewrite.rule,
                slugs=slugs, rewrite=(rewrite.kind.value, rewrite.old, rewrite.new),
            )
        )  # fmt: skip

    def _meant(self) -> Meant:
        """The links that a key about many is about."""
        main = self._app.main
        marks, query = main.links.table.marks, main.links.query_now
        if len(marks):
            return Meant(tuple(sorted(marks)), counted(len(marks), "marked link"))
        if main.scope is Scope.HEALTH and main.health.outage is not None:
            return _of(main.health.outage)
        found = main.links.found
        if found is None or not query.terms:
            return Meant()
        words = f"{counted(found.count, 'link')} of {query.text}"
        hosts = [term.value for term in query.terms if term.field == "host" and not term.negated]
        host = hosts[0] if len(hosts) == 1 else ""
        return Meant(tuple(found.slugs(0, found.count)), words, host=host)

    def _going_on(self, what: str) -> bool:
        """Whether a run goes on here, so that no other may be begun; says so."""
        if self.runner.busy:
            self._app.main.say(f"{what}: a run is going on; B shows it")
        return self.runner.busy

    def open_plan(self, asked: Asked) -> None:
        """Open the plan review."""
        from screens.batch.plan import BatchPlanScreen

        if self._going_on("roll back all"):
            return
        self._reviewing = BatchPlanScreen(self.desk, self.state, asked)
        self._app.push_screen(self._reviewing, self._agreed)

    def reviewing(self) -> OpenPlan | None:
        """The plan that is being looked through; None while there is none."""
        screen = self._reviewing
        if screen is None:
            return None
        asked, draft = screen.asked, screen.draft
        return OpenPlan(asked.title, draft.reason, asked.slugs, draft.rule.text, asked.rewrite)

    def plan_again(self, kept: OpenPlan) -> None:
        """Plan anew what was being looked through: everything is read and checked as if it was asked now."""
        from screens.batch.plan import Asked

        try:
            rewrite = kept.rewritten
        except UrlProblem as problem:
            self._app.main.say(f"resume: {problem}")
            return
        slugs = kept.slugs

        def make(rule: Rule, why: str) -> core.Make:
            if rewrite is None:
                return core.to_roll_back(slugs, rule, why)
            return core.to_repoint(slugs, rewrite, why)

        self.open_plan(
            Asked(
                kept.title, kept.reason, make, rules=rewrite is None,
                rule=rewrite.rule if rewrite is not None else "", slugs=slugs, rewrite=kept.rewrite,
                first=rule_of(kept.rule),
            )
        )  # fmt: skip

    def _agreed(self, agreed: Agreed | None) -> None:
        from screens.batch.shown import Shown

        self._reviewing = None
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
        from screens.batch.runs import RunsScreen

        live = self.runner.live
        if live is not None and live.going:
            self.open_run(live.shown.run)
            return
        self._app.push_screen(
            RunsScreen(self.desk, self.state), lambda run: self.open_run(run) if run else None
        )

    def open_run(self, run: str) -> None:
        """Open the view of a run."""
        from screens.batch.run import RunActs, RunScreen

        live = self.runner.live
        shown = live.shown if live is not None and live.shown.run == run else None
        acts = RunActs(self.state, self.open_plan, self.left)
        self._app.push_screen(RunScreen(self.runner, run, shown, acts))

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


def _of(outage: Outage) -> Meant:
    kinds = ", ".join(name for name, _ in outage.kinds.most_common(2))
    words = f"{counted(outage.count, 'link')} of {outage.host}"
    reason = f"{outage.host} fails ({kinds}): back to the last healthy version"
    return Meant(tuple(outage.slugs), words, reason, outage.host)
