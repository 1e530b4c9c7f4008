"""Links from a file and into one: opens the import screen, and exports the filter in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from console.domain.text import safe
from console.domain.words import counted
from console.ops.importing.exporting import export_filter, offered_path
from console.ops.incident.history_file import file_name, write_history
from console.ops.review import Review
from console.ops.session import Session
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.export_screen import Answer, ExportScreen
from screens.present.words import count

if TYPE_CHECKING:
    from screens.console.host import Host


class Files:
    """The actions that have to do with files of links, and of one link."""

    @dataclass
    class Written(Message):
        """An export has come further."""

        links: int

        def can_replace(self, message: Message) -> bool:
            """Only the newest count matters."""
            return isinstance(message, Files.Written)

    def __init__(self, app: Host) -> None:
        self._app = app
        self._exporting = False

    @property
    def exporting(self) -> bool:
        """Whether a file is being written."""
        return self._exporting

    def table(self) -> dict[str, Callable[[], None]]:
        """What each action does."""
        return {
            "import": self.open_import,
            "export": self.ask_export,
            "export-history": self.ask_history,
        }

    def open_import(self) -> None:
        """Open the import screen over the console."""
        from screens.importing.screen import ImportScreen  # late: the first screen does not need it

        main = self._app.main
        self._app.push_screen(ImportScreen(main.desk, lambda: main.state, self._app.sending), self._left)

    def _left(self, sentence: str | None) -> None:
        if sentence:
            self._app.main.say(sentence)
        self._app.main.links.show()
        self._app.main.timeline.reload()

    def ask_export(self) -> None:
        """Ask for the file, then write it while everything else goes on."""
        main = self._app.main
        if self._exporting:
            main.say("export: one is under way")
            return
        links = main.links.found.count if main.links.found else 0
        what = f"{counted(links, 'link')} of {main.links.query_now.text}" if main.links.query_now.terms else (
            f"All {counted(links, 'link')}")  # fmt: skip
        self._app.push_screen(ExportScreen(what, offered_path()), self._export)

    def _export(self, answer: Answer | None) -> None:
        if answer is not None:
            self._exporting = True
            self._app.run_worker(self._write(*answer), group="export", exclusive=False)

    async def _write(self, path: Path, columns: Sequence[str]) -> None:
        main, query = self._app.main, self._app.main.links.query_now
        tell = self._app.post_message
        try:
            done = await main.desk.ask(
                lambda s: export_filter(s, query, path, lambda n: tell(self.Written(n)), columns)
            )
        finally:
            self._exporting = False
        if done is not None:
            main.say(f"{counted(done, 'link')} written to {safe(path, 200)}")

    def ask_history(self) -> None:
        """Ask for the file, then write the history as it is shown to it."""
        review = self._app.main.timeline.review
        if review is None:
            return
        versions, folder = counted(len(review.timeline.versions), "version"), Path.cwd()
        question = f"{versions}, to which new file? In {safe(folder, 120)} unless named; .md, .csv or .json"

        def answered(where: str | None) -> None:
            if where is not None:
                work = self._write_history(review, folder / Path(where).expanduser())
                self._app.run_worker(work, group="export", exclusive=False)

        name = file_name(review.timeline.slug)
        self._app.push_screen(AskScreen("Export history", question, name), answered)

    async def _write_history(self, review: Review, path: Path) -> None:
        async def work(_: Session) -> int:
            return write_history(review, path)

        main = self._app.main
        done = await main.desk.ask(work)
        if done is not None:
            main.say(f"{counted(done, 'version')} written to {safe(path, 200)}")

    def written(self, links: int) -> None:
        """Tell how far it is."""
        if self._exporting:
            self._app.main.say(f"Exporting: {count(links)} links")
