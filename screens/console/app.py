"""The console's app: opens the session on the core's thread, settles what was left open, and writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from console.domain.errors import RepointError
from console.domain.health import Verdict
from console.domain.links import VersionId, label
from console.domain.outcomes import Outcome
from console.domain.plans import Check, Plan, Result
from console.ops import rollback
from console.ops.browse import Standing
from console.ops.engine import Engine
from console.ops.rollback import Confirmation
from console.ops.verify import restored_health
from screens.batch.runner import Runner
from screens.console import line_watch
from screens.console.account import AccountActs
from screens.console.acts import Acts
from screens.console.batches import Batches
from screens.console.files import Files
from screens.console.hold_watch import HOLD_SECONDS, HoldWatch
from screens.console.host import Host
from screens.console.line_watch import LineWatch
from screens.console.main import MainScreen
from screens.console.report import Reports
from screens.console.resume import KEEP_SECONDS, Resume
from screens.console.upkeep import Others, SyncProgress, Upkeep
from screens.desk import Desk
from screens.dialogs.ask_screen import AskScreen
from screens.keymap import Keymap
from screens.present.words import health_of
from screens.rollback.dialog import RollbackDialog
from screens.themes import DEFAULT_THEME

_OF_A_TARGET: Final = ("open", "work", "report", "export")
"""Work of the app that belongs to one target. Nothing that sends is among it."""
_MAIN_AT: Final = 1
"""Where the main screen stands in the stack, above Textual's own."""


