"""The plan review of a batch: what is planned, what is left out and why, the ways and their cost.

It decides nothing itself: the core plans, checks, confirms and sends (`console.ops.batches.desk`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from enum import Enum
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.message import Message

from console.domain.batches import BatchPlan, BatchWay, WayCost
from console.domain.errors import RepointError
from console.ops.batches import desk as core
from console.ops.batches.gates import confirm_batch
from console.ops.batches.values import Hold, Options
from console.ops.planning.plan import LOOKING, Step
from console.ops.planning.rules import LAST_HEALTHY, Rule
from screens.actions import ActionState
from screens.batch import actions as keys
from screens.batch.base import BatchScreen
from screens.batch.confirm import BatchConfirm, ask_reasons
from screens.batch.rule import ask_rule
from screens.batch.when import ask_when
from screens.desk import Desk
from screens.dialogs.ask_screen import AskScreen
from screens.present import batch as present
from screens.present.words import count
from screens.present.wrapping import wrap
from screens.themes import Look


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan is asked for.

    Attributes:
        title: for the frame; untrusted.
        reason: the first one; the operator may say another.
        make: the maker of a plan, for a rule and a reason.
        rules: whether the rule can be chosen.
        rule: what takes the place of the rule where it cannot be chosen: `host a.example to b.example`.
        retries: id of the run whose failed items these are.
        slugs: the links, where they are named; for the next start to plan them again.
        rewrite: kind, old and new of a find and replace; for the same.
        first: the rule to begin with.
    """

    title: str
    reason: str
    make: Callable[[Rule, str], core.Make]
    rules: bool = True
    rule: str = ""
    retries: str = ""
    slugs: tuple[str, ...] = ()
    rewrite: tuple[str, ...] = ()
    first: Rule = LAST_HEALTHY


@dataclass(frozen=True, slots=True)
class Agreed:
    """A plan that was confirmed, with the words as they were typed."""

    plan: BatchPlan
    typed: str
    options: Options
    retries: str


class Stage(Enum):
    """How far it is."""

    PLANNING = "planning"
    FAILED = "failed"
    REVIEW = "review"


@dataclass(slots=True)
class Draft:
    """What the screen shows.

    Attributes:
        turn: counts plans, so that what is told of an earlier one is dropped.
        named: the way that the operator chose; None: the one that is proposed.
        hold: what the run is to wait for.
    """

    reason: str
    stage: Stage = Stage.PLANNING
    turn: int = 0
    rule: Rule = LAST_HEALTHY
    step: Step | None = None
    found: core.Reviewed | None = None
    named: BatchWay | None = None
    hold: Hold | None = None

    @property
    def plan(self) -> BatchPlan | None:
        """The plan, once it is made."""
        return self.found.plan if self.found is not None else None

    @property
    def way(self) -> WayCost | None:
        """What the chosen way costs."""
        if self.plan is None:
            return None
        if self.named is None:
            return self.plan.proposed
        return next((w for w in self.plan.ways if w.way is self.named), None)

    def other_way(self) -> str:
        """Choose the next way; what speaks against it."""
        if self.plan is None:
            return ""
        ways = core.ways_to_name(self.plan)
        at = ways.index(self.named) if self.named in ways else -1
        self.named = ways[(at + 1) % len(ways)]
        return f"{self.way.way.value}: {self.way.why_not}" if self.way and self.way.why_not else ""


