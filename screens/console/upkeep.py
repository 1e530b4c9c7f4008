"""Opening, settling, signing in, reading all links; and coming back by itself after the platform was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from textual.message import Message

from console.domain.errors import RepointError
from console.domain.target import Role
from console.domain.words import counted
from console.ops import meter, recovery
from console.ops.browse import changed_since
from console.ops.session import Session
from console.ops.sync import Progress, Synced, is_due, sync
from screens.present.words import count, duration

if TYPE_CHECKING:
    from screens.console.host import Host

RETRY_SECONDS: Final = 5.0
"""Until the platform is tried again after it was lost; doubled at each failure."""
LONGEST_RETRY: Final = 60.0
_NAMED: Final = 3
"""Changed links that are named after a time away."""


@dataclass
class SyncProgress(Message):
    """A sync has come further."""

    progress: Progress
    epoch: int


@dataclass(frozen=True, slots=True)
class Others:
    """What the console's other parts do when it begins.

    Attributes:
        resume: go back to where the operator was.
        reports: the reports that wait, in a sentence.
        runs: the run that was left unfinished, in a sentence.
        show_settled: what became of open writes, one by one.
    """

    resume: Callable[[], Coroutine[None, None, None]]
    reports: Callable[[], Coroutine[None, None, str]]
    runs: Callable[[], Coroutine[None, None, str]]
    show_settled: Callable[[list[recovery.Settled]], None]


class Upkeep:
    """Keeps the session in step with the platform. Everything here reads; nothing writes."""

    def __init__(self, app: Host, others: Others) -> None:
        self._app, self._others = app, others
        self._desk, self._main = app.desk, app.main
        self.syncing = False
        self._wait = RETRY_SECONDS
        self._retrying = False
        self._since: float | None = None

    async def open(self) -> None:
        """Open the session, and begin."""
        try:
            await asyncio.wrap_future(self._desk.engine.start())
        except RepointError as error:
            self._desk.failed(error)
            return
        await self.begin()

    async def begin(self) -> None:
        """Show what the cache has, settle open writes, say who we are, then bring up to date."""
        desk, main = self._desk, self._main
        await desk.refresh()
        now = desk.standing
        if now is None:
            return
        if now.notice:
            main.say(now.notice)
        main.links.show()
        await self._others.resume()
        main.health.refresh_board()
        if now.offline:
            return
        if now.open_writes:
            await self.reconcile()
        await self.introduce()
        if await desk.ask(_due):
            await self.sync()
        if waiting := await self._others.reports():
            main.say(f"{main.said}. {waiting}".lstrip(". "))
        if unfinished := await self._others.runs():
            main.say(f"{unfinished}. {main.said}".rstrip(". "))

    async def introduce(self) -> None:
        """Say who we are, and read the day's writes."""
        await self._desk.ask(_introduce, live=True)
        await self._desk.refresh()

    async def reconcile(self, *, show: bool = False) -> None:
        """Settle open writes; told in the notice line, or one by one where it was asked for."""
        desk, main = self._desk, self._main
        settled = await desk.ask(recovery.reconcile)
        if settled:
            main.say("Found open writes. " + " ".join(each.sentence for each in settled))
            if show or len(settled) > 1:
                self._others.show_settled(settled)
        await desk.refresh()
        main.timeline.reload()

    async def sync(self) -> Synced | None:
        """Read every link; the list fills while it runs."""
        desk, main = self._desk, self._main
        if self.syncing:
            main.say("sync: one is under way")
            return None
        self.syncing = True
        epoch, first = desk.epoch, desk.standing is None or desk.standing.synced_at is None

        def tell(progress: Progress) -> None:
            self._app.post_message(SyncProgress(progress, epoch))

        try:
            synced = await desk.ask(lambda s: sync(s, tell), live=True)
        finally:
            self.syncing = False
        await desk.refresh()
        if synced is not None:
            words = f"{synced.new:,} new, {synced.changed:,} changed, {synced.removed:,} removed"
            trouble = f"{synced.trouble}. " if synced.trouble else ""  # first: a narrow line is cut
            main.say(f"{trouble}Read {count(synced.total)} links: {words}")
            # The first sync lists links before their health is known; the worst come first only now.
            main.links.show(from_top=first and main.links.table.cursor == 0 and not main.links.query_now.text)
            main.health.refresh_board()
        return synced

    def told(self, event: SyncProgress) -> None:
        """Show how far a sync is; the first links show as soon as they are there."""
        main = self._main
        if event.epoch != self._desk.epoch or not self.syncing:
            return
        main.say(f"Reading links: {count(event.progress.done)}")
        found = main.links.found
        if found is None or not found.count:
            main.links.show()

    # Away and back.

    def lost(self) -> None:
        """The platform is out of reach: try again by itself, ever more seldom."""
        standing = self._desk.standing
        if self._since is None and standing is not None:
            self._since = standing.synced_at
        if not self._retrying and self._desk.retries:
            self._retrying = True
            self._wait = RETRY_SECONDS
            self._app.set_timer(self._wait, self._again)

    def _again(self) -> None:
        self._work(self.try_again())

    async def try_again(self) -> None:
        """Ask the platform who we are; quiet where it does not answer, which the banner says already."""
        desk = self._desk
        if not desk.trouble:
            self._retrying = False
            return
        try:
            await desk.engine.call(_introduce)
        except RepointError as error:
            desk.still_lost(error)
            self._wait = min(self._wait * 2, LONGEST_RETRY)
            if desk.retries:
                self._app.set_timer(self._wait, self._again)
            else:
                self._retrying = False
            return
        self._retrying = False
        desk.answers()

    def returned(self, lost_at: datetime) -> None:
        """The platform answers again: settle, read what was missed, and say what has changed since."""
        self._work(self._catch_up(lost_at))

    async def _catch_up(self, lost_at: datetime) -> None:
        desk, main = self._desk, self._main
        since, self._since = self._since, None
        await desk.refresh()
        if desk.standing is not None and desk.standing.target.role is Role.UNKNOWN:
            await self.introduce()
        if desk.standing is not None and desk.standing.open_writes:
            await self.reconcile()
        synced = await self.sync()
        main.timeline.reload()
        if synced is None:
            return
        away = duration(max(0.0, (desk.now() - lost_at).total_seconds()))
        names = await desk.ask(lambda s: changed_since(s, since, _NAMED + 1)) if since else None
        trouble = f"{synced.trouble}. " if synced.trouble else ""
        main.say(f"{trouble}Online again after {away}. {_words(synced, names or [])}")

    def _work(self, work: Coroutine[None, None, None]) -> None:
        self._app.run_worker(work, group="work")


def _words(synced: Synced, names: list[str]) -> str:
    if not (synced.new or synced.changed or synced.removed):
        return "Nothing has changed since"
    parts = [f"{synced.changed:,} changed", f"{synced.new:,} new", f"{synced.removed:,} removed"]
    told = f"Since the last reading: {', '.join(p for p in parts if not p.startswith('0 '))}"
    if names:
        more = synced.changed + synced.new - len(names[:_NAMED])
        others = f" and {counted(more, 'other')}" if more > 0 else ""
        told += f" ({', '.join(names[:_NAMED])}{others})"
    return told


async def _due(session: Session) -> bool:
    return is_due(session)


async def _introduce(session: Session) -> None:
    await session.introduce()
    await meter.read(session)
