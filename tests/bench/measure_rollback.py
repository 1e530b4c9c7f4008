"""One rollback, and a run of a thousand: at once, and at the rate that a platform allows."""

from __future__ import annotations

import asyncio
from unittest import mock

from console.domain.budget import DAILY_WRITES
from console.practice.server import PracticeServer
from tests.bench import rolling
from tests.bench.figures import Figure, Options
from tests.support.batch import make_links

RATE = 20.0
"""Requests a second that the throttling platform allows, as many of them at once.

Less than client and platform reach together on two cores, so that the rate is what holds the run up.
"""


def measure(options: Options) -> list[Figure]:
    """CPU of one, and how much of the allowed rate a run uses; the day's writes are no limit here."""
    with mock.patch.dict(DAILY_WRITES, {"ENTERPRISE": 1_000_000}):
        return _measure(options)


def _measure(options: Options) -> list[Figure]:
    many = options.sized(1000, 6)
    with rolling.home() as home, PracticeServer("calm", plan="ENTERPRISE") as server:
        slugs = make_links(server, 6 * options.rounds + 2, word="one")
        ours, calls, commits = asyncio.run(rolling.ours(server, slugs))
        floor = asyncio.run(rolling.floor(server, calls, commits, 3 * options.rounds, home))
    peer = f"httpx, {len(calls)} calls + sqlite3, {commits} commits"
    figures = [Figure("one rollback, CPU", ours * 1000, "ms", floor * 1000, peer, 1.5, 3.0)]
    for words, rate in (("at once", None), ("throttled", RATE)):
        with rolling.home(), PracticeServer("calm", plan="ENTERPRISE") as server:
            slugs = make_links(server, many, word="many")
            found = asyncio.run(rolling.run_of(server, slugs, rate))
        assert found["applied"] == many, found
        name = f"run of {many:,} rollbacks, {words}"
        if rate is None:
            figures.append(Figure(f"{name}, CPU each", found["cpu"] / many * 1000, "ms"))
            figures.append(Figure(f"{name}, rollbacks a second", many / found["wall"], "/s"))
        else:
            allowed = rate * found["wall"] + rate
            used, peer = found["requests"] - found["refused"], f"allowed, {rate:g}/s"
            refused = found["refused"]
            figures += [
                Figure(f"{name}, requests", used, "", allowed, peer, 0.95, 0.8, least=True),
                Figure(f"{name}, refused as too fast", refused, "", reach=0, limit=many // 100),
            ]
    return figures
