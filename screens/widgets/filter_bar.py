"""The filter as it is typed: completion, the faulty word marked where it stands, and a count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.highlighter import Highlighter
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from console.domain.query import Query, QueryProblem, completions, parse
from console.domain.text import safe
from screens.present.cells import clipped, fit_right, joined, width_of
from screens.present.words import count
from screens.themes import Look
from screens.widgets.one_line import OneLine

_LONGEST = 500


class _FaultMarker(Highlighter):
    """Underlines the word that cannot be understood."""

    def __init__(self) -> None:
        self.problem: QueryProblem | None = None

    def highlight(self, text: Text) -> None:
        if self.problem is not None:
            text.stylize("underline bold", self.problem.start, max(self.problem.end, self.problem.start + 1))


class _Completer(Suggester):
    """Offers a way to finish the last word; the arrows go through the others."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.words: Mapping[str, Sequence[str]] = {}
        self.turn = 0
        self._of = ""

    def ways(self, value: str) -> tuple[str, ...]:
        """The whole line finished in every way there is, best first; only what shows as typed."""
        if value != self._of:
            self._of, self.turn = value, 0
        start = value.rfind(" ") + 1
        found = completions(value, len(value), self.words)
        return tuple(value[:start] + way for way in found if safe(way) == way)

    async def get_suggestion(self, value: str) -> str | None:
        ways = self.ways(value)
        offered = ways[self.turn % len(ways)] if ways else ""
        return offered if offered.lower().startswith(value.lower()) else None  # else it would not read on


class FilterInput(Input):
    """The field. What is pasted into it is data: nothing in it reaches the terminal but letters."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False, id="filter.complete"),
        Binding("down", "other(1)", "Next", show=False, id="filter.next"),
        Binding("up", "other(-1)", "Previous", show=False, id="filter.previous"),
    ]

    def validate_value(self, value: str) -> str:
        """Leave out what a terminal would obey; too long a paste is cut."""
        return "".join(c for c in value[:_LONGEST] if safe(c) == c)

    def action_complete(self) -> None:
        """Take the offered completion; without one, leave the field as tab does everywhere."""
        completer = self.suggester
        ways = completer.ways(self.value) if isinstance(completer, _Completer) else ()
        if not ways:
            self.screen.focus_next()
            return
        self.value = ways[completer.turn % len(ways)] if isinstance(completer, _Completer) else self.value
        self.action_end()

    async def action_other(self, steps: int) -> None:
        """Offer another completion."""
        if isinstance(self.suggester, _Completer):
            self.suggester.turn += steps
            self._suggestion = await self.suggester.get_suggestion(self.value) or ""


class FilterBar(Horizontal):
    """The filter line. It reports every filter that can be understood; what cannot is marked, not applied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, id="filter.leave"),
    ]
    DEFAULT_CSS = """
    FilterBar { height: 1; background: $bar; }
    FilterBar > #filter-prompt { width: 3; }
    FilterBar > FilterInput {
        width: 1fr; height: 1; border: none; padding: 0; background: $bar;
        &:focus { border: none; background-tint: transparent 0%; }
    }
    FilterBar > #filter-says { width: 40; }
    """

    @dataclass
    class Changed(Message):
        """The filter reads differently now, and can be understood."""

        bar: FilterBar
        query: Query

        def can_replace(self, message: Message) -> bool:
            """Only the newest filter counts."""
            return isinstance(message, FilterBar.Changed)

        @property
        def control(self) -> FilterBar:
            """The bar."""
            return self.bar

    @dataclass
    class Submitted(Message):
        """Enter: keep this filter."""

        bar: FilterBar
        query: Query

        @property
        def control(self) -> FilterBar:
            """The bar."""
            return self.bar

    @dataclass
    class Left(Message):
        """Escape: back to the filter there was before."""

        bar: FilterBar
        text: str

        @property
        def control(self) -> FilterBar:
            """The bar."""
            return self.bar

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._marker = _FaultMarker()
        self._completer = _Completer()
        self.before = ""
        self._counted: int | None = None
        self.field = FilterInput(
            placeholder="host:shop.example status:down tag:promo changed:<2h text",
            highlighter=self._marker,
            suggester=self._completer,
            compact=True,
            select_on_focus=False,
        )
        self._says = OneLine(id="filter-says")

    def compose(self) -> ComposeResult:
        """The prompt, the field, and what there is to say."""
        yield OneLine(lambda _, look: Text(" / ", look.focus), id="filter-prompt")
        yield self.field
        yield self._says

    @property
    def words(self) -> Mapping[str, Sequence[str]]:
        """What `host:` and `tag:` can be completed with, by field."""
        return self._completer.words

    @words.setter
    def words(self, words: Mapping[str, Sequence[str]]) -> None:
        self._completer.words = words

    @property
    def problem(self) -> QueryProblem | None:
        """What is wrong with what was typed."""
        return self._marker.problem

    def start(self, text: str) -> None:
        """Begin typing from the filter in use."""
        self.before = text
        self.field.value = text
        self.field.action_end()
        self.screen.set_focus(self.field)  # at once: the next key may be waiting already

    def counted(self, links: int) -> None:
        """Say how many links the filter finds."""
        self._counted = links
        self._say()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Parse at every key."""
        event.stop()
        query = self._parsed(event.value)
        if query is not None:
            self.post_message(self.Changed(self, query))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter, unless it cannot be understood."""
        event.stop()
        query = self._parsed(event.value)
        if query is not None:
            self.post_message(self.Submitted(self, query))

    def on_descendant_blur(self) -> None:
        """The keys go somewhere else on this screen: what was typed stays in force, the line goes."""
        if self.screen.is_current and self.app.app_focus:
            self.display = False

    def action_leave(self) -> None:
        """Leave without changing the filter."""
        self.post_message(self.Left(self, self.before))

    def _parsed(self, text: str) -> Query | None:
        query: Query | None = None
        problem: QueryProblem | None = None
        try:
            query = parse(text)
        except QueryProblem as found:
            problem = found
        if problem is not self._marker.problem:
            self._marker.problem = problem
            self.field.refresh()
            self._say()
        return query

    def _say(self) -> None:
        problem, counted = self._marker.problem, self._counted

        def build(width: int, look: Look) -> Text:
            if problem is not None:
                said = look.say(f"{problem.title}. {problem.hint}" if problem.hint else problem.title)
                if (
                    problem.hint and width_of(said) > width - 3
                ):  # the word is underlined; what helps comes first
                    said = look.say(problem.hint)
                cells = [(f" {look.glyphs.warning} ", look.slow), (said, look.slow)]
                return joined(clipped(cells, width, look))
            words = "" if counted is None else f"{count(counted)} links"
            room = max(width - 1, width_of(words))
            return joined([(fit_right(words, room, look.glyphs.ellipsis), look.muted), (" ", look.muted)])

        self._says.show(build)
