"""Find and replace in destinations: the words, how many links they mean, examples, what speaks against some.

It decides nothing and sends nothing: it gives the rewrite, and the plan review does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from console.domain.rewrites import Rewrite, RewriteKind
from console.domain.urls import UrlProblem
from console.ops.batches import desk as core
from console.ops.planning.preview import Preview
from screens.desk import Desk
from screens.late import stands
from screens.present.repointing import preview_lines
from screens.present.words import count
from screens.present.wrapping import wrap
from screens.themes import Look
from screens.widgets.text_pane import TextPane

_WAIT_SECONDS = 0.15
"""Words are looked up once the typing rests."""
_HINT = "A host, or an address that others begin with. Leave it empty to send all to one page for now."


class RepointDialog(ModalScreen[Preview | None]):
    """Gives what is to be planned, or None when it was left.

    Args:
        desk: the way to the core.
        which: the links in words; untrusted.
        slugs: those links; None: whatever in the cache leads to what is looked for.
        old: what is looked for, to begin with.
    """

    CSS_PATH = "batch.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, priority=True),
        Binding("down", "go('#repoint-new')", "Next line", show=False),
        Binding("up", "go('#repoint-old')", "Line before", show=False),
    ]

    def __init__(self, desk: Desk, which: str, slugs: Sequence[str] | None, old: str = "") -> None:
        super().__init__()
        self.desk = desk
        self.found: Preview | None = None
        self.said = ""
        self._which, self._slugs, self._old = which, slugs, old
        self._turn = 0

    def compose(self) -> ComposeResult:
        """Two lines of words, and what they mean."""
        with Vertical(classes="dialog", id="repoint") as frame:
            frame.border_title = f"Find and replace  {self._which}".replace("[", r"\[")
            frame.border_subtitle = "enter plan   tab other line   esc leave"
            for name, word, value in (("old", "Replace", self._old), ("new", "With", "")):
                with Horizontal(classes="repoint-line"):
                    yield Label(f"{word:<9}", markup=False)
                    yield Input(value, id=f"repoint-{name}", compact=True, select_on_focus=False)
            yield TextPane(self._lines, id="repoint-found")

    def on_mount(self) -> None:
        """Start with what is missing."""
        self.query_one("#repoint-found", TextPane).can_focus = False
        self.query_one("#repoint-new" if self._old else "#repoint-old", Input).focus()

    def _words(self, name: str) -> str:
        return self.query_one(f"#repoint-{name}", Input).value.strip()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Other words: what was found is of those before."""
        event.stop()
        self._turn += 1
        self.found, self.said = None, ""
        self._draw()
        turn = self._turn
        self.set_timer(_WAIT_SECONDS, lambda: self._look(turn))

    def _look(self, turn: int) -> None:
        if turn == self._turn and self._words("new"):
            self.run_worker(self.look(), group="look", exclusive=True)

    async def look(self) -> Preview | None:
        """Ask what the words as they stand would do."""
        turn = self._turn
        try:
            rewrite = Rewrite.of_words(self._words("old"), self._words("new"))
        except UrlProblem as problem:
            self.said = f"Not yet: {problem.message}"
            self._draw()
            return None
        if rewrite.kind is RewriteKind.PAGE and self._slugs is None:
            self.said = "One page for all of them: first mark the links, or filter them"
            self._draw()
            return None
        found = await self.desk.ask(lambda s: core.look_ahead(s, rewrite, self._slugs))
        if turn != self._turn or not stands(self, "#repoint-found"):
            return None
        self.found = found
        self._draw()
        return found

    def _draw(self) -> None:
        if stands(self, "#repoint-found"):
            self.query_one("#repoint-found", TextPane).keep(self._lines)

    def _lines(self, width: int, look: Look) -> list[Text]:
        if self.found is not None:
            return preview_lines(self.found, look, width)
        style = look.slow if self.said else look.muted
        return [Text(row, style) for row in wrap(look.say(self.said or _HINT, 400), width)]

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: to the line that is empty, or to the plan."""
        event.stop()
        if event.input.id == "repoint-old" and not self._words("new"):
            self.query_one("#repoint-new", Input).focus()
            return
        found = self.found or await self.look()
        if found is None:
            return
        if not found.slugs:
            self.found, self.said = None, f"No link of {self._which} leads there: nothing to replace"
            self._draw()
        elif stands(self, "#repoint-found"):
            self.dismiss(found)

    def action_go(self, where: str) -> None:
        """To the other line."""
        self.query_one(where, Input).focus()

    def action_leave(self) -> None:
        """Leave; nothing was planned."""
        self.dismiss(None)


def reason_of(found: Preview) -> str:
    """The first reason of a plan; the operator may say another."""
    rewrite = found.rewrite
    if rewrite.kind is RewriteKind.PAGE:
        return f"to {rewrite.new} until this run is undone"
    return f"{rewrite.old} replaced by {rewrite.new} in {count(found.can)} links"
