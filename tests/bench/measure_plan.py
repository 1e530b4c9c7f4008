"""The plan of a large batch, against reading the same histories from the cache.

The platform is in memory and answers at once, so that what is measured is ours: each link's history and
record judged and kept, and the plan.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from console.domain.links import Link
from console.domain.versions import Action, Source, Timeline, Version
from console.ops.planning.plan import plan_rollback
from console.ops.planning.rules import PREVIOUS
from console.practice.server import PracticeServer
from tests.bench import rolling
from tests.bench.figures import Figure, Options
from tests.support.desk import at

_NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


def _history(n: int) -> Timeline:
    slug = f"batch-{n:06}"
    old = Link(slug, f"https://shop.example/{n}/old", title="Page", tags=("promo",), link_id=f"lnk_{n}")
    new = replace(old, destination_url=f"https://shop.example/{n}/new")
    versions = tuple(
        Version(number, link, _NOW + timedelta(minutes=number), "kim", Action.UPDATE)
        for number, link in ((2, new), (1, old))
    )
    return Timeline(slug, 2, versions, True, _NOW, Source.PLATFORM, old.link_id)


class Still:
    """The real platform, but histories and records come from memory."""

    def __init__(self, real: Any, count: int) -> None:
        self._real = real
        self.histories = {f"batch-{n:06}": _history(n) for n in range(count)}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def history(self, slug: str) -> Timeline:
        return self.histories[slug]

    async def link(self, slug: str) -> Link:
        timeline = self.histories[slug]
        return replace(timeline.current.snapshot, version=timeline.live)


async def _planned(count: int) -> tuple[float, float]:
    with PracticeServer("calm", plan="ENTERPRISE") as server:
        async with at(server) as session:
            still = Still(session.platform, count)
            session.platform = still
            inventory = session.store.inventory
            links = [await still.link(slug) for slug in still.histories]
            inventory.put_many(links, inventory.begin_sync(), time.time())
            began = time.thread_time()
            plan = await plan_rollback(session, still.histories, PREVIOUS, "shop is down")
            ours = time.thread_time() - began
            assert len(plan.items) == count, plan.left_out[:3]
            began = time.thread_time()
            read = sum(len(session.store.timelines.load(slug).versions) for slug in still.histories)  # type: ignore[union-attr]  # each was just kept
            floor = time.thread_time() - began
            assert read == 2 * count
    return ours, floor


def measure(options: Options) -> list[Figure]:
    """CPU of the plan."""
    count = options.sized(10_000, 50)
    with rolling.home():
        ours, floor = asyncio.run(_planned(count))
    peer = "the histories from the cache"
    return [Figure(f"plan of {count:,} rollbacks, CPU", ours, "s", floor, peer, 3.0, 12.0)]
