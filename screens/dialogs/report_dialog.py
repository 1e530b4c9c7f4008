"""A report to support: shown whole, confirmed by a typed word, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input

from console.domain.reports import PHRASE, Draft, Report
from screens.dialogs.confirming import Confirming, PhraseInput
from screens.present.cells import clipped, joined
from screens.present.report import report_lines
from screens.themes import Look
from screens.widgets.one_line import OneLine
from screens.widgets.size_notice import too_small
from screens.widgets.text_pane import TextPane


class ReportDialog(Confirming[None]):
    """One report. `send` is called once, with what was typed; `ended` brings the result."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, priority=True),
        Binding("down", "go('#phrase')", "To the words", show=False),
        Binding("up", "go('#cancel')", "To Cancel", show=False),
        Binding("pagedown", "scroll(1)", "Down", show=False),
        Binding("pageup", "scroll(-1)", "Up", show=False),
    ]

    def __init__(
        self, draft: Draft, body: Mapping[str, object], costs: str, send: Callable[[ReportDialog, str], None]
    ) -> None:
        super().__init__()
        self.draft = draft
        self.report: Report | None = None
        self.sending = False
        self._body, self._costs, self._send = body, costs, send
        self._said = ""

    def compose(self) -> ComposeResult:
        """What is sent, the word, and the way out."""
        with Vertical(classes="dialog", id="report"):
            yield TextPane(id="report-text")
            yield OneLine(id="report-ask")
            with Horizontal(id="report-words"):
                yield Button("Cancel", id="cancel", compact=True)
                yield PhraseInput(id="phrase", compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        """Start from Cancel."""
        self.opened()
        self._draw()

    def say(self, sentence: str) -> None:
        """Why something did not count, or was refused."""
        self.sending, self._said = False, sentence
        self._draw()

    def ended(self, report: Report) -> None:
        """What became of it."""
        self.sending, self._said, self.report = False, "", report
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter after the word."""
        event.stop()
        if self.deaf or self.sending or too_small(self.app.size.width, self.app.size.height):
            return
        if event.value != PHRASE:
            self.say(f"Type {PHRASE} and nothing else")
            return
        self.sending = True
        self._draw()
        self._send(self, event.value)

    def action_leave(self) -> None:
        """Leave. What is being sent is told in the notice line."""
        self.dismiss(None)

    def action_scroll(self, pages: int) -> None:
        """Scroll the text."""
        self.query_one(TextPane).action_scroll_pages(pages)

    def _draw(self) -> None:
        if not self.is_running:
            return
        frame, field = self.query_one("#report"), self.query_one(PhraseInput)
        done = self.report is not None
        frame.border_title = "Report to support  result" if done else "Report to support  confirm"
        way = "close" if done else "leave" if self.sending else "leave, nothing sent"
        frame.border_subtitle = f"esc {way}"
        field.disabled = done or self.sending
        field.display = not done
        if field.disabled:
            self.query_one("#cancel", Button).focus()
        self.query_one("#cancel", Button).label = "Close" if done else "Cancel"
        body, costs, report = self._body, self._costs, self.report
        self.query_one(TextPane).show(lambda width, look: report_lines(body, costs, report, look, width))
        self.query_one("#report-ask", OneLine).show(self._ask)

    def _ask(self, width: int, look: Look) -> Text:
        cells = [("Type ", look.muted), (PHRASE, look.strong), (" to send it to support", look.muted)]
        if self._said or self.report is not None:
            cells = [(look.say(self._said), look.slow)]
        elif self.sending:
            cells = [("Sending it, once", look.muted)]
        return joined(clipped(cells, width, look))
