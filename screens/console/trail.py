"""Where the operator has been: the way back from a filter, a link, a host, a saved view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.domain.query import QueryProblem, parse
from console.ops.browse import Sort
from screens.themes import look_of

if TYPE_CHECKING:
    from screens.actions import Scope
    from screens.console.links import LinksPane
    from screens.console.timeline import TimelinePane

_LONGEST: Final = 50


@dataclass(frozen=True, slots=True)
class Spot:
    """A list, a place in it and a pane."""

    filter: str = ""
    sort: Sort = Sort.HEALTH
    descending: bool = False
    slug: str = ""
    pane: str = "links"


class Trail:
    """Takes the main screen to a spot, and back to those it came from."""

    def __init__(
        self,
        links: LinksPane,
        timeline: TimelinePane,
        scope: Callable[[], Scope],
        show_pane: Callable[[str], None],
        say: Callable[[str], None],
    ) -> None:
        """`scope`: the pane that has the keys; `show_pane`: give them to another; `say`: the notice line."""
        self._links, self._timeline = links, timeline
        self._scope, self._show_pane, self._say = scope, show_pane, say
        self._behind: list[Spot] = []

    def here(self) -> Spot:
        """Where the main screen is."""
        links = self._links
        slug = self._timeline.slug or links.slug
        words = links.bar.before if links.bar.display else links.query_now.text  # not what is half typed
        return Spot(words, links.sort, links.descending, slug, self._scope().value)

    def crumbs(self) -> str:
        """Where the main screen is, in words for the title of what opens over it."""
        look = look_of(self._links.app)
        spot = self.here()
        return f" {look.glyphs.arrow} ".join(look.say(part, 40) for part in (spot.filter, spot.slug) if part)

    def note(self) -> None:
        """Remember this spot, before going somewhere else."""
        here = self.here()
        if not self._behind or self._behind[-1] != here:
            self._behind = [*self._behind[-_LONGEST + 1 :], here]

    def go(self, spot: Spot) -> bool:
        """Go to a spot; False when its filter cannot be read, and nothing was changed."""
        try:
            query = parse(spot.filter)
        except QueryProblem as problem:
            self._say(f"{problem.title}. {problem.hint}".strip())
            return False
        links = self._links
        links.query_now, links.sort, links.descending = query, spot.sort, spot.descending
        links.show(keep=spot.slug or None)
        if links.bar.display:
            links.end_filter()
        self._show_pane(spot.pane if spot.pane in {"links", "timeline", "health"} else "links")
        if spot.slug:
            self._timeline.rest_on(spot.slug)
        return True

    def ahead(self, spot: Spot) -> bool:
        """Go to a spot, so that there is a way back."""
        self.note()
        return self.go(spot)

    def back(self) -> None:
        """Back to the spot before this one."""
        here = self.here()
        while self._behind:
            spot = self._behind.pop()
            if spot != here:
                self.go(spot)
                return

    @property
    def leads_back(self) -> bool:
        """Whether there is a spot to go back to."""
        here = self.here()
        return any(spot != here for spot in self._behind)
