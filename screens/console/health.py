"""The Health pane: a check as it runs, from here or from the platform, and outages by host from both."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from console.domain.health import HealthResult
from console.domain.outages import Outage
from console.domain.words import counted
from console.ops.health import outages
from console.ops.health.outages import Board
from console.ops.health.platform_check import check_from_platform
from console.ops.health.sweep import Chosen, check_chosen
from console.ops.session import Session
from screens.clicks import pane_tabs
from screens.desk import Desk
from screens.present.outages import healthy_line, outage_lines, sweep_line
from screens.themes import Look
from screens.widgets.outage_list import OutageList

_TELL_SECONDS: Final = 0.25
"""How often a running sweep is told to the screen."""
_READ_SECONDS: Final = 2.0
"""How often outages are clustered again while a check runs; less often where that takes long by itself."""
_READ_SHARE: Final = 0.05
"""How much of the time may go into that."""
_AGE_SECONDS: Final = 10.0
"""How often the ages of what was found are made true."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A check's progress. `rate` in links a second; `name` says who looks."""

    done: int
    total: int
    rate: float
    ended: bool = False
    paused: bool = False
    name: str = "Sweep"


class HealthPane(Vertical):
    """What is failing, where, since when."""

    @dataclass
    class Progressed(Message):
        """The sweep has come further."""

        sweep: Sweep
        epoch: int

    class Turned(Message):
        """A sweep has begun or ended: other keys work."""

    class Checked(Message):
        """A sweep has ended: what lists and timelines say of health may be another."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="health-pane", classes="pane")
        self.desk = desk
        self._pane = OutageList(id="health")
        self.board: Board | None = None
        self.sweep: Sweep | None = None
        self._read_at = 0.0
        self._read_pause = _READ_SECONDS

    def compose(self) -> ComposeResult:
        """The lines."""
        yield self._pane

    def on_mount(self) -> None:
        """Name the pane."""
        self.retitle()
        self._draw()
        self.set_interval(_AGE_SECONDS, self._draw)

    def retitle(self) -> None:
        """Name the pane in the frame, and the other panes where they do not show."""
        self.border_title = pane_tabs("Health", "", alone=self.screen.has_class("-stacked"))

    @property
    def sweeping(self) -> bool:
        """Whether a sweep is running."""
        return self.sweep is not None and not self.sweep.ended

    @property
    def outage(self) -> Outage | None:
        """The failing host under the cursor."""
        found = self.board.outages if self.board else ()
        return found[min(self._pane.cursor, len(found) - 1)] if found else None

    @property
    def failing(self) -> list[str]:
        """Every link that fails, of the largest outage first."""
        return [slug for outage in (self.board.outages if self.board else ()) for slug in outage.slugs]

    def refresh_board(self) -> None:
        """Cluster the newest results again."""
        self.run_worker(self._read(), group="board", exclusive=True)

    async def _read(self) -> None:
        began = self._read_at = monotonic()
        found = await self.desk.ask(outages.board)
        self._read_pause = max(_READ_SECONDS, (monotonic() - began) / _READ_SHARE)
        if found is not None and found.epoch == self.desk.epoch:
            host = self.outage.host if self.outage else ""
            self.board = found
            hosts = [outage.host for outage in found.outages]
            self._pane.cursor = hosts.index(host) if host in hosts else 0
            self._draw()
            self.post_message(self.Turned())

    def check(self, chosen: Chosen) -> None:
        """Look at the destinations of these links from here; another check replaces a running one."""
        self.run_worker(self._sweep(chosen), group="sweep", exclusive=True)

    def ask_platform(self, chosen: Chosen) -> None:
        """Have the platform look at these links. What it costs has been confirmed."""
        self.run_worker(self._platform(chosen), group="sweep", exclusive=True)

    async def _platform(self, chosen: Chosen) -> None:
        epoch = self.desk.epoch

        def told(done: int, total: int, *, ended: bool = False) -> None:
            self.post_message(self.Progressed(Sweep(done, total, 0.0, ended, name="Platform"), epoch))

        async def work(session: Session) -> list[HealthResult]:
            return await check_from_platform(session, chosen.names(session), told)

        told(0, len(chosen))
        done = 0
        try:
            found = await self.desk.ask(work, live=True)
            done = len(found or ())
        finally:
            told(done, done or len(chosen), ended=True)
            self.post_message(self.Checked())

    def stop_check(self) -> None:
        """End the running check; what was found stays."""
        self.workers.cancel_group(self, "sweep")

    def pause_check(self) -> None:
        """Ask nothing new for now; again, go on."""
        if self.sweep is None or not self.sweeping:
            return
        if self.sweep.name != "Sweep":
            self.desk.tell("pause: the platform's check goes on by itself; x ends the waiting for it")
        else:
            self.sweep = replace(self.sweep, paused=not self.sweep.paused)
            self._draw()
            self.run_worker(self.desk.ask(_pausing(self.sweep.paused)), group="pause")

    async def _sweep(self, chosen: Chosen) -> None:
        epoch = self.desk.epoch
        done, total, last, rate = 0, len(chosen), 0.0, 0.0

        def told(session: Session | None = None, *, ended: bool = False) -> HealthPane.Progressed:
            nonlocal rate
            stats = session.prober.stats if session is not None else None
            if stats is not None:
                rate = stats.rate or rate  # between two portions there is none
            paused = stats is not None and stats.paused
            return self.Progressed(Sweep(done, total, rate, ended, paused), epoch)

        async def work(session: Session) -> Sweep:
            nonlocal done, total, last
            session.prober.resume()
            async with aclosing(check_chosen(session, chosen)) as results:
                async for _ in results:
                    done += 1
                    if monotonic() - last > _TELL_SECONDS:
                        last = monotonic()
                        self.post_message(told(session))
            total = done  # links that are gone meanwhile were not looked at
            return told(session, ended=True).sweep

        self.post_message(told())
        found: Sweep | None = None
        try:
            found = await self.desk.ask(work)
        finally:  # a stopped check has found something too
            self.post_message(self.Progressed(found or Sweep(done, total, 0.0, ended=True), epoch))
            self.post_message(self.Checked())

    def on_health_pane_progressed(self, event: HealthPane.Progressed) -> None:
        """Show how far it is."""
        event.stop()
        if event.epoch == self.desk.epoch:
            self.sweep = event.sweep
            self._draw()
            if monotonic() - self._read_at > self._read_pause and not event.sweep.ended:
                self.refresh_board()
            if event.sweep.ended or not event.sweep.done:
                self.post_message(self.Turned())

    def _draw(self) -> None:
        board = self.board
        down = len(board.outages) if board else 0
        self.border_subtitle = f"{counted(down, 'host')} failing" if down else ""
        self._pane.show(self._lines)
        self._pane.reveal()

    def _lines(self, width: int, look: Look) -> list[Text]:
        lines: list[Text] = []
        entries: list[range] = []
        board, now = self.board, self.desk.now()
        if (sweep := self.sweep) is not None:
            shown = sweep_line(
                sweep.done, sweep.total, sweep.rate, look, width,
                paused=sweep.paused, ended=sweep.ended, name=sweep.name,
            )  # fmt: skip
            lines.append(shown)
        if board is None or not (board.outages or board.links):
            lines.append(Text("Nothing is known of any destination yet: h checks from here", look.muted))
        else:
            for outage in board.outages:
                entries.append(range(len(lines), len(lines) + 2))
                lines += outage_lines(outage, board.samples.get(outage.host, ()), look, width, now)
            age = None if board.oldest is None else (now - board.oldest).total_seconds()
            lines.append(
                healthy_line(board.hosts, board.links, board.latencies, look, width, oldest_seconds=age)
            )
        self._pane.entries = entries
        return lines


def _pausing(paused: bool) -> Callable[[Session], Coroutine[Any, Any, None]]:
    async def work(session: Session) -> None:
        if paused:
            session.prober.pause()
        else:
            session.prober.resume()

    return work
