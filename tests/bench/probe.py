"""CPU, wall time and loop lag of the prober against a floor made by hand, in one run.

    python tests/bench/probe.py [--size 5000] [--rounds 5] [--hanging 0.02] [--at-once 200]

The floor asks the same URLs with `asyncio` and h11: one connection each, no checks, no redirects, no
verdicts. Pages come from a process of its own on 254 loopback addresses. CPU is that of this process
alone. The lag of a loop that does nothing is measured in the same rounds: what the machine itself costs.
Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import h11

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from console.ops.probe.prober import Prober, ProbeSettings

AT_ONCE = 200
IDLE_SECONDS = 2.0
_PAGE = b"<html><head><title>Shop</title></head><body><h1>Summer sale</h1>" + b"<p>All of it.</p>" * 60
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b" % (len(_PAGE), _PAGE)


class Pages(asyncio.Protocol):
    """Answers every request with one page, except those for /hang."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
            method, path, _ = head.split(b" ", 2)
            if not path.startswith(b"/hang"):
                self.transport.write(_ANSWER if method == b"GET" else _ANSWER[: -len(_PAGE)])


async def serve(pages: type[asyncio.Protocol]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(pages, "0.0.0.0", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def served(script: str = __file__) -> Iterator[int]:
    """Pages in a process of their own: `script --serve` prints its port."""
    command = [sys.executable, script, "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()


def urls(port: int, size: int, hanging: float) -> list[str]:
    every = round(1 / hanging) if hanging else 0
    return [
        f"http://127.0.0.{n % 254 + 1}:{port}/{'hang' if every and n % every == 0 else 'page'}/{n}"
        for n in range(size)
    ]


async def floor(targets: list[str], patience: float, at_once: int) -> int:
    """The least that an honest client does: connect, ask, read to the end, with a time-out."""
    waiting = iter(targets)
    good = 0

    async def ask(url: str) -> bool:
        host, _, path = url.removeprefix("http://").partition("/")
        name, _, port = host.partition(":")
        reader, writer = await asyncio.open_connection(name, int(port))
        try:
            client = h11.Connection(h11.CLIENT)
            request = h11.Request(method="GET", target="/" + path, headers=[("Host", host)])
            writer.write((client.send(request) or b"") + (client.send(h11.EndOfMessage()) or b""))
            while True:
                event = client.next_event()
                if event is h11.NEED_DATA:
                    client.receive_data(await reader.read(65536))
                elif type(event) is h11.EndOfMessage:
                    return True
        finally:
            writer.close()

    async def work() -> None:
        nonlocal good
        for url in waiting:
            try:
                async with asyncio.timeout(patience):
                    good += await ask(url)
            except TimeoutError:
                continue

    await asyncio.gather(*(work() for _ in range(at_once)))
    return good


async def prober(targets: list[str], patience: float, at_once: int) -> int:
    settings = ProbeSettings(
        timeout_seconds=patience, total_seconds=patience, concurrency=at_once, allow_private=True
    )
    verdicts = Counter([found.verdict.value async for found in Prober(settings).probe(targets)])
    hanging = sum("/hang" in url for url in targets)
    assert verdicts == Counter({"OK": len(targets) - hanging, "TIMEOUT": hanging}), verdicts
    return verdicts["OK"]


async def idle(targets: list[str], _patience: float, _at_once: int) -> int:
    """Nothing: what the lag is measured against."""
    await asyncio.sleep(IDLE_SECONDS if len(targets) >= 1000 else IDLE_SECONDS / 10)
    return 0


Run = Callable[[list[str], float, int], Awaitable[int]]
RUNS: dict[str, Run] = {"idle": idle, "floor": floor, "prober": prober}


async def measured(run: Callable[[], Awaitable[int]]) -> dict[str, float]:
    """CPU and wall seconds of a run, and the 99th percentile of the loop's lag beside it, in ms.

    `own` is the lag without what other programs on the machine took: no more than the CPU time that this
    thread spent in between.
    """
    lags: list[float] = []
    own: list[float] = []

    async def tick() -> None:
        while True:
            before, worked = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.005)
            lags.append(time.perf_counter() - before - 0.005)
            own.append(min(lags[-1], time.thread_time() - worked))

    ticking = asyncio.create_task(tick())
    usage, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    try:
        await run()
    finally:
        ticking.cancel()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
    found = {"cpu": cpu, "wall": time.perf_counter() - began}
    for name, row in (("lag", lags), ("own", own)):
        row.sort()
        found[name] = row[int(len(row) * 0.99)] * 1000 if row else 0.0
    return found


def main(
    size: int = 5000, rounds: int = 5, hanging: float = 0.02, timeout: float = 5.0, at_once: int = AT_ONCE
) -> dict[str, object]:
    results: dict[str, list[dict[str, float]]] = {name: [] for name in RUNS}
    with served() as port:
        targets = urls(port, size, hanging)
        # Imports and certificates are not what is measured.
        asyncio.run(prober(urls(port, 50, 0), timeout, at_once))
        for _ in range(rounds):
            for name, run in RUNS.items():
                gc.collect()
                results[name].append(asyncio.run(measured(partial(run, targets, timeout, at_once))))

    def middle(name: str, figure: str) -> float:
        return statistics.median(result[figure] for result in results[name])

    report: dict[str, object] = {
        "size": size,
        "hanging": hanging,
        "at_once": at_once,
        "rounds": rounds,
        "load": round(os.getloadavg()[0], 1),
    }
    for name in results:
        report[name] = {
            "cpu_ms_each": round(middle(name, "cpu") / size * 1000, 4),
            "wall_s": round(middle(name, "wall"), 3),
            "lag_p99_ms": round(middle(name, "lag"), 2),
            "lag_own_p99_ms": round(middle(name, "own"), 2),
        }
    report["cpu_ratio"] = round(middle("prober", "cpu") / middle("floor", "cpu"), 3)
    report["rate_ratio"] = round(middle("floor", "wall") / middle("prober", "wall"), 3)
    return report


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hanging", type=float, default=0.02)
    parser.add_argument("--timeout", type=float, default=5.0)
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument("--serve", action="store_true")
    chosen = parser.parse_args()
    if chosen.serve:
        asyncio.run(serve(Pages))
    else:
        report = main(chosen.size, chosen.rounds, chosen.hanging, chosen.timeout, chosen.at_once)
        sys.stdout.write(json.dumps(report, indent=1) + "\n")
