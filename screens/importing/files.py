"""Choosing the file of an import: its path typed with completion, or found in the list below it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input

from console.domain.text import safe
from console.ops.importing.files import Entry, Listing, chosen, listing
from screens.desk import Desk
from screens.late import stands
from screens.present.cells import Cell, clipped, fit, fit_right, joined
from screens.present.words import ago
from screens.themes import Look, look
from screens.widgets.line_list import LineList
from screens.widgets.one_line import OneLine

_SIZE: Final = 10
_AGE: Final = 14
_UNITS: Final = ("B", "kB", "MB", "GB")


def size_words(size: int) -> str:
    """`812 B`, `1.4 MB`."""
    value, unit = float(size), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if unit == 0 or value >= 99.5 else f"{value:.1f} {_UNITS[unit]}"


class FileLines:
    """Folders first, then files with their size and age."""

    header = 0

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.entries: tuple[Entry, ...] = ()
        self._now = now
        self._look = look()
        self._width = 80

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.entries)

    @property
    def height(self) -> int:
        """One line each."""
        return len(self.entries)

    def lines_of(self, entry: int) -> range:
        """Its own line."""
        return range(entry, entry + 1)

    lit_of = lines_of

    def header_cells(self) -> list[Cell]:
        """None: the list speaks for itself."""
        return []

    def cells(self, line: int) -> list[Cell]:
        """One entry."""
        entry, paint = self.entries[line], self._look
        room = max(8, self._width - _SIZE - _AGE - 4)
        name = paint.say(entry.name) + ("/" if entry.folder else "")
        cells: list[Cell] = [(" " + fit(name, room, paint.glyphs.ellipsis), paint.text)]
        if not entry.folder:
            cells = [(cells[0][0], paint.strong), (fit_right(size_words(entry.size), _SIZE, ""), paint.muted)]
            when = datetime.fromtimestamp(entry.modified, UTC)
            cells.append((fit_right(ago(when, self._now()), _AGE + 2, ""), paint.faint))
        return cells

    def lay_out(self, size: tuple[int, int], look: Look) -> None:
        """The width and look in use."""
        self._width, self._look = size[0], look


class FileList(LineList):
    """The entries; enter, or a click on the one under the cursor, opens it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "Open", show=False)]
    lines: FileLines

    class Opened(Message):
        """The entry under the cursor is wanted."""

        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

    def action_open(self) -> None:
        """Open the entry under the cursor."""
        if self.cursor < self.lines.count:
            self.post_message(self.Opened(self.lines.entries[self.cursor]))

    def action_move(self, steps: int) -> None:
        """Up from the first goes back to the path."""
        if steps < 0 and self.cursor == 0:
            self.screen.query_one(Input).focus()
        else:
            super().action_move(steps)

    def on_click(self, event: events.Click) -> None:
        """Go to the entry, or open it."""
        entry = event.y + self.scroll_offset.y
        if 0 <= entry < self.lines.count:
            if entry == self.cursor and self.has_focus:
                self.action_open()
            self.move_to(entry)


class PathInput(Input):
    """The path. What is pasted into it is data: nothing in it reaches the terminal but letters."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False),
        Binding("down", "list", "To the list", show=False),
    ]

    def validate_value(self, value: str) -> str:
        """Leave out what a terminal would obey."""
        return "".join(c for c in value[:1000] if safe(c) == c)

    async def action_complete(self) -> None:
        """As far as all entries agree; where that is no further, the list. Keys typed ahead wait for it."""
        if isinstance(self.screen, FileScreen):
            await self.screen.complete()

    def action_list(self) -> None:
        """To the list."""
        self.screen.query_one(FileList).focus()


class FileScreen(ModalScreen[Path | None]):
    """Gives the file that was chosen; None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", show=False, priority=True)]

    def __init__(self, desk: Desk, typed: str = "") -> None:
        super().__init__()
        self.desk = desk
        self._typed = typed
        self.found = Listing("\0", (), "")

    def compose(self) -> ComposeResult:
        """The path, what begins like it, and what there is to say."""
        with Vertical(classes="dialog", id="import-files") as frame:
            frame.border_title = "Import  choose a file"
            frame.border_subtitle = "tab complete   down the list   enter open   esc leave"
            yield PathInput(
                self._typed,
                placeholder="a CSV, NDJSON or JSON file, here or anywhere: ~/links.csv",
                id="import-path",
                compact=True,
                select_on_focus=False,
            )
            yield OneLine(id="import-files-say")
            yield FileList(FileLines(self.desk.now), id="import-files-list")

    def on_mount(self) -> None:
        """Begin with the path."""
        self.query_one(PathInput).focus()
        self._read(self._typed)

    def _read(self, typed: str) -> None:
        self.run_worker(self._list(typed), group="files", exclusive=True)

    async def _list(self, typed: str) -> None:
        found = await self.desk.ask(lambda s: listing(s, typed))
        if found is None or not stands(self, FileList) or self.query_one(PathInput).value != typed:
            return
        self.found = found
        files = self.query_one(FileList)
        files.lines.entries = found.entries
        files.move_to(0)
        files.redraw()
        self.say(found.trouble)

    async def _up_to_date(self) -> Listing:
        """What begins with the path as it is now, read where the list is still behind."""
        typed = self.query_one(PathInput).value
        if self.found.typed != typed:
            await self._list(typed)
        return self.found

    def say(self, words: str) -> None:
        """One line between the path and the list."""

        def build(width: int, look: Look) -> Text:
            return joined(clipped([(look.say(words), look.slow)], width, look))

        self.query_one("#import-files-say", OneLine).show(build)

    async def complete(self) -> None:
        """Finish the path as far as it is clear."""
        found = await self._up_to_date()
        if found.completed != found.typed:
            self._go(found.completed)
        elif found.entries:
            self.query_one(FileList).focus()

    def _go(self, typed: str) -> None:
        field = self.query_one(PathInput)
        field.value = typed
        field.action_end()
        self.set_focus(field)

    def on_input_changed(self, event: Input.Changed) -> None:
        """The list follows the path at every key."""
        event.stop()
        self._read(event.value)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: the file by that name, or into the folder."""
        event.stop()
        found = await self._up_to_date()
        path = chosen(event.value)
        if not event.value.strip():
            self.query_one(FileList).focus()
        elif path.is_file():
            self.dismiss(path)
        elif path.is_dir():
            self._go(event.value.rstrip("/") + "/")
        elif len(found.entries) == 1 and found.typed == event.value:
            self._open(found.entries[0])
        else:
            self.say("There is no file of that name")

    def on_file_list_opened(self, event: FileList.Opened) -> None:
        """An entry of the list."""
        event.stop()
        self._open(event.entry)

    def _open(self, entry: Entry) -> None:
        if not entry.folder:
            self.dismiss(entry.path)
            return
        before, slash, _ = self.found.typed.rpartition("/")
        self._go(f"{before}{slash}{entry.name}/")

    def action_leave(self) -> None:
        """Leave without a file."""
        self.dismiss(None)
