"""The connections to one platform: TLS, proxies, and no answer taken before its question.

Imported only when a client is first used (httpx costs a tenth of a second).
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING or "httpx" in sys.modules:
    import httpx
else:
    # httpx tries its own command line, which pulls in click, pygments and more of rich, and goes on
    # without it when it cannot be imported.
    sys.modules["httpx._main"] = None
    try:
        import httpx
    finally:
        del sys.modules["httpx._main"]
import can_ada
import httpcore

from console.api.failures import NotHttp
from console.api.settings import ConnectionSettings, host_of_origin, is_loopback
from console.domain.errors import ConfigProblem

READ_CONNECTIONS: Final = 8
"""At once; a few are right, httpx's pool is linear in their number."""
KEPT_CONNECTIONS: Final = 4
KEEP_SECONDS: Final = 20.0


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verifying, TLS 1.2 or later, and blind to SSLKEYLOGFILE, which would write the keys to a file.

    Args:
        ca_file: the only certificates to trust; None trusts the system's, and certifi's where the system
            has none.

    Raises:
        ConfigProblem: `ca_file` cannot be read or holds no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if ca_file is not None:
            context.load_verify_locations(cafile=ca_file)
            return context
        context.load_default_certs()
        if not context.cert_store_stats()["x509_ca"]:
            import certifi

            context.load_verify_locations(cafile=certifi.where())
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        raise ConfigProblem(
            "The file of trusted certificates cannot be used",
            detail=f"{ca_file}" if ca_file is not None else "The system's own.",
            hint="ca_file must name a readable file of PEM certificates.",
        ) from None
    return context


_HEARD: ContextVar[list[int]] = ContextVar("heard")
"""Counts the bytes that were read for the request of this task."""


class _Watched(httpcore.AsyncNetworkStream):
    """A connection that counts what is read."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        data = await self._inner.read(max_bytes, timeout)
        _HEARD.get([0])[0] += len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
    ) -> httpcore.AsyncNetworkStream:
        return _Watched(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's
        return self._inner.get_extra_info(info)


class _Watching(httpcore.AnyIOBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return _Watched(await super().connect_tcp(host, port, timeout, local_address, socket_options))


class _Network(httpx.AsyncHTTPTransport):
    """httpx's own transport over watched connections.

    A server (or what stands in front of it) that sends two answers to one question leaves the second in
    the connection's buffer, where it would be taken for the answer to the next question. Such an answer
    needs no reading, and that shows: the connection is dropped, the answer refused. And a server that
    says something and hangs up before it was an answer does not speak HTTP: h11 waits for its end.
    """

    def __init__(self, context: ssl.SSLContext, limits: httpx.Limits, proxy: str | None) -> None:
        super().__init__(verify=context, trust_env=False, limits=limits, proxy=proxy)
        self._watched = proxy is None
        if self._watched:
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=limits.max_connections,
                max_keepalive_connections=limits.max_keepalive_connections,
                keepalive_expiry=limits.keepalive_expiry,
                network_backend=_Watching(),
            )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        heard = [0]
        token = _HEARD.set(heard)
        try:
            response = await super().handle_async_request(request)
        except httpx.RemoteProtocolError as error:
            if heard[0]:
                raise NotHttp("no answer in what was read") from error
            raise
        finally:
            _HEARD.reset(token)
        if self._watched and not heard[0]:
            await response.aclose()
            await response.extensions["network_stream"].aclose()
            raise httpx.ReadError("answered before it was asked")
        return response


class _Straight(httpx.AsyncBaseTransport):
    """Hides where a redirect leads from httpx, which looks at it even when it is not to follow it.

    `Location: javascript:1` makes it raise. `location_of` has what was hidden.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        response.extensions["location"] = response.headers.pop("location", "")
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def location_of(response: httpx.Response) -> str:
    """The Location that a response came with; empty when it had none."""
    return str(response.extensions.get("location", ""))


def open_client(
    settings: ConnectionSettings, context: ssl.SSLContext | None, *, keep: bool
) -> httpx.AsyncClient:
    """A client for one kind of call.

    Args:
        settings: where to.
        context: None where the settings bring their own transport.
        keep: keep connections for the next call. Not for writes: a kept connection that the server closes
            at that moment makes the outcome unknown, and a new one costs a handshake.

    Raises:
        ConfigProblem: the proxy cannot be used.
    """
    limits = httpx.Limits(
        max_connections=READ_CONNECTIONS,
        max_keepalive_connections=KEPT_CONNECTIONS if keep and settings.proxy is None else 0,
        keepalive_expiry=KEEP_SECONDS,
    )
    try:
        transport = settings.transport or _Network(_needed(context), limits, _proxy(settings))
    except (ValueError, ImportError, httpx.InvalidURL):
        raise ConfigProblem(
            "The proxy cannot be used",
            hint="Give it as http://host:port or https://host:port; socks5:// needs the package socksio.",
        ) from None
    return httpx.AsyncClient(
        transport=_Straight(transport),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(None),  # one total deadline round each call instead: these are per read
        headers={"Accept-Encoding": "identity", "User-Agent": settings.user_agent},
    )


def _needed(context: ssl.SSLContext | None) -> ssl.SSLContext:
    assert context is not None
    return context


def _proxy(settings: ConnectionSettings) -> str | None:
    """The proxy to use; raises ValueError for one that is no URL, which httpx would take."""
    if settings.proxy is None or is_loopback(host_of_origin(settings.origin)):
        return None
    if not can_ada.parse(settings.proxy).hostname:
        raise ValueError
    return settings.proxy
