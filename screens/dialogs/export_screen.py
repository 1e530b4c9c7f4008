"""Where an export goes and what it holds, asked before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.domain.errors import RepointError
from console.domain.text import safe
from console.ops.importing.cells import COLUMNS
from console.ops.importing.exporting import checked_path, columns_named, format_of
from screens.present.wrapping import wrap
from screens.themes import Look
from screens.widgets.text_pane import TextPane

Answer = tuple[Path, tuple[str, ...]]
"""The file with its whole path, and the columns."""


class ExportScreen(ModalScreen[Answer]):
    """Gives a file that is not there yet and the columns, or None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, priority=True),
    ]

    def __init__(self, what: str, offered: Path) -> None:
        """`what`: the links in words; `offered`: the file that is named at first."""
        super().__init__()
        self._what = what
        self._offered = str(offered)
        self._trouble: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """What is written, and a line each for the file and its columns."""
        with Vertical(classes="dialog", id="export") as frame:
            frame.border_title = "Export"
            frame.border_subtitle = "tab next line   enter write   esc leave"
            yield TextPane(self._question, id="export-what")
            yield Input(self._offered, id="export-file", compact=True, select_on_focus=False)
            yield TextPane(self._about_columns, id="export-about")
            yield Input("", id="export-columns", compact=True, placeholder="all of them")
            yield TextPane(self._said, id="export-said")

    def on_mount(self) -> None:
        """The file comes first."""
        self.query_one("#export-file", Input).focus()

    def _question(self, width: int, look: Look) -> list[Text]:
        words = f"{self._what}, to which new file? Its ending decides the form: .csv, .ndjson or .json."
        return [Text(row, look.text) for row in wrap(look.say(words), width)]

    def _about_columns(self, width: int, look: Look) -> list[Text]:
        words = f"Which columns, with commas between them? {', '.join(COLUMNS)}"
        return [Text(row, look.muted) for row in wrap(look.say(words), width)]

    def _said(self, width: int, look: Look) -> list[Text]:
        if self._trouble:
            rows = [row for part in self._trouble for row in wrap(look.say(part), width)]
            return [Text(row, look.slow) for row in rows]
        try:
            path = self._path()
        except RepointError as error:
            return [Text(row, look.slow) for row in wrap(look.say(error.title), width)]
        words = f"Writes {format_of(path).value.upper()} to {safe(path, 300)}"
        return [Text(row, look.muted) for row in wrap(look.say(words), width)]

    def _path(self) -> Path:
        return checked_path(self.query_one("#export-file", Input).value.strip())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what would be written where."""
        event.stop()
        self._tell(())

    def _tell(self, trouble: Sequence[str]) -> None:
        self._trouble = tuple(trouble)
        self.query_one("#export-said", TextPane).show(self._said)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: go on, or say why not."""
        event.stop()
        try:
            columns = columns_named(self.query_one("#export-columns", Input).value)
            path = self._path()
        except RepointError as error:
            self._tell([part for part in (error.title, error.hint) if part])
        else:
            self.dismiss((path, columns))

    def action_leave(self) -> None:
        """Leave; nothing is written."""
        self.dismiss(None)
