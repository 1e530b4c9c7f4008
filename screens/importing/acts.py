"""What the keys of the import screen do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from console.domain.text import safe
from console.ops.importing import desk as core
from screens.dialogs.arm import arm_on
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.help_screen import TextScreen
from screens.importing import lines as import_lines
from screens.importing.actions import Stage
from screens.importing.base import ImportBase
from screens.importing.columns import ColumnScreen
from screens.importing.confirm import Answer, ImportConfirm
from screens.importing.files import FileScreen
from screens.importing.work import ImportWork


class ImportActs:
    """The actions of one import screen."""

    def __init__(self, screen: ImportBase, work: ImportWork) -> None:
        self.screen, self.work = screen, work
        self.desk = screen.desk

    def table(self) -> dict[str, Callable[[], object]]:
        """What each action of the table does."""
        screen = self.screen
        return {
            "send": self.confirm,
            "arm": lambda: arm_on(screen, self.desk, screen.say),
            "halt": self.work.stop,
            "columns": lambda: screen.run_worker(self._columns(), group="columns", exclusive=True),
            "existing": self.other_policy,
            "look": self.work.look,
            "mend": self.ask_mend,
            "file": self.ask_file,
            "next": lambda: screen.narrow(screen.job.chosen + 1),
            "previous": lambda: screen.narrow(screen.job.chosen - 1),
            "leave": lambda: screen.run_worker(self._leave(), group="leave", exclusive=True),
            "help": self.help,
        }

    def ask_file(self) -> None:
        """Choose a file."""
        chooser = FileScreen(self.desk, import_lines.folder(self.screen.job))
        self.screen.app.push_screen(chooser, self._chosen)

    def _chosen(self, path: Path | None) -> None:
        if path is not None:
            self.work.drop()
            self.screen.job.choose(path)
            self.work.check()
        elif self.screen.job.stage is Stage.NO_FILE:
            self.screen.dismiss("")

    def other_policy(self) -> None:
        """The next way to treat slugs that exist."""
        self.work.drop()
        self.screen.job.other_policy()
        self.work.check()

    async def _columns(self) -> None:
        asked = self.screen.job.asked
        if asked is None:
            return
        columns = await self.desk.ask(lambda s: core.columns_of(s, asked))
        if columns is not None:
            self.screen.app.push_screen(ColumnScreen(columns), self._mapped)

    def _mapped(self, changed: dict[str, str] | None) -> None:
        if changed:
            self.work.drop()
            self.screen.job.other_columns(changed)
            self.work.check()

    def confirm(self) -> None:
        """Ask for the typed words."""
        job = self.screen.job
        question = job.question(self.desk.standing)
        if question is not None and job.checked is not None:
            self.screen.app.push_screen(ImportConfirm(question, job.checked.phrase), self._confirmed)

    def _confirmed(self, answer: Answer | None) -> None:
        if answer is None:
            self.screen.say("Nothing was sent")
        else:
            self.work.send(*answer)

    def ask_mend(self) -> None:
        """Ask where the rows with faults go."""
        asked = self.screen.job.asked
        assert asked is not None
        question = f"{self.screen.job.faulty:,} rows, to be mended and imported. To which new file?"
        offered = str(asked.path.with_name(f"{asked.path.stem}-to-mend.csv"))
        self.screen.app.push_screen(AskScreen("Save rows", question, offered), self._mend)

    def _mend(self, where: str | None) -> None:
        checked = self.screen.job.checked
        if where is None or checked is None:
            return
        path = Path(where).expanduser()

        async def write() -> None:
            rows = await self.desk.ask(lambda s: core.write_mend(s, checked, path))
            if rows is not None:
                self.screen.say(f"{rows:,} rows are in {safe(path, 200)}")

        self.screen.run_worker(write(), group="mend", exclusive=False)

    def help(self) -> None:
        """All keys, and why one does not work now."""
        self.screen.app.push_screen(TextScreen("Keys", import_lines.help_of(self.screen)))

    async def _leave(self) -> None:
        screen = self.screen
        self.work.cancel()
        checked, ended = screen.job.checked, screen.job.ended
        screen.job.close()
        if checked is not None:
            await self.desk.ask(lambda s: core.leave_run(s, checked, ended))
        screen.dismiss(screen.job.left())
