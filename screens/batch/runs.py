"""The runs that there were, newest first; enter opens one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.binding import BindingType

from console.ops.batches import desk as core
from screens.actions import ActionState
from screens.batch import actions as keys
from screens.batch.base import BatchScreen
from screens.desk import Desk
from screens.present import batch as present
from screens.present.cells import Cell
from screens.themes import Look


class RunsScreen(BatchScreen[str]):
    """Gives the run that was chosen; empty when it was left."""

    ACTIONS = keys.LIST
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.LIST, "runs")

    def __init__(self, desk: Desk, state: Callable[[], ActionState]) -> None:
        super().__init__(desk, state)
        self.runs: tuple[core.RunLine, ...] | None = None

    def on_mount(self) -> None:
        """Read them."""
        super().on_mount()
        self.query_one("#batch-list-pane").border_title = "Runs"
        self.run_worker(self._read(), group="read", exclusive=True)

    async def _read(self) -> None:
        self.runs = await self.core(core.runs)
        if not self.stands:
            return
        self.show_list()
        if self.runs == ():
            self.say("There are no runs yet: mark links and roll them all back")

    def show_list(self, *, keep: bool = False) -> None:
        """All runs."""
        runs = self.runs or ()

        def paint(line: int, width: int, look: Look) -> list[Cell]:
            return present.run_cells(runs[line], width, look)

        self.list.show(len(runs), paint, present.run_head, keep=keep)
        self.draw()

    def why_not(self) -> Mapping[str, str]:
        """What cannot work."""
        return {} if self.runs else {"open": "There are no runs yet"}

    def table(self) -> Mapping[str, Callable[[], object]]:
        """Open one, or leave."""
        return {"open": self._open, "leave": lambda: self.dismiss("")}

    def _open(self) -> None:
        runs, at = self.runs or (), self.list.cursor
        self.dismiss(runs[at].run if at < len(runs) else "")
