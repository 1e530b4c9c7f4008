"""The Links pane: the list over the cache, its filter, its order and its marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from console.domain.errors import RepointError
from console.domain.query import Query, parse
from console.domain.text import safe
from console.ops import lists
from console.ops.browse import Browser, Found, Sort
from console.ops.health.sweep import Chosen
from screens.clicks import pane_tabs
from screens.desk import Desk
from screens.present.links import LinkRow
from screens.present.words import count
from screens.themes import look_of
from screens.widgets.filter_bar import FilterBar
from screens.widgets.link_table import LinkTable
from screens.widgets.row_window import RowSource

T = TypeVar("T")

_ORDERS: Final = (
    Sort.HEALTH,
    Sort.SLUG,
    Sort.DESTINATION,
    Sort.VERSION,
    Sort.CHANGED,
    Sort.CHECKED,
    Sort.CLICKS,
)


class _Guarded:
    """Rows of the cache for the table, which draws and cannot be told that a file is gone."""

    def __init__(self, found: Found, desk: Desk) -> None:
        self._found = found
        self._desk = desk
        self._failed = False

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._found.count

    def rows(self, start: int, stop: int) -> Sequence[LinkRow]:
        """The rows, or none of them."""
        return self._read(lambda: self._found.rows(start, stop), ())

    def slugs(self, start: int, stop: int) -> Sequence[str]:
        """The slugs, or none of them."""
        return self._read(lambda: self._found.slugs(start, stop), ())

    def index(self, slug: str) -> int | None:
        """Where a slug stands."""
        return self._read(lambda: self._found.index(slug), None)

    def _read(self, work: Callable[[], T], otherwise: T) -> T:
        try:
            return work()
        except RepointError as error:
            if not self._failed:  # told once, not at every line that is drawn
                self._failed = True
                self._desk.failed(error)
            return otherwise


class LinksPane(Vertical):
    """The list of links. Messages of its table and filter bar go on to the screen."""

    @dataclass
    class Resting(Message):
        """Another link is under the cursor."""

        slug: str

        def can_replace(self, message: Message) -> bool:
            """Only the newest place counts."""
            return isinstance(message, LinksPane.Resting)

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="links-pane", classes="pane")
        self.desk = desk
        self.bar = FilterBar(id="filter")
        self.table = LinkTable(id="links")
        self.query_now: Query = parse("")
        self.sort = Sort.HEALTH
        self.descending = False
        self.found: RowSource | None = None
        self._chosen = Chosen()
        self._browser: Browser | None = None
        self._total = 0
        self._words_of: float | None = None

    def compose(self) -> ComposeResult:
        """The filter line, hidden until asked for, and the table."""
        yield self.bar
        yield self.table

    def on_mount(self) -> None:
        """The filter shows when it is asked for."""
        self.bar.display = False
        self.border_title = "Links"

    def on_unmount(self) -> None:
        """Give the file back."""
        if self._browser is not None:
            self._browser.close()

    @property
    def slug(self) -> str:
        """The slug under the cursor; empty where there is none."""
        row = self.table.row
        return row.slug if row else ""

    def show(self, keep: str | None = None, *, from_top: bool = False) -> None:
        """Read the list again: another filter, order or state of the cache.

        The cursor stays on its link; `from_top` puts it on the first one.
        """
        if self.desk.standing is None:
            return
        now = self.desk.now().timestamp()
        try:
            if self._browser is None:
                self._browser = Browser(self.desk.standing.cache_path)
            found = self._browser.select(
                self.query_now, self.sort, now, descending=self.descending, marked=self.table.marks.frozen()
            )
            self._total = self._browser.count()
        except RepointError as error:
            self.desk.failed(error)
            return
        self.found = _Guarded(found, self.desk)
        self._chosen = Chosen(places=found.places, every=self.query_now.empty)
        self.table.lines.now = now
        self.table.sort_shown(self.sort.value, descending=self.descending)
        self.table.show_source(self.found, keep=keep)
        if from_top:
            self.table.move_to(0)
        self.bar.counted(found.count)
        self.caption()

    def caption(self) -> None:
        """Say in the frame what is listed, and how much of it."""
        look = look_of(self.app)
        words = safe(self.query_now.text, 60)
        self.border_title = pane_tabs("Links", words, alone=self.screen.has_class("-stacked"))
        shown = self.found.count if self.found else 0
        told = f"{count(shown)} of {count(self._total)}"
        if marked := len(self.table.marks):
            told += f" {look.glyphs.dot} {count(marked)} marked"
        self.border_subtitle = told

    def on_link_table_cursor_moved(self, event: LinkTable.CursorMoved) -> None:
        """Told anew: what the table posts while this pane acts on it goes no further than this pane."""
        event.stop()
        self.post_message(self.Resting(event.slug))

    def filter_by(self, text: str) -> None:
        """Take another filter, as if it had been typed."""
        self.query_now = parse(text)
        self.show(from_top=True)

    def start_filter(self) -> None:
        """Begin typing a filter; the words to finish it with are read beside."""
        self.run_worker(self._read_words(), group="words", exclusive=True)
        self.bar.display = True
        self.bar.start(self.query_now.text)

    async def _read_words(self) -> None:
        if self.desk.standing is not None and self._words_of != self.desk.standing.synced_at:
            found = await self.desk.ask(lists.words)
            if found is not None:
                self.bar.words, self._words_of = found, self.desk.standing.synced_at

    def end_filter(self) -> None:
        """Back to the list."""
        self.bar.display = False
        self.table.focus()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """The list follows the filter at every key."""
        event.stop()
        if event.query.terms != self.query_now.terms:
            self.query_now = event.query
            self.show()

    def on_filter_bar_submitted(self, event: FilterBar.Submitted) -> None:
        """Keep the filter."""
        event.stop()
        self.query_now = event.query
        self.show()
        self.end_filter()

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        """Back to the filter there was before."""
        event.stop()
        self.query_now = parse(event.text)
        self.show()
        self.end_filter()

    def next_order(self) -> None:
        """Order by the next column; after its descending turn."""
        if not self.descending:
            self.descending = True
        else:
            at = _ORDERS.index(self.sort)
            self.sort, self.descending = _ORDERS[(at + 1) % len(_ORDERS)], False
        self.show()

    def on_link_table_heading_chosen(self, event: LinkTable.HeadingChosen) -> None:
        """Order by a column; again, the other way round."""
        event.stop()
        column = "destination" if event.column == "host" else event.column
        if column not in {order.value for order in Sort}:
            self.desk.tell(f"The list has no order by {column}")
            return
        order = Sort(column)
        largest_first = order in {Sort.CHANGED, Sort.CLICKS}
        self.sort, self.descending = order, not self.descending if self.sort is order else largest_first
        self.show()

    def remarked(self) -> None:
        """The marks were changed from outside of the table."""
        self.table.redraw()
        self.table.post_message(LinkTable.Marked(self.table, len(self.table.marks)))

    def matching(self, text: str) -> RowSource | None:
        """The links of another filter, which is not shown; None where the cache cannot be read."""
        if self._browser is None:
            return None
        now = self.desk.now().timestamp()
        try:
            return self._browser.select(parse(text), Sort.SLUG, now, marked=self.table.marks.frozen())
        except RepointError as error:
            self.desk.failed(error)
            return None

    def wanted(self) -> Chosen:
        """What a health check means: the marked links, else all of the filter, in the list's order."""
        return Chosen(sorted(self.table.marks)) if len(self.table.marks) else self._chosen
