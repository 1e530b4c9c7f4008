"""Names to addresses for many probes at once, on threads that quitting does not wait for."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
import time
from collections.abc import Sequence
from typing import Final, Protocol

from console.ops.probe.addresses import LOOPBACK, is_localhost

_KEEP_SECONDS: Final = 60.0
_THREADS: Final = 32


class Resolver(Protocol):
    """Looks a name up."""

    async def lookup(self, host: str) -> Sequence[str]:
        """All addresses of a name.

        Raises:
            socket.gaierror: it has none, or nobody could say.
        """
        ...


class SystemResolver:
    """The system's own lookup (`getaddrinfo`) on daemon threads.

    Daemon threads because a lookup can hang for half a minute and cannot be cancelled: the loop's own
    executor would hold up the way out, and everybody else who uses it. Threads start when needed.
    """

    def __init__(self, threads: int = _THREADS) -> None:
        self._limit = threads
        self._started = 0
        self._busy = 0
        self._jobs: queue.SimpleQueue[tuple[str, asyncio.AbstractEventLoop, asyncio.Future[list[str]]]] = (
            queue.SimpleQueue()
        )

    async def lookup(self, host: str) -> Sequence[str]:
        """All addresses of a name.

        Raises:
            socket.gaierror: it has none, or nobody could say.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[str]] = loop.create_future()
        self._busy += 1
        if self._busy > self._started and self._started < self._limit:
            self._started += 1
            threading.Thread(target=self._work, name=f"lookup-{self._started}", daemon=True).start()
        self._jobs.put((host, loop, future))
        try:
            return await future
        finally:
            self._busy -= 1

    def _work(self) -> None:
        while True:
            host, loop, future = self._jobs.get()
            if future.cancelled():
                continue
            result: list[str] | OSError
            try:
                result = _addresses(host)
            except OSError as error:
                result = error
            try:
                loop.call_soon_threadsafe(_settle, future, result)
            except RuntimeError:  # the loop was closed in the meantime: nobody waits any more
                continue


def _addresses(host: str) -> list[str]:
    # Bytes keep the codec "idna" out, which refuses long labels with a UnicodeError. No AI_ADDRCONFIG: a
    # name with IPv6 addresses only is not dead because this machine has no IPv6.
    found = socket.getaddrinfo(host.encode("ascii", "replace"), None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _settle(future: asyncio.Future[list[str]], result: list[str] | OSError) -> None:
    if future.done():
        return
    if isinstance(result, OSError):
        future.set_exception(result)
    else:
        future.set_result(result)


class Lookups:
    """Lookups of one sweep: each name once while its answer is fresh, shared by all who wait for it."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._known: dict[str, tuple[float, Sequence[str] | OSError]] = {}
        self._asking: dict[str, asyncio.Task[Sequence[str] | OSError]] = {}

    async def addresses(self, host: str) -> Sequence[str]:
        """All addresses of a name; `localhost` and below are loopback without asking (RFC 6761, 6.3).

        Raises:
            socket.gaierror: it has none, or nobody could say.
        """
        if is_localhost(host):
            return (LOOPBACK,)
        known = self._known.get(host)
        if known is not None and known[0] > time.monotonic():
            answer = known[1]
        else:
            task = self._asking.get(host)
            if task is None:
                task = self._asking[host] = asyncio.ensure_future(self._ask(host))
            answer = await asyncio.shield(task)
        if isinstance(answer, OSError):
            raise answer.with_traceback(None)
        return answer

    async def _ask(self, host: str) -> Sequence[str] | OSError:
        try:
            answer: Sequence[str] | OSError = await self._resolver.lookup(host)
        except OSError as error:
            answer = error
        finally:
            self._asking.pop(host, None)
        if not (isinstance(answer, OSError) and answer.errno == socket.EAI_AGAIN):  # that is no fact to keep
            self._known[host] = (time.monotonic() + _KEEP_SECONDS, answer)
        return answer

    async def close(self) -> None:
        """Let go of lookups that nobody waits for any more."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
