"""What the screens of a batch share: their lines, their keys, and the way to the core."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from console.domain.errors import RepointError
from console.ops.session import Session
from screens import lines as console_lines
from screens.actions import Action, ActionState
from screens.batch import actions as keys
from screens.batch.list import BatchList
from screens.desk import Desk
from screens.dialogs.arm import arm_on
from screens.dialogs.help_screen import TextScreen
from screens.late import stands
from screens.present.batch import kinds_line
from screens.present.chrome import key_line
from screens.themes import Look
from screens.widgets.one_line import OneLine
from screens.widgets.size_notice import SizeNotice, too_small
from screens.widgets.text_pane import TextPane

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[Session], Coroutine[Any, Any, T]]


class BatchScreen(Screen[R]):
    """A list that can be narrowed above a pane of facts, with a line for what was said."""

    CSS_PATH = "batch.tcss"
    AUTO_FOCUS = None
    ACTIONS: ClassVar[Sequence[Action]] = ()
    FACTS: ClassVar[str] = ""
    """Name of the pane of facts; empty for none."""

    def __init__(self, desk: Desk, state: Callable[[], ActionState]) -> None:
        """`state`: what decides which actions can work."""
        super().__init__()
        self.desk = desk
        self.state = state
        self.said = ""
        self.chosen = 0

    def compose(self) -> ComposeResult:
        """All lines and panes."""
        yield OneLine(id="batch-top")
        with Vertical(id="batch-list-pane", classes="pane"):
            yield OneLine(id="batch-kinds")
            yield BatchList(id="batch-list")
        with Vertical(id="batch-facts-pane", classes="pane"):
            yield TextPane(id="batch-facts")
        yield OneLine(id="batch-notice")
        yield OneLine(id="batch-keys")
        yield SizeNotice(id="batch-too-small")

    def on_mount(self) -> None:
        """Keys go to the list."""
        facts = self.query_one("#batch-facts-pane")
        facts.display, facts.border_title = bool(self.FACTS), self.FACTS
        self.query_one("#batch-facts", TextPane).can_focus = False
        self.list.focus()
        self.set_interval(1.0, self.draw)
        self.draw()

    def on_resize(self) -> None:
        """Nothing where nothing can be read."""
        small = too_small(self.app.size.width, self.app.size.height)
        self.set_class(small, "-tiny")
        self.query_one(SizeNotice).display = small

    @property
    def list(self) -> BatchList:
        """The list."""
        return self.query_one(BatchList)

    def say(self, sentence: str) -> None:
        """One sentence; it stays until the next key that says something."""
        self.said = sentence
        self.draw()

    # What each screen says of itself.

    def kinds(self) -> Sequence[tuple[str, int]]:
        """What the list can be narrowed to."""
        return ()

    def why_not(self) -> Mapping[str, str]:
        """Actions that cannot work now, each with its sentence."""
        return {}

    def facts(self, width: int, look: Look) -> Sequence[Text]:
        """The lines of the pane of facts."""
        del width, look
        return ()

    def table(self) -> Mapping[str, Callable[[], object]]:
        """What each action does."""
        raise NotImplementedError

    def show_list(self, *, keep: bool = False) -> None:
        """The entries of the kind that was chosen."""
        raise NotImplementedError

    def detail(self) -> tuple[str, Callable[[int, Look], Sequence[Text]]] | None:
        """Title and lines of the entry under the cursor."""
        return None

    # Lines and keys.

    @property
    def stands(self) -> bool:
        """Whether there still is something to draw on: an answer of the core may come late."""
        return stands(self, "#batch-top")

    def draw(self) -> None:
        """All lines as things stand now."""
        if not self.stands:
            return
        desk, kinds, chosen = self.desk, self.kinds(), self.chosen
        line = {
            name: self.query_one(f"#batch-{name}", OneLine) for name in ("top", "kinds", "keys", "notice")
        }
        line["top"].show(lambda width, look: console_lines.top(desk, width, look))
        line["kinds"].display = bool(kinds)
        line["kinds"].show(lambda width, look: kinds_line(kinds, chosen, look, width))
        console_lines.tell(line["notice"], self.said, warn=False)
        shown = keys.hints(self.ACTIONS, self.why_not(), self.state())
        line["keys"].show(lambda width, look: key_line(shown, look, width))
        self.query_one("#batch-facts", TextPane).keep(self.facts)

    def action_act(self, name: str) -> None:
        """Do an action of the table, or say why it cannot work now."""
        action = next(a for a in self.ACTIONS if a.id == name)
        reason = keys.reason_of(action, self.why_not(), self.state())
        if reason is not None:
            self.say(f"{action.label}: {reason}")
            return
        self.said = ""
        self.table()[name]()
        self.draw()

    def moves(self) -> dict[str, Callable[[], object]]:
        """The actions that every screen of a batch has."""
        return {
            "arm": lambda: arm_on(self, self.desk, self.say),
            "next": lambda: self.narrow(self.chosen + 1),
            "previous": lambda: self.narrow(self.chosen - 1),
            "detail": self.show_detail,
            "help": lambda: self.app.push_screen(
                TextScreen("Keys", keys.help_of(self.ACTIONS, self.why_not(), self.state()))
            ),
        }

    def narrow(self, index: int) -> None:
        """Show the entries of another kind."""
        kinds = self.kinds()
        if kinds:
            self.chosen = index % len(kinds)
            self.show_list()

    def show_detail(self) -> None:
        """The entry under the cursor, whole."""
        found = self.detail()
        if found is not None:
            self.app.push_screen(TextScreen(*found))

    async def core(self, work: Work[T]) -> T | None:
        """Have the core do something; None when it could not, which is told here."""
        try:
            return await self.desk.engine.call(work)
        except RepointError as error:
            self.failed(error)
            return None

    def failed(self, error: RepointError) -> None:
        """Say what happened and what to do next."""
        self.desk.failed(error)
        self.say(". ".join(part.rstrip(".") for part in (error.title, error.detail, error.hint) if part))
