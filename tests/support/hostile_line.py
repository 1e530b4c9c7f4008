"""A hostile line between the client and the practice platform: what it does to a request is a script.

Time on it is virtual where a deadline is waited for: the scripts turn the loop's clock, so that no test
waits for one and no busy machine runs into one.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from tests.support.rawserver import Talk

DEADLINE: Final = 30.0
"""Seconds that one call may take: real ones that are never reached, virtual ones that are."""
STEP: Final = 0.25
"""Virtual seconds that pass between two signs of life of a server that drips."""
_TURNS: Final = 25
_STEPS: Final = int(DEADLINE / STEP) * 4
T = TypeVar("T")


class TurnedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock can be turned forward."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


def run_turned(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `work` on a loop of its own whose clock can be turned."""
    with asyncio.Runner(loop_factory=TurnedLoop) as runner:
        return runner.run(work())


@dataclass(slots=True)
class Strike:
    """One request that met the script.

    Attributes:
        waited: virtual seconds that the client stayed after its whole request was there.
        outlasted: it never left, however long.
    """

    talk: Talk
    line: Line
    waited: float = 0.0
    outlasted: bool = False

    async def send(self, data: bytes) -> None:
        await self.talk.send(data)

    async def commit(self) -> bytes:
        """Let the platform take the request; its whole answer, which the client has not got."""
        return await self.line.ask(bytes(self.talk.seen))

    async def drip(self, piece: bytes = b"", step: float = STEP) -> None:
        """Give a sign of life every now and then until the client leaves, or a multiple of its deadline."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, TurnedLoop)
        gone = asyncio.ensure_future(self.talk.reader.read())
        try:
            for _ in range(_STEPS):
                if piece:
                    await self.send(piece)
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
                if gone.done():
                    return
                loop.ahead += step
                self.waited += step
            self.outlasted = True
        except OSError:
            return  # the client left
        finally:
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await gone


Script = Callable[[Strike], Awaitable[None]]


@dataclass(slots=True)
class Line:
    """Passes every request on, but for those that match `pattern`: those meet `script`, `times` times."""

    upstream: int
    port: int = 0
    script: Script | None = None
    pattern: re.Pattern[bytes] = re.compile(b"^$")
    times: int = 1
    on_connect: Callable[[Strike], Awaitable[None]] | None = None
    strikes: list[Strike] = field(default_factory=list)
    server: asyncio.Server | None = None
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def arm(self, script: Script, pattern: str, times: int) -> None:
        """From now on `script` meets the next `times` requests whose first line matches."""
        self.script, self.pattern, self.times = script, re.compile(pattern.encode()), times
        self.strikes = []

    def disarm(self) -> None:
        """Pass everything on again."""
        self.script = self.on_connect = None

    async def open(self) -> None:
        """Listen, on the same port as before."""
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, reuse_address=True)
        self.port = self.server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Refuse connections."""
        if self.server is not None:
            self.server.close()
        self.server = None
        await asyncio.sleep(0)

    async def ask(self, request: bytes) -> bytes:
        """The platform's whole answer."""
        request = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        try:
            writer.write(request)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(Talk(reader, writer, bytearray())))
        self._talks.add(task)
        task.add_done_callback(self._talks.discard)

    async def _serve(self, talk: Talk) -> None:
        try:
            if self.on_connect is None:
                await self._answer(talk)
            else:
                self.strikes.append(Strike(talk, self))
                await self.on_connect(self.strikes[-1])
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            talk.writer.close()

    async def _answer(self, talk: Talk) -> None:
        request = await talk.request()
        first = request.partition(b"\r\n")[0]
        if self.script is not None and self.times > 0 and self.pattern.search(first):
            self.times -= 1
            strike = Strike(talk, self)
            self.strikes.append(strike)
            await self.script(strike)
            return
        await talk.send(await self.ask(request))

    async def end(self) -> None:
        """Cut everything."""
        await self.shut()
        for task in list(self._talks):
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)


@asynccontextmanager
async def hostile_line(upstream: int) -> AsyncIterator[Line]:
    """A line to the platform at that port of loopback."""
    line = Line(upstream)
    await line.open()
    try:
        yield line
    finally:
        await line.end()
