"""The main screen: top line, Links, Timeline and Health, a line for what was said, and the keys."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widget import Widget

from screens import lines as console_lines
from screens.actions import BY_ID, ActionState, Scope, hints, why_not
from screens.console import keys
from screens.console.health import HealthPane
from screens.console.links import LinksPane
from screens.console.timeline import TimelinePane
from screens.console.trail import Trail
from screens.desk import Desk
from screens.keymap import Keymap
from screens.present.chrome import key_line
from screens.widgets.link_table import LinkTable
from screens.widgets.one_line import OneLine
from screens.widgets.size_notice import SizeNotice, too_small
from screens.widgets.timeline_view import TimelineView

WIDE: Final = 120
"""Cells from which the panes stand side by side."""
_PANES: Final = ("links", "timeline", "health")


class MainScreen(Screen[None]):
    """The console. What it cannot do itself (write, sync, leave) it asks of the app."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings()
    CSS_PATH = "console.tcss"
    AUTO_FOCUS = None

    def __init__(self, desk: Desk, banner: str = "", keymap: Keymap | None = None) -> None:
        super().__init__()
        self.desk = desk
        self.keymap = keymap or Keymap()
        self.resumable = False
        self.banner = banner
        self.said = ""
        self.busy = ""
        self.together: bool | None = None
        self.links = LinksPane(desk)
        self.timeline = TimelinePane(desk)
        self.health = HealthPane(desk)
        self.trail = Trail(self.links, self.timeline, lambda: self.scope, self.show_pane, self.say)

    def compose(self) -> ComposeResult:
        """All lines and panes."""
        yield OneLine(id="top")
        yield OneLine(id="banner")
        with Container(id="panes"):
            yield self.links
            yield self.timeline
            yield self.health
        yield OneLine(id="notice")
        yield OneLine(id="keys")
        yield SizeNotice(id="too-small")

    def on_mount(self) -> None:
        """Start in the list, and keep the ages true."""
        self.set_interval(1.0, self._tick)
        self.on_resize()
        self.show_pane("links")
        self.refresh_lines()

    def on_resize(self) -> None:
        """Side by side or stacked, or nothing at all where nothing can be read."""
        size = self.app.size
        wide = size.width >= WIDE if self.together is None else self.together
        self.set_class(wide and size.width >= WIDE, "-wide")
        self.set_class(not wide, "-stacked")
        small = too_small(size.width, size.height)
        self.set_class(small, "-tiny")
        self.query_one(SizeNotice).display = small
        self.links.caption()
        self.timeline.retitle()
        self.health.retitle()

    @property
    def scope(self) -> Scope:
        """Which pane has the focus."""
        for scope, pane in (
            (Scope.TIMELINE, self.timeline),
            (Scope.HEALTH, self.health),
        ):
            if pane.has_focus_within:
                return scope
        return Scope.LINKS

    @property
    def state(self) -> ActionState:
        """What decides which actions can work."""
        review = self.timeline.review
        return keys.state_of(
            self.desk,
            slug=self.timeline.slug,
            marked=len(self.links.table.marks),
            listed=self.links.found.count if self.links.found else 0,
            undoable=self.timeline.undoable is not None,
            versions=len(review.timeline.versions) if review else 0,
            busy=self.busy,
            sweeping=self.health.sweeping,
            failing=len(self.health.board.outages) if self.health.board else 0,
            trail=self.trail.leads_back,
            resumable=self.resumable,
            arm_key=self.keymap.label("arm"),
        )

    def say(self, sentence: str) -> None:
        """One sentence in the notice line; it stays until the next key that says something."""
        self.said = sentence
        self.refresh_lines()

    def refresh_lines(self) -> None:
        """Top line, banner, notice and keys as things stand now."""
        if not self._show_top():
            return
        offline = console_lines.banner(self.desk)
        # A drill is named whatever else is to be said.
        words = f"{self.banner.partition(':')[0]}. {offline}" if self.banner and offline else offline
        console_lines.tell(self.query_one("#banner", OneLine), words or self.banner, warn=True)
        console_lines.tell(self.query_one("#notice", OneLine), self.said, warn=False)
        state, scope = self.state, self.scope
        shown = hints(state, scope, self.keymap.actions)
        self.query_one("#keys", OneLine).show(lambda width, look: key_line(shown, look, width))

    def _tick(self) -> None:
        self.links.table.tick(self.desk.now().timestamp())
        self.timeline.caption()
        self._show_top()

    def _show_top(self) -> bool:
        """Draw the top line; False before the screen is made and while it is taken down."""
        top = self.query_one_optional("#top", OneLine)
        if top is not None:
            top.show(lambda width, look: console_lines.top(self.desk, width, look))
        return top is not None

    def show_pane(self, name: str) -> None:
        """Go to a pane; stacked, it is the one that shows."""
        for other in _PANES:
            self.set_class(other == name, f"-{other}")
        target: Widget = {
            "links": self.links.table,
            "timeline": self.timeline.view,
            "health": self.health.query_one("#health"),
        }[name]
        target.focus()
        self.call_after_refresh(self.timeline.note_seen)
        self.call_after_refresh(self.refresh_lines)

    def turn_together(self) -> None:
        """Side by side or one at a time."""
        wide = self.has_class("-wide") or not self.has_class("-stacked")
        self.together = not wide
        self.on_resize()

    async def action_act(self, name: str) -> None:
        """Do an action of the table, or say why it cannot work now."""
        reason = why_not(BY_ID[name], self.state)
        if reason is not None:
            self.say(f"{BY_ID[name].label}: {reason}")
            return
        self.said = ""
        await self.app.run_action(f"app.do('{name}')")  # now: keys typed ahead belong to what it opens
        self.call_after_refresh(self.refresh_lines)

    def on_screen_resume(self) -> None:
        """A dialog has gone: what is in view now may count as seen."""
        if self.is_mounted:
            self.call_after_refresh(self.timeline.note_seen)

    def on_links_pane_resting(self, event: LinksPane.Resting) -> None:
        """The timeline follows the cursor."""
        self.timeline.rest_on(event.slug)

    def on_link_table_opened(self, event: LinkTable.Opened) -> None:
        """Enter: go to the link's timeline."""
        self.trail.note()
        self.timeline.rest_on(event.slug)
        self.show_pane("timeline")

    def on_link_table_marked(self) -> None:
        """Count the marks."""
        self.links.caption()
        self.refresh_lines()

    def on_timeline_view_version_chosen(self, event: TimelineView.VersionChosen) -> None:
        """Enter on a version: what it changed."""
        event.stop()
        self.run_worker(self.action_act("diff"))

    def on_health_pane_checked(self) -> None:
        """A sweep has ended: lists and timelines may say something else of health."""
        self.links.show()
        self.health.refresh_board()
        self.timeline.reload()
        self.refresh_lines()

    @on(events.DescendantFocus)
    @on(HealthPane.Turned)
    @on(TimelinePane.Read)
    def other_keys(self) -> None:
        """Other keys work in another pane, while a check runs, and once a history is read."""
        self.refresh_lines()
