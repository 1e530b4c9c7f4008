"""What a scenario is set up from and set up as, and the one link that every scenario of note shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from console.practice.landing import Site
from console.practice.plots import DAY, HOUR, MINUTE, Plot, told


@dataclass(frozen=True, slots=True)
class Setting:
    """What a scenario is built from. Ports are of the landing pages; `now` is Unix seconds."""

    links: int
    seed: int
    now: float
    port: int
    refused_port: int

    def url(self, host: str, path: str) -> str:
        """A destination on the landing pages."""
        return f"http://{host}.localhost:{self.port}{path}"

    def refused(self, host: str, path: str) -> str:
        """A destination that nobody listens on."""
        return f"http://{host}.localhost:{self.refused_port}{path}"


@dataclass(frozen=True, slots=True)
class Stage:
    """A scenario set up.

    Attributes:
        since: for hosts that fail, how many seconds ago the platform first saw it.
        unchecked: hosts that the platform's last check left out.
        writes: writes counted today already.
        checked_ago: seconds since the platform's last check; None: it never checked.
    """

    plots: list[Plot]
    sites: dict[str, Site]
    since: Mapping[str, float] = field(default_factory=dict)
    unchecked: frozenset[str] = frozenset()
    writes: int = 0
    checked_ago: float | None = 75.0


def spring_launch(at: Setting) -> Plot:
    """The link of the pictures: v9 fails since two minutes, v8 was healthy."""
    shop, old = at.url("shop", "/launch"), at.url("www", "/launch-old")

    def state(destination: str, tags: tuple[str, ...], title: str = "Spring launch") -> dict[str, Any]:
        return Plot(
            "spring-launch", destination, title, tags=tags, campaign="spring", categories=("campaign",)
        ).record()

    plain, promo = ("spring", "launch"), ("spring", "launch", "promo")
    steps = (
        ("create", "kim", "dashboard", 96 * DAY, state(at.url("www", "/soon"), ("spring",), "Spring teaser")),
        ("update", "kim", "dashboard", 61 * DAY, state(at.url("www", "/soon"), ("spring",))),
        ("update", "lee", "dashboard", 40 * DAY, state(at.url("www", "/soon"), plain)),
        ("import", "nightly", "import #41", 21 * DAY, state(at.url("www", "/spring"), plain)),
        ("update", "dana", "dashboard", 9 * DAY, state(old, plain)),
        ("update", "kim", "dashboard", 2 * DAY + 3 * HOUR, state(at.url("www", "/launch-0611"), plain)),
        ("rollback", "kim", "back to v5", 2 * DAY + 3 * HOUR - 14 * MINUTE, state(old, plain)),
        ("import", "nightly", "import #88", 3 * HOUR, state(old, promo)),
        ("update", "dana", "dashboard", 2.4 * MINUTE, state(shop, promo)),
    )
    return Plot(
        "spring-launch", shop, "Spring launch", versions=9, age=2.4 * MINUTE, former=old, tags=promo,
        campaign="spring", clicks=18_204, categories=("campaign",), told=told(steps, at.now),
    )  # fmt: skip
