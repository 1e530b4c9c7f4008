"""Landing pages that really answer, hang, redirect, fail: one port, told apart by the Host header.

Destinations are `http://NAME.localhost:PORT/path`; RFC 6761 makes every name under localhost loopback.
Pages on the port that refuses are destinations too: it is kept bound and never listens, so that nobody
else can answer there.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from console.practice.sockets import Receive, Scope, Send, hang, hang_up

OUTSIDE: Final = b"<!doctype html><title>%s</title><h1>%s</h1><p>%s</p>"


class Page(StrEnum):
    """How a page behaves."""

    OK = "ok"
    DOWN = "down"
    SLOW = "slow"
    HANG = "hang"
    DEAD = "dead"
    GONE = "gone"
    CHAIN = "chain"
    LOOP = "loop"
    SOFT_404 = "soft 404"
    WALL = "wall"
    LIMITED = "limited"
    CUT = "cut"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Site:
    """One host's pages.

    Attributes:
        page: how its pages behave, unless `paths` says otherwise for one.
        delay: seconds before the answer.
        status: status of a failing page.
    """

    page: Page = Page.OK
    delay: float = 0.0
    status: int = 503
    paths: dict[str, Site] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request that reached a landing page."""

    method: str
    host: str
    path: str
    headers: dict[str, str]


Resolve = Callable[[str], tuple[int, str | None]]
"""Where a short link leads: (status, destination)."""


class LandingPages:
    """The landing pages as an ASGI app, and what is known of its visitors.

    Attributes:
        sites: what each host does, by name without `.localhost`; hosts that nobody named answer.
        visits: the last visits, oldest first.
        hits: how many requests each `host/path` got.
        short_links: answers for `go.localhost`, where the short links themselves live.
    """

    def __init__(self, sites: dict[str, Site] | None = None) -> None:
        self.sites: dict[str, Site] = dict(sites or {})
        self.visits: deque[Visit] = deque(maxlen=20_000)
        self.hits: Counter[str] = Counter()
        self.short_links: Resolve | None = None
        self._before: dict[str, Site] = {}

    def set_site(self, name: str, site: Site) -> None:
        """Change what a host does from the next request on."""
        self.sites[name] = site

    def take_down(self, name: str, *, status: int = 503) -> None:
        """Start an outage of one host: every page of it fails."""
        self._before.setdefault(name, self.sites.get(name, Site()))
        self.sites[name] = Site(Page.DOWN, status=status)

    def recover(self, name: str) -> None:
        """End the outage of one host: its pages behave as before, or answer if they always failed."""
        before = self._before.pop(name, None)
        if before is None or before.page is Page.DOWN:
            before = replace(self.sites.get(name, Site()), page=Page.OK)
        self.sites[name] = before

    def site_of(self, host: str, path: str) -> Site:
        """What answers for a page."""
        name = host.split(":", 1)[0].lower().removesuffix(".localhost")
        site = self.sites.get(name, Site())
        return site.paths.get(path, site)

    def delay_told(self, host: str, path: str) -> float:
        """Seconds that a page is told to take; endless for one that never answers."""
        site = self.site_of(host, path)
        return math.inf if site.page is Page.HANG else site.delay

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI app."""
        if scope["type"] != "http":
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        host, path = headers.get("host", ""), scope["path"]
        self.visits.append(Visit(scope["method"], host, path, headers))
        self.hits[f"{host.split(':', 1)[0]}{path}"] += 1
        if host.split(":", 1)[0] == "go.localhost" and self.short_links is not None:
            await _short_link(self.short_links, path, send)
            return
        site = self.site_of(host, path)
        if site.delay:
            await asyncio.sleep(site.delay)
        await _ANSWERS[site.page](site, path, (scope, receive, send))


Visitor = tuple[Scope, Receive, Send]


async def _say(send: Send, status: int, title: str, text: str = "", *, location: str | None = None) -> None:
    body = OUTSIDE % (title.encode(), title.encode(), text.encode())
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    if location is not None:
        headers.append((b"location", location.encode("ascii", "ignore")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _short_link(resolve: Resolve, path: str, send: Send) -> None:
    status, destination = resolve(path.lstrip("/"))
    await _say(send, status, "moved" if destination else "no such page", location=destination)


async def _ok(_site: Site, path: str, visitor: Visitor) -> None:
    await _say(visitor[2], 200, path.strip("/").replace("-", " ") or "welcome", "You are in the right place.")


async def _down(site: Site, _path: str, visitor: Visitor) -> None:
    await _say(visitor[2], site.status, "Service Unavailable", "No upstream answered.")


async def _hang(_site: Site, _path: str, visitor: Visitor) -> None:
    await hang(visitor[1])


async def _dead(_site: Site, _path: str, visitor: Visitor) -> None:
    await _say(visitor[2], 404, "Not Found", "There is no such page.")


async def _gone(_site: Site, _path: str, visitor: Visitor) -> None:
    await _say(visitor[2], 410, "Gone", "This page was taken down.")


async def _chain(_site: Site, path: str, visitor: Visitor) -> None:
    """Three hops, then an answer."""
    head, _, hop = path.rpartition("~")
    number = int(hop) if head and hop.isdigit() else 0
    if number >= 3:
        await _say(visitor[2], 200, "arrived")
    else:
        await _say(visitor[2], 302, "moved", location=f"{head or path}~{number + 1}")


async def _loop(_site: Site, path: str, visitor: Visitor) -> None:
    other = path.removesuffix("/again") if path.endswith("/again") else f"{path}/again"
    await _say(visitor[2], 302, "moved", location=other)


async def _soft(_site: Site, _path: str, visitor: Visitor) -> None:
    await _say(visitor[2], 200, "Page not found", "Sorry, the page you are looking for does not exist.")


async def _wall(_site: Site, _path: str, visitor: Visitor) -> None:
    await _say(visitor[2], 403, "Just a moment...", "Checking that you are human.")


async def _limited(_site: Site, _path: str, visitor: Visitor) -> None:
    await _say(visitor[2], 429, "Too Many Requests", "Come back later.")


async def _cut(_site: Site, _path: str, visitor: Visitor) -> None:
    scope, receive, send = visitor
    headers = [(b"content-type", b"text/html"), (b"content-length", b"4096")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"<!doctype html><title>half", "more_body": True})
    await hang_up(scope, receive)


async def _reset(_site: Site, _path: str, visitor: Visitor) -> None:
    await hang_up(visitor[0], visitor[1], reset=True)


_ANSWERS: Final[dict[Page, Any]] = {
    Page.OK: _ok,
    Page.SLOW: _ok,
    Page.DOWN: _down,
    Page.HANG: _hang,
    Page.DEAD: _dead,
    Page.GONE: _gone,
    Page.CHAIN: _chain,
    Page.LOOP: _loop,
    Page.SOFT_404: _soft,
    Page.WALL: _wall,
    Page.LIMITED: _limited,
    Page.CUT: _cut,
    Page.RESET: _reset,
}
