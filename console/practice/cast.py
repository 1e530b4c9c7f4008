"""The people, hosts and links of the larger scenarios: plausible, and the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from console.practice.landing import Page, Site
from console.practice.plots import DAY, HANDS, HOUR, MINUTE, PEOPLE, Plot
from console.practice.staging import Setting, Stage, spring_launch

HOSTS: Final = (
    "www", "store", "docs", "jobs", "status", "blog", "cdn", "meet", "help", "events", "partners", "app",
    "news", "learn", "community", "survey", "billing", "accounts", "labs", "research", "media", "video",
    "podcast", "books", "travel", "food", "sport", "music", "art", "kids", "garden", "home", "auto", "legal",
    "pay", "press",
)  # fmt: skip
UNCHECKED: Final = frozenset({"cdn", "meet"})
FORMER: Final = ("www", "store")
SEASONS: Final = (
    "spring",
    "summer",
    "autumn",
    "winter",
    "vip",
    "member",
    "partner",
    "holiday",
    "back",
    "early",
)
THINGS: Final = (
    "sale", "launch", "offer", "bundle", "preview", "drop", "guide", "gift", "deal", "club", "event", "promo",
    "tour", "pass", "invite", "story", "demo", "kit", "news", "quiz",
)  # fmt: skip
PLACES: Final = ("us", "de", "uk", "jp", "fr", "br", "in", "mail", "app", "web", "ad", "social")
TAGS: Final = ("promo", "email", "social", "print", "qr", "evergreen", "partner", "launch", "retail", "press")
CATEGORIES: Final = ("campaign", "product", "support", "company")
COUNTS: Final = (1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 11, 14, 22, 40)
"""How many versions a link has; most have few."""
SHOP_SHARE: Final = 0.506
REFUSED_SHARE: Final = 0.016
SLOW_SHARE: Final = 0.02
HOPELESS: Final = 0.02
"""Share of the failing links that never pointed anywhere else."""
SLOW_PAGES: Final = (
    ("/promo", 6.9), ("/autumn", 6.9), ("/members", 6.9), ("/winter", 6.9), ("/tickets", 6.9),
    ("/catalog", 3.4), ("/terms", 3.4), ("/contact", 3.4),
)  # fmt: skip
"""The slow partner's pages and their delay in seconds: seven of ten links meet the platform's time-out."""


def _named(at: Setting) -> list[Plot]:
    """The links that the pictures show."""
    shop = ("promo", "retail")
    url = at.url
    first = [
        Plot("summer-sale", url("shop", "/sale/2026"), "Summer sale", versions=14, age=3 * HOUR, moved=2,
             former=url("www", "/sale"), tags=shop, categories=("campaign",), campaign="summer",
             clicks=40_317, by="nightly", action="import", note="import #88"),
        spring_launch(at),
        Plot("vip-preview", at.refused("shop", "/vip?ref=mail"), "VIP preview", versions=3, age=5 * HOUR,
             former=url("store", "/vip"), tags=("vip", "email"), campaign="vip", clicks=9_112),
        Plot("gift-cards", url("shop", "/gift"), "Gift cards", versions=6, age=3 * HOUR, clicks=7_204,
             former=url("store", "/gift"), tags=shop, by="nightly", action="import", note="import #88"),
        Plot("loyalty", url("shop", "/club"), "Loyalty club", versions=2, age=26 * HOUR, clicks=6_380,
             former=url("www", "/club"), tags=("club",), by="kim"),
        Plot("returns", url("shop", "/help/returns"), "Returns", versions=11, age=3 * HOUR, clicks=5_977,
             former=url("help", "/returns"), tags=("support",),
             by="nightly", action="import", note="import #88"),
        Plot("partner-spring", url("slow-partner", "/promo"), "Partner: spring", versions=4, age=8 * DAY,
             tags=("partner",), by="omar", clicks=3_208),
        Plot("partner-fall", url("slow-partner", "/autumn"), "Partner: autumn", versions=4, age=9 * DAY,
             tags=("partner",), by="omar", clicks=2_114),
        Plot("docs", url("docs", "/start"), "Documentation", versions=3, age=12 * DAY, clicks=31_009,
             by="lee"),
        Plot("careers", url("jobs", "/open"), "Careers", versions=22, age=2 * DAY, clicks=8_045, by="ines"),
        Plot("status", url("status", "/"), "Status page", age=400 * DAY, clicks=2_740, by="sam"),
        Plot("blog", url("blog", "/"), "Blog", versions=8, age=19 * DAY, clicks=12_660, by="priya"),
        Plot("press-kit", url("cdn", "/press.zip"), "Press kit", versions=5, age=33 * DAY, clicks=488),
        Plot("webinar-0611", url("meet", "/w/0611"), "Webinar 11 June", versions=2, age=20 * DAY, clicks=960),
        Plot("webinar-0618", url("meet", "/w/0618"), "Webinar 18 June", versions=2, age=20 * DAY, clicks=213),
        Plot("webinar-0625", url("meet", "/w/0625"), "Webinar 25 June", age=20 * DAY, clicks=87),
        *(Plot(f"archive-{year}", url("old", f"/{year}"), f"Archive {year}", versions=2, age=90 * DAY,
               former=url("www", f"/archive/{year}"), clicks=40 + year % 7) for year in (2017, 2018, 2019)),
    ]  # fmt: skip
    return first[: at.links]


def _slugs(rng: random.Random, taken: set[str]) -> Iterator[str]:
    """Plausible slugs that nobody holds, without end."""
    number = 2
    pairs = [f"{a}-{b}" for a in SEASONS for b in THINGS]
    triples = [f"{pair}-{place}" for pair in pairs for place in PLACES]
    rng.shuffle(pairs)
    rng.shuffle(triples)
    for slug in [*pairs, *triples]:
        if slug not in taken:
            yield slug
    while True:
        for slug in triples:
            yield f"{slug}-{number}"
        number += 1


def _hosts(rng: random.Random, plots: list[Plot], total: int) -> list[str]:
    """A host for each link still to be made, so that the shares come out as told."""
    quota = {
        "shop": round(SHOP_SHARE * total) - sum("//shop." in p.destination for p in plots),
        "slow-partner": round(SLOW_SHARE * total) - sum("//slow-partner." in p.destination for p in plots),
    }
    left = max(0, total - len(plots))
    named = [host for host, count in quota.items() for _ in range(max(0, count))][:left]
    names = named + [HOSTS[int(rng.triangular(0, len(HOSTS), 4))] for _ in range(left - len(named))]
    rng.shuffle(names)
    return names


def _common(rng: random.Random, slug: str) -> dict[str, Any]:
    """What any generated link has: a title, tags, a campaign, visitors."""
    campaign = slug.split("-", 1)[0]
    return {
        "title": slug.replace("-", " ").capitalize(),
        "tags": tuple(rng.sample(TAGS, rng.choice((0, 1, 1, 2, 3)))),
        "categories": (rng.choice(CATEGORIES),),
        "campaign": campaign if rng.random() < 0.4 else "",
        "clicks": int(rng.paretovariate(1.1) * 12),
        "versions": rng.choice(COUNTS),
    }


def _rules(rng: random.Random, at: Setting, slug: str) -> dict[str, Any]:
    """Routing rules, on a few links."""
    if rng.random() > 0.06:
        return {}
    rule = {
        "id": f"rule_{slug[:12]}",
        "name": "mobile visitors",
        "priority": 10,
        "conditions": {"deviceIn": ["mobile"], "countryIn": rng.sample(["US", "DE", "JP", "GB"], 2)},
        "destinationUrl": at.url("app", f"/m/{slug}"),
    }
    return {"routingRules": [rule]}


def _shop_plot(rng: random.Random, at: Setting, slug: str, *, refused: bool) -> Plot:
    """A link that fails: moved to the shop lately, or always there."""
    common = _common(rng, slug)
    path = f"/{slug}"
    hopeless = rng.random() < HOPELESS
    if not hopeless:
        common["versions"] = max(2, common["versions"])
    by_import = rng.random() < 0.6
    return Plot(
        slug,
        at.refused("shop", path) if refused else at.url("shop", path),
        age=3 * HOUR + rng.uniform(0, 40) if by_import else rng.uniform(1.5 * HOUR, 6 * DAY),
        former=None if hopeless else at.url(rng.choice(FORMER), path),
        moved=1 if common["versions"] < 3 or rng.random() < 0.7 else 2,
        by="nightly" if by_import else rng.choice(PEOPLE),
        action="import" if by_import else "update",
        note="import #88" if by_import else rng.choice(HANDS),
        more=_rules(rng, at, slug),
        **common,
    )


def _steady_plot(rng: random.Random, at: Setting, slug: str, host: str) -> Plot:
    """A link that stays where it is."""
    path = rng.choice(SLOW_PAGES)[0] if host == "slow-partner" else f"/{slug}"
    return Plot(
        slug,
        at.url(host, path),
        age=rng.uniform(HOUR, 300 * DAY),
        by=rng.choice(PEOPLE),
        note=rng.choice(HANDS),
        more=_rules(rng, at, slug),
        **_common(rng, slug),
    )


def _slow_path(index: int, slow: int) -> str:
    """The first seven of ten slow links time out, the rest are merely slow."""
    pages = SLOW_PAGES[:5] if index < round(0.7 * slow) else SLOW_PAGES[5:]
    return pages[index % len(pages)][0]


def outage_plots(at: Setting) -> list[Plot]:
    """The links of `outage`, the failing host's in their share."""
    rng = random.Random(f"outage/{at.seed}")
    plots = _named(at)
    slugs = _slugs(rng, {p.slug for p in plots})
    refused = max(0, round(REFUSED_SHARE * at.links) - 1)  # vip-preview is one of them
    slow = round(SLOW_SHARE * at.links)
    slow_seen = 2  # the two named ones time out
    for host in _hosts(rng, plots, at.links):
        slug = next(slugs)
        if host == "shop":
            plots.append(_shop_plot(rng, at, slug, refused=refused > 0))
            refused -= 1
        elif host == "slow-partner":
            plot = _steady_plot(rng, at, slug, host)
            plots.append(_at(plot, at.url(host, _slow_path(slow_seen, slow))))
            slow_seen += 1
        else:
            plots.append(_steady_plot(rng, at, slug, host))
    return plots


