"""A list over the console to choose from, narrowed by typing: hosts, saved views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from screens.present.cells import Cell, clipped, fit, joined
from screens.themes import Look, look, look_of
from screens.widgets.filter_bar import FilterInput
from screens.widgets.line_list import LineList
from screens.widgets.one_line import OneLine
from screens.widgets.text_pane import Build, TextPane


@dataclass(frozen=True, slots=True)
class Pick:
    """One thing to choose.

    Attributes:
        name: what typing narrows by; untrusted text.
        detail: what stands beside it, in a look.
    """

    name: str
    detail: Callable[[Look], list[Cell]]


@dataclass(frozen=True, slots=True)
class Picked:
    """What was chosen.

    Attributes:
        name: of the pick, or the words that were typed where new ones may be.
        way: `enter`, or the other key that the screen offers.
        new: no pick has that name.
    """

    name: str
    way: str = "enter"
    new: bool = False


_NAME: Final = 40


class PickLines:
    """The picks that what was typed leaves."""

    header = 0

    def __init__(self, picks: Sequence[Pick]) -> None:
        self.all = tuple(picks)
        self.left = self.all
        self._look = look()
        self._width = 80

    @property
    def count(self) -> int:
        """How many are left."""
        return len(self.left)

    height = count

    def lines_of(self, entry: int) -> range:
        """One line each."""
        return range(entry, entry + 1)

    lit_of = lines_of

    def cells(self, line: int) -> list[Cell]:
        """Name and detail."""
        if not 0 <= line < len(self.left):
            return []
        pick, shown = self.left[line], self._look
        room = min(_NAME, self._width // 2)
        name = fit(shown.say(pick.name, 200), room, shown.glyphs.ellipsis)
        return clipped([(name, shown.strong), ("  ", shown.text), *pick.detail(shown)], self._width, shown)

    def header_cells(self) -> list[Cell]:
        """None."""
        return []

    def lay_out(self, size: tuple[int, int], look: Look) -> None:
        """Another width or look."""
        self._width, self._look = size[0], look

    def narrow(self, words: str) -> None:
        """Leave those whose name holds what was typed."""
        wanted = words.strip().lower()
        self.left = tuple(p for p in self.all if wanted in p.name.lower())


class PickList(LineList):
    """The picks; they have the cursor, the field has the keys."""

    def on_click(self, event: events.Click) -> None:
        """Go to the pick; a second click chooses it."""
        entry = event.y + self.scroll_offset.y
        if 0 <= entry < self.lines.count:
            self.move_to(entry)
            if event.chain == 2 and isinstance(self.screen, PickScreen):
                self.screen.choose("enter")


class PickField(FilterInput):
    """What is typed; the keys that move and choose go to the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "screen.move(1)", "Down", show=False),
        Binding("up", "screen.move(-1)", "Up", show=False),
        Binding("pagedown", "screen.move(10)", "Page down", show=False),
        Binding("pageup", "screen.move(-10)", "Page up", show=False),
        Binding("tab", "screen.other", "Other", show=False),
    ]


class PickScreen(ModalScreen[Picked | None]):
    """Gives what was chosen, or None when it was left.

    Args:
        title: what is chosen, and of what.
        picks: best first.
        keys: what the keys do, for the frame.
        other: what the tab key means; empty for nothing.
        new: words that name no pick may be given.
        about: lines above the list.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, priority=True),
    ]

    def __init__(
        self,
        title: str,
        picks: Sequence[Pick],
        keys: str,
        *,
        other: str = "",
        new: bool = False,
        about: Build | None = None,
    ) -> None:
        super().__init__()
        self._about = about
        self._title, self._keys, self._other, self._new = title, keys, other, new
        self.lines = PickLines(picks)
        self.picks = PickList(self.lines, id="picks")
        self.picks.can_focus = False

    def compose(self) -> ComposeResult:
        """The field above, the list below."""
        with Vertical(classes="dialog", id="pick") as frame:
            frame.border_title = self._title.replace("[", r"\[")
            frame.border_subtitle = self._keys
            if self._about is not None:
                yield TextPane(self._about, id="pick-about")
            yield PickField(id="pick-words", compact=True, select_on_focus=False)
            yield self.picks
            yield OneLine(id="pick-none")

    def on_mount(self) -> None:
        """Typing narrows at once."""
        self.query_one(PickField).focus()
        self._narrowed()

    def on_resize(self) -> None:
        """The lines above the list take the room that they need."""
        for pane in self.query("#pick-about").results(TextPane):
            pane.can_focus = False
            room = self.query_one("#pick").content_size.width
            pane.styles.height = len(self._about(room, look_of(self.app))) if self._about and room else 0

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow."""
        event.stop()
        self.lines.narrow(event.value)
        self.picks.redraw()
        self.picks.move_to(0)
        self._narrowed()

    def _narrowed(self) -> None:
        none = self.query_one("#pick-none", OneLine)
        none.display = not self.lines.count
        words = "Enter saves it under this name" if self._new and self.words else "Nothing here"
        none.show(lambda width, look: joined(clipped([(words, look.muted)], width, look)))

    @property
    def words(self) -> str:
        """What was typed."""
        return self.query_one(PickField).value.strip()

    def action_move(self, steps: int) -> None:
        """Move in the list."""
        self.picks.action_move(steps)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.choose("enter")

    def action_other(self) -> None:
        """The other key."""
        if self._other:
            self.choose(self._other)

    def choose(self, way: str) -> None:
        """Give the pick under the cursor, or the new words."""
        if self.lines.count:
            self.dismiss(Picked(self.lines.left[self.picks.cursor].name, way))
        elif self._new and self.words and way == "enter":
            self.dismiss(Picked(self.words, way, new=True))

    def action_leave(self) -> None:
        """Leave without choosing."""
        self.dismiss(None)
