"""Bad manners on a real socket: hanging up, resetting, writing raw bytes, never answering.

uvicorn hides the transport from an ASGI app; `KeptProtocol` hands it over in the request's state. Without
a transport (the app called in-process) the same faults raise what httpx raises for them on a socket.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TRANSPORT: Final = "practice.transport"


class KeptProtocol(H11Protocol):
    """uvicorn's protocol, with its transport in each request's `state`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Keep the transport for the faults."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


def transport_of(scope: Scope) -> asyncio.Transport | None:
    """The request's transport; None when the app is called in-process."""
    found = scope.get("state", {}).get(TRANSPORT)
    return found if isinstance(found, asyncio.Transport) else None


async def hang_up(scope: Scope, receive: Receive, *, reset: bool = False) -> None:
    """End the connection now: a FIN after what was written, or a RST. Returns when it is gone.

    Raises:
        httpx.ReadError, httpx.RemoteProtocolError: in-process, as a client would see it on a socket.
    """
    transport = transport_of(scope)
    if transport is None:
        import httpx

        if reset:
            raise httpx.ReadError("connection reset by the practice platform")
        raise httpx.RemoteProtocolError("the practice platform hung up")
    if reset:
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    await hang(receive)


async def hang(receive: Receive) -> None:
    """Say nothing until the other side is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def raw(scope: Scope, receive: Receive, data: bytes) -> None:
    """Write bytes that need not be HTTP, then hang up.

    Raises:
        httpx.RemoteProtocolError: in-process.
    """
    transport = transport_of(scope)
    if transport is not None:
        transport.write(data)
    await hang_up(scope, receive)
