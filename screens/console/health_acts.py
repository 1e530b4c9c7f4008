"""What the keys about health do: look from here, have the platform look, go to what fails."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from console.domain.health import Difference
from console.domain.links import Link
from console.domain.routing import Visitor
from console.ops.health.platform_check import Cost, cost_of
from console.ops.health.route_check import ask_route, cost_of_route
from console.ops.health.sweep import Chosen
from console.ops.session import Session
from screens.actions import Scope
from screens.console.main import MainScreen
from screens.dialogs.ask_screen import AskScreen
from screens.dialogs.help_screen import TextScreen
from screens.present.preview import route_check_lines
from screens.present.words import count

MANY: Final = 500
"""Links from which a check is asked about before it begins."""


class HealthActs:
    """The actions on health."""

    def __init__(self, main: MainScreen) -> None:
        self.main = main

    def table(self) -> dict[str, Callable[[], None]]:
        """What each action of the table does."""
        return {
            "check": self.check,
            "check-failing": self.check_failing,
            "check-platform": self.check_platform,
            "outage-links": self.outage_links,
            "ask-route": self.ask_route,
        }

    def check(self) -> None:
        """Look from here at what the focus means; what is many says how many, and begins when told to."""
        chosen = self._meant()
        if len(chosen) <= MANY:
            if len(chosen):
                self.main.health.check(chosen)
            return

        def answered(words: str | None) -> None:
            if (words or "").strip().lower() in {"yes", "y"}:
                self.main.health.check(chosen)
            else:
                self.main.say("check: not begun")

        question = (
            f"Look from here at the destinations of {count(len(chosen))} links? It costs no write. Each "
            "host is asked gently, a rollback goes first, z pauses and x stops it. Enter begins."
        )
        self.main.app.push_screen(AskScreen("Check from here", question, "yes"), answered)

    def check_failing(self) -> None:
        """Look from here again at every link that fails."""
        self.main.health.check(Chosen(self.main.health.failing))

    def check_platform(self) -> None:
        """Have the platform look, after its cost was said and confirmed."""
        chosen = self._meant()
        if len(chosen):
            self.main.run_worker(self._ask_platform(chosen), group="cost", exclusive=True)

    async def _ask_platform(self, chosen: Chosen) -> None:
        async def price(session: Session) -> Cost:
            return await cost_of(session, chosen.names(session))

        cost = await self.main.desk.ask(price, live=True)
        if cost is None:
            return

        def answered(words: str | None) -> None:
            if (words or "").strip().lower() in {"yes", "y"}:
                self.main.health.ask_platform(chosen)
            else:
                self.main.say("ask platform: not confirmed, nothing was spent")

        self.main.app.push_screen(
            AskScreen("Ask the platform", f"{cost.sentence}. Type yes to go on."), answered
        )

    def _meant(self) -> Chosen:
        """Marked links; in the timeline its link; in health its host's; else those of the filter."""
        main = self.main
        if not main.links.table.marks:
            if main.timeline.view.has_focus:
                return Chosen([main.timeline.slug])
            if main.scope is Scope.HEALTH and main.health.outage is not None:
                return Chosen(main.health.outage.slugs)
        return main.links.wanted()

    def outage_links(self) -> None:
        """The links of the failing host under the cursor, as a filter."""
        outage = self.main.health.outage
        if outage is None:
            return
        self.main.trail.note()
        # What only the platform, or only now and then, fails to reach may be `ok` in the list.
        plain = outage.flapping or outage.difference is Difference.PLATFORM_ONLY
        self.main.links.filter_by(f"host:{outage.host}" + ("" if plain else " -status:ok"))
        self.main.show_pane("links")

    def ask_route(self) -> None:
        """Ask the platform about one visitor, after its cost was said and the visitor named."""
        review = self.main.timeline.review
        if review is not None:
            live = review.reading.current.snapshot
            self.main.run_worker(self._ask_route(live), group="cost", exclusive=True)

    async def _ask_route(self, live: Link) -> None:
        cost = await self.main.desk.ask(cost_of_route, live=True)
        if cost is None:
            return

        def answered(words: str | None) -> None:
            if words is None:
                self.main.say("ask route: nothing was asked, nothing was spent")
            else:
                self.main.run_worker(self._show_route(live, visitor_of(words)), group="route")

        question = (
            f"{cost.sentence}. Name the visitor to go on: country, device, source, campaign, "
            "like US mobile ad spring; - where it does not matter."
        )
        self.main.app.push_screen(AskScreen(f"Ask where {live.slug} leads", question), answered)

    async def _show_route(self, live: Link, visitor: Visitor) -> None:
        found = await self.main.desk.ask(lambda s: ask_route(s, live, visitor), live=True)
        if found is not None:
            title = f"Route  {live.slug}  estimate and answer"
            build = partial(route_check_lines, found)
            self.main.app.push_screen(TextScreen(title, build))
            await self.main.desk.refresh()


def visitor_of(words: str) -> Visitor:
    """The visitor that four words name; a dash, or a word left out, is unknown."""
    parts = [part.strip("-,") for part in words.split()][:4]
    return Visitor(*parts)
