"""The rollback dialog: choose, check, confirm, and the verified result. It decides nothing itself.

How it is confirmed: `screens.dialogs.confirming`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, Input

from console.domain.errors import Refused, RepointError
from console.domain.health import HealthResult
from console.domain.plans import Check, Plan, Result
from console.ops.checks import run_checks
from console.ops.health.watch import Watched, watch_plan
from console.ops.review import Review
from console.ops.rollback import Confirmation, confirm
from console.ops.session import Session
from screens.desk import Desk, pump
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.confirming import Confirming, PhraseInput
from screens.rollback import text
from screens.rollback.draft import Draft, told
from screens.widgets.one_line import OneLine
from screens.widgets.size_notice import too_small
from screens.widgets.text_pane import TextPane

__all__ = ["Left", "PhraseInput", "RollbackDialog"]

Perform = Callable[[Plan, Confirmation, tuple[Check, ...]], None]
Follow = Callable[[Session], AsyncIterator[Check | Watched]]


@dataclass(frozen=True, slots=True)
class Left:
    """How the dialog was left, in words, and what became of the link where something did."""

    sentence: str
    result: Result | None = None


class RollbackDialog(Confirming[Left]):
    """One rollback, or the undo of one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, priority=True),
        Binding("tab", "change('version')", "Other version", show=False, priority=True),
        Binding("ctrl+e", "change('reason')", "Reason", show=False, priority=True),
        Binding("p", "change('way')", "By PUT", show=False),
        Binding("down", "go('#phrase')", "To the words", show=False),
        Binding("up", "go('#cancel')", "To Cancel", show=False),
        Binding("pagedown", "scroll(1)", "Down", show=False),
        Binding("pageup", "scroll(-1)", "Up", show=False),
    ]

    @dataclass
    class Told(Message):
        """The core has found something about the plan in hand; of an older plan it is dropped."""

        turn: int
        what: Check | Watched

    def __init__(self, desk: Desk, review: Review, perform: Perform, *, undoes: str | None = None) -> None:
        super().__init__()
        self.desk = desk
        self.draft = Draft(review, undoes)
        self._perform = perform

    def compose(self) -> ComposeResult:
        """The text, the words, and the way out."""
        with Vertical(classes="dialog", id="rollback"):
            yield TextPane(id="rollback-text")
            yield OneLine(id="rollback-ask")
            with Horizontal(id="rollback-words"):
                yield Button("Cancel", id="cancel", compact=True)
                yield PhraseInput(id="phrase", compact=True, disabled=True, select_on_focus=False)

    def on_mount(self) -> None:
        """Start from Cancel, and look for the version to go back to."""
        self.opened()
        self._choose()

    @property
    def ready(self) -> bool:
        """Whether the words may be typed, and what they confirm can be read."""
        return self.draft.ready and not too_small(self.app.size.width, self.app.size.height)

    def say(self, sentence: str) -> None:
        """One line below the checks."""
        self.draft.said = sentence
        self._draw()

    # Choose and check.

    def _choose(self) -> None:
        self.workers.cancel_group(self, "follow")
        turn = self.draft.begin()
        self._draw()
        self.run_worker(self._make_plan(turn), group="plan", exclusive=True)

    async def _make_plan(self, turn: int) -> None:
        try:
            found = await self.desk.engine.call(self.draft.work())
        except RepointError as error:
            self.desk.failed(error)
            self.say(told(error))
            return
        if turn != self.draft.turn:
            return
        plan = self.draft.made(found)
        self._draw()
        if plan is not None:
            self.run_worker(self._follow(turn, lambda s: run_checks(s, plan)), group="follow")
            self.run_worker(self._follow(turn, lambda s: watch_plan(s, plan)), group="follow")

    async def _follow(self, turn: int, source: Follow) -> None:
        await self.desk.ask(lambda s: pump(source(s), lambda what: self.post_message(self.Told(turn, what))))

    def on_rollback_dialog_told(self, event: RollbackDialog.Told) -> None:
        """A check has ended, or the link was looked at again."""
        if event.turn == self.draft.turn:
            self.draft.heard(event.what)
            self._draw()

    # Confirm.

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter after the words."""
        event.stop()
        draft = self.draft
        plan, shown = draft.plan, draft.shown_at
        if self.deaf or plan is None or shown is None:
            return
        if draft.wants_reason:
            if event.value.strip():
                draft.override(event.value.strip())
                self.query_one(PhraseInput).value = ""
                self._draw()
            return
        if not self.ready:
            return
        try:
            words = confirm(plan, event.value, shown)
        except Refused as refused:
            self.say(f"{refused.title}. {refused.hint}")
            return
        draft.sending, draft.said = True, ""
        self.workers.cancel_group(self, "follow")
        self._draw()
        self._perform(plan, words, draft.in_order)

    def ended(self, outcome: Result | RepointError | HealthResult) -> None:
        """What became of it, and of the destination that it restored."""
        self.draft.ended(outcome)
        self._draw()

    def action_leave(self) -> None:
        """Leave with a sentence that says what was sent."""
        self.dismiss(Left(self.draft.left(), self.draft.outcome))

    def action_change(self, what: str) -> None:
        """Another version, reason or way: a new plan, checked anew."""
        if self.deaf:
            return
        if what == "reason" and self.draft.plan is not None and self.draft.open:
            question = "Why? The journal keeps it, and the platform is told."
            self.app.push_screen(AskScreen("Reason", question, self.draft.plan.reason), self._reasoned)
        elif self.draft.change(what):
            self._choose()

    def _reasoned(self, reason: str | None) -> None:
        if reason and self.draft.open:
            self.draft.own_reason = reason
            self._choose()

    def action_scroll(self, pages: int) -> None:
        """Scroll the text."""
        self.query_one(TextPane).action_scroll_pages(pages)

    def _draw(self) -> None:
        if not self.is_running:  # it was left while an answer was on its way
            return
        draft, ready = self.draft, self.ready
        frame, field = self.query_one("#rollback"), self.query_one(PhraseInput)
        frame.border_title = text.title(draft, ready=ready)
        frame.border_subtitle = text.keys(draft)
        self.query_one("#cancel", Button).label = "Close" if draft.outcome else "Cancel"
        field.display = draft.outcome is None
        open_now = ready or draft.wants_reason
        if field.disabled == open_now:
            field.disabled = not open_now
            field.value = ""
            if field.disabled:
                self.query_one("#cancel", Button).focus()
        now = self.desk.now()
        self.query_one(TextPane).show(lambda width, look: text.lines(draft, look, width, now))
        self.query_one("#rollback-ask", OneLine).show(
            lambda width, look: text.ask(draft, look, width, ready=ready)
        )
