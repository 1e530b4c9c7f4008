"""A platform in this process, for the client: answers by path, keeps every request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import jwt

from console.api.asks import Answered
from console.api.client import HttpPlatform
from console.api.port import RollbackOrder
from console.api.settings import ConnectionSettings
from console.api.throttle import Waiting
from console.domain.target import Secret
from tests.support.clock import START, ManualClock

ORDER = RollbackOrder("docs", 1, 2, "why", "key-1")
PAT = "patv1_abc.def"
Reply = Callable[[httpx.Request], httpx.Response]


def token(seconds: float = 3600, name: str = "t") -> str:
    ends = int((START + timedelta(seconds=seconds)).timestamp())
    key = "a-key-for-tests-that-is-long-enough-for-hs256"
    return jwt.encode({"sub": "dana", "exp": ends, "jti": name}, key, algorithm="HS256")


class Body(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content


class Far:
    """A platform in this process: answers by path, keeps every request."""

    def __init__(self, replies: dict[str, Any], *, secret: str = "", **settings: Any) -> None:
        self.replies = replies
        self.requests: list[httpx.Request] = []
        self.waits: list[Waiting] = []
        self.answers: list[Answered] = []
        self.clock = ManualClock()
        self.secret = secret or token()
        config = ConnectionSettings(
            "https://api.example", "acme", transport=httpx.MockTransport(self.reply), **settings
        )
        self.platform = HttpPlatform(
            config, self, self.clock, on_wait=self.waits.append, on_answer=self.answers.append
        )

    async def get(self) -> Secret | None:
        return Secret(self.secret)

    async def reply(self, request: httpx.Request) -> httpx.Response:
        """As the network gives it: a body that was not read yet."""
        self.requests.append(request)
        whole = self.found(request)
        return httpx.Response(whole.status_code, headers=whole.headers, stream=Body(whole.content))

    def found(self, request: httpx.Request) -> httpx.Response:
        key = f"{request.method} {request.url.path}"
        found = self.replies.get(key, self.replies.get("*"))
        if isinstance(found, list):
            found = found.pop(0)
        if callable(found):
            found = found(request)
        if isinstance(found, BaseException):
            raise found
        if isinstance(found, httpx.Response):
            return found
        assert found is not None, key
        status, body, *more = found if isinstance(found, tuple) else (200, found)
        return httpx.Response(status, json=body, headers=more[0] if more else {})

    @property
    def paths(self) -> list[str]:
        return [request.url.raw_path.decode() for request in self.requests]


HANDLE = "/v2/handles/acme"
LINK = {"slug": "docs", "destinationUrl": "https://www.example/", "version": 2}


def version(number: Any, **more: Any) -> dict[str, Any]:
    return {
        "version": number,
        "snapshot": {"slug": "docs", "destinationUrl": f"https://www.example/{number}"},
        **more,
    }
