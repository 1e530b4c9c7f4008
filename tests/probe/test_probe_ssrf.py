"""The prober stays outside: counted on a listener that must hear nothing (hardening.md, cases 90 to 93)."""

from __future__ import annotations

import errno
import socket
from collections.abc import AsyncIterator

import pytest
from probe_server import Call, Names, Server, answer, moved, probed, settings

from console.domain.health import Phase, Verdict
from console.ops.probe import lookup as probe_lookup
from console.ops.probe.prober import Prober

SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "0x7f000001", "0x7f.1", "0X7F.0.0.1", "0177.0.0.1", "017700000001",
    "2130706433", "127.0.0.1.", "127。0。0。1", "127｡0｡0｡1", "１２７.0.0.1", "①②⑦.0.0.1", "%31%32%37.0.0.1",
    "0x7f.0x0.0x0.0x1", "0177.0.0.01", "00000177.0.0.1", "127.0.0.0x1", "localhost", "LOCALHOST",
    "localhost.", "lo\u00adcalhost", "shop.localhost", "a.b.localhost.", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:0001]", "0", "0.0.0.0", "[::]", "[64:ff9b::7f00:1]",
]  # fmt: skip
V4 = SPELLINGS[:25]
NEVER = SPELLINGS[28:]


@pytest.fixture
async def listener() -> AsyncIterator[Server]:
    server = await Server().start()
    yield server
    await server.stop()


@pytest.fixture
async def front() -> AsyncIterator[Server]:
    server = await Server().start()
    yield server
    await server.stop()


async def test_no_spelling_of_loopback_is_reached(listener: Server) -> None:
    assert len(SPELLINGS) == 32
    urls = [f"http://{host}:{listener.port}/{n}" for n, host in enumerate(SPELLINGS)]
    found = [one async for one in Prober(settings(allow_private=False)).probe(urls)]
    assert listener.connections == 0
    assert {one.verdict for one in found} == {Verdict.NOT_CHECKED}
    assert all("address" in one.detail for one in found)


async def test_the_spellings_would_reach_it(listener: Server) -> None:
    """The listener is there, and the opt-in opens it: the test above can fail."""
    urls = [f"http://{host}:{listener.port}/{n}" for n, host in enumerate(V4 + NEVER)]
    found = {one.url: one.verdict async for one in Prober(settings()).probe(urls)}
    assert [found[url] for url in urls] == [Verdict.OK] * 25 + [Verdict.NOT_CHECKED] * 4
    assert len(listener.calls) == 25


REDIRECTS = [
    "http://127.0.0.1:{port}/", "//127.0.0.1:{port}/", "http://127.1:{port}/", "\\\\127.0.0.1:{port}\\",
    "http:\\\\127.0.0.1:{port}/", "/\\127.0.0.1:{port}/", "http://2130706433:{port}/", "http://0:{port}/",
    "http:///127.0.0.1:{port}/", "h\tttp://127.0.0.1:{port}/", " http://127.0.0.1:{port}/ ",
    "http://[::ffff:127.0.0.1]:{port}/", "http://other.localhost:{port}/", "HTTP://LOCALHOST:{port}/",
    "http://inside.example:{port}/", "http://user:secret@127.0.0.1:{port}/", "http://169.254.169.254/meta",
    "file:///etc/passwd", "ftp://127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/_x", "http://127.0.0.1:22/",
    "http://%31%32%37.0.0.1:{port}/",
]  # fmt: skip


async def test_no_redirect_leads_inside(front: Server, listener: Server) -> None:
    assert len(REDIRECTS) == 22
    for n, location in enumerate(REDIRECTS):
        front.routes[f"/{n}"] = moved(location.format(port=listener.port), (301, 302, 303, 307, 308)[n % 5])
    prober = Prober(
        settings(private_origins=(f"front.localhost:{front.port}",)),
        resolver=Names(inside_example=["127.0.0.1"]),
    )
    urls = [front.url(f"/{n}", "front.localhost") for n in range(len(REDIRECTS))]
    found = {one.url: one async for one in prober.probe(urls)}
    assert len(front.calls) == len(REDIRECTS)
    assert listener.connections == 0
    for url in urls:
        assert found[url].verdict is Verdict.NOT_CHECKED, found[url]
        assert found[url].chain[0] == url
        assert "secret" not in repr(found[url])
    assert found[urls[0]].detail == (
        f"redirects to http://127.0.0.1:{listener.port}/: loopback address 127.0.0.1; not followed"
    )


