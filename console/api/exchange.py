"""One request and its answer, bounded in time and size, with every failure named."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

# transport decides how httpx is imported, so it comes before whatever imports httpx
from console.api import transport as _transport  # isort: skip
import httpx

from console.api.asks import Answer, Answered, Ask
from console.api.auth import OriginBoundAuth
from console.api.failures import LOWER, Course, deadline_passed, explain
from console.api.settings import ConnectionSettings
from console.domain.errors import RepointError, UnreadableAnswer
from console.domain.target import Secret

BODY_CAP: Final = 10 * 1024 * 1024
"""Bytes of one answer."""
ERROR_CAP: Final = 64 * 1024
"""Bytes of an error's body; the rest is not read."""


@dataclass(slots=True)
class Allowance:
    """What a stream may still cost; whoever reads it refills it as it gets on.

    Attributes:
        left: seconds of waiting.
        idle: bytes that came since; blanks between links cost neither waiting nor a reader's memory.
    """

    left: float
    idle: int = 0

    def refill(self, seconds: float) -> None:
        """Something of use came."""
        self.left, self.idle = seconds, 0


class Exchange:
    """Sends requests to one platform. Raises `console.domain.errors` and nothing else."""

    def __init__(self, settings: ConnectionSettings, on_answer: Callable[[Answered], None] | None) -> None:
        self._settings = settings
        self._origin = settings.origin
        self._host = settings.host
        context = _transport.tls_context(settings.ca_file) if settings.transport is None else None
        self._reads = _transport.open_client(settings, context, keep=True)
        self._writes = _transport.open_client(settings, context, keep=False)
        self._on_answer = on_answer
        self.closed = False

    async def close(self) -> None:
        """Give connections back. Calls under way fail."""
        self.closed = True
        await self._reads.aclose()
        await self._writes.aclose()

    async def send(self, ask: Ask, secret: Secret | None) -> Answer:
        """One exchange within the deadline, whatever the status.

        Raises:
            RepointError: no whole answer, or one that cannot be taken.
        """
        course = self._course(ask)
        started = time.monotonic()
        known: list[httpx.Response] = []
        taken = bytearray()
        try:
            async with asyncio.timeout(course.seconds), self._open(ask, secret, course) as response:
                known.append(response)
                await self._take(response, taken)
        except TimeoutError as error:
            if not _refusal(known):
                raise deadline_passed(course, error) from None
        except LOWER as error:
            if not _refusal(known):
                raise explain(error, course) from None
        except RepointError as error:
            raise _marked(error, course) from None
        answer = Answer(known[0].status_code, _folded(known[0]), bytes(taken))
        self._tell(ask, answer, started)
        return answer

    @asynccontextmanager
    async def stream(self, ask: Ask, secret: Secret | None) -> AsyncIterator[httpx.Response]:
        """An answer whose body is read as it comes. The caller bounds each reading of it.

        Raises:
            RepointError: no answer within the deadline.
        """
        course = self._course(ask)
        started = time.monotonic()
        opened = self._open(ask, secret, course)
        try:
            async with asyncio.timeout(course.seconds):
                response = await opened.__aenter__()
        except LOWER as error:
            raise explain(error, course) from None
        try:
            self._tell(ask, Answer(response.status_code, _folded(response), b""), started)
            yield response
        finally:
            await opened.__aexit__(None, None, None)

    async def body_of(self, response: httpx.Response, ask: Ask) -> Answer:
        """The whole body of a streamed answer, under the deadline and the caps of `send`."""
        course = self._course(ask, reading=True)
        taken = bytearray()
        try:
            async with asyncio.timeout(course.seconds):
                await self._take(response, taken)
        except LOWER as error:
            if not _refusal([response]):
                raise explain(error, course) from None
        return Answer(response.status_code, _folded(response), bytes(taken))

    async def pieces(self, response: httpx.Response, ask: Ask, allowance: Allowance) -> AsyncIterator[bytes]:
        """The body of a streamed answer, piece by piece, while the allowance lasts.

        Raises:
            RepointError: the allowance ran out, or the body was cut.
        """
        course = self._course(ask, reading=True)
        pieces = response.aiter_raw().__aiter__()
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                async with asyncio.timeout(max(0.0, allowance.left)):
                    piece = await anext(pieces, None)
            except LOWER as error:
                raise explain(error, course) from None
            allowance.left -= loop.time() - started
            if piece is None:
                return
            allowance.idle += len(piece)
            if allowance.idle > BODY_CAP:
                raise _marked(_too_long(), course)
            yield piece

    def _course(self, ask: Ask, *, reading: bool = False) -> Course:
        if self.closed:
            raise UnreadableAnswer("The connection was closed", hint="Start again.")
        course = Course(self._host, self._settings.timeout_seconds, ask.write)
        if reading:
            course.phase, course.traced, course.sent = "body", True, True
        return course

    @asynccontextmanager
    async def _open(self, ask: Ask, secret: Secret | None, course: Course) -> AsyncIterator[httpx.Response]:
        client = self._writes if ask.write else self._reads
        request = client.build_request(
            ask.method,
            (ask.to or self._origin) + ask.path,
            params=dict(ask.query) or None,
            headers=dict(ask.headers),
            content=ask.content,
            extensions={"trace": course.trace},
        )
        auth = None if secret is None else OriginBoundAuth(self._origin, secret)
        response = await client.send(request, auth=auth, stream=True, follow_redirects=False)
        try:
            yield response
        finally:
            await response.aclose()

    async def _take(self, response: httpx.Response, taken: bytearray) -> None:
        refused = response.status_code >= 400
        check_encoding(response)
        cap = ERROR_CAP if refused else BODY_CAP
        length = response.headers.get("content-length", "")
        if not refused and length.isascii() and length.isdigit() and int(length[:20]) > cap:
            raise _too_long()
        async for piece in response.aiter_raw():
            taken += piece
            if len(taken) > cap:
                if not refused:
                    raise _too_long()
                del taken[cap:]
                return

    def _tell(self, ask: Ask, answer: Answer, started: float) -> None:
        if self._on_answer is not None:
            seconds = time.monotonic() - started
            self._on_answer(Answered(ask.method, ask.path, answer.status, answer.request_id, seconds))


def _refusal(known: list[httpx.Response]) -> bool:
    """Whether the status alone tells enough: a refusal stays one when its body is cut or never ends."""
    return bool(known) and 400 <= known[0].status_code <= 599


def _folded(response: httpx.Response) -> dict[str, str]:
    return {"location": _transport.location_of(response), **response.headers}


def _marked(error: RepointError, course: Course) -> RepointError:
    if isinstance(error, UnreadableAnswer):
        error.applied = course.effect(error)
    return error


def _too_long() -> UnreadableAnswer:
    return UnreadableAnswer(
        f"The answer is longer than {BODY_CAP // 1024 // 1024} MB",
        detail="It was not read to its end, and nothing was concluded from it.",
        hint="Check base_url in the profile.",
    )


def check_encoding(response: httpx.Response) -> None:
    """Refuse a packed body: none was asked for, and a small one may hold gigabytes.

    Raises:
        UnreadableAnswer: the body of a success is encoded.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", ""} and response.status_code < 400:
        raise UnreadableAnswer(
            "The answer is packed, though it was asked not to be",
            hint="Check what stands between here and the platform.",
        )
