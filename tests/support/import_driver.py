"""The import screen as a test drives it."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.export_screen import ExportScreen
from screens.importing.actions import Stage
from screens.importing.columns import ColumnList, ColumnScreen
from screens.importing.confirm import ImportConfirm
from screens.importing.files import FileList, FileScreen, PathInput
from screens.importing.job import Job
from screens.importing.rows import FacetBar, RowList
from screens.importing.screen import ImportScreen
from screens.widgets.one_line import OneLine
from screens.widgets.text_pane import TextPane
from tests.support.console_driver import Driver


class ImportPage:
    """Page object over the import screen of a running console."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver

    @classmethod
    async def opened(cls, driver: Driver) -> ImportPage:
        """By its key, with the file chooser over it."""
        await driver.keys("i")
        await driver.until(lambda: isinstance(driver.app.screen, FileScreen), "the chooser")
        return cls(driver)

    @property
    def screen(self) -> ImportScreen:
        found = [s for s in self.driver.app.screen_stack if isinstance(s, ImportScreen)]
        assert found
        return found[0]

    @property
    def job(self) -> Job:
        return self.screen.job

    @property
    def rows(self) -> RowList:
        return self.screen.query_one(RowList)

    async def choose(self, path: Path) -> None:
        """Type the path."""
        self.driver.app.screen.query_one(PathInput).value = str(path)
        await self.driver.keys("enter")
        await self.settled()

    async def settled(self) -> None:
        """Nothing is under way."""
        working = {Stage.NO_FILE, Stage.CHECKING, Stage.LOOKING, Stage.SENDING}
        await self.driver.until(lambda: self.job.stage not in working, "an end")
        await self.driver.until(lambda: self.driver.app.screen is self.screen, "the screen")

    async def kind(self, name: str) -> None:
        """Narrow the rows by keys."""
        for _ in self.job.facets:
            if self.job.facet.name == name:
                return
            await self.driver.keys("right")
        assert self.job.facet.name == name

    async def confirming(self) -> ImportConfirm:
        await self.driver.keys("i")
        await self.driver.until(lambda: isinstance(self.driver.app.screen, ImportConfirm), "the question")
        dialog = self.driver.app.screen
        assert isinstance(dialog, ImportConfirm)
        return dialog

    async def confirm(self, words: str) -> None:
        """Type the words when they count, and wait for the end."""
        dialog = await self.confirming()
        await self.driver.until(lambda: not dialog.deaf, "open ears")
        await self.driver.write(words)
        await self.driver.keys("enter")

    async def answer(self, words: str) -> None:
        """Answer a question in a line."""
        await self.driver.until(lambda: isinstance(self.driver.app.screen, AskScreen), "a question")
        self.driver.app.screen.query_one(Input).value = words
        await self.driver.keys("enter")

    async def export(self, path: str, columns: str = "") -> ExportScreen:
        """Answer where an export goes and what it holds."""
        await self.driver.until(lambda: isinstance(self.driver.app.screen, ExportScreen), "the question")
        dialog = self.driver.app.screen
        assert isinstance(dialog, ExportScreen)
        dialog.query_one("#export-file", Input).value = path
        dialog.query_one("#export-columns", Input).value = columns
        await self.driver.keys("enter")
        return dialog

    async def columns(self) -> ColumnList:
        await self.driver.keys("m")
        await self.driver.until(lambda: isinstance(self.driver.app.screen, ColumnScreen), "the columns")
        return self.driver.app.screen.query_one(ColumnList)

    def line(self, name: str) -> str:
        return self.screen.query_one(f"#import-{name}", OneLine).text

    @property
    def detail(self) -> str:
        return "\n".join(self.screen.query_one("#import-row", TextPane).texts)

    @property
    def facets(self) -> str:
        return "\n".join(self.screen.query_one(FacetBar).texts)

    @property
    def files(self) -> FileList:
        return self.driver.app.screen.query_one(FileList)

    @property
    def said(self) -> str:
        return self.screen.said
