"""The Timeline pane: reads the link under the cursor, and notes what the operator has really seen."""

from __future__ import annotations

import asyncio
from functools import partial

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.worker import WorkType

from console.domain.errors import NotCached
from console.domain.links import VersionId, label
from console.domain.sightings import Seen
from console.domain.text import safe
from console.domain.versions import Source, Version, same_version
from console.domain.words import counted
from console.ops import browse
from console.ops.review import Review, read_cached, read_live, see
from console.ops.session import Session
from screens.clicks import pane_tabs
from screens.desk import Desk
from screens.present.timeline import TimelineMarks
from screens.present.words import ago
from screens.widgets.size_notice import too_small
from screens.widgets.timeline_view import TimelineView

_AGE_SECONDS = 10.0
"""How often the ages of versions and verdicts are made true."""
_REST_SECONDS = 0.2
"""How long the cursor rests on a link before its history is read."""


class TimelinePane(Vertical):
    """The history of one link.

    Attributes:
        slug: the link asked for; empty for none.
        review: what is shown; None before anything was read.
        undoable: the run that an undo would undo, if there is one.
    """

    class Read(Message):
        """A history is there: other keys work."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="timeline-pane", classes="pane")
        self.desk = desk
        self.view = TimelineView(id="timeline")
        self.slug = ""
        self.review: Review | None = None
        self.undoable: str | None = None
        self._noted: Review | None = None

    def compose(self) -> ComposeResult:
        """The timeline."""
        yield self.view

    def on_mount(self) -> None:
        """Name the pane."""
        self.retitle()
        self.set_interval(_AGE_SECONDS, lambda: self.view.tick(self.desk.now()))

    def retitle(self) -> None:
        """Name the pane and its link in the frame, and the other panes where they do not show."""
        self.border_title = pane_tabs(
            "Timeline", safe(self.slug, 60), alone=self.screen.has_class("-stacked")
        )

    def rest_on(self, slug: str) -> None:
        """The list's cursor is on a link: read it when it stays there."""
        if slug != self.slug:
            self._clear(slug)
        self._begin(slug, _REST_SECONDS)

    def reload(self) -> None:
        """Read the link again."""
        if self.slug:
            self._begin(self.slug, 0.0)

    def _begin(self, slug: str, rest: float) -> None:
        if self.app.return_code is None:  # a console that ends begins nothing
            work: WorkType[None] = partial(self._load, slug, rest)
            self.run_worker(work, group="timeline", exclusive=True)

    def _clear(self, slug: str) -> None:
        self.slug, self.review, self.undoable, self._noted = slug, None, None, None
        self.retitle()
        self.border_subtitle = ""
        self.view.show_timeline(None, now=self.desk.now(), empty="Reading" if slug else "No link chosen")

    async def _load(self, slug: str, rest: float) -> None:
        """Show what the cache has, then what the platform says."""
        if not slug or self.desk.standing is None:
            return
        epoch = self.desk.epoch
        if self.review is None:
            known = await self.desk.ask(lambda s: _from_cache(s, slug))
            if known is not None:
                self._show(slug, epoch, *known)
        if self.desk.standing.offline:
            if self.review is None:
                self.view.show_timeline(None, now=self.desk.now(), empty="Not in the cache")
            return
        if rest:
            await asyncio.sleep(rest)
        fresh = await self.desk.ask(lambda s: _from_platform(s, slug), live=True)
        if fresh is not None:
            self._show(slug, epoch, *fresh)
        elif self.review is None:
            self.view.show_timeline(None, now=self.desk.now(), empty="Could not be read")

    def _show(self, slug: str, epoch: int, found: Review, undoable: str | None) -> None:
        if slug != self.slug or epoch != self.desk.epoch:
            return  # late: the cursor has moved on, or it is another target's
        self.review, self.undoable = found, undoable
        self.view.show_timeline(found.timeline, self._marks(found), now=self.desk.now())
        self.caption()
        self.post_message(self.Read())
        self.call_after_refresh(self.note_seen)

    def _marks(self, found: Review) -> TimelineMarks:
        seen = found.reading.live if found.reading.live in found.seen else None
        return TimelineMarks(
            health=found.health,
            last_healthy=found.last_healthy,
            bad={version: note.why for version, note in found.bad.items()},
            seen=seen,
        )

    def caption(self) -> None:
        """Say how many versions there are and how old the reading is."""
        if self.review is None:
            return
        timeline = self.review.timeline
        where = "read" if timeline.source is Source.PLATFORM else "cached"
        self.border_subtitle = (
            f"{counted(len(timeline.versions), 'version')}, {where} {ago(timeline.as_of, self.desk.now())}"
        )

    def note_seen(self) -> None:
        """Note a sighting, only when the live version's lines really are on screen."""
        found = self.review
        if found is None or found is self._noted or not self._live_in_view(found.reading.live):
            return
        if found.timeline.source is not Source.PLATFORM and not self.desk.offline:
            return  # the platform's own answer is on its way
        self._noted = found
        self.run_worker(self._see(found), group="seen", exclusive=False)

    async def _see(self, found: Review) -> None:
        async def work(session: Session) -> VersionId:
            return see(session, found.reading, Seen.TIMELINE).version

        version = await self.desk.ask(work)
        if version is not None and self.review is found:
            self.view.seen(version)

    def _live_in_view(self, live: VersionId) -> bool:
        view, size = self.view, self.app.size
        if not self.screen.is_current or too_small(size.width, size.height):
            return False
        if not self.display or view.size.height < 2 or not view.region or not self.region:
            return False
        lines = view.lines
        for index in range(lines.count):
            entry = lines.entry(index)
            if entry is not None and same_version(entry.version.version, live):
                place, top = lines.lines_of(index), view.scroll_offset.y
                needed = min(place.stop, place.start + view.page)
                return top <= place.start and needed <= top + view.page
        return False

    def on_timeline_view_version_shown(self) -> None:
        """The view may have scrolled."""
        self.call_after_refresh(self.note_seen)

    def on_resize(self) -> None:
        """More, or less, is in view."""
        self.call_after_refresh(self.note_seen)

    def pair(self) -> tuple[Version, Version] | None:
        """The two versions that a diff compares, older first; None when there are no two."""
        view, found = self.view, self.review
        at = view.version
        if found is None or at is None:
            return None
        timeline = found.timeline
        this = timeline.find(at)
        other = timeline.find(view.compared) if view.compared is not None else None
        if other is None or other is this:
            other = timeline.before(at) if same_version(at, timeline.live) else timeline.current
        if this is None or other is None or this is other:
            return None
        names = timeline.names
        return (this, other) if names.index(this.version) > names.index(other.version) else (other, this)

    def as_text(self) -> str:
        """The link's state in a few lines, for the clipboard."""
        found = self.review
        if found is None:
            return safe(self.slug)
        current, result = found.reading.current, found.health.get(found.reading.live)
        address = safe(current.snapshot.destination_url, 2000)
        lines = [
            f"{safe(self.slug)} {label(found.reading.live)} -> {address}",
            f"changed {ago(current.created_at, self.desk.now())} by {safe(current.created_by) or 'somebody'}",
        ]
        if result is not None:
            told = f"health {result.verdict.value} {result.status_code or ''}".rstrip()
            lines.append(f"{told}, seen {ago(result.checked_at, self.desk.now())}")
        if found.last_healthy is not None:
            lines.append(f"last healthy {label(found.last_healthy)}")
        return "\n".join(lines)


async def _from_cache(session: Session, slug: str) -> tuple[Review, str | None] | None:
    try:
        return browse.looked_at(session, read_cached(session, slug)), browse.last_applied(session, slug)
    except NotCached:
        return None


async def _from_platform(session: Session, slug: str) -> tuple[Review, str | None]:
    return browse.looked_at(session, await read_live(session, slug)), browse.last_applied(session, slug)
