"""Where the script of faults strikes: an ASGI layer in front of the platform, on real sockets."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from console.practice.desk import ASKED
from console.practice.faults import Fault, FaultPlan, Kind
from console.practice.meter import Meter
from console.practice.sockets import App, Message, Receive, Scope, Send, hang, hang_up, raw

PORTAL: Final = "<!doctype html><title>Sign in</title><h1>Sign in to the network</h1>"
EDGE_502: Final = (
    "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
)
JSON_TYPE: Final = "application/json"
HTML_TYPE: Final = "text/html; charset=utf-8"


@dataclass(slots=True)
class _Strike:
    """One fault meeting one request."""

    fault: Fault
    app: App
    scope: Scope
    receive: Receive
    send: Send
    meter: Meter

    async def commit(self) -> tuple[int, bytes]:
        """Let the platform do it, and keep its answer."""
        status, body = 500, b""

        async def keep(message: Message) -> None:
            nonlocal status, body
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                body += message.get("body", b"")

        await self.app(self.scope, self.receive, keep)
        return status, body

    async def say(
        self, status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None,
        *, length: int | None = None, more: bool = False,
    ) -> None:  # fmt: skip
        """Answer in the platform's place."""
        pairs = [(b"content-type", content_type.encode())]
        pairs += [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in (headers or {}).items()]
        if length is not None:
            pairs.append((b"content-length", str(length).encode()))
        await self.send({"type": "http.response.start", "status": status, "headers": pairs})
        await self.send({"type": "http.response.body", "body": body, "more_body": more})


async def _answer(strike: _Strike) -> None:
    fault = strike.fault
    body, kind = fault.body, fault.content_type
    if body is None:
        body = {"message": "Service Unavailable" if fault.status == 503 else f"answered {fault.status}"}
    if isinstance(body, Mapping):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    await strike.say(fault.status, body, kind or JSON_TYPE, fault.headers, length=len(body))


async def _day_spent(strike: _Strike) -> None:
    body = json.dumps(
        {"error": "rate_limited", "message": "daily write limit reached", **strike.meter.shown()}
    ).encode()
    await strike.say(429, body, JSON_TYPE, length=len(body))


async def _throttle(strike: _Strike) -> None:
    body = b'{"error":"rate_limited","message":"too many requests"}'
    after = strike.fault.retry_after
    headers = {**strike.fault.headers, **({} if after is None else {"retry-after": after})}
    await strike.say(429, body, JSON_TYPE, headers, length=len(body))


async def _too_large(strike: _Strike) -> None:
    length = next((v for k, v in strike.scope["headers"] if k == b"content-length"), b"0")
    if int(length) <= (strike.fault.size or 0):
        await strike.app(strike.scope, strike.receive, strike.send)
        return
    body = b'{"error":"payload_too_large","message":"Request body too large"}'
    await strike.say(413, body, JSON_TYPE, length=len(body))


async def _html(strike: _Strike) -> None:
    await strike.say(200, PORTAL.encode(), HTML_TYPE, length=len(PORTAL))


async def _redirect(strike: _Strike) -> None:
    status = strike.fault.status if 300 <= strike.fault.status < 400 else 302
    await strike.say(status, b"", HTML_TYPE, {"location": strike.fault.location}, length=0)


async def _no_route(strike: _Strike) -> None:
    status = strike.fault.status if strike.fault.status in {404, 405} else 404
    body = b'{"message":"Not Found"}' if status == 404 else b'{"message":"Method Not Allowed"}'
    await strike.say(status, body, JSON_TYPE, {"allow": "GET"} if status == 405 else {}, length=len(body))


async def _big(strike: _Strike) -> None:
    """A JSON string that does not end before `size` bytes; endless when `size` is None."""
    await strike.say(
        strike.fault.status if strike.fault.status != 503 else 200, b'{"links":["', JSON_TYPE, more=True
    )
    block, sent = b"x" * 65536, 0
    while strike.fault.size is None or sent < strike.fault.size:
        if await _is_gone(strike.receive):
            return
        await strike.send({"type": "http.response.body", "body": block, "more_body": True})
        sent += len(block)
    await strike.send({"type": "http.response.body", "body": b'"]}'})


async def _drip(strike: _Strike) -> None:
    """A blank now and then, for ever."""
    await strike.say(200, b"{", JSON_TYPE, more=True)
    while not await _is_gone(strike.receive, strike.fault.seconds or 0.05):
        await strike.send({"type": "http.response.body", "body": b" ", "more_body": True})


