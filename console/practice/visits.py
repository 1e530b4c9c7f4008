"""One visit of the platform's health check to one destination.

In the practice world only names under localhost exist, so no visit ever leaves the machine.

Whether a page is slow, or too late, is judged by the delay that it was told to have: a busy machine
makes no practice page slower than its scenario says. What the visit finds there is found by going there.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

AT_ONCE: Final = 100
MAX_HOPS: Final = 10
BODY_CAP: Final = 64 * 1024
BLOCKED: Final = frozenset({401, 403, 429, 451, 999})
LOOPBACK: Final = "127.0.0.1"
PATIENCE: Final = 60.0
"""Seconds for a visit to pages that are told to answer in time; the machine may be busy."""

Finding = dict[str, Any]
Visit = Callable[[str], Awaitable[Finding]]
DelayTold = Callable[[str], float]
"""Seconds that the page of a URL is told to take, endless for one that never answers."""


class _OnlyLocalhost(AbstractResolver):
    """Names under localhost are this machine (RFC 6761); no others exist."""

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - loopback has one
    ) -> list[ResolveResult]:
        if host != "localhost" and not host.endswith(".localhost"):
            raise OSError(f"no such host: {host}")
        return [
            ResolveResult(hostname=host, host=LOOPBACK, port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing to give back."""


@asynccontextmanager
async def visiting(seconds: float, slow_ms: float, delay_told: DelayTold) -> AsyncIterator[Visit]:
    """Visits with `seconds` for each, redirects and body included, and no more than `AT_ONCE` together."""
    connector = aiohttp.TCPConnector(resolver=_OnlyLocalhost(), limit=AT_ONCE, force_close=True)
    gate = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    ) as session:

        async def visit(url: str) -> Finding:
            async with gate:
                return await _Visitor(session, seconds, slow_ms, delay_told).visit(url)

        yield visit


class _Visitor:
    def __init__(
        self, session: aiohttp.ClientSession, seconds: float, slow_ms: float, delay_told: DelayTold
    ) -> None:
        self._session = session
        self._seconds = seconds
        self._slow_ms = slow_ms
        self._delay_told = delay_told
        self._told = 0.0
        self._heard = False

    async def visit(self, url: str) -> Finding:
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(PATIENCE) as limit:
                return await self._follow(url, limit, started)
        except TimeoutError:
            return {"status": "timeout", "error": "timeout", "phase": "body" if self._heard else "first_byte"}
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return {"status": "unhealthy", "error": _word_for(error)}

    async def _follow(self, url: str, limit: asyncio.Timeout, started: float) -> Finding:
        where = url
        for _ in range(MAX_HOPS + 1):
            if _is_elsewhere(where):
                raise ConnectionRefusedError(where)
            self._told += self._delay_told(where)
            if self._told > self._seconds:
                limit.reschedule(started + self._seconds)
            self._heard = False
            async with self._session.get(where, allow_redirects=False) as response:
                self._heard = True
                latency = round((asyncio.get_running_loop().time() - started) * 1000, 1)
                onward = response.headers.get("location") if response.status // 100 == 3 else None
                if onward is None:
                    while await response.content.read(BODY_CAP):
                        pass
                    return self._judged(response.status, latency, None if where == url else where)
                where = urljoin(where, onward)
        return {"status": "unhealthy", "error": "too many redirects"}

    def _judged(self, status: int, latency: float, final: str | None) -> Finding:
        found: Finding = {"statusCode": status, "latencyMs": latency}
        if final is not None:
            found["finalUrl"] = final
        if status in BLOCKED:
            found["status"] = "blocked"
        elif status >= 400:
            found["status"] = "unhealthy"
        else:
            found["status"] = "slow" if self._told * 1000 > self._slow_ms else "healthy"
        return found


def _is_elsewhere(url: str) -> bool:
    """An address that is not this machine's; names are for the resolver to judge."""
    host = urlsplit(url).hostname or ""
    numeric = host.replace(".", "").isdigit() or host.startswith("0x")
    return (numeric and not host.startswith("127.")) or ":" in host


_WORDS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ClientSSLError, "tls"),
    (ConnectionRefusedError, "connection refused"),
    (aiohttp.ClientPayloadError, "cut"),
    (ConnectionResetError, "connection reset"),
    (aiohttp.ServerDisconnectedError, "connection reset"),
)


def _word_for(error: Exception) -> str:
    """One word for what went wrong, by the most telling exception in the chain."""
    causes = (error, error.__cause__, getattr(error, "os_error", None))
    for kind, word in _WORDS:
        if any(isinstance(cause, kind) for cause in causes):
            return word
    return "unreachable"