def _at(plot: Plot, destination: str) -> Plot:
    return replace(plot, destination=destination)


def calm_plots(at: Setting) -> list[Plot]:
    """Links that all answer."""
    rng = random.Random(f"calm/{at.seed}")
    slugs = _slugs(rng, set())
    return [_steady_plot(rng, at, next(slugs), HOSTS[i % len(HOSTS)]) for i in range(at.links)]


def sites(*, shop: Page = Page.DOWN) -> dict[str, Site]:
    """What the hosts of `outage` do."""
    rng = random.Random("latencies")
    found = {host: Site(delay=rng.uniform(0.004, 0.12)) for host in HOSTS}
    found["www"] = Site(delay=0.018, paths={"/launch-0611": Site(Page.DEAD)})
    found["pay"] = Site(Page.WALL, delay=0.03)
    found["shop"] = Site(shop, delay=0.012)
    found["old"] = Site(Page.DEAD, delay=0.02)
    found["slow-partner"] = Site(
        Page.SLOW, delay=4.2, paths={path: Site(Page.SLOW, delay=delay) for path, delay in SLOW_PAGES}
    )
    return found


def outage_stage(at: Setting) -> Stage:
    """`outage`: one host down since six minutes, one slow partner, three dead pages."""
    since = {"shop": 6 * MINUTE, "slow-partner": 17 * MINUTE, "old": 3.2 * DAY}
    return Stage(outage_plots(at), sites(), since, UNCHECKED, writes=38)