async def _is_gone(receive: Receive, wait: float = 0.0) -> bool:
    try:
        async with asyncio.timeout(wait):
            await hang(receive)
    except TimeoutError:
        return False
    return True


async def _raw(strike: _Strike) -> None:
    await _hear_out(strike.receive)
    body = strike.fault.body if isinstance(strike.fault.body, bytes) else b"SSH-2.0-OpenSSH_9.6\r\n"
    await raw(strike.scope, strike.receive, body)


async def _hear_out(receive: Receive) -> None:
    """Read the request to its end: what a client sees of a line that goes then is the same each time."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
        pass


async def _close(strike: _Strike) -> None:
    await hang_up(strike.scope, strike.receive)


async def _rst(strike: _Strike) -> None:
    await hang_up(strike.scope, strike.receive, reset=True)


async def _before_close(strike: _Strike) -> None:
    await _hear_out(strike.receive)
    await _close(strike)


async def _before_rst(strike: _Strike) -> None:
    await _hear_out(strike.receive)
    await _rst(strike)


async def _before_hang(strike: _Strike) -> None:
    await hang(strike.receive)


async def _half(strike: _Strike) -> None:
    status, body = await strike.commit()
    await strike.say(status, body[: len(body) // 2], JSON_TYPE, length=len(body), more=True)
    await hang_up(strike.scope, strike.receive)


async def _gzip_cut(strike: _Strike) -> None:
    status, body = await strike.commit()
    packed = gzip.compress(body)
    packed = packed[: len(packed) * 2 // 3]
    await strike.say(status, packed, JSON_TYPE, {"content-encoding": "gzip"}, length=len(packed))


async def _commit_502(strike: _Strike) -> None:
    await strike.commit()
    await strike.say(502, EDGE_502.encode(), HTML_TYPE, length=len(EDGE_502))


def _commit_then(then: Callable[[_Strike], Any]) -> Callable[[_Strike], Any]:
    async def both(strike: _Strike) -> None:
        await strike.commit()
        await then(strike)

    return both


_DO: Final[Mapping[Kind, Callable[[_Strike], Any]]] = {
    Kind.ANSWER: _answer,
    Kind.DAY_SPENT: _day_spent,
    Kind.THROTTLE: _throttle,
    Kind.TOO_LARGE: _too_large,
    Kind.HTML_200: _html,
    Kind.REDIRECT: _redirect,
    Kind.NO_ROUTE: _no_route,
    Kind.BIG_BODY: _big,
    Kind.DRIP: _drip,
    Kind.RAW: _raw,
    Kind.BEFORE_CLOSE: _before_close,
    Kind.BEFORE_HANG: _before_hang,
    Kind.BEFORE_RST: _before_rst,
    Kind.COMMIT_THEN_502: _commit_502,
    Kind.COMMIT_THEN_ANSWER: _commit_then(_answer),
    Kind.COMMIT_THEN_HTML: _commit_then(_html),
    Kind.COMMIT_THEN_HANG: _commit_then(_before_hang),
    Kind.COMMIT_THEN_CLOSE: _commit_then(_close),
    Kind.COMMIT_THEN_HALF: _half,
    Kind.COMMIT_THEN_429: _commit_then(_throttle),
    Kind.COMMIT_THEN_GZIP_CUT: _gzip_cut,
    Kind.COMMIT_THEN_RST: _commit_then(_rst),
}


class FaultLayer:
    """The ASGI layer in front of the platform where the script strikes."""

    def __init__(self, app: App, plan: FaultPlan, meter: Meter) -> None:
        self._app = app
        self._plan = plan
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or let a fault have it."""
        struck = self._plan.striking(scope["method"], scope["path"])
        ending: Fault | None = None
        for fault in struck:
            if fault.kind is Kind.DELAY:
                await asyncio.sleep(fault.seconds)
            elif fault.kind is Kind.RIVAL:
                if fault.call is not None and not fault.after:
                    fault.call()
            else:
                ending = fault
        if ending is None:
            await self._app(scope, receive, send)
        else:
            scope["state"][ASKED].fault = ending.kind.value
            await _DO[ending.kind](_Strike(ending, self._app, scope, receive, send, self._meter))
        for fault in struck:
            if fault.after and fault.call is not None:
                fault.call()
