"""A platform that costs nothing: it answers the export from a file, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

sys.path.insert(0, str(Path(__file__).parents[2]))

if TYPE_CHECKING:
    from console.ops.session import Session

_ME = {"id": "usr_1", "email": "ines@acme.example", "handle": "acme", "role": "OPERATOR", "plan": "PRO"}


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, export: bytes) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1]
            if b"/links/export" in path:
                kind, status, body = b"application/x-ndjson", b"200 OK", export
            elif path.startswith(b"/v2/auth/me"):
                kind, status, body = b"application/json", b"200 OK", json.dumps(_ME).encode()
            else:
                kind, status, body = b"application/json", b"404 Not Found", b'{"message":"Not Found"}'
            writer.write(
                b"HTTP/1.1 " + status + b"\r\nContent-Type: " + kind + b"\r\nContent-Length: "
                + str(len(body)).encode() + b"\r\n\r\n"
            )  # fmt: skip
            for start in range(0, len(body), 65536):
                writer.write(body[start : start + 65536])
                await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _serve(file: str) -> None:
    export = await asyncio.to_thread(Path(file).read_bytes)
    server = await asyncio.start_server(lambda r, w: _answer(r, w, export), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


class Far:
    """The platform of a file. A context manager."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.port = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self._file)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def base_url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def session(self, **settings: Any) -> AsyncIterator[Session]:
        """An operator's session at it; its home is REPOINT_HOME."""
        from console.domain.target import Secret
        from console.ops.connect import connect
        from console.ops.profiles.profile import Profile

        class Token:
            async def get(self) -> Secret:
                return Secret("pat_benchmark")

        profile = Profile(
            **{"name": "bench", "base_url": self.base_url, "handle": "acme",
               "environment": "practice", "timeout": 60.0, **settings}
        )  # fmt: skip
        session = await connect(profile, tokens=Token())
        try:
            yield session
        finally:
            await session.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
