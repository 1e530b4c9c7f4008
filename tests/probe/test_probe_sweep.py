"""Many destinations at once: what a sweep owes to hosts, to its operator and to the machine."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable

import pytest
from clock_of_probe import START, StillClock
from probe_server import Call, Names, Server, answer, moved, settings

from console.domain.health import Phase, Vantage, Verdict
from console.ops.probe.prober import Probed, Prober, Stats, result_for


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = await Server().start()
    yield server
    await server.stop()


async def sweep(prober: Prober, urls: Iterable[str]) -> list[Probed]:
    return [found async for found in prober.probe(urls)]


async def test_identical_urls_are_asked_once_and_told_for_each_spelling(server: Server) -> None:
    shop = server.url("/a")
    urls = [shop, shop, shop + "#x", shop.replace("shop", "SHOP"), server.url("/./a"), server.url("/b")]
    found = await sweep(Prober(settings()), urls)
    assert sorted(one.url for one in found) == sorted(set(urls))
    assert {one.verdict for one in found} == {Verdict.OK}
    assert sorted(call.path for call in server.calls) == ["/a", "/b"]


class Crowd:
    """Answers nobody until so many wait at once, then everybody; remembers the most that waited."""

    def __init__(self, server: Server, wanted: int) -> None:
        self.server, self.wanted, self.most = server, wanted, 0
        self.here = asyncio.Event()

    async def __call__(self, call: Call) -> None:
        waiting = sum(self.server.busy.values())
        self.most = max(self.most, waiting)
        if waiting >= self.wanted:
            self.here.set()
        await self.here.wait()
        await asyncio.sleep(0.01)
        await call.send(answer())


async def test_few_requests_a_host_and_many_over_all(server: Server) -> None:
    crowd = Crowd(server, 5 * 3)
    urls = [server.url(f"/{n}", f"h{n % 5}.localhost") for n in range(60)]
    server.routes |= {f"/{n}": crowd for n in range(60)}
    await sweep(Prober(settings(per_host=3)), urls)
    assert set(server.most_busy.values()) == {3}
    assert server.connections <= 15


async def test_not_more_than_the_concurrency_over_all_hosts(server: Server) -> None:
    crowd = Crowd(server, 7)
    urls = [server.url(f"/{n}", f"h{n}.localhost") for n in range(30)]
    server.routes |= {f"/{n}": crowd for n in range(30)}
    await sweep(Prober(settings(concurrency=7)), urls)
    assert crowd.most == 7


async def test_redirects_to_one_host_keep_its_limit(server: Server) -> None:
    server.routes["/login"] = Crowd(server, 2)
    urls = [server.url(f"/{n}", f"h{n}.localhost") for n in range(12)]
    server.routes |= {f"/{n}": moved(server.url("/login", "login.localhost")) for n in range(12)}
    found = await sweep(Prober(settings(per_host=2)), urls)
    assert [one.verdict for one in found] == [Verdict.OK_REDIRECTED] * 12
    assert server.most_busy[f"login.localhost:{server.port}"] == 2


async def test_a_host_is_paced(server: Server) -> None:
    began = time.monotonic()
    await sweep(Prober(settings(per_host_rate=50.0)), [server.url(f"/{n}") for n in range(16)])
    assert time.monotonic() - began >= 15 / 50


async def test_connections_are_not_kept_when_nobody_waits(server: Server) -> None:
    urls = [server.url("/", f"h{n}.localhost") for n in range(30)]
    open_at = [server.open async for _ in Prober(settings(concurrency=2)).probe(urls)]
    assert max(open_at) <= 4


async def test_findings_stream_in_as_they_finish(server: Server) -> None:
    server.routes["/hang"] = Call.hang
    prober = Prober(settings())
    findings = prober.probe([server.url("/hang"), server.url("/a"), server.url("/b")])
    first = [await anext(findings), await anext(findings)]
    assert {one.url for one in first} == {server.url("/a"), server.url("/b")}
    stats = prober.stats
    assert (stats.done, stats.total, stats.active, stats.paused) == (2, 3, 1, False)
    assert stats.rate > 0
    assert stats.seconds_left is not None
    await findings.aclose()


@pytest.mark.parametrize("way", ["close", "cancel", *(f"cancel, again after {n}" for n in range(1, 5))])
async def test_a_stop_is_at_once_and_closes_every_socket(server: Server, way: str) -> None:
    server.routes |= {f"/{n}": Call.hang for n in range(40)}
    prober = Prober(settings())
    urls = [server.url(f"/{n}", f"h{n}.localhost") for n in range(40)] + [server.url("/ok")]
    running = asyncio.Event()

    async def run() -> None:
        findings = prober.probe(urls)
        try:
            async for _ in findings:
                running.set()
                if way == "close":
                    break
        finally:
            await findings.aclose()

    before = asyncio.all_tasks()
    task = asyncio.create_task(run())
    await running.wait()
    began = time.monotonic()
    if way != "close":
        task.cancel()
    if way.startswith("cancel, again"):  # an app that quits, and then its engine's end, while it cleans up
        for _ in range(int(way[-1])):
            await asyncio.sleep(0)
        task.cancel()
    await asyncio.wait([task])
    while server.open:
        await asyncio.sleep(0.005)
        assert time.monotonic() - began < 30
    assert {one for one in asyncio.all_tasks() if "/console/" in repr(one)} <= before


async def test_pause_asks_nothing_new(server: Server) -> None:
    async def late(call: Call) -> None:
        await asyncio.sleep(0.02)
        await call.send(answer())

    server.routes |= {f"/{n}": late for n in range(10)}
    prober = Prober(settings(per_host=1))
    findings = prober.probe([server.url(f"/{n}") for n in range(10)])
    await anext(findings)
    prober.pause()
    rest = asyncio.create_task(anext(findings))
    await rest  # what was in flight is still told
    asked = len(server.calls)
    more = asyncio.ensure_future(anext(findings))
    await asyncio.wait([more], timeout=0.1)
    assert (len(server.calls), more.done(), prober.stats.paused) == (asked, False, True)
    prober.resume()
    found = [await more, *[one async for one in findings]]
    assert (len(found), prober.stats.done, prober.stats.paused) == (8, 10, False)


async def test_while_something_urgent_is_under_way_no_sweep_asks_anything_new(server: Server) -> None:
    """Single probes go on: by the time that three of them are done, a sweep would have asked long since."""
    pages = [server.url(f"/{n}", f"h{n}.localhost") for n in range(8)]

    async def page(call: Call) -> None:
        await call.send(answer())

    server.routes |= dict.fromkeys(("/urgent", *(f"/{n}" for n in range(8))), page)

    def asked() -> int:
        return sum(call.path != "/urgent" for call in server.calls)

    prober = Prober(settings(concurrency=1))
    running = prober.probe(pages)
    await anext(running)
    with prober.held():
        await prober.probe_one(server.url("/urgent"))  # what was in flight has ended
        before = asked()
        for _ in range(3):
            await prober.probe_one(server.url("/urgent"))
        assert asked() == before
    assert len([found async for found in running]) == 7
    with prober.held():
        new = asyncio.create_task(anext(prober.probe(pages)))
        for _ in range(3):
            await prober.probe_one(server.url("/urgent"))
        assert asked() == 8
    await new
    prober.pause()
    with prober.held():
        pass
    assert prober.stats.paused, "whoever paused it goes on with it"


async def test_a_host_that_hangs_is_given_up(server: Server) -> None:
    server.routes |= {f"/{n}": Call.hang for n in range(60)}
    prober = Prober(settings(timeout_seconds=1.0, total_seconds=5.0, give_up_after=6))
    found = await sweep(prober, [*[server.url(f"/{n}") for n in range(60)], server.url("/", "ok.localhost")])
    assert {one.verdict for one in found if "shop" in one.url} == {Verdict.TIMEOUT}
    unasked = [one for one in found if not one.tries]
    assert len(unasked) >= 50
    assert len(server.calls) < 15
    assert unasked[0].phase is Phase.FIRST_BYTE
    assert unasked[0].detail.startswith("not asked: the last 6 tries at shop.localhost timed out")
    assert [one.verdict for one in found if "ok" in one.url] == [Verdict.OK]


async def test_hanging_pages_of_a_host_that_answers_are_each_asked(server: Server) -> None:
    server.routes |= {f"/{n}": Call.hang for n in range(0, 24, 4)}
    prober = Prober(settings(timeout_seconds=2.0, retries=0, give_up_after=5))
    found = await sweep(prober, [server.url(f"/{n}") for n in range(24)])
    assert all(one.tries == 1 for one in found)
    assert sum(one.verdict is Verdict.TIMEOUT for one in found) == 6


async def test_a_throttling_host_is_left_alone(server: Server) -> None:
    server.routes |= {f"/{n}": answer(429, b"", "Retry-After: 60") for n in range(40)}
    found = await sweep(Prober(settings(give_up_after=4)), [server.url(f"/{n}") for n in range(40)])
    assert len(server.calls) < 12
    assert {one.verdict for one in found} == {Verdict.BLOCKED, Verdict.NOT_CHECKED}


async def test_confirmed_failures_of_a_host_cost_one_request_each(server: Server) -> None:
    server.routes |= {f"/{n}": answer(503, b"") for n in range(40)}
    prober = Prober(settings(per_host_rate=200.0))
    found = await sweep(prober, [server.url(f"/{n}") for n in range(40)])
    assert {one.verdict for one in found} == {Verdict.SERVER_ERROR}
    assert 43 <= len(server.calls) <= 55


async def test_a_name_is_looked_up_once(server: Server) -> None:
    names = Names(a_example=["127.0.0.1"])
    await sweep(Prober(settings(), resolver=names), [server.url(f"/{n}", "a.example") for n in range(20)])
    assert names.asked == ["a.example"]


async def test_nothing_to_probe_ends_at_once() -> None:
    prober = Prober(settings())
    assert prober.stats == Stats()
    assert await sweep(prober, []) == []
    found = await sweep(prober, ["", "mailto:a@b.example"])
    assert [(one.verdict, one.tries, one.final_url) for one in found] == [(Verdict.NOT_CHECKED, 0, None)] * 2


async def test_a_defect_ends_the_sweep_loudly(server: Server) -> None:
    class Odd(Names):
        async def lookup(self, host: str) -> list[str]:
            raise KeyError(host)

    with pytest.raises(KeyError):
        await sweep(Prober(settings(), resolver=Odd()), ["http://a.example/"])


async def test_a_finding_becomes_the_health_of_a_link(server: Server) -> None:
    server.routes["/"] = answer(503, b"")
    found = await Prober(settings(), clock=StillClock()).probe_one(server.url())
    result = result_for(found, "spring", 9)
    assert (result.slug, result.version, result.vantage) == ("spring", 9, Vantage.HERE)
    assert (result.destination_url, result.verdict) == (server.url(), Verdict.SERVER_ERROR)
    assert (result.checked_at, result.status_code) == (START, 503)
    assert (result.detail, result.final_url) == ("HTTP 503", server.url())


def test_the_prober_is_cheap_to_import() -> None:
    code = "import sys, console.ops.probe.prober; print(*({'aiohttp', 'ssl', 'httpx'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "aiohttp" not in done.stdout
    assert "httpx" not in done.stdout
