"""The console's app: opens the session on the core's thread, settles what was left open, and writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from textual import events
from textual.message import Message
from textual.widgets import Input

from console.domain.errors import RepointError
from console.domain.links import label
from console.domain.outcomes import Outcome
from console.domain.plans import Check, Plan, Result
from console.ops import recovery, rollback
from console.ops.engine import Engine
from console.ops.rollback import Confirmation
from console.ops.session import Session
from console.ops.sync import Progress, is_due, sync
from console.ops.verify import restored_health
from screens.console_acts import Acts
from screens.console_desk import Desk
from screens.console_main import MainScreen
from screens.hold_watch import HOLD_SECONDS, HoldWatch
from screens.present.words import count, health_of
from screens.rollback_dialog import Left, RollbackDialog
from screens.shell import Shell
from screens.themes import DEFAULT_THEME


class Console(Shell):
    """The console. `engine` is not started yet; it is stopped by whoever made it."""

    @dataclass
    class Performed(Message):
        """A rollback has come to its end."""

        plan: Plan
        outcome: Result | RepointError

    @dataclass
    class SyncProgress(Message):
        """A sync has come further."""

        progress: Progress
        epoch: int

    def __init__(
        self,
        engine: Engine,
        *,
        banner: str = "",
        theme: str = DEFAULT_THEME,
        unicode: bool | None = None,
        crashes: Path | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(theme=theme, unicode=unicode, now=now)
        self.title = "repoint"
        self.crash_folder = crashes
        self.desk = Desk(engine, now)
        self.main = MainScreen(self.desk, banner)
        self.acts = Acts(self.main, self.copy)
        self.performing = 0
        self._syncing = False
        self._holds = HoldWatch(self.desk, self.main.say)

    def on_mount(self) -> None:
        """Watch the terminal, show the screen, open the session."""
        super().on_mount()
        self.desk.tell = self.main.say
        self.desk.changed = self.main.refresh_lines
        self.push_screen(self.main)
        self.run_worker(self._open(), group="open")
        self.set_interval(HOLD_SECONDS, lambda: self._work(self._holds.look()))

    async def on_event(self, event: events.Event) -> None:
        """Begin the filter before the next key is handed on.

        A slow line delivers several keys at once. Handed to the list together with the slash, the words
        of a filter would be read as commands.
        """
        slash = isinstance(event, events.Key) and event.key == "slash"
        if slash and self.screen is self.main and not isinstance(self.focused, Input):
            self.main.links.start_filter()
            return
        await super().on_event(event)

    async def _open(self) -> None:
        """Open, show what the cache has, settle open writes, say who we are, then bring up to date."""
        try:
            await asyncio.wrap_future(self.desk.engine.start())
        except RepointError as error:
            self.desk.failed(error)
            return
        await self.desk.refresh()
        now = self.desk.standing
        if now is None:
            return
        if now.notice:
            self.main.say(now.notice)
        self.main.links.show()
        self.main.health.refresh_board()
        if now.offline:
            return
        if now.open_writes:
            await self._reconcile()
        await self._introduce()
        if await self.desk.ask(_due):
            await self._sync()

    async def _introduce(self) -> None:
        async def work(session: Session) -> None:
            await session.introduce()
            await session.read_meter()

        await self.desk.ask(work, live=True)
        await self.desk.refresh()

    async def _reconcile(self, *, show: bool = False) -> None:
        """Settle open writes; told in the notice line, or one by one where it was asked for."""
        settled = await self.desk.ask(recovery.reconcile)
        if settled:
            self.main.say("Found open writes. " + " ".join(each.sentence for each in settled))
            if show or len(settled) > 1:
                self.acts.settled(settled)
        await self.desk.refresh()
        self.main.timeline.reload()

    async def _sync(self) -> None:
        """Read every link; the list fills while it runs."""
        if self._syncing:
            self.main.say("sync: one is under way")
            return
        self._syncing = True
        epoch, first = self.desk.epoch, self.desk.standing is None or self.desk.standing.synced_at is None

        def tell(progress: Progress) -> None:
            self.post_message(self.SyncProgress(progress, epoch))

        try:
            synced = await self.desk.ask(lambda s: sync(s, tell), live=True)
        finally:
            self._syncing = False
        await self.desk.refresh()
        if synced is not None:
            words = f"{synced.new:,} new, {synced.changed:,} changed, {synced.removed:,} removed"
            self.main.say(f"Read {count(synced.total)} links: {words}")
            # The first sync lists links before their health is known; the worst come first only now.
            self.main.links.show(from_top=first and self.main.links.table.cursor == 0)
            self.main.health.refresh_board()

    def on_console_sync_progress(self, event: Console.SyncProgress) -> None:
        """Show how far a sync is; the first links show as soon as they are there."""
        if event.epoch != self.desk.epoch or not self._syncing:
            return
        self.main.say(f"Reading links: {count(event.progress.done)}")
        found = self.main.links.found
        if found is None or not found.count:
            self.main.links.show()

    # Actions of the table.

    def action_do(self, name: str) -> None:
        """Do what the main screen has found possible."""
        own: dict[str, Callable[[], None]] = {
            "rollback": self.open_rollback,
            "undo": lambda: self.open_rollback(undoes=self.main.timeline.undoable),
            "sync": lambda: self._work(self._sync()),
            "reconcile": lambda: self._work(self._reconcile(show=True)),
            "redraw": self.action_redraw,
            "quit": self._leave,
        }
        (own.get(name) or self.acts.table()[name])()

    def _work(self, work: Coroutine[None, None, None]) -> None:
        self.run_worker(work, group="work")

    def _leave(self) -> None:
        if self.performing:
            self.main.say("A rollback is under way: leave when its result is told")
            return
        self.exit(0)

    # Rolling back.

    def open_rollback(self, undoes: str | None = None) -> None:
        """Open the dialog over the panes."""
        review = self.main.timeline.review
        if review is None:
            self.main.say("roll back: the link's history has not been read yet")
            return
        self.push_screen(RollbackDialog(self.desk, review, self.perform, undoes=undoes), self._left)

    def _left(self, left: Left | None) -> None:
        if left is not None:
            self.main.say(left.sentence)

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
        if (dialog := self._dialog_of(event.plan)) is not None:
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

    def _dialog_of(self, plan: Plan) -> RollbackDialog | None:
        """The dialog of a plan, while it is open."""
        stack = self.screen_stack  # empty while the app is taken down
        found = stack[-1] if stack else None
        return found if isinstance(found, RollbackDialog) and found.draft.plan is plan else None

    async def _look_at_restored(self, plan: Plan, result: Result) -> None:
        """Whether the restored destination answers, said in the notice line and kept for the new version."""
        found = await self.desk.ask(lambda s: restored_health(s, plan, result), live=True)
        if found is not None:
            where = label(result.new_version)
            self.main.say(f"{result.slug} {where}: its destination is {health_of(found)}")
            if (dialog := self._dialog_of(plan)) is not None:
                dialog.ended(found)
            self.main.links.show()
            self.main.health.refresh_board()


async def _due(session: Session) -> bool:
    return is_due(session)
