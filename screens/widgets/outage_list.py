"""Lines of text of which some belong to entries that a cursor stands on: the failing hosts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from screens.themes import look_of
from screens.widgets.text_pane import TextPane


class OutageList(TextPane):
    """Text whose entries can be chosen. `entries` says which lines each takes; the builder sets it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home,g", "move_to(0)", "First", show=False, id="outages.first"),
        Binding("end,G", "move_to(-1)", "Last", show=False, id="outages.last"),
    ]

    class Moved(Message):
        """Another entry is under the cursor."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.entries: Sequence[range] = ()
        self.cursor = 0

    def action_scroll_by(self, lines: int) -> None:
        """Move by entries; the view goes along."""
        if self.entries:
            self.action_move_to(max(0, min(self.cursor + (lines > 0) - (lines < 0), len(self.entries) - 1)))
        else:
            super().action_scroll_by(lines)

    def action_move_to(self, entry: int) -> None:
        """Put the cursor on an entry; -1 is the last."""
        if not self.entries:
            return
        self.cursor = entry if entry >= 0 else len(self.entries) - 1
        self.reveal()
        self.refresh()
        self.post_message(self.Moved())

    def reveal(self) -> None:
        """Scroll so that the entry under the cursor is in view."""
        if not self.entries:
            return
        self.cursor = min(self.cursor, len(self.entries) - 1)
        lines, top, page = self.entries[self.cursor], self.scroll_offset.y, max(1, self.size.height)
        wanted = min(lines.start, top) if lines.start < top else max(top, lines.stop - page)
        if self.cursor == 0:
            wanted = 0 if lines.stop <= page else wanted
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)

    def watch_has_focus(self, focused: bool) -> None:
        """The cursor's lines tell whether the keys go here."""
        super().watch_has_focus(focused)
        if self.is_mounted:
            self.refresh()

    async def on_click(self, event: events.Click) -> None:
        """Go to the entry; a second click shows its links."""
        line = event.y + self.scroll_offset.y
        for number, lines in enumerate(self.entries):
            if line in lines:
                self.action_move_to(number)
                if event.chain == 2:
                    await self.run_action("screen.act('outage-links')")

    def render_line(self, y: int) -> Strip:
        """One line of the view, lit where the cursor is."""
        strip = super().render_line(y)
        line = y + self.scroll_offset.y
        if not self.entries or line not in self.entries[min(self.cursor, len(self.entries) - 1)]:
            return strip
        look = look_of(self.app)
        return strip.apply_style(look.cursor if self.has_focus else look.cursor_away)
