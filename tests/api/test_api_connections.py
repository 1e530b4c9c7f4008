"""What goes over which connection: no redirect, no answer before its question, one connection a write."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from console.api.client import HttpPlatform
from console.api.port import RollbackOrder
from console.api.settings import ConnectionSettings
from console.api.throttle import Patience
from console.domain.errors import (
    ConfigProblem,
    RepointError,
    UnreadableAnswer,
)
from console.domain.target import Secret
from console.ops.clock import SystemClock
from tests.support.rawserver import RawServer, Talk, answer, raw_server

DEADLINE = 60.0
"""Seconds a call gets; no far side here keeps silent, so a busy machine must not meet it."""
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJkYW5hIn0."
LINK = b'{"link":{"slug":"docs","destinationUrl":"https://www.example/","version":2}}'
FORGED = b'{"link":{"slug":"docs","destinationUrl":"https://evil.example/","version":9}}'


class Token:
    async def get(self) -> Secret | None:
        return Secret(TOKEN)


def platform(server: RawServer, *, tries: int = 1, **more: object) -> HttpPlatform:
    patience = Patience(tries, DEADLINE)
    settings = ConnectionSettings(
        server.base_url, "acme", timeout_seconds=DEADLINE, patience=patience, **more
    )  # type: ignore[arg-type]
    return HttpPlatform(settings, Token(), SystemClock())


async def hang(talk: Talk) -> None:
    await talk.request()
    await asyncio.Event().wait()


def status(line: bytes, *heads: bytes, body: bytes = b"{}") -> Callable[[Talk], Awaitable[None]]:
    async def script(talk: Talk) -> None:
        await talk.request()
        await talk.send(answer(body, b"\r\n".join([b"HTTP/1.1 " + line, *heads])))

    return script


ORDER = RollbackOrder("docs", 1, 2, "why", "key-1")


async def test_a_redirect_is_not_followed_and_the_token_stays() -> None:
    async with raw_server(status(b"200 OK", body=LINK)) as elsewhere:
        location = b"Location: " + elsewhere.base_url.encode() + b"/v2"
        async with raw_server(status(b"307 Temp", location)) as server:
            far = platform(server)
            for call in (far.link("docs"), far.rollback(ORDER)):
                with pytest.raises(UnreadableAnswer, match="redirects are not followed"):
                    await call
            await far.close()
    assert elsewhere.connections == 0


@pytest.mark.parametrize("pause", [0, 0.05], ids=["in one piece", "a moment later"])
async def test_a_second_answer_is_not_taken_for_the_next_question(pause: float) -> None:
    async def smuggle(talk: Talk) -> None:
        await talk.request()
        if not pause:
            await talk.send(answer(LINK) + answer(FORGED))
        else:
            await talk.send(answer(LINK))
            await asyncio.sleep(pause / 2)
            await talk.send(answer(FORGED))
        await talk.request()
        await talk.send(answer(LINK))

    async with raw_server(smuggle) as server:
        far = platform(server, tries=3)
        versions = []
        for _ in range(3):
            versions.append((await far.link("docs")).version)
            await asyncio.sleep(pause)
        await far.close()
    assert versions == [2, 2, 2]
    assert server.connections > 1


async def test_writes_never_share_a_connection() -> None:
    async def keep(talk: Talk) -> None:
        while True:
            await talk.request()
            await talk.send(answer(b'{"slug":"docs","version":3}'))

    async with raw_server(keep) as server:
        far = platform(server)
        for _ in range(3):
            assert (await far.rollback(ORDER)).new_version == 3
        assert server.connections == 3
        await far.close()


async def test_a_kept_connection_that_was_closed_meanwhile_costs_a_read_nothing() -> None:
    async def once(talk: Talk) -> None:
        await talk.request()
        await talk.send(answer(LINK))

    async with raw_server(once) as server:
        far = platform(server, tries=3)
        for _ in range(4):
            assert (await far.link("docs")).version == 2
        await far.close()


async def test_what_a_write_sends() -> None:
    async with raw_server(status(b"200 OK", body=b"{}")) as server:
        far = platform(server, rollback_target_key="targetVersion")
        await far.rollback(RollbackOrder("docs", 7, 9, "why \u202e", "key-1"))
        await far.rollback(RollbackOrder("docs", "b", 'a"\r\nX: y', "why", "key-2"))
        await far.close()
    seen = bytes(server.seen)
    assert seen.startswith(b"POST /v2/handles/acme/links/docs/rollback HTTP/1.1\r\n")
    assert f"authorization: bearer {TOKEN}".encode().lower() in seen.lower()
    assert b'If-Match: "9"\r\n' in seen
    assert b"Idempotency-Key: key-1\r\n" in seen
    assert b"Accept-Encoding: identity\r\n" in seen
    assert b'{"targetVersion":7,"expectedVersion":9,"reason":"why \\u202e"}' in seen
    assert b"\nX: y" not in seen
    assert b"Cookie" not in seen


async def test_a_slug_that_cannot_stand_in_a_path_is_not_sent() -> None:
    async with raw_server(status(b"200 OK")) as server:
        far = platform(server)
        for slug in ("..", ".", "", "\ud800", "x" * 600):
            with pytest.raises(RepointError):
                await far.link(slug)
        with pytest.raises(UnreadableAnswer):
            await far.link("a/../b?c#d")
        await far.close()
    assert server.connections == 1
    assert b"/links/a%2F..%2Fb%3Fc%23d " in server.seen


async def test_a_closed_platform_says_so() -> None:
    async with raw_server(hang) as server:
        far = platform(server)
        await far._calls.exchange()
        await far.close()
        with pytest.raises(RepointError):
            await far.link("docs")
    assert server.connections == 0


async def test_a_token_that_cannot_be_sent_is_said_and_not_quoted() -> None:
    class Bad:
        async def get(self) -> Secret | None:
            return Secret("hunter2\nX: y")

    async with raw_server(hang) as server:
        settings = ConnectionSettings(server.base_url, "acme", timeout_seconds=DEADLINE)
        far = HttpPlatform(settings, Bad(), SystemClock())
        for call in (far.link("docs"), far.rollback(ORDER)):
            with pytest.raises(RepointError) as caught:
                await call
            assert not isinstance(caught.value, ConfigProblem)
            assert "hunter2" not in f"{caught.value.title}{caught.value.detail}"
            assert caught.value.applied == "no"
        await far.close()
    assert server.connections == 0
