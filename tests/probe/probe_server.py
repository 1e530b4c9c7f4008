"""A raw server on loopback that answers by the byte, and counts what reaches it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from console.ops.probe.prober import Probed, Prober, ProbeSettings

Handler = Callable[["Call"], Awaitable[None]]


def answer(status: int = 200, body: bytes = b"<title>Sale</title>", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers]
    if not any(header.lower().startswith("content-type") for header in headers):
        lines.append("Content-Type: text/html")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def moved(location: str, status: int = 302, *headers: str) -> bytes:
    return answer(status, b"", f"Location: {location}", *headers)


class Call:
    def __init__(self, server: Server, head: bytes, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.head = head.decode("latin-1")
        self.method, self.path, _ = self.head.split(" ", 2)
        self.writer = writer

    @property
    def host(self) -> str:
        return self.header("host")

    def header(self, name: str) -> str:
        for line in self.head.split("\r\n"):
            if line.lower().startswith(name + ":"):
                return line.split(":", 1)[1].strip()
        return ""

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def close(self) -> None:
        self.writer.close()

    async def reset(self) -> None:
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.writer.transport.abort()

    async def hang(self) -> None:
        await asyncio.Event().wait()


class Server:
    """`routes` maps a path to bytes, a list of bytes (one a call, the last for good) or a coroutine."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, bytes | list[bytes] | Handler] = {}
        self.calls: list[Call] = []
        self.connections = 0
        self.open = 0
        self.busy: dict[str, int] = {}
        self.most_busy: dict[str, int] = {}
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> Server:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    def url(self, path: str = "/", host: str = "shop.localhost", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        self.open += 1
        # A cancelled handler would be reported by asyncio.streams as an error of its own.
        with suppress(asyncio.CancelledError):
            try:
                await self._answer(reader, writer)
            finally:
                self.open -= 1
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                call = Call(self, await reader.readuntil(b"\r\n\r\n"), writer)
                self.calls.append(call)
                self.busy[call.host] = self.busy.get(call.host, 0) + 1
                self.most_busy[call.host] = max(self.most_busy.get(call.host, 0), self.busy[call.host])
                try:
                    await self._route(call, reader)
                finally:
                    self.busy[call.host] -= 1

    async def _route(self, call: Call, reader: asyncio.StreamReader) -> None:
        route = self.routes.get(call.path, answer())
        if isinstance(route, list):
            route = route.pop(0) if len(route) > 1 else route[0]
        if isinstance(route, bytes):
            await call.send(route)
            return
        handling = asyncio.ensure_future(route(call))
        gone = asyncio.ensure_future(reader.read(1))  # the probe hung up, or ended the connection
        try:
            await asyncio.wait({handling, gone}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done() and not handling.done():
                call.writer.close()
        finally:
            handling.cancel()
            gone.cancel()
            await asyncio.gather(handling, gone, return_exceptions=True)


class Names:
    """A resolver that knows what it was told; the rest does not exist."""

    def __init__(self, **known: Sequence[str] | OSError) -> None:
        self.known = {name.replace("_", "."): found for name, found in known.items()}
        self.asked: list[str] = []

    async def lookup(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        await asyncio.sleep(0)
        found = self.known.get(host, socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
        if isinstance(found, OSError):
            raise found
        return found


HASTY = {"timeout_seconds": 2.0, "total_seconds": 20.0}


def settings(**changes: object) -> ProbeSettings:
    """Open to loopback, and patient with a busy machine: nothing is slow or late unless a test says so.

    `HASTY` is for servers that hang.
    """
    values: dict[str, object] = {
        "timeout_seconds": 60.0,
        "total_seconds": 180.0,
        "slow_seconds": 600.0,
        "backoff_seconds": 0.01,
        "allow_private": True,
        "per_host_rate": 0.0,
    }
    return ProbeSettings(**{**values, **changes})  # type: ignore[arg-type]


async def probed(url: str, resolver: Names | None = None, **changes: object) -> Probed:
    return await Prober(settings(**changes), resolver=resolver or Names()).probe_one(url)
