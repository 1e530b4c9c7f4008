"""Each verdict and each phase, from real answers on real sockets."""

from __future__ import annotations

import asyncio
import errno
import gzip
import socket
import time
from collections.abc import AsyncIterator

import pytest
from probe_server import HASTY, Call, Names, Server, answer, moved, probed

from console.domain.health import Phase, Verdict


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = await Server().start()
    yield server
    await server.stop()


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.OK), (204, Verdict.OK), (401, Verdict.BLOCKED), (403, Verdict.BLOCKED),
        (429, Verdict.BLOCKED), (451, Verdict.BLOCKED), (999, Verdict.BLOCKED), (400, Verdict.DEAD),
        (404, Verdict.DEAD), (410, Verdict.DEAD), (500, Verdict.SERVER_ERROR), (503, Verdict.SERVER_ERROR),
        (302, Verdict.UNKNOWN),
    ],
)  # fmt: skip
async def test_statuses(server: Server, status: int, verdict: Verdict) -> None:
    server.routes["/"] = answer(status, b"")
    found = await probed(server.url())
    assert (found.verdict, found.status_code, found.phase) == (verdict, status, None)
    assert found.final_url == server.url()
    assert found.latency_ms is not None
    assert found.detail.startswith(f"HTTP {status}" if status >= 300 else "")


async def test_redirects_are_followed_and_the_chain_is_kept(server: Server) -> None:
    server.routes |= {"/a": moved("/b", 301), "/b": moved("c?x=1", 307), "/c?x=1": answer()}
    found = await probed(server.url("/a#part"))
    assert found.verdict is Verdict.OK_REDIRECTED
    assert found.url == server.url("/a#part")
    assert found.chain == (server.url("/a"), server.url("/b"), server.url("/c?x=1"))
    assert found.final_url == server.url("/c?x=1")


async def test_a_loop_is_broken_but_not_one_that_sets_cookies(server: Server) -> None:
    server.routes |= {"/a": moved("/b"), "/b": moved("/a")}
    found = await probed(server.url("/a"))
    assert (found.verdict, found.status_code) == (Verdict.LOOP, 302)
    assert found.detail == f"redirects back to {server.url('/a')}"
    server.routes["/a"] = moved("/b", 302, "Set-Cookie: seen=1")
    found = await probed(server.url("/a"))
    assert found.verdict is Verdict.BLOCKED
    assert "cookies" in found.detail


async def test_too_many_hops_are_a_loop(server: Server) -> None:
    server.routes |= {f"/{n}": moved(f"/{n + 1}") for n in range(20)}
    assert (await probed(server.url("/10"))).verdict is Verdict.OK_REDIRECTED
    found = await probed(server.url("/9"))
    assert (found.verdict, found.detail) == (Verdict.LOOP, "more than 10 redirects")
    assert len(server.calls) == 11 + 11


