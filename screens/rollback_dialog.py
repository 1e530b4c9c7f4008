"""The rollback dialog: choose, check, confirm, and the verified result. It decides nothing itself.

Focus starts on Cancel. Enter alone never confirms, pasted words do not count, and what is typed within
400 ms of opening is ignored (product.md, section 3, point 3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar, Final

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from console.domain.errors import Refused, RepointError
from console.domain.links import VersionId, label
from console.domain.moments import Moment
from console.domain.outages import kind_of
from console.domain.plans import Check, Plan, Result
from console.domain.versions import same_version
from console.ops.checks import in_order, run_checks
from console.ops.review import Review
from console.ops.rollback import Confirmation, Request, confirm, prepare, undo
from console.ops.session import Session
from console.ops.targets import last_healthy
from console.ops.watch import Watched, watch_plan
from screens.console_desk import Desk, pump
from screens.present.cells import clipped, joined
from screens.present.diff import unified
from screens.present.rollback import check_lines, headline, refusal_lines, result_lines
from screens.present.wrapping import wrap
from screens.themes import Look
from screens.widgets.one_line import OneLine
from screens.widgets.size_notice import too_small
from screens.widgets.text_pane import TextPane

DEAF_SECONDS: Final = 0.4
"""Keys this soon after opening are a held key or meant for what was there before."""
CHECKS: Final = 9
"""How many checks there are; confirming waits for all of them."""

Perform = Callable[[Plan, Confirmation, tuple[Check, ...]], None]


@dataclass(frozen=True, slots=True)
class Left:
    """How the dialog was left, in words, and what became of the link where something did."""

    sentence: str
    result: Result | None = None


class PhraseInput(Input):
    """Where the words are typed. Pasting is refused: the words are there to slow a tired hand down."""

    def on_key(self, event: events.Key) -> None:
        """Ignore a held key."""
        if isinstance(self.screen, RollbackDialog) and self.screen.deaf and event.key != "escape":
            event.prevent_default()
            event.stop()

    def on_paste(self, event: events.Paste) -> None:
        """Pasted words do not count."""
        event.prevent_default()
        event.stop()
        if isinstance(self.screen, RollbackDialog):
            self.screen.say("Pasted words do not count: type them")

    def action_paste(self) -> None:
        """The same for the key that pastes."""


class RollbackDialog(ModalScreen[Left]):
    """One rollback, or the undo of one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, priority=True),
        Binding("tab", "other_version", "Other version", show=False, priority=True),
        Binding("down", "to_words", "To the words", show=False),
        Binding("up", "to_cancel", "To Cancel", show=False),
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
        self.review = review
        self.plan: Plan | None = None
        self.checks: dict[str, Check] = {}
        self.outcome: Result | None = None
        self.sending = False
        self._perform = perform
        self._undoes = undoes
        self._opened = monotonic()
        self._turn = 0
        self._wanted: VersionId | None = None
        self._shown_at: Moment | None = None
        self._dead: Watched | None = None
        self._said = ""

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
        self._opened = monotonic()
        self.query_one("#cancel", Button).focus()
        self._choose()

    @property
    def deaf(self) -> bool:
        """Whether keys are still ignored."""
        return monotonic() - self._opened < DEAF_SECONDS

    @property
    def ready(self) -> bool:
        """Whether the words may be typed: every check has ended, none blocks, the link has not moved."""
        if too_small(self.app.size.width, self.app.size.height):
            return False
        ended = len(self.checks) >= CHECKS and not any(c.blocks for c in self.checks.values())
        return ended and self._dead is None and not self.sending and self.outcome is None

    @property
    def wants_reason(self) -> bool:
        """Whether all that blocks are checks that a reason lets pass."""
        blocking = [c for c in self.checks.values() if c.blocks]
        held_up = bool(blocking) and all(c.overridable for c in blocking) and len(self.checks) >= CHECKS
        return held_up and self._dead is None and not self.sending and self.outcome is None

    def say(self, sentence: str) -> None:
        """One line below the checks."""
        self._said = sentence
        self._draw()

    # Choose and check.

    def _choose(self) -> None:
        self._turn += 1
        self.plan, self.checks, self._dead, self._said = None, {}, None, ""
        self.workers.cancel_group(self, "checks")
        self.workers.cancel_group(self, "watch")
        self._draw()
        self.run_worker(self._make_plan(self._turn), group="plan", exclusive=True)

    async def _make_plan(self, turn: int) -> None:
        slug, review, wanted, undoes = self.review.reading.slug, self.review, self._wanted, self._undoes

        async def work(session: Session) -> Plan | Result:
            if undoes is not None and wanted is None:
                return await undo(session, undoes, "undo of the last rollback")
            if wanted is not None:
                return await prepare(session, Request(slug, wanted, _reason(review, wanted)))
            choice = await last_healthy(session, review)
            to = choice.version.version
            return await prepare(session, Request(slug, to, _reason(review, to)))

        try:
            made = await self.desk.engine.call(work)
        except RepointError as error:
            self.desk.failed(error)
            self.say(" ".join(p for p in (f"{error.title}.", error.detail, error.hint) if p))
            return
        if turn != self._turn:
            return
        if isinstance(made, Result):
            self.outcome = made
            self._draw()
            return
        self.plan, self._shown_at = made, made.made_at
        self._wanted = made.to.version
        self._draw()
        self.run_worker(self._check(turn, made), group="checks", exclusive=True)
        self.run_worker(self._watch(turn, made), group="watch", exclusive=True)

    async def _check(self, turn: int, plan: Plan) -> None:
        await self.desk.ask(
            lambda s: pump(run_checks(s, plan), lambda c: self.post_message(self.Told(turn, c)))
        )

    async def _watch(self, turn: int, plan: Plan) -> None:
        await self.desk.ask(
            lambda s: pump(watch_plan(s, plan), lambda w: self.post_message(self.Told(turn, w)))
        )

    def on_rollback_dialog_told(self, event: RollbackDialog.Told) -> None:
        """A check has ended, or the link was looked at again."""
        if event.turn != self._turn:
            return
        if isinstance(event.what, Check):
            self.checks[event.what.name] = event.what
        elif event.what.refusal is not None:
            if not self.sending and self.outcome is None:
                self._dead = event.what
        elif event.what.at is not None:
            self._shown_at = event.what.at
        self._draw()

    # Confirm.

    def on_key(self, event: events.Key) -> None:
        """What is typed while Cancel has the focus goes to the words; a held key goes nowhere."""
        if self.deaf:
            event.prevent_default()
            event.stop()
            return
        field = self.query_one(PhraseInput)
        begun = event.character != " " or field.value  # a blank on Cancel starts nothing
        if event.is_printable and event.character and begun and not field.disabled:
            event.stop()
            self.set_focus(field)
            field.insert_text_at_cursor(event.character)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter after the words."""
        event.stop()
        plan, shown = self.plan, self._shown_at
        if self.deaf or plan is None or shown is None:
            return
        if self.wants_reason:
            self._override(event.value.strip())
            return
        if not self.ready:
            return
        self._confirm(plan, shown, event.value)

    def _override(self, reason: str) -> None:
        """Let what blocks pass, for a reason that the journal keeps."""
        if reason:
            self.checks = {name: c.overridden(reason) if c.blocks else c for name, c in self.checks.items()}
            self.query_one(PhraseInput).value = ""
            self._draw()

    def _confirm(self, plan: Plan, shown: Moment, typed: str) -> None:
        try:
            words = confirm(plan, typed, shown)
        except Refused as refused:
            self.say(f"{refused.title}. {refused.hint}")
            return
        self.sending = True
        self.workers.cancel_group(self, "watch")
        self._draw()
        self._perform(plan, words, in_order(tuple(self.checks.values())))

    def ended(self, outcome: Result | RepointError) -> None:
        """What became of it."""
        self.sending = False
        if isinstance(outcome, Result):
            self.outcome = outcome
        else:
            self.say(" ".join(p for p in (f"{outcome.title}.", outcome.detail, outcome.hint) if p))
            self._turn += 1  # a plan is single use: nothing of it may be confirmed again
            self.checks = {}
        self._draw()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Cancel, or close."""
        event.stop()
        if not self.deaf:
            self.action_leave()

    def action_leave(self) -> None:
        """Leave with a sentence that says what was sent."""
        slug = self.review.reading.slug
        if self.outcome is not None:
            sentence = self.outcome.message or f"{slug}: {self.outcome.outcome.value}"
            self.dismiss(Left(sentence, self.outcome))
        elif self.sending:
            self.dismiss(Left(f"The rollback of {slug} goes on; its result is told here"))
        else:
            self.dismiss(Left(f"Left {slug} as it is: nothing was sent"))

    def action_other_version(self) -> None:
        """The next older version that visitors would notice; from the oldest back to the newest."""
        if self.sending or self.outcome is not None or self.deaf:
            return
        timeline, now = self.review.timeline, self._wanted
        names = [v.version for v in timeline.versions if not same_version(v.version, timeline.live)]
        if names:
            at = next((i for i, name in enumerate(names) if same_version(name, now)), -1)
            self._wanted = names[(at + 1) % len(names)]
            self._choose()

    def action_to_words(self) -> None:
        """To the field."""
        if not self.deaf:
            self.query_one(PhraseInput).focus()

    def action_to_cancel(self) -> None:
        """Back to Cancel."""
        self.query_one("#cancel", Button).focus()

    def action_scroll(self, pages: int) -> None:
        """Scroll the text."""
        self.query_one(TextPane).action_scroll_pages(pages)

    # What it shows.

    def _draw(self) -> None:
        if not self.is_running:  # it was left while an answer was on its way
            return
        frame, field = self.query_one("#rollback"), self.query_one(PhraseInput)
        name = "Undo" if self._undoes is not None else "Rollback"
        frame.border_title = f"{name}  {self._step()}"
        tail = "esc close" if self.outcome else "esc leave, sending goes on" if self.sending else ""
        frame.border_subtitle = tail or "tab other version   esc leave, nothing sent"
        self.query_one("#cancel", Button).label = "Close" if self.outcome else "Cancel"
        field.display = self.outcome is None
        open_now = self.ready or self.wants_reason
        if field.disabled == open_now:
            field.disabled = not open_now
            field.value = ""
            if field.disabled:
                self.query_one("#cancel", Button).focus()
        self.query_one(TextPane).show(self._lines)
        self.query_one("#rollback-ask", OneLine).show(self._ask)

    def _step(self) -> str:
        if self.outcome is not None:
            return "result"
        if self.sending:
            return "sending"
        return "1 of 3  choose" if self.plan is None else "3 of 3  confirm" if self.ready else "2 of 3  check"

    def _lines(self, width: int, look: Look) -> list[Text]:
        now, plan = self.desk.now(), self.plan
        if self.outcome is not None:
            return result_lines(self.outcome, look, width, now)
        if self._dead is not None and self._dead.refusal is not None:
            dead = Text("Confirming is off: the link has moved. Nothing was sent.", look.slow)
            return [dead, Text(), *refusal_lines(self._dead.refusal, look, width, now)]
        said = [Text(row, look.slow) for row in wrap(look.say(self._said), width)]
        if plan is None:
            return said or [Text("Looking for the version to go back to", look.muted)]
        lines = [headline(plan, look), Text(), *unified(plan.changes, look, width), Text()]
        lines += check_lines(in_order(tuple(self.checks.values())), look, width)
        if len(self.checks) < CHECKS:
            lines.append(Text(f"{look.glyphs.pending}  checking", look.faint))
        return lines

    def _ask(self, width: int, look: Look) -> Text:
        """The line above the words: always in view, whatever scrolls."""
        cells = [(" ", look.text)]
        if self.sending:
            cells = [("Sending, then reading back", look.focus)]
        elif self._said:
            cells = [(look.say(self._said), look.slow)]
        elif self.wants_reason:
            cells = [("Type why to go on although a check failed, then enter", look.slow)]
        elif self.ready and self.plan is not None:
            cells = [
                ("Type ", look.muted),
                (look.say(self.plan.phrase), look.strong),
                (" to roll back", look.muted),
            ]
        return joined(clipped(cells, width, look))


def _reason(review: Review, to: VersionId) -> str:
    """Why, in the words of what was found."""
    live = review.reading.live
    result = review.health.get(live)
    if result is not None and not result.verdict.healthy:
        return f"{label(live)} fails ({kind_of(result)}); back to {label(to)}"
    return f"back to {label(to)} from {label(live)}"
