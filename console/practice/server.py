"""The practice platform and its landing pages on loopback, under uvicorn, in a thread of their own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from uvicorn.config import Config
from uvicorn.server import Server

from console.practice.platform import PracticePlatform
from console.practice.sockets import App, KeptProtocol
from console.practice.state import remembered

LOOPBACK: Final = "127.0.0.1"
BACKLOG: Final = 512
TICK_SECONDS: Final = 1.0
_TURNS: Final = 6


class _Prompt(Server):
    """uvicorn's server, stopped at once: its own loop looks every 0.1 s, and waits for idle connections."""

    def __init__(self, app: App) -> None:
        super().__init__(
            Config(
                app,
                http=KeptProtocol,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=60,
                h11_max_incomplete_event_size=256 * 1024,
            )
        )
        self.stopping = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to whoever started us."""
        yield

    async def main_loop(self) -> None:
        """Serve until `stopping` is set; the Date header is kept true meanwhile."""
        tick = 0
        while not self.stopping.is_set():
            await self.on_tick(tick)
            tick += 10
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    await self.stopping.wait()
            except TimeoutError:
                pass

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drop every connection and end every request."""
        loop = asyncio.get_running_loop()
        # Accepting ends before the server is closed: asyncio loses, unclosed, a connection that it accepted
        # for a server which closed before the transport was made. Making one takes some turns of the loop.
        for sock in sockets or []:
            loop.remove_reader(sock)
        for _ in range(_TURNS):
            for connection in list(self.server_state.connections):
                assert isinstance(connection, KeptProtocol)
                connection.transport.abort()
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


def _bound(port: int) -> socket.socket:
    """A socket bound to loopback, not listening."""
    # asyncio turns Nagle's delay off only where the protocol is named: else each answer waits 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((LOOPBACK, port))
    except OSError:
        sock.close()
        raise
    return sock


def _port(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


class PracticeServer:
    """A practice platform that listens. A context manager.

    Args:
        scenario: a name of `console.practice.scenarios.SCENARIOS`.
        links: how many links; the scenario's own number when None.
        plan: FREE, PRO or ENTERPRISE; the scenario's own when None.
        port: of the API; 0: any free one. `landing_port`: of the landing pages.
        database: a file to keep the state in, or `:memory:`. A file of an earlier start is taken up again.
        requests_log: a file that gets one JSON line a request, without tokens.

    Attributes:
        platform: the platform itself, to be steered. `base_url`, `handle`, `token` and `pat` are what a
            client needs; `landing_base` is where the landing pages are.

    Raises:
        OSError: a port that is taken.
    """

    def __init__(
        self,
        scenario: str = "outage",
        *,
        links: int | None = None,
        seed: int = 7,
        plan: str | None = None,
        port: int = 0,
        landing_port: int = 0,
        database: str | Path = ":memory:",
        requests_log: str | Path | None = None,
    ) -> None:
        known = remembered(database)
        self._sockets: list[socket.socket] = []
        try:
            for number in (
                port,
                landing_port or (known.port if known else 0),
                known.refused_port if known else 0,
            ):
                self._sockets.append(_bound(number))
            # From here on the ports are taken, also for whoever starts at the same time, and the kernel holds
            # connections: a port that is bound with SO_REUSEADDR can be bound again until somebody listens.
            for sock in self._sockets[:2]:
                sock.listen(BACKLOG)
            self.platform = PracticePlatform(
                scenario, links=links, seed=seed, plan=plan, database=database, requests_log=requests_log,
                landing_port=_port(self._sockets[1]), refused_port=_port(self._sockets[2]),
            )  # fmt: skip
        except BaseException:
            self._release()
            raise
        self.base_url = f"http://{LOOPBACK}:{_port(self._sockets[0])}"
        self.landing_base = f"http://{LOOPBACK}:{_port(self._sockets[1])}"
        self.refused_base = f"http://{LOOPBACK}:{_port(self._sockets[2])}"
        self.app = self.platform.app
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving: list[tuple[_Prompt, asyncio.Task[None]]] = []
        self._late: tuple[_Prompt, asyncio.Task[None]] | None = None
        self._up = threading.Event()

    @property
    def handle(self) -> str:
        """The one handle there is."""
        return self.platform.handle

    @property
    def token(self) -> str:
        """A JWT of an OPERATOR."""
        return self.platform.token

    @property
    def pat(self) -> str:
        """A PAT of the same operator."""
        return self.platform.pat

    def start(self) -> Self:
        """Serve. Returns once connections are accepted."""
        self._thread = threading.Thread(target=self._run, name="practice platform", daemon=True)
        self._thread.start()
        self._up.wait()
        return self

    def stop(self) -> None:
        """Drop every connection, end the thread, close the sockets and the store. Safe to call twice."""
        thread, self._thread = self._thread, None
        if thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._halt)
            thread.join()
        self._release()
        self.platform.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _release(self) -> None:
        for sock in self._sockets:
            sock.close()

    def end_outage(self, host: str = "shop") -> None:
        """The host's pages answer again, those on the port that refused too."""
        self.platform.landing.recover(host)
        self._in_loop(self._open_refused())

    def start_outage(self, host: str = "shop") -> None:
        """The host's pages fail, and its other port refuses."""
        self.platform.landing.take_down(host)
        self._in_loop(self._close_refused())

    def _in_loop(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._loop is not None, "start the server first"
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open_refused(self) -> None:
        if self._late is None:
            self._sockets[2].listen(BACKLOG)
            self._late = self._spawn(self.platform.landing, self._sockets[2])

    async def _close_refused(self) -> None:
        if self._late is not None:
            server, task = self._late
            self._late = None
            server.stopping.set()
            await task
            self._serving.remove((server, task))
            self._sockets[2] = _bound(self.platform.setting.refused_port)

    def _spawn(self, app: App, sock: socket.socket) -> tuple[_Prompt, asyncio.Task[None]]:
        server = _Prompt(app)
        entry = (server, asyncio.create_task(server.serve([sock])))
        self._serving.append(entry)
        return entry

    def _halt(self) -> None:
        for server, _ in self._serving:
            server.stopping.set()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._up.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._spawn(self.platform.app, self._sockets[0])
        self._spawn(self.platform.landing, self._sockets[1])
        self._up.set()
        api, landing = (task for _, task in self._serving)
        await asyncio.gather(api, landing)
        await asyncio.gather(*(task for _, task in self._serving))
