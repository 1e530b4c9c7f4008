"""One HTTP exchange at a time, to an address that was judged first. The only file here that knows aiohttp.

Imported late: aiohttp takes longer to load than the first screen may.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextvars import ContextVar
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.tracing import Trace
from yarl import URL

from console.domain.health import Phase
from console.ops.probe.faults import LineLost, fault_of
from console.ops.probe.lookup import Lookups
from console.ops.probe.values import Answer, Failure, Fault, ProbeSettings, Request

_ENDLESS: Final = ("text/event-stream", "multipart/x-mixed-replace")
_HEADER_BYTES: Final = 64 * 1024  # browsers take far longer header lines than aiohttp's 8,190 bytes
_LEGACY_SERVER_CONNECT: Final = (
    0x4  # ssl.OP_LEGACY_SERVER_CONNECT, named from Python 3.12 on; browsers allow it
)


class _Trail:
    """How far the exchange of this task has come."""

    __slots__ = ("first_byte", "host", "phase", "received", "reused", "status", "tls_expires")

    def __init__(self, host: str) -> None:
        self.host = host
        self.phase = Phase.DNS
        self.status: int | None = None
        self.first_byte: float | None = None
        self.received = 0
        self.reused = False
        self.tls_expires: float | None = None


_TRAIL: ContextVar[_Trail] = ContextVar("_TRAIL")


class _Context(ssl.SSLContext):
    """A TLS context that tells when a handshake begins."""

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        trail = _TRAIL.get(None)
        if trail is not None:
            trail.phase = Phase.TLS
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Verification as browsers do it; slow (tens of milliseconds), so it is made once.

    Raises:
        OSError: the file of authorities cannot be read.
    """
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    context.options |= _LEGACY_SERVER_CONNECT
    context.set_alpn_protocols(["http/1.1"])
    return context


class _PinnedResolver(AbstractResolver):
    """Hands out only addresses that were judged; the connection goes to exactly these."""

    def __init__(self, lookups: Lookups, settings: ProbeSettings) -> None:
        self._lookups = lookups
        self._scope = settings.scope

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        name = host.rstrip(".")
        addresses = await self._lookups.addresses(name)
        self._scope.check_addresses(name, port, addresses)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in addresses
            if family in {socket.AF_UNSPEC, socket.AF_INET6 if ":" in address else socket.AF_INET}
        ]

    async def close(self) -> None:
        await self._lookups.close()


class Lines:
    """The open connections by host. Those that nobody waits for are closed: file descriptors are few."""

    def __init__(self) -> None:
        self._open: dict[str, set[ResponseHandler]] = {}
        self.count = 0

    def note(self, host: str, line: ResponseHandler) -> bool:
        """A connection is in use; tells whether it was before."""
        known = self._open.setdefault(host, set())
        if line in known:
            return True
        gone = {other for other in known if not other.is_connected()}
        known -= gone
        known.add(line)
        self.count += 1 - len(gone)
        return False

    def hang_up(self, host: str) -> None:
        """Close all connections to a host; for when none of them is in use."""
        for line in self._open.pop(host, ()):
            line.close()
            self.count -= 1


class _Connector(aiohttp.TCPConnector):
    """Notes in the trail of the exchange that a connection stands, and when its certificate ends."""

    def __init__(self, lines: Lines, **options: Any) -> None:  # noqa: ANN401 - aiohttp's own options
        super().__init__(**options)
        self._lines = lines

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's own signature
    ) -> aiohttp.connector.Connection:
        trail = _TRAIL.get()
        trail.phase = Phase.DNS
        connection = await super().connect(req, traces, timeout)
        trail.phase = Phase.FIRST_BYTE
        if connection.protocol is not None:
            trail.reused = self._lines.note(trail.host, connection.protocol)
        transport = connection.transport
        certificate = transport.get_extra_info("peercert") if transport is not None else None
        if certificate:
            trail.tls_expires = float(ssl.cert_time_to_seconds(certificate["notAfter"]))
        return connection


async def _ask_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    # aiohttp asks again whenever a connection is lost. That is right for a kept connection, which a server
    # may have closed in the meantime; on a fresh one it is what we came to see.
    trail = _TRAIL.get()
    while True:
        try:
            return await handler(request)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as loss:
            if not trail.reused:
                raise LineLost(loss) from loss


def _open_socket(info: tuple[Any, ...]) -> socket.socket:
    trail = _TRAIL.get(None)
    if trail is not None:
        trail.phase = Phase.CONNECT
    return socket.socket(info[0], info[1], info[2])


class Exchanger:
    """Makes exchanges on one pool of connections. No cookies, credentials, proxies, Referer or redirects."""

    def __init__(self, settings: ProbeSettings, lookups: Lookups, context: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._scope = settings.scope
        self._loop = asyncio.get_running_loop()
        self._headers = {
            "User-Agent": settings.user_agent,
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "Accept-Language": "en,*;q=0.5",
            "Accept-Encoding": "identity",
        }
        self._ranged = {**self._headers, "Range": f"bytes=0-{settings.body_cap - 1}"}
        self.lines = Lines()
        self._session = aiohttp.ClientSession(
            connector=_Connector(
                self.lines,
                resolver=_PinnedResolver(lookups, settings),
                use_dns_cache=False,
                limit=0,
                ssl=context if context is not None else True,
                socket_factory=_open_socket,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            auto_decompress=False,
            middlewares=(_ask_once,),
            trust_env=False,
            max_field_size=_HEADER_BYTES,
        )
        self._lookups = lookups

    async def exchange(self, request: Request) -> Answer | Failure:
        """Ask once. Every way in which that can go wrong comes back as a `Failure`."""
        trail = _Trail(request.hop.host)
        started = self._loop.time()
        try:
            self._scope.check_hop(request.hop)
            token = _TRAIL.set(trail)
            try:
                async with asyncio.timeout(request.seconds):
                    return await self._ask(request, trail, started)
            finally:
                _TRAIL.reset(token)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            fault, detail = fault_of(error, trail.phase)
            if fault is Fault.CUT:
                detail = f"{detail} after {trail.received:,} bytes"
            seconds = self._loop.time() - started
            return Failure(fault, trail.phase, detail, seconds, trail.status, trail.first_byte)

    async def _ask(self, request: Request, trail: _Trail, started: float) -> Answer:
        response = await self._session.request(
            request.method,
            URL(request.hop.href, encoded=True),
            headers=self._ranged if request.ranged else self._headers,
            allow_redirects=False,
        )
        trail.first_byte = self._loop.time() - started
        trail.status = response.status
        trail.phase = Phase.BODY
        try:
            body = await self._body(response, trail)
        finally:
            response.close()  # keeps the connection when the answer was read to its end
        seconds = self._loop.time() - started
        return Answer(response.status, response.headers, body, trail.first_byte, seconds, trail.tls_expires)

    async def _body(self, response: aiohttp.ClientResponse, trail: _Trail) -> bytes:
        if response.headers.get("Content-Type", "").lower().startswith(_ENDLESS):
            return b""
        cap = self._settings.body_cap
        chunks: list[bytes] = []
        content = response.content
        while trail.received < cap:
            chunk = await content.read(cap - trail.received)
            if not chunk:
                break
            chunks.append(chunk)
            trail.received += len(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def close(self) -> None:
        """Close every connection at once."""
        await self._session.close()
        await self._lookups.close()
