"""The front desk: gives each request its id, and keeps the list of what was asked and answered."""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from console.practice.records import iso
from console.practice.sockets import App, Message, Receive, Scope, Send

ASKED: Final = "practice.asked"
"""Where a request's `state` holds its record."""


@dataclass(slots=True)
class Asked:
    """One request and its answer. No token is in it.

    Attributes:
        status: None while the answer has not left, and when it never does.
        fault: the scripted fault that ended it, if one did.
    """

    method: str
    path: str
    query: str
    request_id: str
    key: str | None
    if_match: str | None
    operator: str = ""
    status: int | None = None
    fault: str | None = None


class Desk:
    """The outermost ASGI layer. `seed` makes the request ids; `now` stamps the log, in Unix seconds."""

    def __init__(self, app: App, seed: int, now: Callable[[], float], log: str | Path | None) -> None:
        self._app = app
        self._seed = seed
        self._now = now
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._log: IO[str] | None = None if log is None else Path(log).open("a", encoding="ascii")  # noqa: SIM115
        self.asked: deque[Asked] = deque(maxlen=50_000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        headers = {k: v.decode("latin-1") for k, v in scope["headers"]}
        asked = Asked(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            self._id(),
            headers.get(b"idempotency-key"),
            headers.get(b"if-match"),
        )
        self.asked.append(asked)
        scope.setdefault("state", {})[ASKED] = asked

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Written down before it leaves: who has the answer may look it up.
                asked.status = message["status"]
                self._write(asked)
                message["headers"] = [*message["headers"], (b"x-request-id", asked.request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, stamped)
        finally:
            if asked.status is None:
                self._write(asked)

    def _id(self) -> str:
        number = next(self._numbers)
        return "req_" + hashlib.sha256(f"{self._seed}/request/{number}".encode()).hexdigest()[:16]

    def _write(self, asked: Asked) -> None:
        if self._log is None:
            return
        line = {
            "at": iso(self._now()),
            "method": asked.method,
            "path": asked.path,
            "query": asked.query,
            "status": asked.status,
            "requestId": asked.request_id,
            "operator": asked.operator,
            "fault": asked.fault,
        }
        with self._lock:
            self._log.write(json.dumps(line) + "\n")
            self._log.flush()

    def close(self) -> None:
        """Close the log."""
        if self._log is not None:
            self._log.close()