async def test_a_dead_name_and_a_name_that_nobody_answers_for() -> None:
    names = Names(again_example=socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"))
    dead = await probed("http://gone.example/", names)
    assert (dead.verdict, dead.phase, dead.detail) == (Verdict.DEAD, Phase.DNS, "no such name")
    unsure = await probed("http://again.example/", names)
    assert (unsure.verdict, unsure.phase) == (Verdict.UNKNOWN, Phase.DNS)
    assert "Temporary failure" in unsure.detail
    assert names.asked == ["gone.example"] + ["again.example"] * 3


async def test_a_refused_connection() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = await probed(f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert (found.verdict, found.phase, found.tries) == (Verdict.REFUSED, Phase.CONNECT, 3)


async def test_no_route_from_here_is_no_verdict_on_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    found = await probed("http://far.example/", Names(far_example=["8.8.8.8", "2001:4860:4860::8888"]))
    assert (found.verdict, found.phase) == (Verdict.UNKNOWN, Phase.CONNECT)


async def test_hanging_at_each_phase(server: Server) -> None:
    class Stuck(Names):
        async def lookup(self, host: str) -> list[str]:
            await asyncio.Event().wait()
            return []

    async def half(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await call.hang()

    server.routes |= {"/silent": Call.hang, "/half": half}
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    fillers = [socket.socket() for _ in range(3)]
    for filler in fillers:  # a full backlog: further connects are left without an answer
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())
    try:
        found = await asyncio.gather(
            probed("http://stuck.example/", Stuck(), **HASTY),
            probed(f"http://127.0.0.1:{full.getsockname()[1]}/", **HASTY),
            probed(server.url("/silent", scheme="https"), **HASTY),
            probed(server.url("/silent"), **HASTY),
            probed(server.url("/half"), **HASTY),
        )
    finally:
        for one in (full, *fillers):
            one.close()
    assert {one.verdict for one in found} == {Verdict.TIMEOUT}
    assert [one.phase for one in found] == [
        Phase.DNS, Phase.CONNECT, Phase.TLS, Phase.FIRST_BYTE, Phase.BODY
    ]  # fmt: skip
    assert all(one.detail.startswith(f"2 of 2 tries timed out ({one.phase})") for one in found)
    assert (found[-1].status_code, found[3].status_code) == (200, None)


async def test_one_timeout_alone_is_said_and_is_only_slow(server: Server) -> None:
    async def once(call: Call) -> None:
        if len(server.calls) == 1:
            await call.hang()
        await call.send(answer())

    server.routes["/"] = once
    found = await probed(server.url(), **HASTY)
    assert (found.verdict, found.tries, found.timeouts) == (Verdict.SLOW, 2, 1)
    assert found.detail.startswith("1 of 2 tries timed out")
    assert found.verdict.broken is False


async def test_two_of_three_timeouts_are_still_inconclusive_but_counted(server: Server) -> None:
    async def odd(call: Call) -> None:
        if len(server.calls) != 2:
            await call.hang()
        await call.close()

    server.routes["/"] = odd
    found = await probed(server.url(), **HASTY)
    assert (found.verdict, found.tries, found.timeouts) == (Verdict.TIMEOUT, 3, 2)
    assert found.detail.startswith("2 of 3 tries timed out (first byte)")


async def test_one_time_budget_over_all_tries(server: Server) -> None:
    server.routes["/"] = Call.hang
    found = await probed(server.url(), timeout_seconds=2.0, total_seconds=2.0)
    assert (found.verdict, found.tries, found.detail.split(";")[0]) == (
        Verdict.TIMEOUT, 1, "1 of 1 try timed out (first byte)"
    )  # fmt: skip


async def test_servers_that_hang_up(server: Server) -> None:
    async def cut(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await call.close()

    async def garbage(call: Call) -> None:
        await call.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")

    server.routes |= {"/empty": Call.close, "/reset": Call.reset, "/cut": cut, "/garbage": garbage}
    expected = {
        "/empty": (Phase.FIRST_BYTE, 3, "hung up"),
        "/reset": (Phase.FIRST_BYTE, 3, "reset"),
        "/cut": (Phase.BODY, 3, "cut short after 4 bytes"),
        "/garbage": (Phase.FIRST_BYTE, 1, "does not speak HTTP"),
    }
    for path, (phase, tries, words) in expected.items():
        found = await probed(server.url(path))
        assert (found.verdict, found.phase, found.tries) == (Verdict.SERVER_ERROR, phase, tries), path
        assert words in found.detail


async def test_a_hiccup_is_tried_again(server: Server) -> None:
    server.routes["/"] = [answer(502, b""), answer()]
    found = await probed(server.url())
    assert (found.verdict, found.tries) == (Verdict.OK, 2)
    server.routes["/"] = answer(503, b"")
    assert (await probed(server.url())).tries == 2


async def test_retry_after_is_waited_for_up_to_a_cap(server: Server) -> None:
    for status in (429, 503):
        server.routes["/"] = [answer(status, b"", "Retry-After: 1"), answer()]
        began = time.monotonic()
        found = await probed(server.url())
        assert (found.verdict, found.tries) == (Verdict.OK, 2)
        assert time.monotonic() - began >= 0.95
    server.routes["/"] = answer(503, b"", "Retry-After: 120")
    began = time.monotonic()
    found = await probed(server.url())
    assert (found.verdict, found.tries) == (Verdict.SERVER_ERROR, 1)
    assert found.detail == "HTTP 503; Retry-After: 120"
    assert time.monotonic() - began < 60


async def test_a_long_retry_after_is_not_waited_for_even_within_the_budget(server: Server) -> None:
    server.routes["/"] = [answer(503, b"", "Retry-After: 1"), answer()]
    assert (await probed(server.url(), retry_after_cap=0.5)).verdict is Verdict.SERVER_ERROR


async def test_get_refused_falls_back_to_head(server: Server) -> None:
    async def head_only(call: Call) -> None:
        await call.send(answer(405 if call.method == "GET" else 200, b""))

    server.routes["/"] = head_only
    found = await probed(server.url())
    assert (found.verdict, found.detail) == (Verdict.OK, "answers HEAD only (GET: 405)")
    server.routes["/"] = answer(405, b"")
    assert (await probed(server.url())).verdict is Verdict.DEAD
    assert [call.method for call in server.calls] == ["GET", "HEAD"] * 2


async def test_head_falls_back_to_a_ranged_get(server: Server) -> None:
    async def get_only(call: Call) -> None:
        if call.method == "HEAD":
            await (call.close() if call.path == "/hangs-up" else call.send(answer(404, b"")))
        elif call.header("range") and call.path == "/no-range":
            await call.send(answer(416, b""))
        else:
            await call.send(answer(206 if call.header("range") else 200))

    for path, methods in (("/", 2), ("/hangs-up", 2), ("/no-range", 3)):
        server.routes[path] = get_only
        server.calls.clear()
        found = await probed(server.url(path), method="HEAD")
        assert found.verdict is Verdict.OK, path
        assert [call.method for call in server.calls] == ["HEAD", "GET", "GET"][:methods]
        assert server.calls[1].header("range") == "bytes=0-65535"


async def test_a_big_body_is_left_after_the_cap(server: Server) -> None:
    sent = 0

    async def flood(call: Call) -> None:
        nonlocal sent
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            await call.send(b"x" * 65536)
            sent += 65536

    async def feed(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n")
        await call.hang()

    server.routes |= {"/": flood, "/events": feed}
    found = await probed(server.url())
    assert found.verdict is Verdict.OK
    assert sent < 8_000_000  # what fits into the buffers of two sockets, not more
    assert (await probed(server.url("/events"))).verdict is Verdict.OK


async def test_a_page_within_the_cap_is_judged_and_beyond_it_is_not(server: Server) -> None:
    error = b"<title>Page not found</title><h1>Page not found</h1>"
    server.routes |= {"/near": answer(200, error), "/far": answer(200, b" " * 70_000 + error)}
    near = await probed(server.url("/near"))
    assert (near.verdict, near.status_code) == (Verdict.SOFT_404, 200)
    assert 'title "Page not found"' in near.detail
    assert (await probed(server.url("/far"))).verdict is Verdict.OK


async def test_unasked_compression_is_read_and_a_bomb_is_not(server: Server) -> None:
    page = gzip.compress(b"<title>Page not found</title><h1>Page not found</h1>")
    bomb = gzip.compress(b" " * 40_000_000)
    server.routes["/"] = answer(200, page, "Content-Encoding: gzip")
    server.routes["/bomb"] = answer(200, bomb, "Content-Encoding: gzip")
    assert (await probed(server.url())).verdict is Verdict.SOFT_404
    assert (await probed(server.url("/bomb"))).verdict is Verdict.OK
    assert server.calls[0].header("accept-encoding") == "identity"


@pytest.mark.parametrize("status", [200, 202, 403, 405, 503])
async def test_a_challenge_is_blocked_whatever_its_status(server: Server, status: int) -> None:
    server.routes["/"] = answer(status, b"<script>window._cf_chl_opt={}</script>")
    found = await probed(server.url(), retries=0)
    assert found.verdict is Verdict.BLOCKED
    assert found.detail.endswith("Cloudflare challenge")


async def test_odd_headers_do_not_make_a_page_dead(server: Server) -> None:
    server.routes["/"] = answer(200, b"fine", "Content-Security-Policy: " + "x" * 20_000, "X-Odd: caf\xe9")
    assert (await probed(server.url())).verdict is Verdict.OK