class BatchPlanScreen(BatchScreen[Agreed | None]):
    """One plan. Gives it with the typed words, or None when it was left."""

    ACTIONS = keys.PLAN
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.PLAN, "plan")
    FACTS = "Plan"

    @dataclass
    class Moved(Message):
        """Planning has come further; of an earlier plan it is dropped."""

        turn: int
        step: Step

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts."""
            return isinstance(message, BatchPlanScreen.Moved)

    def __init__(self, desk: Desk, state: Callable[[], ActionState], asked: Asked) -> None:
        super().__init__(desk, state)
        self.asked = asked
        self.draft = Draft(asked.reason, rule=asked.first)
        self._future: Future[core.Reviewed] | None = None

    def on_mount(self) -> None:
        """Plan at once."""
        super().on_mount()
        self.make_plan()

    # Planning.

    def make_plan(self) -> None:
        """Read every link, and plan."""
        draft = self.draft
        self._stop()
        draft.turn += 1
        draft.stage, draft.step, draft.found, draft.named = Stage.PLANNING, None, None, None
        self.chosen = 0
        self.show_list()
        self.run_worker(self._plan(draft.turn), group="plan", exclusive=False)

    async def _plan(self, turn: int) -> None:
        draft, asked = self.draft, self.asked
        make = asked.make(draft.rule, draft.reason)

        def told(step: Step) -> None:
            self.post_message(self.Moved(turn, step))

        self._future = future = self.desk.engine.submit(lambda s: core.reviewed(s, make, told))
        found: core.Reviewed | None = None
        try:
            found = await asyncio.shield(asyncio.wrap_future(future))
        except RepointError as error:
            self.failed(error)
        except asyncio.CancelledError:
            if not future.cancelled():
                future.cancel()
                raise
            if turn == draft.turn:
                self.said = "Stopped; nothing was planned and nothing was sent"
        if turn == draft.turn and self.stands:
            draft.found, draft.stage = found, Stage.REVIEW if found is not None else Stage.FAILED
            self.chosen = 1 if found is not None and not found.plan.items and found.plan.left_out else 0
            self.show_list()

    def _stop(self) -> None:
        if self._future is not None:
            self._future.cancel()

    def on_batch_plan_screen_moved(self, event: BatchPlanScreen.Moved) -> None:
        """Show how far it is."""
        if event.turn == self.draft.turn:
            self.draft.step = event.step
            self.draw()

    # What is shown.

    def kinds(self) -> Sequence[tuple[str, int]]:
        """Planned, and left out."""
        plan = self.draft.plan
        return (("planned", len(plan.items)), ("left out", len(plan.left_out))) if plan is not None else ()

    def show_list(self, *, keep: bool = False) -> None:
        """The planned items, or those left out."""
        plan, panel = self.draft.plan, self.query_one("#batch-list-pane")
        verb = "Find and replace" if self.asked.rule else "Roll back"
        panel.border_title = f"{verb}  {self.asked.title}".replace("[", r"\[")
        if plan is None:
            self.list.show(0, lambda *_: [], lambda *_: [])
        elif self.chosen == 0:
            items = plan.items
            self.list.show(
                len(items), lambda n, width, look: present.item_cells(items[n], width, look),
                present.item_head, keep=keep,
            )  # fmt: skip
        else:
            left = plan.left_out
            self.list.show(
                len(left), lambda n, width, look: present.left_cells(left[n], width, look),
                present.left_head, keep=keep,
            )  # fmt: skip
        self.draw()

    def facts(self, width: int, look: Look) -> Sequence[Text]:
        """The plan's facts, or how far planning is."""
        draft = self.draft
        if draft.found is None:
            return _going(draft, self.asked.rule or draft.rule.text, width, look)
        found = draft.found
        shown = present.PlanShown(
            found.plan, draft.way, found.left, found.reserve, found.checks, hold=draft.hold
        )
        return present.plan_lines(shown, look, width)

    def detail(self) -> tuple[str, Callable[[int, Look], Sequence[Text]]] | None:
        """The item under the cursor, whole."""
        plan, at = self.draft.plan, self.list.cursor
        if plan is None or at >= self.list.lines.count:
            return None
        if self.chosen == 0:
            item = plan.items[at]
            return "Item", lambda width, look: present.detail_lines(item, None, (), look, width)
        left = plan.left_out[at]
        return "Left out", lambda width, look: [
            Text(look.say(left.slug), look.strong),
            *(Text(row, look.text) for row in wrap(look.say(left.reason), width)),
        ]

    # Keys.

    def why_not(self) -> Mapping[str, str]:
        """What cannot work at this stage."""
        draft, own = self.draft, {}
        if draft.stage is Stage.PLANNING:
            own = dict.fromkeys(
                ("send", "rule", "way", "when", "reason", "again"), "It is being planned: x stops it"
            )
        else:
            own["halt"] = "Nothing is under way"
            if draft.plan is None or not draft.plan.items:
                own["send"] = own["when"] = "There is nothing to run"
            if draft.plan is None or len(core.ways_to_name(draft.plan)) < 2:
                own["way"] = "There is no other way"
            elif draft.way is None:
                own.setdefault("send", "No way fits and keeps the reserve: w names one")
        if not self.asked.rules:
            own["rule"] = "What is replaced is given" if self.asked.rule else "The versions are given"
        return own

    def table(self) -> Mapping[str, Callable[[], object]]:
        """What each action does."""
        return {
            "send": self.confirm,
            "rule": lambda: self.run_worker(self._other_rule(), group="rule", exclusive=True),
            "way": lambda: self.say(self.draft.other_way()),
            "when": lambda: self.run_worker(self._when(), group="when", exclusive=True),
            "reason": self._ask_reason,
            "again": self.make_plan,
            "halt": self._stop,
            "leave": self._leave,
            **self.moves(),
        }

    async def _other_rule(self) -> None:
        rule = await ask_rule(self.app, self.core)
        if rule is not None and rule != self.draft.rule:
            self.draft.rule = rule
            self.make_plan()

    async def _when(self) -> None:
        """When it starts, and what asks for a reason then."""
        draft = self.draft
        plan = draft.plan
        choice = await ask_when(self.app, self.core)
        if choice is None or plan is None:
            return
        draft.hold = choice.hold
        checks = await self.core(lambda s: core.checks_at(s, plan, choice.hold))
        if checks is not None and draft.found is not None:
            draft.found = replace(draft.found, checks=checks)
        self.draw()

    def _ask_reason(self) -> None:
        question = "Why? The journal keeps it, and the platform is told."
        self.app.push_screen(AskScreen("Reason", question, self.draft.reason), self._reasoned)

    def _reasoned(self, reason: str | None) -> None:
        draft = self.draft
        if reason:
            draft.reason = reason
            if draft.found is not None:
                plan = replace(draft.found.plan, reason=reason)
                draft.found = replace(draft.found, plan=plan)
        self.draw()

    def _leave(self) -> None:
        self._stop()
        self.draft.turn += 1
        self.dismiss(None)

    # Confirming.

    def confirm(self) -> None:
        """Ask for what is due: a reason for each check that blocks, then the typed words."""
        self.run_worker(self._confirm(), group="confirm", exclusive=True)

    async def _confirm(self) -> None:
        draft = self.draft
        plan = draft.plan
        if plan is None:
            return
        hold = draft.hold
        checks = await self.core(lambda s: core.checks_now(s, plan, hold))
        way, found = draft.way, draft.found
        if checks is None or found is None:
            return
        reasons = await ask_reasons(self.app, checks)
        if reasons is None:
            self.say("Nothing was sent")
            return
        shown = present.PlanShown(plan, way, found.left, found.reserve, checks, reasons, hold)
        dialog = BatchConfirm(
            "Batch  confirm",
            lambda width, look: present.question_lines(shown, look, width),
            plan.phrase,
            lambda typed: confirm_batch(plan, typed),
        )
        typed = await self.app.push_screen_wait(dialog)
        if typed is None:
            self.say("Nothing was sent")
            return
        options = Options(way=draft.named, hold=hold, overrides=reasons)
        self.dismiss(Agreed(plan, typed, options, self.asked.retries))


def _going(draft: Draft, rule: str, width: int, look: Look) -> Sequence[Text]:
    lines = [present.fact("rule", [(look.say(rule, 200), look.text)], look, width)]
    if draft.stage is Stage.PLANNING:
        step = draft.step
        word = "looking at destinations" if step is not None and step.what == LOOKING else "reading links"
        done, total = (step.done, step.total) if step is not None else (0, 0)
        right = f"{count(done)} of {count(total)}" if total else ""
        lines.append(present.fact("planning", [(word, look.focus)], look, width))
        lines.append(present.fact("", present.bar_cells(done, total, right, look, width), look, width))
    else:
        lines.append(present.fact("planned", [("nothing: y plans again", look.slow)], look, width))
    return lines
