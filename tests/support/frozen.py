"""A platform and a clock that stand still: what the console shows of them is the same on every machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from console.api.port import Capabilities, HealthRun, Identity, Platform
from console.domain.budget import Meter
from console.domain.health import HealthResult, Phase, Vantage, Verdict
from console.domain.links import Link
from console.domain.target import Role, Secret
from console.domain.versions import Action, Source, Timeline, Version
from console.ops.connect import connect
from console.ops.engine import Engine
from console.ops.probe.prober import Prober
from console.ops.probe.values import Probed
from console.ops.profiles.profile import Profile
from console.ops.session import Session
from screens.console.app import Console
from tests.support.clock import START, ManualClock
from tests.support.farside import token

NOW = START
_OK = ("docs", "careers", "status", "blog")
_DOWN = ("summer-sale", "spring-launch", "vip-preview", "gift-cards", "loyalty", "returns")
_SLOW = ("partner-spring", "partner-fall")
_UNCHECKED = ("press-kit", "webinar-0611")


class StillClock(ManualClock):
    """Nothing that waits ever goes on."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


def _ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def _url(slug: str) -> str:
    host = "shop.example" if slug in _DOWN else "slow.partner.example" if slug in _SLOW else f"{slug}.example"
    return f"https://{host}/{'launch' if slug == 'spring-launch' else slug}"


def links() -> list[Link]:
    """A dozen links of every kind."""
    made = []
    for number, slug in enumerate((*_DOWN, *_SLOW, *_OK, *_UNCHECKED), start=1):
        version = 9 if slug == "spring-launch" else number
        made.append(
            Link(slug, _url(slug), version=version, link_id=f"lnk_{number}", updated_at=_ago(minutes=number))
        )
    return made


def history(slug: str) -> Timeline:
    """Five versions of one link; the newest goes to the shop that is down."""
    url = _url(slug)
    old = Link(slug, f"{url}-old", tags=("promo",), link_id="lnk_2")
    plain, broken = replace(old, tags=()), replace(old, destination_url=f"{url}-0611", tags=())
    versions = (
        Version(9, replace(plain, destination_url=url), _ago(minutes=2), "dana", Action.UPDATE, "dashboard"),
        Version(8, old, _ago(hours=3), "nightly", Action.IMPORT),
        Version(7, plain, _ago(days=2), "kim", Action.ROLLBACK, rolled_back_to=5),
        Version(6, broken, _ago(days=2, minutes=14), "kim", Action.UPDATE),
        Version(5, plain, _ago(days=9), "kim", Action.CREATE),
    )
    return Timeline(slug, 9, versions, True, NOW, Source.PLATFORM, "lnk_2")


def results() -> tuple[HealthResult, ...]:
    """What the platform last found."""
    found = []
    for slug in (*_DOWN, *_SLOW, *_OK):
        if slug in _DOWN:
            verdict, status, ms = Verdict.SERVER_ERROR, 503, 80.0
        elif slug in _SLOW:
            verdict, status, ms = Verdict.TIMEOUT, None, None
        else:
            verdict, status, ms = Verdict.OK, 200, 96.0
        found.append(
            HealthResult(
                slug, _url(slug), verdict, Vantage.PLATFORM, _ago(minutes=1),
                phase=Phase.FIRST_BYTE if slug in _SLOW else None, status_code=status, latency_ms=ms,
                failing_since=None if slug in _OK else _ago(minutes=11),
            )
        )  # fmt: skip
    return tuple(found)


def earlier() -> list[HealthResult]:
    """What was seen of earlier versions while they were live."""
    url = _url("spring-launch")
    return [
        HealthResult("spring-launch", f"{url}-old", Verdict.OK, Vantage.PLATFORM, _ago(hours=2), version=8),
        HealthResult(
            "spring-launch", f"{url}-0611", Verdict.SERVER_ERROR, Vantage.PLATFORM, _ago(days=2),
            status_code=503, version=6,
        ),
    ]  # fmt: skip


class FrozenPlatform:
    """Always answers the same. Only what the console asks before it writes."""

    capabilities = Capabilities()

    async def whoami(self) -> Identity:
        return Identity("dana", "Dana", Role.OPERATOR, "PRO", token_expires_at=await self.token_ends())

    async def token_ends(self) -> datetime | None:
        return NOW + timedelta(minutes=43)

    async def meter(self) -> Meter | None:
        return Meter("PRO", 5000, 212, f"{NOW:%Y%m%d}", NOW)

    async def links(self, _on_unread: object = None) -> AsyncIterator[list[Link]]:
        yield links()

    async def link(self, slug: str) -> Link:
        return replace(history(slug).current.snapshot, version=9)

    async def history(self, slug: str, *, limit: int | None = None) -> Timeline:
        return history(slug)

    async def last_health(self) -> HealthRun:
        return HealthRun(None, True, results())

    async def close(self) -> None:
        pass


class FrozenProber(Prober):
    """Looks at nothing: the shop is down, the partner is slow, everything else answers."""

    def _found(self, url: str) -> Probed:
        if "shop.example" in url and not url.endswith("-old"):
            return Probed(url, Verdict.SERVER_ERROR, NOW, status_code=503, latency_ms=75.0)
        if "slow" in url:
            return Probed(url, Verdict.SLOW, NOW, status_code=200, latency_ms=6900.0)
        return Probed(url, Verdict.OK, NOW, status_code=200, latency_ms=131.0)

    async def probe(self, urls: Iterable[str]) -> AsyncGenerator[Probed]:
        for url in urls:
            yield self._found(url)

    async def probe_one(self, url: str) -> Probed:
        return self._found(url)


class _Token:
    async def get(self) -> Secret:
        return Secret(token())


ENGINES: list[Engine] = []
"""Those that were made and have to be stopped."""


async def frozen_session(platform: object | None = None, **settings: Any) -> Session:
    """A session at `FrozenPlatform`, or at the one given, on a clock that stands still."""
    clock = StillClock(NOW)
    profile = Profile(name="main", base_url="https://api.example", handle="acme", **settings)
    session = await connect(profile, clock=clock, tokens=_Token())
    session.platform = cast("Platform", platform or FrozenPlatform())
    session.prober = FrozenProber(session.probing, clock)
    session.store.health.add(earlier())
    return session


def frozen_console(platform: object | None = None, **settings: Any) -> Console:
    """The console on all of that. Its engine is stopped when the test ends (`tests/screens/conftest.py`)."""
    engine = Engine(lambda: frozen_session(platform, environment="production", **settings))
    ENGINES.append(engine)
    return Console(engine, now=lambda: NOW)
