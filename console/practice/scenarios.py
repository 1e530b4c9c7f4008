"""Named scenarios: what links there are, what their destinations do, and what goes wrong meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.practice.cast import calm_plots, outage_stage
from console.practice.landing import Page, Site
from console.practice.plots import DAY, HOUR, MINUTE, Plot
from console.practice.staging import Setting, Stage, spring_launch

if TYPE_CHECKING:
    from console.practice.platform import PracticePlatform


def _nothing(_platform: PracticePlatform) -> None:
    """No faults, no rivals."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One named scenario.

    Attributes:
        links: how many links unless asked otherwise.
        plan: the account's plan unless asked otherwise.
        script: faults and rivals, set once the platform stands.
        task: what an operator is to do about it, in one sentence.
    """

    name: str
    summary: str
    links: int
    build: Callable[[Setting], Stage]
    plan: str = "ENTERPRISE"
    script: Callable[[PracticePlatform], None] = _nothing
    task: str = ""


TINY_SITES: Final = {
    "shop": Site(Page.DOWN),
    "www": Site(paths={"/launch-0611": Site(Page.DEAD)}),
    "slow-partner": Site(Page.SLOW, delay=0.25),
    "hang": Site(Page.HANG),
    "old": Site(Page.DEAD),
    "moved": Site(Page.CHAIN),
    "loop": Site(Page.LOOP),
    "soft": Site(Page.SOFT_404),
    "wall": Site(Page.WALL),
    "cut": Site(Page.CUT),
}


def _tiny(at: Setting) -> Stage:
    url = at.url
    plots = [
        spring_launch(at),
        Plot(
            "vip-preview", at.refused("shop", "/vip?ref=mail"), "VIP preview", versions=3, age=5 * HOUR,
            former=url("www", "/vip"), tags=("vip",), clicks=911,
        ),
        Plot("docs", url("docs", "/start"), "Documentation", versions=3, age=12 * DAY, clicks=5120),
        Plot("partner-spring", url("slow-partner", "/promo"), "Partner: spring", versions=4, age=4 * DAY),
        Plot("hang-page", url("hang", "/never"), "Never answers", versions=2),
        Plot(
            "old-page", url("old", "/2019"), "An old page", versions=2, age=3 * DAY,
            former=url("www", "/2019"),
        ),
        Plot("moved-page", url("moved", "/here"), "Moved three times"),
        Plot("loop-page", url("loop", "/round"), "Round and round", versions=2, former=url("www", "/round")),
        Plot("soft-page", url("soft", "/gone"), "Says 200, means 404"),
        Plot("wall-page", url("wall", "/account"), "Behind a bot wall"),
        Plot("tls-page", f"https://tls.localhost:{at.port}/secure", "Plain port, https address"),
        Plot("cut-page", url("cut", "/half"), "Ends in the middle"),
    ]  # fmt: skip
    since = {"shop": 6 * MINUTE, "old": 3 * DAY, "slow-partner": 17 * MINUTE}
    return Stage(plots, dict(TINY_SITES), since, writes=0)


def _calm(at: Setting) -> Stage:
    return Stage(calm_plots(at), {}, checked_ago=300.0)


SCENARIOS: Final[dict[str, Scenario]] = {
    s.name: s
    for s in (
        Scenario("tiny", "12 links of every kind", 12, _tiny),
        Scenario("calm", "all pages answer", 24, _calm),
        Scenario(
            "outage", "a destination host is down, hundreds of links point at it", 2000, outage_stage,
            task="Find the failing host and roll its links back to their last healthy version.",
        ),
    )
}  # fmt: skip
