"""The Health pane: a sweep from this machine as it runs, outages by host, and the second look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from console.ops import browse
from console.ops.browse import Board
from console.ops.session import Session
from console.ops.sweep import check_from_here, from_cache
from screens.console_desk import Desk
from screens.present.outages import healthy_line, outage_lines, second_look_line, sweep_line
from screens.present.words import counted, health_of
from screens.themes import Look
from screens.widgets.text_pane import TextPane

_TELL_SECONDS: Final = 0.25
"""How often a running sweep is told to the screen."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep's progress. `rate` in links a second."""

    done: int
    total: int
    rate: float
    ended: bool = False


class HealthPane(Vertical):
    """What is failing, where, since when."""

    @dataclass
    class Progressed(Message):
        """The sweep has come further."""

        sweep: Sweep
        epoch: int

    class Checked(Message):
        """A sweep has ended: what lists and timelines say of health may be another."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="health-pane", classes="pane")
        self.desk = desk
        self._pane = TextPane(id="health")
        self.board: Board | None = None
        self.sweep: Sweep | None = None

    def compose(self) -> ComposeResult:
        """The lines."""
        yield self._pane

    def on_mount(self) -> None:
        """Name the pane."""
        self.border_title = "Health"
        self._draw()

    @property
    def sweeping(self) -> bool:
        """Whether a sweep is running."""
        return self.sweep is not None and not self.sweep.ended

    def refresh_board(self) -> None:
        """Cluster the newest results again."""
        self.run_worker(self._read(), group="board", exclusive=True)

    async def _read(self) -> None:
        found = await self.desk.ask(browse.board)
        if found is not None and found.epoch == self.desk.epoch:
            self.board = found
            self._draw()

    def check(self, slugs: Sequence[str]) -> None:
        """Look at the destinations of these links from here; another check replaces a running one."""
        self.run_worker(self._sweep(list(slugs)), group="sweep", exclusive=True)

    async def _sweep(self, slugs: list[str]) -> None:
        epoch, started = self.desk.epoch, monotonic()
        last = 0.0
        done, total = 0, len(slugs)

        def now(*, ended: bool = False) -> HealthPane.Progressed:
            rate = done / max(monotonic() - started, 0.001)
            return self.Progressed(Sweep(done, total, rate, ended), epoch)

        async def work(session: Session) -> None:
            nonlocal done, total, last
            items = from_cache(session, slugs)
            total = len(items)
            async for _ in check_from_here(session, items):
                done += 1
                if monotonic() - last > _TELL_SECONDS:
                    last = monotonic()
                    self.post_message(now())

        self.post_message(now())
        await self.desk.ask(work)
        self.post_message(now(ended=True))
        self.post_message(self.Checked())

    def on_health_pane_progressed(self, event: HealthPane.Progressed) -> None:
        """Show how far it is."""
        event.stop()
        if event.epoch == self.desk.epoch:
            self.sweep = event.sweep
            self._draw()

    def _draw(self) -> None:
        board = self.board
        down = len(board.outages) if board else 0
        self.border_subtitle = f"{counted(down, 'host')} failing" if down else ""
        self._pane.show(self._lines)

    def _lines(self, width: int, look: Look) -> list[Text]:
        lines: list[Text] = []
        board, now = self.board, self.desk.now()
        if self.sweep is not None:
            lines += [sweep_line(self.sweep.done, self.sweep.total, self.sweep.rate, look, width), Text()]
        if board is None or not (board.outages or board.links):
            return [*lines, Text("Nothing is known of any destination yet: h checks from here", look.muted)]
        lines += outage_lines(board.outages, board.samples, look, width, now)
        lines.append(healthy_line(board.hosts, board.links, board.latencies, look, width))
        if board.looks:
            lines += [Text(), Text("Second look from this machine", look.muted)]
            lines += [
                second_look_line(each.host, health_of(each.here), each.difference, look, width)
                for each in board.looks
            ]
        return lines
