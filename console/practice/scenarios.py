"""Named scenarios: what links there are, what their destinations do, and what goes wrong meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from console.practice import scripts
from console.practice.cast import calm_plots, outage_stage, sites
from console.practice.landing import Page, Site
from console.practice.plots import DAY, HOUR, MINUTE, Plot
from console.practice.staging import Setting, Stage, spring_launch

if TYPE_CHECKING:
    from console.practice.control import Control


def _nothing(_platform: Control) -> None:
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
    script: Callable[[Control], None] = _nothing
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


def _slow_partner(at: Setting) -> Stage:
    """The shop answers; only the partner is slow."""
    stage = outage_stage(at)
    return replace(
        stage, sites=sites(shop=Page.OK), since={k: v for k, v in stage.since.items() if k != "shop"}
    )


def _quota_gone(at: Setting) -> Stage:
    return replace(outage_stage(at), writes=8)


SHEET: Final = (
    "slug,destinationUrl,title\n"
    "docs-new,https://docs.example/start,Documentation\n"
    "ab,https://docs.example/short,Too short a slug\n"
    "export,https://docs.example/export,A word that is a route\n"
    "guide-one,http//docs.example/guide,No scheme\n"
    "guide-two,https://docs.example/a b,A blank in the address\n"
    "guide-three,javascript:alert(1),Not a page\n"
    "docs-new,https://docs.example/again,The same slug twice\n"
    "guide-four,https://malware.example/x,On the block list\n"
    "guide-five,https://docs.example/five,=1+1\n"
    "guide-six,https://user:pw@docs.example/six,Credentials inside\n"
    "guide-seven,https://docs.example/seven,Fine\n"
)
"""The sheet to be imported in `bad-rows`: three rows are good, eight are not."""

_ALL: Final = (
    Scenario("tiny", "12 links of every kind", 12, _tiny),
    Scenario("calm", "all pages answer", 24, _calm, task="Nothing is wrong. Look around."),
    Scenario(
        "outage", "a destination host is down, half of all links point at it", 2000, outage_stage,
        task="Find the failing host and roll its links back to their last healthy version.",
    ),
    Scenario(
        "rival", "a colleague changes the link that you are rolling back", 60, outage_stage,
        script=scripts.rival, task="Mend spring-launch without undoing what Kim did.",
    ),
    Scenario(
        "platform-down", "the platform itself fails in the middle of the work", 60, outage_stage,
        script=scripts.platform_down, task="Roll the shop's links back although the platform stumbles.",
    ),
    Scenario(
        "slow-partner", "a partner's pages are slow, and called down", 200, _slow_partner,
        task="Find out that nothing is to be rolled back.",
    ),
    Scenario(
        "token-expires", "the token is over in two and a half minutes", 60, outage_stage,
        script=scripts.token_expires, task="Roll the shop's links back before or across the token's end.",
    ),
    Scenario(
        "quota-gone", "two writes are left today, and more links to mend", 60, _quota_gone, plan="PRO",
        task="Mend all of the shop's links with two writes.",
    ),
    Scenario(
        "lost-answers", "writes are done, or not, and the answers are lost", 60, outage_stage,
        script=scripts.lost_answers, task="Roll seven links back, none of them twice.",
    ),
    Scenario(
        "bad-rows", "a sheet to import in which most rows are wrong", 24, _calm,
        task="Import the three good rows, and hand the others back with their faults.",
    ),
)  # fmt: skip
SCENARIOS: Final[dict[str, Scenario]] = {s.name: s for s in _ALL}
