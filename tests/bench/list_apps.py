"""What the list benchmark compares: our table, and a bare Line-API list of the same columns."""

from __future__ import annotations

import sys
from typing import ClassVar

from rich.segment import Segment
from support.linkrows import NOW, CountedRows
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.shell import Shell
from screens.themes import look
from screens.widgets.link_table import LinkTable

LOOK = look()


class Ours(Shell):
    """The table of links, and nothing else."""

    def __init__(self, count: int) -> None:
        super().__init__(unicode=True)
        self.count = count

    def compose(self) -> ComposeResult:
        yield LinkTable()

    def on_mount(self) -> None:
        table = self.query_one(LinkTable)
        table.lines.now = NOW
        table.choose(("destination", "health", "version", "checked"))
        table.show_source(CountedRows(self.count))
        table.focus()


class BareList(ScrollView, can_focus=True):
    """What anybody would write first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "go(1)"),
        Binding("pagedown", "page(1)"),
        Binding("pageup", "page(-1)"),
    ]
    DEFAULT_CSS = "BareList { scrollbar-size: 0 0; }"

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.cursor = 0
        self.source = CountedRows(count)

    def on_mount(self) -> None:
        self.virtual_size = Size(0, self.count + 1)

    def render_line(self, y: int) -> Strip:
        width, base = self.size.width, self.rich_style
        if y == 0:
            return Strip([Segment("   SLUG", base + LOOK.faint)]).adjust_cell_length(width, base)
        index = y - 1 + self.scroll_offset.y
        if index >= self.count:
            return Strip.blank(width, base)
        if index == self.cursor:
            base = base + LOOK.cursor
        row = self.source.rows(index, index + 1)[0]
        room = width - 56
        cells = (
            (" ", LOOK.mark),
            ("● ", LOOK.down),
            (row.slug[:26].ljust(28), LOOK.strong),
            (row.destination_url[8 : 8 + room].ljust(room + 2), LOOK.muted),
            (str(row.status_code).ljust(9), LOOK.down),
            (f"  v{row.version}".ljust(7), LOOK.text),
            (" 2m  ", LOOK.faint),
        )
        return Strip([Segment(text, base + style) for text, style in cells]).adjust_cell_length(width, base)

    def action_go(self, steps: int) -> None:
        old, self.cursor = self.cursor, max(0, min(self.count - 1, self.cursor + steps))
        top, page = self.scroll_offset.y, self.size.height - 1
        wanted = min(max(top, self.cursor - page + 1), self.cursor)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False)
        else:
            self.refresh_line(old + 1)
            self.refresh_line(self.cursor + 1)

    def action_page(self, pages: int) -> None:
        self.action_go(pages * (self.size.height - 2))


class Bare(Shell):
    """The bare list, on Textual's own driver."""

    def __init__(self, count: int) -> None:
        super().__init__(unicode=True)
        self.count = count

    def get_driver_class(self) -> type:
        return App.get_driver_class(self)

    def compose(self) -> ComposeResult:
        yield BareList(self.count)


if __name__ == "__main__":
    kind, count = sys.argv[1], int(sys.argv[2])
    (Ours if kind == "ours" else Bare)(count).run()