class Console(Host):
    """The console. `engine` is not started yet; it is stopped by whoever made it."""

    @dataclass
    class Performed(Message):
        """A rollback has come to its end."""

        plan: Plan
        outcome: Result | RepointError

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "note_anywhere", "Note", show=False, priority=True, id="console.note-anywhere")
    ]

    def __init__(
        self,
        engine: Engine,
        *,
        banner: str = "",
        theme: str = DEFAULT_THEME,
        unicode: bool | None = None,
        columns: tuple[str, ...] | None = None,
        crashes: Path | None = None,
        keymap: Keymap | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(theme=theme, unicode=unicode, now=now)
        self.title = "repoint"
        self.crash_folder = crashes
        self.account = AccountActs(self, self._occupied, self.change_target)
        desk = Desk(engine, now)
        self._stand(desk, MainScreen(desk, banner, keymap))
        self.main.links.table.choose(columns)

    def _stand(self, desk: Desk, main: MainScreen) -> None:
        """Make everything that belongs to one target."""
        self.desk, self.main = desk, main
        self.acts = Acts(self.main, self.copy, self.account.go)
        self.files = Files(self)
        self.reports = Reports(self)
        self.batches = Batches(self)
        self.resume = Resume(self.main, self._drafting, self.batches)
        others = Others(self.resume.look, self.reports.waiting, self.batches.waiting, self.acts.settled)
        self.upkeep = Upkeep(self, others)
        self._holds, self._line = HoldWatch(desk, self.main.say), LineWatch(desk)
        desk.tell = self.main.say
        desk.changed = self.main.refresh_lines
        desk.lost, desk.returned = self.upkeep.lost, self.upkeep.returned

    def on_mount(self) -> None:
        """Watch the terminal, show the screen, open the session."""
        super().on_mount()
        self.set_keymap(self.main.keymap.changed())
        self.push_screen(self.main)
        self.main.call_later(lambda: self.run_worker(self.upkeep.open(), group="open"))  # when it stands
        self.set_interval(KEEP_SECONDS, lambda: self._work(self.resume.keep()))
        self.set_interval(HOLD_SECONDS, lambda: self._work(self._holds.look()))
        self.set_interval(line_watch.LINE_SECONDS, lambda: self._work(self._line.look()))

    # Another target.

    async def change_target(self, engine: Engine, standing: Standing) -> None:
        """Leave this target with all that is open of it, and stand afresh on one that has answered."""
        old, left = self.desk, self.main
        await self.resume.keep(left=True)
        old.close()
        for group in _OF_A_TARGET:
            self.workers.cancel_group(self, group)
        desk = Desk(engine, old.now)
        desk.standing = standing
        self._stand(desk, MainScreen(desk, left.banner, left.keymap))
        self.main.links.table.choose(left.links.table.lines.chosen)
        while len(self.screen_stack) > _MAIN_AT + 1:
            await self.pop_screen()
        await self.switch_screen(self.main)
        await asyncio.to_thread(old.engine.stop)
        self.main.call_later(lambda: self.run_worker(self.upkeep.begin(), group="open"))

    async def on_event(self, event: events.Event) -> None:
        """Begin the filter before the next key is handed on.

        A slow line delivers several keys at once. Handed to the list together with the slash, the words
        of a filter would be read as commands.
        """
        slash = isinstance(event, events.Key) and event.key == self.main.keymap.key("filter")
        if slash and self.screen is self.main and not isinstance(self.focused, Input):
            self.acts.filter()
            return
        await super().on_event(event)

    def on_sync_progress(self, event: SyncProgress) -> None:
        """A sync has come further."""
        self.upkeep.told(event)

    # Actions of the table.

    def action_do(self, name: str) -> None:
        """Do what the main screen has found possible."""
        own: dict[str, Callable[[], None]] = {
            "rollback": self.open_rollback,
            "undo": lambda: self.open_rollback(undoes=self.main.timeline.undoable),
            "sync": lambda: self._work(self.upkeep.sync()),
            "reconcile": lambda: self._work(self.upkeep.reconcile(show=True)),
            "resume": self.resume.go,
            "redraw": self.action_redraw,
            "quit": self._leave,
            **self.files.table(),
            **self.reports.table(),
            **self.batches.table(),
            **self.account.table(),
        }
        (own.get(name) or self.acts.table()[name])()

    def action_note_anywhere(self) -> None:
        """A note over whatever is open, which stays as it is."""
        if not isinstance(self.screen, AskScreen):
            self.acts.record.note()

    def _work(self, work: Coroutine[None, None, object]) -> None:
        self.run_worker(work, group="work")

    def _leave(self) -> None:
        if self.performing:
            self.main.say(self._occupied())
            return
        self.resume.keep_at_the_end(left=True)
        self.exit(0)

    def _occupied(self) -> str:
        """What is under way that must not be cut off, and what to do about it; empty for nothing."""
        if self.batches.runner.busy:
            return "A run is going on: pause it first (B, then z)"
        if self.performing:
            return "Something is being sent: wait until its result is told"
        if self.main.health.sweeping:
            return f"A check is running: {self.main.keymap.label('stop')} stops it"
        return "An export is being written: wait for its end" if self.files.exporting else ""

    def leave(self, number: int) -> None:
        """A signal, or a lost line: where the operator was is kept for the next start."""
        self.resume.keep_at_the_end(left=False)
        super().leave(number)

    def on_files_written(self, event: Files.Written) -> None:
        """An export has come further."""
        self.files.written(event.links)

    def on_runner_moved(self, event: Runner.Moved) -> None:
        """A run has come further."""
        self.batches.runner.moved(event.progress)

    # Rolling back.

    def open_rollback(self, undoes: str | None = None) -> None:
        """Open the dialog over the panes."""
        review = self.main.timeline.review
        if review is None:
            self.main.say("roll back: the link's history has not been read yet")
            return
        dialog = RollbackDialog(self.desk, review, self.perform, undoes=undoes)
        if undoes is None:
            dialog.draft.wanted = self.resume.wanted(review.reading.slug)
        self.push_screen(dialog, lambda left: self.main.say(left.sentence) if left else None)

    def _drafting(self) -> tuple[str, VersionId | None]:
        """The link that a rollback is being prepared for, and the version it goes to."""
        for screen in self.screen_stack:
            if isinstance(screen, RollbackDialog) and screen.draft.open and screen.draft.undoes is None:
                return screen.draft.slug, screen.draft.wanted
        return "", None

    def perform(self, plan: Plan, words: Confirmation, checks: tuple[Check, ...]) -> None:
        """Send a confirmed plan. Leaving the dialog, or any other work, never cancels it."""
        self.performing += 1
        self.main.busy = "A rollback is under way"
        self.run_worker(self._perform(plan, words, checks), group="perform", exclusive=False)

    async def _perform(self, plan: Plan, words: Confirmation, checks: tuple[Check, ...]) -> None:
        sent = self.desk.engine.submit(lambda s: rollback.perform(s, plan, words, checks))
        outcome: Result | RepointError
        try:
            outcome = await asyncio.shield(asyncio.wrap_future(sent))
        except RepointError as error:
            outcome = error
        self.performing -= 1
        self.main.busy = ""
        self.post_message(self.Performed(plan, outcome))

    async def on_console_performed(self, event: Console.Performed) -> None:
        """Tell the result in the dialog, or in the notice line when it was left."""
        outcome = event.outcome
        if event.plan.target.epoch != self.desk.epoch:
            told = outcome.message if isinstance(outcome, Result) else outcome.title
            self.main.say(f"On {event.plan.target.environment}, which you left: {told}")
            return
        if (dialog := _dialog_of(self, event.plan)) is not None:
            dialog.ended(outcome)
        elif isinstance(outcome, RepointError):
            self.desk.failed(outcome)
        else:
            self.main.say(outcome.message or f"{outcome.slug}: {outcome.outcome.value}")
        if isinstance(outcome, Result) and outcome.outcome in {Outcome.APPLIED, Outcome.STALE, Outcome.NOOP}:
            self.main.links.show()
            if outcome.outcome is Outcome.APPLIED:
                self._work(self._look_at_restored(event.plan, outcome))
        self.main.timeline.reload()
        await self.desk.refresh()

    async def _look_at_restored(self, plan: Plan, result: Result) -> None:
        """Whether the restored destination answers, said in the notice line and kept for the new version."""
        found = await self.desk.ask(lambda s: restored_health(s, plan, result), live=True)
        if found is not None:
            where = label(result.new_version)
            timed = found.verdict is Verdict.OK and found.latency_ms is not None
            how = f"answers in {health_of(found)}" if timed else f"is {health_of(found)}"
            self.main.say(f"{result.slug} {where}: its destination {how}")
            if (dialog := _dialog_of(self, plan)) is not None:
                dialog.ended(found)
            self.main.links.show()
            self.main.health.refresh_board()


def _dialog_of(app: Console, plan: Plan) -> RollbackDialog | None:
    """The dialog of a plan, while it is open."""
    stack = app.screen_stack  # empty while the app is taken down
    found = stack[-1] if stack else None
    return found if isinstance(found, RollbackDialog) and found.draft.plan is plan else None
