"""A hostile server: each misbehaviour ends within the deadline, as the right error, with the right effect."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable

import pytest

from console.api.client import HttpPlatform
from console.api.port import RollbackOrder
from console.api.settings import ConnectionSettings
from console.api.throttle import Patience
from console.domain.errors import (
    NotFound,
    PlatformRefused,
    RepointError,
    RouteMissing,
    Unreachable,
    UnreadableAnswer,
)
from console.domain.target import Secret
from console.ops.clock import SystemClock
from tests.support.rawserver import RawServer, Talk, answer, raw_server

DEADLINE = 0.3
ENOUGH = 60.0
"""Seconds that a call gets where the far side ends by itself: how busy the machine is must not matter."""
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJkYW5hIn0."
LINK = b'{"link":{"slug":"docs","destinationUrl":"https://www.example/","version":2}}'
FORGED = b'{"link":{"slug":"docs","destinationUrl":"https://evil.example/","version":9}}'


class Token:
    async def get(self) -> Secret | None:
        return Secret(TOKEN)


def platform(server: RawServer, deadline: float = DEADLINE) -> HttpPlatform:
    settings = ConnectionSettings(
        server.base_url, "acme", timeout_seconds=deadline, patience=Patience(1, deadline)
    )
    return HttpPlatform(settings, Token(), SystemClock())


async def hang(talk: Talk) -> None:
    await talk.request()
    await asyncio.Event().wait()


async def drip_head(talk: Talk) -> None:
    await talk.request()
    await talk.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await talk.send(b"X: y\r\n")
        await asyncio.sleep(0.02)


async def drip_body(talk: Talk) -> None:
    await talk.request()
    await talk.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    while True:
        await talk.send(b" ")
        await asyncio.sleep(0.02)


async def endless_100(talk: Talk) -> None:
    await talk.request()
    while True:
        await talk.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.005)


async def accept_only(talk: Talk) -> None:
    await asyncio.Event().wait()


async def close_at_once(talk: Talk) -> None:
    await talk.request()


async def reset_before(talk: Talk) -> None:
    await talk.request()
    talk.reset()


async def reset_within(talk: Talk) -> None:
    await talk.request()
    await talk.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    await asyncio.sleep(0.02)
    talk.reset()


async def cut_body(talk: Talk) -> None:
    await talk.request()
    await talk.send(answer(LINK)[:-5])


async def cut_chunk(talk: Talk) -> None:
    await talk.request()
    await talk.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"
    )


async def cut_without_length(talk: Talk) -> None:
    await talk.request()
    await talk.send(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + LINK[:-3])


async def cut_head(talk: Talk) -> None:
    await talk.request()
    await talk.send(b"HTTP/1.1 200 OK\r\nContent-")


async def ssh_banner(talk: Talk) -> None:
    await talk.send(b"SSH-2.0-OpenSSH_9.6\r\n")
    await talk.request()


async def http_09(talk: Talk) -> None:
    await talk.request()
    await talk.send(LINK)


async def huge_head(talk: Talk) -> None:
    await talk.request()
    await talk.send(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n")


async def many_heads(talk: Talk) -> None:
    await talk.request()
    await talk.send(b"HTTP/1.1 200 OK\r\n" + b"X-N: yyyy\r\n" * 20_000 + b"\r\n")


async def bomb(talk: Talk) -> None:
    await talk.request()
    packed = gzip.compress(gzip.compress(b"[" + b"0," * 2_000_000 + b"0]"))
    await talk.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
        b"Content-Length: %d\r\n\r\n" % len(packed) + packed
    )


async def endless_body(talk: Talk) -> None:
    await talk.request()
    await talk.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    while True:
        await talk.send(b"100000\r\n" + b" " * 0x100000 + b"\r\n")


async def told_too_long(talk: Talk) -> None:
    await talk.request()
    await talk.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n"
    )


async def portal(talk: Talk) -> None:
    await talk.request()
    await talk.send(answer(b"<!DOCTYPE html><title>Sign in</title>", kind=b"text/html"))


async def portal_as_json(talk: Talk) -> None:
    await talk.request()
    await talk.send(answer(b"\n <html>", kind=b"application/json"))


async def image(talk: Talk) -> None:
    await talk.request()
    await talk.send(answer(b"\x89PNG", kind=b"image/png"))


async def empty_200(talk: Talk) -> None:
    await talk.request()
    await talk.send(answer(b""))


async def hostile_reason(talk: Talk) -> None:
    await talk.request()
    await talk.send(answer(b"", b"HTTP/1.1 999 \x1b[2J"))


def status(line: bytes, *heads: bytes, body: bytes = b"{}") -> Callable[[Talk], Awaitable[None]]:
    async def script(talk: Talk) -> None:
        await talk.request()
        await talk.send(answer(body, b"\r\n".join([b"HTTP/1.1 " + line, *heads])))

    return script


async def status_without_end(talk: Talk) -> None:
    await talk.request()
    await talk.send(
        b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"
    )
    await asyncio.Event().wait()


SCRIPTS = [
    (hang, Unreachable, "deadline", "unknown"),
    (accept_only, Unreachable, "deadline", "unknown"),
    (drip_head, Unreachable, "deadline", "unknown"),
    (drip_body, Unreachable, "deadline", "unknown"),
    (endless_100, Unreachable, "deadline", "unknown"),
    (close_at_once, Unreachable, "first byte", "unknown"),
    (reset_before, Unreachable, "first byte", "unknown"),
    (reset_within, Unreachable, "body", "unknown"),
    (cut_body, UnreadableAnswer, "", "unknown"),
    (cut_chunk, UnreadableAnswer, "", "unknown"),
    (cut_without_length, UnreadableAnswer, "", "unknown"),
    (cut_head, UnreadableAnswer, "", "unknown"),
    (ssh_banner, UnreadableAnswer, "", "unknown"),
    (http_09, UnreadableAnswer, "", "unknown"),
    (huge_head, UnreadableAnswer, "", "unknown"),
    (many_heads, UnreadableAnswer, "", "unknown"),
    (bomb, UnreadableAnswer, "", "unknown"),
    (endless_body, UnreadableAnswer, "", "unknown"),
    (told_too_long, UnreadableAnswer, "", "unknown"),
    (portal, UnreadableAnswer, "", "unknown"),
    (portal_as_json, UnreadableAnswer, "", "unknown"),
    (image, UnreadableAnswer, "", "unknown"),
    (empty_200, UnreadableAnswer, "", "unknown"),
    (hostile_reason, UnreadableAnswer, "", "unknown"),
    (status(b"101 Switching", b"Upgrade: x"), UnreadableAnswer, "", "unknown"),
    (status(b"206 Partial", body=LINK), UnreadableAnswer, "", "unknown"),
    (status(b"301 Moved", b"Location: http://127.0.0.1:1/"), UnreadableAnswer, "", "unknown"),
    (status(b"303 See", b"Location: /elsewhere"), UnreadableAnswer, "", "unknown"),
    (status(b"307 Temp", b"Location: file:///etc/passwd"), UnreadableAnswer, "", "unknown"),
    (status(b"302 Found", b"Location: javascript:1"), UnreadableAnswer, "", "unknown"),
    (status(b"302 Found", b"Location: http:///x"), UnreadableAnswer, "", "unknown"),
    (status(b"200 OK", b"Content-Encoding: br", body=LINK), UnreadableAnswer, "", "unknown"),
    (status(b"500 Oops"), PlatformRefused, "", "unknown"),
    (status(b"502 Bad"), Unreachable, "first byte", "unknown"),
    (status(b"404 No", body=b'{"error":"not_found"}'), NotFound, "", "no"),
    (status(b"404 No", b"Content-Encoding: gzip", body=b"\x1f\x8b"), RouteMissing, "", "no"),
    (status_without_end, RouteMissing, "", "no"),
]
NAMES = [f"{getattr(s[0], '__name__')}-{n}" for n, s in enumerate(SCRIPTS)]  # noqa: B009
ORDER = RollbackOrder("docs", 1, 2, "why", "key-1")


def deadline_for(phase: str) -> float:
    return DEADLINE if phase == "deadline" else ENOUGH


@pytest.mark.parametrize(("script", "kind", "phase", "applied"), SCRIPTS, ids=NAMES)
@pytest.mark.parametrize("write", [False, True], ids=["read", "write"])
async def test_each_ends_in_time_as_the_right_error(
    script: Callable[[Talk], Awaitable[None]], kind: type[RepointError], phase: str, applied: str, write: bool
) -> None:
    async with raw_server(script) as server:
        far = platform(server, 3.0 if script is status_without_end else deadline_for(phase))
        await far.claims()
        await far._calls.exchange()  # its set-up is not part of a call's deadline
        with pytest.raises(RepointError) as caught:
            await (far.rollback(ORDER) if write else far.link("docs"))
        await far.close()
    error = caught.value
    assert type(error) is kind, (error, error.detail)
    assert error.applied == (applied if write else "no")
    assert getattr(error, "phase", "") == phase
    assert server.connections == 1
    told = f"{error.title}{error.detail}{error.hint}"
    assert TOKEN not in told
    assert "\x1b" not in told


async def test_a_deadline_names_host_phase_and_seconds() -> None:
    async with raw_server(hang) as server:
        far = platform(server)
        with pytest.raises(Unreachable) as caught:
            await far.link("docs")
        await far.close()
    assert f"localhost:{server.port}" in caught.value.title
    assert "0.3 s" in caught.value.title
    assert "waiting for the first byte" in caught.value.detail


async def test_a_write_that_never_connected_was_not_applied() -> None:
    async with raw_server(hang) as server:
        pass
    far = platform(server, ENOUGH)
    with pytest.raises(Unreachable) as caught:
        await far.rollback(ORDER)
    await far.close()
    assert caught.value.applied == "no"
    assert caught.value.phase == "connect"
    assert "Nothing was sent" in caught.value.detail


async def test_a_name_that_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    async def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nowhere)
    far = platform(RawServer(9), ENOUGH)
    with pytest.raises(Unreachable) as caught:
        await far.rollback(ORDER)
    await far.close()
    assert (caught.value.phase, caught.value.applied) == ("dns", "no")