async def test_the_redirects_would_lead_inside(front: Server, listener: Server) -> None:
    locations = [to for to in REDIRECTS[:15] if "//0:" not in to and "[::" not in to]
    for n, location in enumerate(locations):
        front.routes[f"/{n}"] = moved(location.format(port=listener.port))
    prober = Prober(settings(), resolver=Names(inside_example=["127.0.0.1"]))
    found = [one.verdict async for one in prober.probe(front.url(f"/{n}") for n in range(len(locations)))]
    assert found == [Verdict.OK_REDIRECTED] * 13


async def test_a_name_with_one_private_answer_is_not_reached(listener: Server) -> None:
    names = Names(two_example=["8.8.8.8", "127.0.0.1"])
    found = await probed(f"http://two.example:{listener.port}/", names, allow_private=False)
    assert (found.verdict, found.detail, found.tries) == (Verdict.NOT_CHECKED, "loopback address", 0)
    assert listener.connections == 0


class Rebinding(Names):
    async def lookup(self, host: str) -> list[str]:
        self.asked.append(host)
        return ["8.8.8.8"] if len(self.asked) == 1 else ["127.0.0.1"]


@pytest.mark.parametrize("keep", [60.0, 0.0])
async def test_a_rebinding_name_is_reached_at_the_judged_address_only(
    listener: Server, monkeypatch: pytest.MonkeyPatch, keep: float
) -> None:
    reached: list[str] = []

    def connect(_sock: socket.socket, address: tuple[str, int]) -> None:
        reached.append(address[0])
        raise OSError(errno.EHOSTUNREACH, "No route to host")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(probe_lookup, "_KEEP_SECONDS", keep)
    found = await probed(f"http://bound.example:{listener.port}/", Rebinding(), allow_private=False)
    assert set(reached) == {"8.8.8.8"}
    assert listener.connections == 0
    assert found.verdict is (Verdict.UNKNOWN if keep else Verdict.NOT_CHECKED)


async def test_localhost_is_ours_to_answer(listener: Server) -> None:
    names = Names(shop_localhost=["8.8.8.8"], localhost=["8.8.8.8"])
    found = await probed(listener.url(), names)
    assert (found.verdict, names.asked) == (Verdict.OK, [])


async def test_nothing_of_ours_goes_along(
    front: Server, listener: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://user:secret@127.0.0.1:{listener.port}")
    front.routes |= {
        "/": moved("/b", 302, "Set-Cookie: seen=1; Path=/"),
        "/b": answer(200, b"ok", "Set-Cookie: seen=2"),
    }
    prober = Prober(settings())
    for _ in range(2):
        assert (await prober.probe_one(front.url())).verdict is Verdict.OK_REDIRECTED
    assert listener.connections == 0
    for call in front.calls:
        names = {line.split(":")[0].lower() for line in call.head.split("\r\n")[1:] if line}
        assert names == {"host", "user-agent", "accept", "accept-language", "accept-encoding"}


async def test_credentials_in_a_destination_stay_at_home(front: Server) -> None:
    found = await probed(front.url().replace("http://", "http://user:secret@"))
    assert (found.verdict, found.detail) == (Verdict.NOT_CHECKED, "a URL that carries credentials")
    assert front.connections == 0


async def test_a_redirect_that_hangs_says_where(front: Server, listener: Server) -> None:
    listener.routes["/deep"] = Call.hang
    front.routes["/"] = moved(listener.url("/deep", "deep.localhost"))
    found = await probed(front.url(), retries=0, timeout_seconds=2.0)
    assert (found.verdict, found.phase) == (Verdict.TIMEOUT, Phase.FIRST_BYTE)
    assert found.detail.endswith(f"at {listener.url('/deep', 'deep.localhost')}")
