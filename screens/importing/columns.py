"""Which column of the file fills which field, to be changed by keys or mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.ops.importing.desk import FIELD_NAMES, LEFT_OUT, Column
from screens.present.cells import Cell, fit
from screens.themes import Look, look
from screens.widgets.line_list import LineList

_FIELD: Final = 20


class ColumnLines:
    """The columns as lines: header, the field it fills, its first cell."""

    header = 1

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = list(columns)
        self.fields = [column.field for column in columns]
        self._look = look()
        self._width = 80

    @property
    def count(self) -> int:
        """How many columns."""
        return len(self.columns)

    @property
    def height(self) -> int:
        """One line each."""
        return len(self.columns)

    def lines_of(self, entry: int) -> range:
        """The column's own line."""
        return range(entry, entry + 1)

    lit_of = lines_of

    def _widths(self) -> tuple[int, int]:
        head = min(26, max(10, round(self._width * 0.3)))
        return head, max(0, self._width - head - 4 - _FIELD - 11)

    def header_cells(self) -> list[Cell]:
        """The headings."""
        head, rest = self._widths()
        words = f"{fit('COLUMN', head, '')}    {fit('FILLS', _FIELD + 11, '')}"
        return [(words, self._look.faint), (fit("FIRST ROW", rest, ""), self._look.faint)]

    def cells(self, line: int) -> list[Cell]:
        """One column."""
        column, field = self.columns[line], self.fields[line]
        head, rest = self._widths()
        paint, glyphs = self._look, self._look.glyphs
        twice = field and self.fields.count(field) > 1
        word = "twice" if twice else "guessed" if field == column.field and column.guessed else ""
        name = field or ("the platform's" if column.ours else "nothing")
        return [
            (fit(paint.say(column.header) or "(no name)", head, glyphs.ellipsis), paint.text),
            (f" {glyphs.arrow}  " if field else "    ", paint.faint),
            (fit(name, _FIELD, glyphs.ellipsis), paint.strong if field else paint.faint),
            (f"{word:<11}", paint.down if twice else paint.slow),
            (fit(paint.say(column.sample), rest, glyphs.ellipsis), paint.muted),
        ]

    def lay_out(self, size: tuple[int, int], look: Look) -> None:
        """The width and look in use."""
        self._width, self._look = size[0], look

    def turn(self, entry: int, steps: int) -> None:
        """The next field that no other column fills, or nothing."""
        taken = {field for at, field in enumerate(self.fields) if at != entry}
        free = ["", *(name for name in FIELD_NAMES if name not in taken)]
        now = self.fields[entry]
        self.fields[entry] = free[(free.index(now) + steps) % len(free)] if now in free else free[0]


class ColumnList(LineList):
    """The columns; left and right change the field of the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space,plus", "turn(1)", "Next field", show=False),
        Binding("left,minus", "turn(-1)", "Field before", show=False),
    ]
    lines: ColumnLines

    def action_turn(self, steps: int) -> None:
        """Another field."""
        self.lines.turn(self.cursor, steps)
        self._strips.clear()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Go to the column; a click on the one under the cursor turns its field."""
        entry = event.y - self.lines.header + self.scroll_offset.y
        if event.y < self.lines.header or not 0 <= entry < self.lines.count:
            return
        if entry == self.cursor:
            self.action_turn(1)
        else:
            self.move_to(entry)


class ColumnScreen(ModalScreen[dict[str, str] | None]):
    """Gives the fields that were changed, by header; None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False),
        Binding("enter", "take", "Take", show=False),
    ]

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.columns = columns

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical(classes="dialog", id="import-columns-dialog") as frame:
            frame.border_title = "Columns  which fills which field"
            frame.border_subtitle = "left right other field   enter check again   esc leave"
            yield ColumnList(ColumnLines(self.columns), id="import-columns-list")

    def on_mount(self) -> None:
        """Keys go to the list."""
        self.query_one(ColumnList).focus()

    def action_leave(self) -> None:
        """Leave it as it was."""
        self.dismiss(None)

    def action_take(self) -> None:
        """Take what differs."""
        fields = self.query_one(ColumnList).lines.fields
        changed = {
            column.header: field or LEFT_OUT
            for column, field in zip(self.columns, fields, strict=True)
            if field != column.field
        }
        self.dismiss(changed)
