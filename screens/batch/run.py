"""The view of a run: counts that add up, wave, rate, writes, why it stopped, and what became of each item."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from rich.text import Text
from textual.binding import BindingType

from console.domain.batches import BatchWay
from console.domain.outcomes import Outcome
from console.domain.words import counted
from console.ops.batches import desk as core
from console.ops.batches.values import Hold, Options, Progress
from screens.actions import ActionState
from screens.batch import actions as keys
from screens.batch.base import BatchScreen
from screens.batch.confirm import BatchConfirm, ask_reasons
from screens.batch.plan import Asked
from screens.batch.runner import Runner
from screens.batch.shown import Shown
from screens.batch.when import ask_when
from screens.dialogs.ask_screen import AskScreen
from screens.present import batch as present
from screens.present.cells import Cell
from screens.present.words import duration
from screens.present.wrapping import wrap
from screens.themes import Look

_AGAIN: Final = frozenset({Outcome.FAILED, Outcome.REJECTED})
_LOOK_SECONDS: Final = 2.0
"""How often a run that another process performs is read again."""


@dataclass(frozen=True, slots=True)
class RunActs:
    """What the view of a run has the console do.

    Attributes:
        state: what decides which actions can work.
        open_plan: review a plan that follows from the run.
        left: the view of that run was left.
    """

    state: Callable[[], ActionState]
    open_plan: Callable[[Asked], None]
    left: Callable[[str], None]


class RunScreen(BatchScreen[None]):
    """One run. Leaving it changes nothing about the run, and says so."""

    ACTIONS = keys.RUN
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.RUN, "run")
    FACTS = "Run"

    def __init__(self, runner: Runner, run: str, shown: Shown | None, acts: RunActs) -> None:
        super().__init__(runner.desk, acts.state)
        self.runner, self._acts = runner, acts
        self.run_id = run
        self.shown = shown
        self.dirty = False
        self.hold: Hold | None = None
        self._numbers: list[int] = []

    def on_mount(self) -> None:
        """Read it, and follow it."""
        super().on_mount()
        self.runner.views.append(self)
        self.set_interval(0.25, self._catch_up)
        self.set_interval(_LOOK_SECONDS, self._look)
        if self.shown is None:
            self.run_worker(self.read(), group="read", exclusive=True)
        else:
            self.show_list()

    def on_unmount(self) -> None:
        """Nobody looks any more; the run goes on."""
        self.runner.views.remove(self)

    @property
    def going(self) -> bool:
        """Whether this console performs it."""
        return self.runner.going(self.run_id)

    async def read(self) -> None:
        """What the disk tells of it now."""
        found = await self.core(lambda s: core.report(s, self.run_id))
        if found is not None and self.stands:
            if self.shown is None:
                self.shown = Shown(found.plan)
            self.shown.take(found)
            self.show_list(keep=True)

    def _look(self) -> None:
        if self.shown is not None and self.shown.line is not None and self.shown.line.busy and not self.going:
            self.run_worker(self.read(), group="read", exclusive=True)

    def _catch_up(self) -> None:
        if self.dirty:
            self.dirty = False
            self.show_list(keep=True)

    # What is shown.

    def kinds(self) -> Sequence[tuple[str, int]]:
        """All items, and each outcome that there is."""
        shown = self.shown
        if shown is None:
            return ()
        counts = shown.counts
        return (
            ("all", len(shown.outcomes)),
            *((present.SHOWN_AS[o], counts[o]) for o in Outcome if counts.get(o)),
        )

    def show_list(self, *, keep: bool = False) -> None:
        """The items of the outcome that was chosen."""
        shown = self.shown
        if shown is None:
            return
        kinds = self.kinds()
        self.chosen = min(self.chosen, len(kinds) - 1)
        wanted = kinds[self.chosen][0]
        self._numbers = numbers = [
            at for at, o in enumerate(shown.outcomes) if not self.chosen or present.SHOWN_AS[o] == wanted
        ]

        def paint(line: int, width: int, look: Look) -> list[Cell]:
            at = numbers[line]
            return present.outcome_cells(
                shown.plan.items[at], shown.outcomes[at], shown.details[at], width, look
            )

        pane = self.query_one("#batch-list-pane")
        pane.border_title = f"Run {shown.run[:8]}  {shown.plan.phrase}"
        self.list.show(len(numbers), paint, present.outcome_head, keep=keep)
        self.draw()

    def facts(self, width: int, look: Look) -> Sequence[Text]:
        """How it stands: state, counts, wave, rate, time left, writes, why it stopped."""
        shown = self.shown
        if shown is None:
            return [Text("Reading the run", look.muted)]
        progress = shown.progress if self.going else None
        lines = [
            present.fact("where", present.place_cells(shown.plan, look), look, width),
            present.fact("reason", [(look.say(shown.plan.reason), look.text)], look, width),
            *present.way_fact(shown.plan, _way(shown, progress), look, width),
            present.fact("state", self._state(look), look, width),
            present.fact("items", present.counts_cells(shown.counts, len(shown.outcomes), look), look, width),
        ]
        total, done = len(shown.outcomes), len(shown.outcomes) - shown.waiting
        right = _pace(progress) if progress is not None else f"{done:,} of {total:,}"
        lines.append(present.fact("", present.bar_cells(done, total, right, look, width), look, width))
        writes: list[Cell] = [(f"{shown.spent:,}", look.strong), (" spent by this run", look.muted)]
        if progress is not None and progress.writes_left is not None:
            writes += [(f", it may spend {progress.writes_left:,} more today", look.muted)]
        lines.append(present.fact("writes", writes, look, width))
        if self.hold is not None and not self.going:
            lines += present.start_lines(self.hold, look, width)
        told = [shown.message] if shown.message and not self.going else []
        for words in (*told, *shown.notes):
            lines += [Text(row, look.text) for row in wrap(look.say(words), width)]
        return lines

    def _state(self, look: Look) -> list[Cell]:
        shown = self.shown
        progress = shown.progress if shown is not None and self.going else None
        if self.going:
            asked = self.runner.asked
            words = f"{asked}: what is under way ends first" if asked else _going(progress, self.desk.now())
            return [(words, look.focus)]
        line = shown.line if shown is not None else None
        if line is None:
            return [("not begun", look.slow)]
        return present.standing_cells(line, look)

    def detail(self) -> tuple[str, Callable[[int, Look], Sequence[Text]]] | None:
        """The item under the cursor, whole."""
        shown, at = self.shown, self.list.cursor
        if shown is None or at >= len(self._numbers):
            return None
        number = self._numbers[at]
        item, outcome, told = shown.plan.items[number], shown.outcomes[number], [shown.details[number]]
        return "Item", lambda width, look: present.detail_lines(item, outcome, told, look, width)

    # Keys.

    def why_not(self) -> Mapping[str, str]:
        """What cannot work as the run stands."""
        shown, own = self.shown, {}
        line = shown.line if shown is not None else None
        busy = self.going or (line is not None and line.busy)
        if not busy:
            own["run-pause"] = "It is not running"
        for name in ("run-resume", "run-when", "retry", "run-undo"):
            if busy:
                own[name] = "It is running: z pauses it"
            elif self.runner.busy:
                own[name] = "Another run is going on in this console"
        counts = shown.counts if shown is not None else {}
        if not counts.get(Outcome.SKIPPED):
            own["cancel"] = own["run-resume"] = own["run-when"] = "Nothing waits"
        elif line is None:
            own["cancel"] = own["run-resume"] = own["run-when"] = "It was not begun"
        if not any(counts.get(o) for o in _AGAIN):
            own.setdefault("retry", "Nothing failed")
        if not counts.get(Outcome.APPLIED):
            own.setdefault("run-undo", "It applied nothing")
        if self.going:
            own.pop("cancel", None)
        return own

    def table(self) -> Mapping[str, Callable[[], object]]:
        """What each action does."""
        return {
            "run-pause": lambda: self.runner.pause(self.run_id),
            "run-resume": lambda: self.run_worker(self._resume(), group="ask", exclusive=True),
            "run-when": lambda: self.run_worker(self._when(), group="ask", exclusive=True),
            "cancel": self._ask_cancel,
            "retry": self._retry,
            "run-undo": self._ask_undo,
            "leave": self._leave,
            **self.moves(),
        }

    async def _when(self) -> None:
        choice = await ask_when(self.app, self.core)
        if choice is not None:
            self.hold = choice.hold
            self.draw()

    async def _resume(self) -> None:
        shown, hold = self.shown, self.hold
        if shown is None:
            return
        waiting, plan = shown.waiting, shown.plan
        checks = await self.core(lambda s: core.checks_to_go_on(s, shown.run, hold))
        if checks is None:
            return
        reasons = await ask_reasons(self.app, checks)
        if reasons is None:
            self.say("Nothing was sent")
            return
        budget = self.desk.standing
        left, reserve = (budget.writes_left, budget.reserve) if budget is not None else (None, 0)
        asked = present.PlanShown(plan, None, left, reserve, overrides=reasons, hold=hold)
        dialog = BatchConfirm(
            f"Resume run {shown.run[:8]}",
            lambda width, look: [
                *present.question_lines(asked, look, width),
                present.fact("waiting", [(counted(waiting, "item"), look.strong)], look, width),
            ],
            core.resume_phrase(waiting),
            lambda typed: core.confirm_resume(waiting, typed),
        )
        typed = await self.app.push_screen_wait(dialog)
        if typed is None:
            self.say("Nothing was sent")
        else:
            self.hold = None
            self.runner.go_on(shown, waiting, typed, Options(hold=hold, overrides=reasons))
            self.draw()

    def _ask_cancel(self) -> None:
        waiting = self.shown.waiting if self.shown is not None else 0
        question = (
            f"{counted(waiting, 'item')} wait and are given up for good; what was sent stays. Type yes."
        )

        def answered(words: str | None) -> None:
            if (words or "").strip().lower() in {"yes", "y"}:
                self.runner.cancel(self.run_id)
            else:
                self.say("Not cancelled: the run is as it was")

        self.app.push_screen(AskScreen("Cancel the run", question), answered)

    def _retry(self) -> None:
        if self.shown is not None:
            run = self.shown.run
            asked = Asked(
                f"again what failed in run {run[:8]}", self.shown.plan.reason,
                lambda _, __: core.to_retry(run), rules=False, retries=run,
            )  # fmt: skip
            self._acts.open_plan(asked)

    def _ask_undo(self) -> None:
        run = self.shown.run if self.shown is not None else ""

        def answered(reason: str | None) -> None:
            if reason:
                asked = Asked(
                    f"undo run {run[:8]}", reason, lambda _, why: core.to_undo(run, why), rules=False
                )
                self._acts.open_plan(asked)

        self.app.push_screen(AskScreen("Undo the run", "Why is what it applied taken back?"), answered)

    def _leave(self) -> None:
        self._acts.left(self.run_id)
        self.dismiss(None)


def _way(shown: Shown, progress: Progress | None) -> str:
    if progress is not None:
        return progress.way
    return shown.line.way if shown.line is not None else ""


def _pace(progress: Progress) -> str:
    begun = "" if progress.hold else "beginning"
    rate = f"{progress.rate:.1f} a second" if progress.rate else begun
    left = "" if progress.seconds_left is None else f", {duration(progress.seconds_left)} left"
    return f"{progress.done:,} of {progress.total:,}  {rate}{left}"


def _going(progress: Progress | None, now: datetime) -> str:
    if progress is None:
        return "running"
    words = progress.state.value
    if (hold := progress.hold) is not None:
        left = duration((hold.until - now).total_seconds())
        return f"{words} {left} until {present.held_words(hold)}"
    if progress.wave and progress.way is BatchWay.IMPORT:
        words += f", request {progress.wave}"
    elif progress.wave:
        words += f", wave {progress.wave} of 3"
    if progress.waiting >= 1:
        words += f", waits {duration(progress.waiting)} as the platform asks"
    return words
