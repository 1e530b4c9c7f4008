"""A hostile server: each misbehaviour ends within the deadline, as the right error, with the right effect."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable

import pytest

from console.api.client import HttpPlatform
from console.api.port import RollbackOrder
from console.api.settings import ConnectionSettings
from console.api.throttle import Patience
from console.domain.errors import (
    ConfigProblem,
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
SLACK = 0.5
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJkYW5hIn0."
LINK = b'{"link":{"slug":"docs","destinationUrl":"https://www.example/","version":2}}'
FORGED = b'{"link":{"slug":"docs","destinationUrl":"https://evil.example/","version":9}}'


class Token:
    async def get(self) -> Secret | None:
        return Secret(TOKEN)


def platform(server: RawServer, *, tries: int = 1, **more: object) -> HttpPlatform:
    patience = Patience(tries, DEADLINE if tries == 1 else 10)
    settings = ConnectionSettings(
        server.base_url, "acme", timeout_seconds=DEADLINE, patience=patience, **more
    )  # type: ignore[arg-type]
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
    (status(b"500 Oops"), PlatformRefused, "", "unknown"),
    (status(b"502 Bad"), Unreachable, "first byte", "unknown"),
    (status(b"404 No", body=b'{"error":"not_found"}'), NotFound, "", "no"),
    (status(b"404 No", b"Content-Encoding: gzip", body=b"\x1f\x8b"), RouteMissing, "", "no"),
    (status_without_end, RouteMissing, "", "no"),
]
NAMES = [f"{getattr(s[0], '__name__')}-{n}" for n, s in enumerate(SCRIPTS)]  # noqa: B009
ORDER = RollbackOrder("docs", 1, 2, "why", "key-1")


@pytest.mark.parametrize(("script", "kind", "phase", "applied"), SCRIPTS, ids=NAMES)
@pytest.mark.parametrize("write", [False, True], ids=["read", "write"])
async def test_each_ends_in_time_as_the_right_error(
    script: Callable[[Talk], Awaitable[None]], kind: type[RepointError], phase: str, applied: str, write: bool
) -> None:
    async with raw_server(script) as server:
        far = platform(server)
        await far.claims()
        await far._calls.exchange()  # its set-up is not part of a call's deadline
        started = time.monotonic()
        with pytest.raises(RepointError) as caught:
            await (far.rollback(ORDER) if write else far.link("docs"))
        took = time.monotonic() - started
        await far.close()
    error = caught.value
    assert type(error) is kind, (error, error.detail)
    assert took < DEADLINE + SLACK
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
    far = platform(server)
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
    far = platform(RawServer(9), tries=1)
    with pytest.raises(Unreachable) as caught:
        await far.rollback(ORDER)
    await far.close()
    assert (caught.value.phase, caught.value.applied) == ("dns", "no")


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
