"""The app that the terminal tests run: a table, and ways to go wrong."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import ClassVar

from support.hostile import HOSTILE
from support.linkrows import NOW, CountedRows, FakeRow
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from screens.shell import Shell
from screens.widgets.link_table import LinkTable
from screens.widgets.row_window import ListRows

TOKEN = "patv1_abcdef.s3cr3t-s3cr3t"


class Practice(Shell):
    """`x` crashes with a token in its locals; a beat is written to the file that BEAT names."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "crash"),
        Binding("w", "crash_at_work"),
        Binding("q", "quit"),
        Binding("T", "theme"),
    ]

    def __init__(self, rows: str) -> None:
        super().__init__(unicode=True)
        self.rows = rows
        self.beats = 0
        folder = os.environ.get("CRASHES")
        self.crash_folder = Path(folder) if folder else None
        self.crash_about = f"about {TOKEN}"

    def compose(self) -> ComposeResult:
        yield LinkTable(id="links")

    def on_mount(self) -> None:
        hostile = ListRows([FakeRow(slug=t, destination_url=t, version=t) for t in HOSTILE])
        table = self.query_one(LinkTable)
        table.lines.now = NOW
        table.show_source(hostile if self.rows == "hostile" else CountedRows(100_000))
        table.focus()
        if "BEAT" in os.environ:
            self.set_interval(0.05, self.beat)

    def beat(self) -> None:
        self.beats += 1
        path = Path(os.environ["BEAT"])
        path.with_suffix(".new").write_text(str(self.beats))
        path.with_suffix(".new").replace(path)  # a reader never finds it empty
        self.query_one(LinkTable).action_page(1 if self.beats % 2 else -1)

    def action_theme(self) -> None:
        self.theme = "light" if self.theme == "dark" else "dark"

    def action_crash_at_work(self) -> None:
        async def work() -> None:
            self.action_crash()

        self.run_worker(work())

    def action_crash(self) -> None:
        token = TOKEN
        raise ValueError(f"header {token} refused" + "\x1b]0;pwned\x07")


if __name__ == "__main__":
    app = Practice(sys.argv[1] if len(sys.argv) > 1 else "links")
    app.run()
    sys.exit(app.return_code or 0)
