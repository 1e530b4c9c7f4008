"""The `:` line at the bottom: commands with their words, completed by tab."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input

from screens.present.cells import clipped, joined
from screens.widgets.filter_bar import FilterInput
from screens.widgets.one_line import OneLine

Ways = Callable[[str], Sequence[str]]
"""The whole lines that what was typed can be finished to."""


class _Ways(Suggester):
    def __init__(self, ways: Ways) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.ways = ways

    async def get_suggestion(self, value: str) -> str | None:
        return next(iter(self.ways(value)), None) if value else None


class CommandInput(FilterInput):
    """The line. What is pasted into it is data, as in the filter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False),
        Binding("backspace", "delete_or_leave", "Delete", show=False),
    ]

    def action_complete(self) -> None:
        """Take the best way to finish it."""
        ways = self.suggester.ways(self.value) if isinstance(self.suggester, _Ways) else ()
        if ways:
            self.value = ways[0]
            self.action_end()

    def action_delete_or_leave(self) -> None:
        """On an empty line, leave, as in vi."""
        if self.value:
            self.action_delete_left()
        elif isinstance(self.screen, CommandScreen):
            self.screen.action_leave()


class CommandScreen(ModalScreen[str | None]):
    """Gives the line, or None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, priority=True),
    ]

    def __init__(self, ways: Ways, explain: Callable[[str], str]) -> None:
        super().__init__()
        self._ways = ways
        self._explain = explain

    def compose(self) -> ComposeResult:
        """What the command does, and the line."""
        yield OneLine(id="command-help")
        with Horizontal(id="command-line"):
            yield OneLine(lambda _, look: Text(" :", look.focus), id="command-prompt")
            yield CommandInput(id="command", compact=True, select_on_focus=False, suggester=_Ways(self._ways))

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(CommandInput).focus()
        self._help("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what the command does."""
        event.stop()
        self._help(event.value)

    def _help(self, line: str) -> None:
        words = self._explain(line)
        self.query_one("#command-help", OneLine).show(
            lambda width, look: joined(clipped([(" " + look.say(words), look.muted)], width, look))
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.dismiss(event.value.strip() or None)

    def action_leave(self) -> None:
        """Leave without a command."""
        self.dismiss(None)
