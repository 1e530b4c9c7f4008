"""The timeline of one link: its versions with a cursor to choose one, and a mark to compare two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message

from console.domain.links import VersionId
from console.domain.versions import Timeline, same_version
from screens.present.cells import Cell, clipped
from screens.present.timeline import RAIL, Entry, TimelineMarks, entries
from screens.themes import Look, look
from screens.widgets.line_list import LineList


class TimelineLines:
    """A history laid out for a width: each version takes as many lines as it has to say."""

    header = 0

    def __init__(self) -> None:
        self.timeline: Timeline | None = None
        self.marks = TimelineMarks()
        self.now = datetime.min.replace(tzinfo=UTC)
        self.empty = "No link chosen"
        self.compared: VersionId | None = None
        self._entries: list[Entry] = []
        self._starts: list[int] = []
        self._lines: list[tuple[Cell, ...]] = []
        self._look = look()

    @property
    def count(self) -> int:
        """Versions."""
        return len(self._entries)

    @property
    def height(self) -> int:
        """Lines of all versions, or the one that says why there are none."""
        return len(self._lines)

    def entry(self, index: int) -> Entry | None:
        """The version at `index`."""
        return self._entries[index] if 0 <= index < len(self._entries) else None

    def lines_of(self, entry: int) -> range:
        """All lines of a version."""
        if not 0 <= entry < len(self._entries):
            return range(0)
        start = self._starts[entry]
        return range(start, start + len(self._entries[entry].lines))

    def lit_of(self, entry: int) -> range:
        """Only the line with its name: the story below stays calm."""
        return self.lines_of(entry)[:1]

    def entry_at(self, line: int) -> int | None:
        """Which version a line belongs to."""
        return next((i for i in range(self.count) if line in self.lines_of(i)), None)

    def cells(self, line: int) -> list[Cell]:
        """A line, with a sign where two versions are being compared."""
        cells = list(self._lines[line])
        entry = self.entry_at(line)
        if self.compared is None or entry is None or line not in self.lit_of(entry):
            return cells
        if not same_version(self._entries[entry].version.version, self.compared):
            return cells
        return [
            (cells[0][0], cells[0][1]),
            (self._look.glyphs.mark, self._look.mark),
            (" ", cells[1][1]),
            *cells[2:],
        ]

    def header_cells(self) -> list[Cell]:
        """No header: the pane's title names the link."""
        return []

    def lay_out(self, size: tuple[int, int], look: Look) -> None:
        """Lay the history out anew."""
        width, self._look = size[0], look
        self._entries, self._starts, self._lines = [], [], []
        if self.timeline is None or width <= RAIL:
            self._lines = [tuple(clipped([(self.empty, look.faint)], max(width, 1), look))]
            return
        for entry in entries(self.timeline, self.marks, look, width, self.now):
            self._starts.append(len(self._lines))
            self._entries.append(entry)
            self._lines += entry.lines


class TimelineView(LineList):
    """The timeline pane."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "compare", "Compare", show=False, id="timeline.compare"),
        Binding("enter", "choose", "Choose", show=False, id="timeline.choose"),
    ]
    lines: TimelineLines

    @dataclass
    class VersionShown(Message):
        """Another version is under the cursor."""

        view: TimelineView
        version: VersionId

        def can_replace(self, message: Message) -> bool:
            """Only the newest place counts."""
            return isinstance(message, TimelineView.VersionShown)

        @property
        def control(self) -> TimelineView:
            """The view."""
            return self.view

    @dataclass
    class VersionChosen(Message):
        """Enter on a version."""

        view: TimelineView
        version: VersionId

        @property
        def control(self) -> TimelineView:
            """The view."""
            return self.view

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(TimelineLines(), id=id)

    @property
    def version(self) -> VersionId | None:
        """The version under the cursor."""
        entry = self.lines.entry(self.cursor)
        return entry.version.version if entry else None

    @property
    def compared(self) -> VersionId | None:
        """The version marked to compare the one under the cursor with."""
        return self.lines.compared

    def show_timeline(
        self, timeline: Timeline | None, marks: TimelineMarks | None = None, *, now: datetime, empty: str = ""
    ) -> None:
        """Show a history; the cursor stays on its version, on the live one when the link is another."""
        lines, before = self.lines, self.version
        same = timeline is not None and lines.timeline is not None and timeline.slug == lines.timeline.slug
        lines.timeline, lines.marks, lines.now = timeline, marks or TimelineMarks(), now
        lines.empty = empty or lines.empty
        if not same:
            lines.compared, before = None, None
        self.redraw()
        self._place(before if before is not None else (timeline.live if timeline else None))

    def tick(self, now: datetime) -> None:
        """The clock has moved: draw those lines in view again whose ages read differently."""
        if self.lines.timeline is None or not self.size.width:
            return
        top = self.scroll_offset.y
        shown = range(top, min(top + self.page, self.lines.height))
        before = [self.lines.cells(line) for line in shown]
        self.lines.now = now
        self.lines.lay_out((self.size.width, self.page), self._look)
        for line, cells in zip(shown, before, strict=True):
            if self.lines.cells(line) != cells:
                self._strips.pop(line, None)
                self.refresh(Region(0, line - top, self.size.width, 1))

    def seen(self, version: VersionId) -> None:
        """Show that the operator has seen a version as live."""
        self.lines.marks = replace(self.lines.marks, seen=version)
        self.redraw()

    def _place(self, version: VersionId | None) -> None:
        self._cursor = self._shown = 0
        for index in range(self.lines.count):
            entry = self.lines.entry(index)
            if entry is not None and same_version(entry.version.version, version):
                self._cursor = self._shown = index
        self.scroll_to(y=0, animate=False, force=True, immediate=True)
        self._reveal()

    def cursor_shown(self) -> None:
        """Tell which version is under the cursor."""
        if (version := self.version) is not None:
            self.post_message(self.VersionShown(self, version))

    def action_compare(self) -> None:
        """Mark a version to compare with, or take the mark away."""
        version = self.version
        if version is None:
            return
        self.lines.compared = None if same_version(version, self.lines.compared) else version
        self.redraw()

    def action_choose(self) -> None:
        """Choose the version under the cursor."""
        if (version := self.version) is not None:
            self.post_message(self.VersionChosen(self, version))

    def on_click(self, event: events.Click) -> None:
        """Go to the version; a second click chooses it."""
        entry = self.lines.entry_at(event.y + self.scroll_offset.y)
        if entry is None:
            return
        self.move_to(entry)
        if event.chain == 2:
            self.action_choose()
