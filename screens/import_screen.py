"""The import screen: a file checked whole, its rows looked through, confirmed, sent, and what became of them.

It decides nothing itself: the core checks, compares, confirms and sends (`console.ops.importing_desk`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.message import Message
from textual.screen import Screen

from console.domain.errors import RepointError
from console.domain.versions import Change
from console.ops import importing_desk as core
from console.ops.session import Session
from screens import import_actions as keys
from screens import import_lines
from screens.actions import ActionState
from screens.ask_screen import AskScreen
from screens.console_desk import Desk
from screens.help_screen import TextScreen
from screens.import_actions import Stage
from screens.import_columns import ColumnScreen
from screens.import_confirm import Answer, ImportConfirm
from screens.import_files import FileScreen
from screens.import_job import Job
from screens.import_rows import FacetBar, RowList
from screens.widgets.one_line import OneLine
from screens.widgets.size_notice import SizeNotice, too_small
from screens.widgets.text_pane import TextPane

WIDE = 110
"""Cells from which the rows and the side stand side by side."""
T = TypeVar("T")
Work = Callable[[Session], Coroutine[Any, Any, T]]


class ImportScreen(Screen[str]):
    """One import. Gives a sentence that says what became of it."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings()
    CSS_PATH = "import.tcss"
    AUTO_FOCUS = None

    @dataclass
    class Moved(Message):
        """What is under way has come further; of something earlier it is dropped."""

        turn: int
        done: int
        total: int = 0
        note: str = ""

    def __init__(self, desk: Desk, state: Callable[[], ActionState], sending: Callable[[bool], None]) -> None:
        """`state`: what decides which actions can work; `sending`: told when requests begin and end."""
        super().__init__()
        self.desk = desk
        self.job = Job()
        self.said = ""
        self._state = state
        self._sending = sending
        self._future: Future[Any] | None = None
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
        self.act("file")

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

    @property
    def epoch(self) -> int:
        """Of the target that this import is for."""
        return self.desk.epoch

    def say(self, sentence: str) -> None:
        """One sentence; it stays until the next key that says something."""
        self.said = sentence
        self.draw()

    def draw(self) -> None:
        """All lines as things stand now."""
        if self.is_running and self.query_one_optional("#import-top") is not None:
            import_lines.draw(self, self._state())

    # Actions.

    def action_act(self, name: str) -> None:
        """Do an action of the table, or say why it cannot work now."""
        action, job = keys.BY_ID[name], self.job
        reason = keys.why_not_now(action, job.stage, self._state(), to_send=job.to_send, faulty=job.faulty)
        if reason is not None:
            self.say(f"{action.label}: {reason}")
            return
        self.said = ""
        self.act(name)
        self.draw()

    def act(self, name: str) -> None:
        """Do an action that was found possible."""
        acts: dict[str, Callable[[], object]] = {
            "send": self._confirm,
            "halt": self._stop,
            "columns": lambda: self.run_worker(self._columns(), group="columns", exclusive=True),
            "existing": self._other_policy,
            "look": lambda: self._begin(Stage.LOOKING, self._look()),
            "mend": self._ask_mend,
            "file": lambda: self.app.push_screen(
                FileScreen(self.desk, import_lines.folder(self.job)), self._chosen
            ),
            "next": lambda: self.narrow(self.job.chosen + 1),
            "previous": lambda: self.narrow(self.job.chosen - 1),
            "leave": lambda: self.run_worker(self._leave(), group="leave", exclusive=True),
            "help": lambda: self.app.push_screen(
                TextScreen("Keys", import_lines.help_of(self, self._state()))
            ),
        }
        acts[name]()

    def _ask_file(self) -> None:
        self.app.push_screen(FileScreen(self.desk, import_lines.folder(self.job)), self._chosen)

    def _help(self) -> None:
        self.app.push_screen(TextScreen("Keys", import_lines.help_of(self, self._state())))

    def _begin(self, stage: Stage, work: Coroutine[Any, Any, None]) -> None:
        self.job.begin(stage, self.desk.now())
        self.run_worker(work, group="import", exclusive=False)
        self.draw()

    def _chosen(self, path: Path | None) -> None:
        if path is not None:
            self._drop()
            self.job.choose(path)
            self._begin(Stage.CHECKING, self._check())
        elif self.job.stage is Stage.NO_FILE:
            self.dismiss("")

    def _drop(self) -> None:
        """What was reviewed is not to be sent: take it away before something else is checked."""
        checked, ended = self.job.checked, self.job.ended
        self.job.close()
        if checked is not None:
            self.desk.engine.submit(lambda s: core.leave_run(s, checked, ended))

    def _other_policy(self) -> None:
        self._drop()
        self.job.other_policy()
        self._begin(Stage.CHECKING, self._check())

    async def _columns(self) -> None:
        asked = self.job.asked
        if asked is None:
            return
        columns = await self.desk.ask(lambda s: core.columns_of(s, asked))
        if columns is not None:
            self.app.push_screen(ColumnScreen(columns), self._mapped)

    def _mapped(self, changed: dict[str, str] | None) -> None:
        if changed:
            self._drop()
            self.job.other_columns(changed)
            self._begin(Stage.CHECKING, self._check())

    # Checking, looking, sending: each on the core's thread, each told as it goes.

    async def _core(self, work: Work[T]) -> T | RepointError | None:
        """What the core made of it; None when it was stopped."""
        self._future = future = self.desk.engine.submit(work)
        try:
            return await asyncio.shield(asyncio.wrap_future(future))
        except RepointError as error:
            self.desk.failed(error)
            return error
        except asyncio.CancelledError:
            if future.cancelled():
                return None
            raise
        finally:
            self._future = None

    def _tell(self, turn: int) -> Callable[[int, int], object]:
        return lambda done, total: self.post_message(self.Moved(turn, done, total))

    async def _check(self) -> None:
        asked, turn = self.job.asked, self.job.turn
        assert asked is not None
        tell = self._tell(turn)
        found = await self._core(lambda s: core.check_file(s, asked, lambda rows: tell(rows, 0)))
        if isinstance(found, core.Checked):
            self.job.checked, self.job.stage = found, Stage.REVIEW
        else:
            self.job.stage = Stage.FAILED
            self.job.trouble, self.said = import_lines.trouble(found), ""
        self.show_rows()

    async def _look(self) -> None:
        checked, turn = self.job.checked, self.job.turn
        assert checked is not None
        tell = self._tell(turn)
        found = await self._core(lambda s: core.look_at(s, checked, tell))
        self.job.stage = Stage.REVIEW
        if isinstance(found, tuple):
            self.job.silent = found
            self.query_one(RowList).silent_now(self.job.silent_words())
            self.show_rows("silent" if found else "")
            self.say(import_lines.looked(found))
        self.draw()

    def _confirm(self) -> None:
        question, checked = self.job.question(self.desk.standing), self.job.checked
        if question is not None and checked is not None:
            self.app.push_screen(ImportConfirm(question, checked.phrase), self._confirmed)

    def _confirmed(self, answer: Answer | None) -> None:
        if answer is None:
            self.say("Nothing was sent")
        else:
            self._begin(Stage.SENDING, self._send(*answer))

    async def _send(self, typed: str, reason: str) -> None:
        job, checked, turn = self.job, self.job.checked, self.job.turn
        assert checked is not None
        job.total = checked.to_send
        job.close()
        job.follow = follow = core.Follow(
            settled=lambda rows: self.post_message(self.Moved(turn, rows)),
            pausing=lambda wait: self.post_message(self.Moved(turn, 0, 0, import_lines.pause(wait))),
        )
        self._sending(True)
        try:
            found = await self._core(lambda s: core.send_checked(s, checked, typed, follow, reason))
        finally:
            self._sending(False)
        if isinstance(found, core.Ended):
            job.ended, job.stage = found, Stage.ENDED
            self.said = import_lines.after(found, job.faulty)
        else:
            job.stage = Stage.REVIEW
            self.said = " ".join(import_lines.trouble(found))
        self.show_rows("rejected" if job.faulty else "")
        await self.desk.refresh()

    def on_import_screen_moved(self, event: ImportScreen.Moved) -> None:
        """Show how far it is."""
        if event.turn == self.job.turn:
            if event.total:
                self.job.done, self.job.total = event.done, event.total
            else:
                self.job.done += event.done
            self.job.note = event.note
            self.draw()

    def _stop(self) -> None:
        if self.job.stage is Stage.SENDING:
            self.job.follow.brake.pull()
            self.say("Stopping after the request that is out")
        elif self._future is not None:
            self._future.cancel()

    # Looking through the rows.

    def show_rows(self, keep: str = "") -> None:
        """Read the run's rows anew."""
        if not self.is_running:
            return
        numbers = self.desk.guarded(lambda: self.job.look_through(keep))
        self.query_one(FacetBar).show(self.job.facets, self.job.chosen)
        if numbers is not None:
            self.query_one(RowList).show_rows(self.job.reviewer, numbers)
        self.draw()

    def narrow(self, index: int) -> None:
        """Show the rows of another kind."""
        numbers = self.desk.guarded(lambda: self.job.narrow(index))
        if numbers is not None:
            self.query_one(FacetBar).show(self.job.facets, self.job.chosen)
            self.query_one(RowList).show_rows(self.job.reviewer, numbers)
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
        import_lines.show_detail(self.query_one("#import-row", TextPane), self.job, row, changes or ())

    # Rows to mend, and leaving.

    def _ask_mend(self) -> None:
        asked = self.job.asked
        assert asked is not None
        question = f"{self.job.faulty:,} rows, to be mended and imported. To which new file?"
        offered = str(asked.path.with_name(f"{asked.path.stem}-to-mend.csv"))
        self.app.push_screen(AskScreen("Save rows", question, offered), self._mend)

    def _mend(self, where: str | None) -> None:
        checked = self.job.checked
        if where is None or checked is None:
            return
        path = Path(where).expanduser()

        async def write() -> None:
            rows = await self.desk.ask(lambda s: core.write_mend(s, checked, path))
            if rows is not None:
                self.say(f"{rows:,} rows are in {path}")

        self.run_worker(write(), group="mend", exclusive=False)

    async def _leave(self) -> None:
        if self._future is not None:
            self._future.cancel()
        checked, ended = self.job.checked, self.job.ended
        self.job.close()
        if checked is not None:
            await self.desk.ask(lambda s: core.leave_run(s, checked, ended))
        self.dismiss(self.job.left())
