"""Going back to where the operator was: at once after a lost line or a crash, by a key after leaving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from console.domain.errors import RepointError
from console.domain.links import VersionId, label
from console.domain.words import counted
from console.ops import resume
from console.ops.resume import OpenPlan, Whereabouts
from screens.console.trail import Spot
from screens.present.words import ago

if TYPE_CHECKING:
    from screens.console.batches import Batches
    from screens.console.main import MainScreen

KEEP_SECONDS: Final = 3.0
"""How much of the way a crash may cost; nothing is written while nothing changes."""


class Resume:
    """Keeps where the operator is, and goes there again.

    Attributes:
        offered: where the last console ended, as long as it was not gone to.
    """

    def __init__(
        self, main: MainScreen, drafting: Callable[[], tuple[str, VersionId | None]], batches: Batches
    ) -> None:
        self._main = main
        self._trail = main.trail
        self._drafting = drafting
        self._batches = batches
        self._plan: OpenPlan | None = None
        self._kept = Whereabouts()
        self._ready = False
        self._wanted: tuple[str, VersionId | None] = ("", None)
        self.offered: Whereabouts | None = None

    def wanted(self, slug: str) -> VersionId | None:
        """The version that a draft kept of this link was to go back to; told once."""
        kept, self._wanted = self._wanted, ("", None)
        return kept[1] if kept[0] == slug else None

    def here(self, *, left: bool = False) -> Whereabouts:
        """Where the operator is."""
        spot, marks = self._trail.here(), self._main.links.table.marks
        slug, to = self._drafting()
        return Whereabouts(
            filter=spot.filter,
            sort=spot.sort,
            descending=spot.descending,
            slug=self._main.links.slug if spot.pane != "timeline" else spot.slug,
            pane=spot.pane,
            marks=marks.frozen(),
            draft=slug,
            draft_to=to,
            plan=self._batches.reviewing() or (None if left else self._plan),
            left=left,
        )

    async def look(self) -> None:
        """Ask where the last console ended: go there after a drop, offer it after an orderly end."""
        found = await self._main.desk.ask(resume.last)
        self._ready = True
        if found is None or not found.worth_it:
            return
        if found.left:
            self.offered, self._main.resumable = found, True
            self._main.say(
                f"Last time you were at {self._words(found)}. Go there: {self._main.keymap.label('resume')}"
            )
        else:
            self._go(found, "The console ended without being left. Back")

    def go(self) -> None:
        """Go to what was offered; then, by the same key, to the plan that was open there."""
        if (plan := self._plan) is not None:
            self._plan, self._main.resumable = None, False
            self._batches.plan_again(plan)
            return
        if (found := self.offered) is not None:
            self.offered, self._main.resumable = None, False
            self._trail.note()
            self._go(found, "Back")

    def _go(self, found: Whereabouts, lead: str) -> None:
        links = self._main.links
        links.table.marks.clear()
        links.table.marks.take(found.marks)
        spot = Spot(found.filter, found.sort, found.descending, found.draft or found.slug, found.pane)
        if found.draft:
            spot, self._wanted = replace(spot, pane="timeline"), (found.draft, found.draft_to)
        self._trail.go(spot)
        said = f"{lead} at {self._words(found)}"
        if found.at is not None:
            said += f", {ago(found.at, self._main.desk.now())}"
        if found.marks_lost:
            said += ". There were too many marks to keep"
        if found.draft:
            to = f" to {label(found.draft_to)}" if found.draft_to is not None else ""
            again = self._main.keymap.label("rollback")
            said += f". You were rolling back {found.draft}{to}, nothing was sent: {again} prepares it again"
        if found.plan is not None:
            said += f". {self._offer(found.plan)}"
        self._main.say(said)

    def _offer(self, plan: OpenPlan) -> str:
        what = f"You were looking through a plan ({plan.title}), nothing was sent"
        if not plan.slugs:
            return f"{what}: plan it again"
        self._plan, self._main.resumable = plan, True
        return f"{what}: {self._main.keymap.label('resume')} plans it again"

    @staticmethod
    def _words(found: Whereabouts) -> str:
        parts = [found.filter or "all links"]
        if found.slug:
            parts.append(found.slug)
        if found.marks:
            parts.append(f"{counted(len(found.marks), 'link')} marked")
        return ", ".join(parts)

    async def keep(self, *, left: bool = False) -> None:
        """Write down where the operator is, when that has changed; a fault of the disk is told elsewhere."""
        here = self.here(left=left)
        if not self._ready or here == self._kept or self._main.desk.standing is None:
            return
        before, self._kept = self._kept, here
        try:
            await self._main.desk.engine.call(lambda s: resume.keep(s, here))
        except RepointError:
            self._kept = before

    def keep_at_the_end(self, *, left: bool) -> None:
        """The same when the console ends: handed to the core, which does it before it closes."""
        if self._ready and self._main.desk.standing is not None:
            here = self.here(left=left)
            self._main.desk.engine.submit(lambda s: resume.keep(s, here))
