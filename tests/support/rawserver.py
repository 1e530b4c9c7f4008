"""A server that writes whatever bytes a test wants onto a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Script = Callable[["Talk"], Awaitable[None]]


@dataclass(slots=True)
class Talk:
    """One connection: what came in, and ways to answer it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    seen: bytearray

    async def request(self) -> bytes:
        """Read one request, head and body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.seen += head
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        body = await self.reader.readexactly(length) if length else b""
        self.seen += body
        return head + body

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """End with RST instead of FIN."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@dataclass(slots=True)
class RawServer:
    """Runs one script for each connection.

    Attributes:
        seen: every byte of every request that was read.
        connections: how many came.
    """

    port: int
    scheme: str = "http"
    seen: bytearray = field(default_factory=bytearray)
    connections: int = 0

    @property
    def base_url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"


@asynccontextmanager
async def raw_server(script: Script, context: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """Serve `script` on 127.0.0.1 until the block ends; talks still open are cut then."""
    found = RawServer(0, "https" if context else "http")
    talks: set[asyncio.Task[None]] = set()
    over = False

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await script(Talk(reader, writer, found.seen))
        writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if over:  # it came while the server ended, and nobody would ever cut it
            writer.transport.abort()
            return
        task = asyncio.ensure_future(serve(reader, writer))
        talks.add(task)
        task.add_done_callback(talks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        over = True
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


def answer(body: bytes, head: bytes = b"HTTP/1.1 200 OK", *, kind: bytes = b"application/json") -> bytes:
    """A whole, honest answer."""
    return head + b"\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n" % (kind, len(body)) + body
