"""Batches at the practice platform: links to roll back, plans of them, and runs as operators start them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from console.domain.batches import BatchPlan, BatchWay, RunState
from console.domain.moments import Moment
from console.domain.outcomes import Outcome
from console.ops.batches.gates import confirm_batch
from console.ops.batches.run import resume, start
from console.ops.batches.values import Options, Progress, Report
from console.ops.clock import SystemClock
from console.ops.planning.plan import plan_rollback
from console.ops.planning.rules import PREVIOUS
from console.ops.session import Session
from console.ops.sync import sync
from console.practice.server import PracticeServer

WHY = "shop is down"


def make_links(server: PracticeServer, count: int, word: str = "item", versions: int = 2) -> list[str]:
    """Links with some versions each; the destinations of all but the newest answer."""
    slugs = [f"{word}-{number:04}" for number in range(count)]
    port = server.platform.setting.port
    for slug in slugs:
        for version in range(1, versions + 1):
            host = "shop" if version == versions else "www"
            server.platform.edit(slug, by="kim", destination_url=f"http://{host}.localhost:{port}/v{version}")
    server.platform.store.events.clear()
    return slugs


async def plan_of(session: Session, slugs: Iterable[str], rule: Any = PREVIOUS, **more: Any) -> BatchPlan:
    """Listed, then planned back to the version before."""
    await sync(session)
    plan = await plan_rollback(session, slugs, rule, WHY, **more)
    assert plan.left_out == ()
    return plan


async def run(session: Session, plan: BatchPlan, **how: Any) -> Report:
    """Confirmed as typed, and run; options by keyword, `control` and `tell` as `start` takes them."""
    hands = {name: how.pop(name) for name in ("control", "tell", "retries") if name in how}
    reasons: Mapping[str, str] = {"blast_radius": "all of them fail", **how.pop("overrides", {})}
    way = how.pop("way", BatchWay.ROLLBACK)
    options = Options(way=way, overrides=reasons, **how)
    report = await start(session, plan, confirm_batch(plan, plan.phrase), options, **hands)
    adds_up(session, report)
    return report


async def go_on(session: Session, report: Report | str, **how: Any) -> Report:
    """Resume a run."""
    name = report if isinstance(report, str) else report.run.run
    hands = {name: how.pop(name) for name in ("control", "tell") if name in how}
    found = await resume(session, name, Options(**how), **hands)
    adds_up(session, found)
    return found


def adds_up(session: Session, report: Report) -> None:
    """The outcomes add up to the items, nothing is left open but what is UNKNOWN; the journal is whole."""
    assert sum(report.counts.values()) == len(report.items) == len(report.plan.items)
    assert Counter(item.outcome for item in report.items) == Counter(report.counts)
    if not report.counts.get(Outcome.UNKNOWN) and report.run.state is not RunState.RUNNING:
        assert session.store.journal.open_writes() == []
    assert session.store.journal.verify() == []


def ours(server: PracticeServer) -> list[Any]:
    """What was written through the API, in order."""
    return [event for event in server.platform.events if event.key is not None]


def nothing_doubled(server: PracticeServer, plan: BatchPlan) -> None:
    """Every write of ours was made on exactly the version that the plan states, once a link."""
    expected = {item.slug: item.version for item in plan.items}
    events = ours(server)
    assert [e for e in events if e.before_version != expected[e.slug]] == [], "a write on another version"
    assert max(Counter(event.slug for event in events).values(), default=0) <= 1, "a link was written twice"


def outcomes(report: Report) -> dict[str, int]:
    """The outcomes that there are."""
    return {outcome.value: count for outcome, count in report.counts.items() if count}


class Swift(SystemClock):
    """The real clocks, but a wait is over at once: it has taken its time all the same."""

    def __init__(self) -> None:
        self.later = 0.0

    def now(self) -> Moment:
        now, later = super().now(), self.later
        wall = now.wall + timedelta(seconds=later)
        return Moment(wall, now.monotonic + later, now.boottime + later, now.boot_id)

    async def sleep(self, seconds: float) -> None:
        self.later += seconds
        await asyncio.sleep(0)


class Heard(list[Progress]):
    """Keeps what a run tells."""

    def __call__(self, progress: Progress) -> None:
        assert sum(progress.counts.values()) == progress.total
        self.append(progress)
