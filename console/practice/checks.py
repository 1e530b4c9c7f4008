"""The platform's health check: it really visits the destinations, and remembers what it found."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from console.practice.landing import LandingPages, Page
from console.practice.manners import Manners
from console.practice.records import iso
from console.practice.staging import Setting, Stage
from console.practice.store import Held

DEFAULT_TIMEOUT_MS: Final = 5000

Finding = dict[str, Any]
"""`{status, statusCode?, latencyMs?, error?, phase?, finalUrl?}` of one destination.

`status` is healthy, slow, timeout, blocked, unhealthy or unknown; `error` is dns, connection refused,
connection reset, tls, too many redirects, cut, timeout or not found.
"""


@dataclass(slots=True)
class Run:
    """One health check. `results` grows while it runs."""

    run_id: str
    total: int
    checked_at: float
    finished: bool = False
    results: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """The run as the API shows it."""
        return {
            "runId": self.run_id,
            "finished": self.finished,
            "checkedAt": iso(self.checked_at),
            "total": self.total,
            "results": list(self.results),
        }


class Checker:
    """Runs health checks and remembers the last result of each link.

    Args:
        setting: what the platform was set up from; `stage` is what it was set up as.
        landing: the pages that it visits, whose slowness is told rather than waited for.
        in_background: takes the work of a run that is not waited for.
    """

    def __init__(
        self,
        setting: Setting,
        stage: Stage,
        *,
        landing: LandingPages,
        manners: Manners,
        now: Callable[[], float],
        in_background: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._setting = setting
        self._stage = stage
        self._landing = landing
        self._manners = manners
        self._now = now
        self._in_background = in_background
        self._last: dict[str, dict[str, Any]] | None = None
        self._since: dict[str, tuple[str, float]] = {}
        self._runs: dict[str, Run] = {}

    def run(self, run_id: str) -> Run | None:
        """A run that was started since the platform stands."""
        return self._runs.get(run_id)

    def last(self) -> list[dict[str, Any]]:
        """The last result of every link that was ever checked, with `failingSince` where it fails."""
        if self._last is None:
            self._last = self._before_we_came()
        return list(self._last.values())

    async def check(self, links: list[Held], timeout_ms: int) -> Run:
        """Check links now; a run of many comes back unfinished and goes on by itself."""
        self.last()
        number = len(self._runs) + 1
        name = hashlib.sha256(f"{self._setting.seed}/check/{number}".encode()).hexdigest()[:12]
        run = Run(f"run_{name}", len(links), self._now())
        self._runs[run.run_id] = run
        work = self._work(run, links, timeout_ms)
        if len(links) <= self._manners.checks_at_once:
            await work
        else:
            self._in_background(work)
        return run

    async def _work(self, run: Run, links: list[Held], timeout_ms: int) -> None:
        by_url: dict[str, list[str]] = {}
        for held in links:
            by_url.setdefault(held.content()["destinationUrl"], []).append(held.slug)
        from console.practice.visits import visiting

        seconds, slow_ms = timeout_ms / 1000, self._manners.slow_ms
        async with visiting(seconds, slow_ms, self._delay_told) as visit:

            async def one(url: str) -> None:
                found = await visit(url)
                for slug in by_url[url]:
                    run.results.append(self._keep(slug, url, found))

            await asyncio.gather(*(one(url) for url in by_url))
        run.finished = True

    def _delay_told(self, url: str) -> float:
        parts = urlsplit(url)
        return self._landing.delay_told(parts.hostname or "", parts.path)

    def _keep(self, slug: str, url: str, found: Finding) -> dict[str, Any]:
        now = self._now()
        if found["status"] in {"healthy", "blocked"}:
            self._since.pop(slug, None)
        elif self._since.get(slug, ("", 0.0))[0] != url:
            self._since[slug] = (url, now)
        since = self._since.get(slug)
        result = {"slug": slug, "destinationUrl": url, **found, "checkedAt": iso(now)}
        if since is not None:
            result["failingSince"] = iso(since[1])
        assert self._last is not None
        self._last[slug] = result
        return result

    def _before_we_came(self) -> dict[str, dict[str, Any]]:
        """What the platform's last check before the start found: told by the scenario, not visited."""
        setting, stage = self._setting, self._stage
        if stage.checked_ago is None:
            return {}
        found: dict[str, dict[str, Any]] = {}
        for plot in stage.plots:
            parts = urlsplit(plot.destination)
            host = (parts.hostname or "").removesuffix(".localhost")
            if host in stage.unchecked:
                continue
            told = self._told(parts.port == setting.refused_port, parts.scheme, host, parts.path)
            result = {"slug": plot.slug, "destinationUrl": plot.destination, **told,
                      "checkedAt": iso(setting.now - stage.checked_ago)}  # fmt: skip
            if told["status"] not in {"healthy", "blocked"}:
                ago = stage.since.get(host, stage.checked_ago)
                since = setting.now - min(ago, plot.age)
                self._since[plot.slug] = (plot.destination, since)
                result["failingSince"] = iso(since)
            found[plot.slug] = result
        return found

    def _told(self, refused: bool, scheme: str, host: str, path: str) -> Finding:
        if refused:
            return {"status": "unhealthy", "error": "connection refused"}
        if scheme == "https":
            return {"status": "unhealthy", "error": "tls"}
        site = self._stage.sites.get(host)
        site = None if site is None else site.paths.get(path, site)
        if site is None:
            return {"status": "healthy", "statusCode": 200, "latencyMs": 4.0}
        latency = {"latencyMs": round(site.delay * 1000, 1)}
        if site.page is Page.HANG or site.delay * 1000 > DEFAULT_TIMEOUT_MS:
            return {"status": "timeout", "error": "timeout", "phase": "first_byte"}
        if site.delay * 1000 > self._manners.slow_ms:
            return {"status": "slow", "statusCode": 200, **latency}
        return {**_TOLD.get(site.page, _HEALTHY), **latency}


_HEALTHY: Final[Mapping[str, Any]] = {"status": "healthy", "statusCode": 200}
_TOLD: Final[Mapping[Page, Mapping[str, Any]]] = {
    Page.DOWN: {"status": "unhealthy", "statusCode": 503},
    Page.DEAD: {"status": "unhealthy", "statusCode": 404},
    Page.GONE: {"status": "unhealthy", "statusCode": 410},
    Page.LOOP: {"status": "unhealthy", "error": "too many redirects"},
    Page.WALL: {"status": "blocked", "statusCode": 403},
    Page.LIMITED: {"status": "blocked", "statusCode": 429},
    Page.CUT: {"status": "unhealthy", "statusCode": 200, "error": "cut"},
    Page.RESET: {"status": "unhealthy", "error": "connection reset"},
}
