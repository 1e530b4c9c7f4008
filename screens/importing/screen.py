"""The import screen: a file checked whole, its rows looked through, confirmed, sent, and what became of them.

It decides nothing itself: the core checks, compares, confirms and sends (`console.ops.importing.desk`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from console.domain.versions import Change
from console.ops.importing import desk as core
from screens.actions import ActionState
from screens.desk import Desk
from screens.importing import actions as keys
from screens.importing import lines as import_lines
from screens.importing.acts import ImportActs
from screens.importing.base import ImportBase
from screens.importing.rows import FacetBar, RowList
from screens.importing.work import ImportWork
from screens.widgets.one_line import OneLine
from screens.widgets.size_notice import SizeNotice, too_small
from screens.widgets.text_pane import TextPane

WIDE = 110
"""Cells from which the rows and the side stand side by side."""


class ImportScreen(ImportBase):
    """One import. Gives a sentence that says what became of it."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings()
    CSS_PATH = "import.tcss"
    AUTO_FOCUS = None

    def __init__(self, desk: Desk, state: Callable[[], ActionState], sending: Callable[[bool], None]) -> None:
        """`state`: what decides which actions can work; `sending`: told when requests begin and end."""
        super().__init__(desk, state)
        self.work = ImportWork(self, sending)
        self.acts = ImportActs(self, self.work)
        self._told_before = desk.tell

    def compose(self) -> ComposeResult:
        """All lines and panes."""
        yield OneLine(id="import-top")
        with Container(id="import-body"):
            with Vertical(id="import-rows-pane", classes="pane"):
                yield FacetBar(id="import-facets")
                yield RowList(id="import-rows")
            with Vertical(id="import-columns-pane", classes="pane"):
                yield TextPane(id="import-columns")
            with Vertical(id="import-row-pane", classes="pane"):
                yield TextPane(id="import-row")
        yield OneLine(id="import-map")
        yield OneLine(id="import-cost")
        yield OneLine(id="import-notice")
        yield OneLine(id="import-keys")
        yield SizeNotice(id="import-too-small")

    def on_mount(self) -> None:
        """Ask for the file; what goes wrong meanwhile is told here."""
        self._told_before, self.desk.tell = self.desk.tell, self.say
        self.query_one("#import-columns-pane").border_title = "Columns"
        self.query_one("#import-row-pane").border_title = "Row"
        self.set_interval(1.0, self.draw)
        self.query_one(RowList).focus()
        self.draw()
        self.acts.ask_file()

    def on_resize(self) -> None:
        """Side by side or stacked, or nothing where nothing can be read."""
        size = self.app.size
        self.set_class(size.width >= WIDE, "-wide")
        small = too_small(size.width, size.height)
        self.set_class(small, "-tiny")
        self.query_one(SizeNotice).display = small

    def on_unmount(self) -> None:
        """Give the run's file back."""
        self.desk.tell = self._told_before
        self.job.close()

    def draw(self) -> None:
        """All lines as things stand now."""
        if self.stands:
            import_lines.draw(self)

    # Actions.

    def action_act(self, name: str) -> None:
        """Do an action of the table, or say why it cannot work now."""
        action, job = keys.BY_ID[name], self.job
        reason = keys.why_not_now(action, job.stage, self.state(), to_send=job.to_send, faulty=job.faulty)
        if reason is not None:
            self.say(f"{action.label}: {reason}")
            return
        self.said = ""
        self.acts.table()[name]()
        self.draw()

    def on_import_base_moved(self, event: ImportBase.Moved) -> None:
        """Show how far it is."""
        if event.turn == self.job.turn:
            if event.total:
                self.job.done, self.job.total = event.done, event.total
            else:
                self.job.done += event.done
            self.job.note = event.note
            self.job.spent = max(self.job.spent, event.spent)
            self.draw()

    def on_facet_bar_chosen(self, event: FacetBar.Chosen) -> None:
        """A kind was clicked."""
        event.stop()
        self.narrow(event.index)

    def on_row_list_rested(self, event: RowList.Rested) -> None:
        """The detail follows the cursor."""
        event.stop()
        self.run_worker(self._detail(), group="detail", exclusive=True)

    async def _detail(self) -> None:
        rows, checked = self.query_one(RowList), self.job.checked
        row, number = rows.row, rows.number
        changes: tuple[Change, ...] | None = ()
        if row is not None and number is not None and checked is not None and row.destination:
            changes = await self.desk.ask(lambda s: core.changes_of(s, checked, number))
        if self.stands:
            import_lines.show_detail(self.query_one("#import-row", TextPane), self.job, row, changes or ())
