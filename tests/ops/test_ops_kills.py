"""A real process, killed by SIGKILL at every durable step of a rollback, over real HTTP and a real disk.

What the next start must find and do is hardening's table of recovery points, K0 to K5.
"""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from console.domain.outcomes import Outcome, WriteState
from console.domain.plans import Way
from console.ops.recovery import reconcile
from console.ops.settle import SETTLE_SECONDS
from console.practice.server import PracticeServer
from tests.support.desk import at
from tests.support.ledger import Ledger
from tests.support.practice import Serve
from tests.support.simulator_children import Child, LaterClock, children


@dataclass(frozen=True)
class Case:
    """One place to die, and what must be found then.

    Attributes:
        left: the state of its row in the journal; None: no row.
        first: what reconciling at once says; None: there is nothing to settle.
        then: what it says a minute later.
        events: how often the platform did it.
        fault: what the platform does meanwhile.
        by: `self`: the child at the named step; `arrives`, `commits`: as its request does so.
    """

    point: str
    left: WriteState | None
    first: Outcome | None
    then: Outcome | None = None
    events: int = 1
    fault: str = ""
    by: str = "self"


CASES = [
    Case("prepared:before", None, None, events=0),  # K0
    Case("prepared:after", WriteState.PREPARED, Outcome.CANCELLED, events=0),  # K1
    Case("sent:before", WriteState.PREPARED, Outcome.CANCELLED, events=0),
    Case("sent:after", WriteState.SENT, Outcome.UNKNOWN, Outcome.FAILED, events=0),  # K2
    Case("none", WriteState.SENT, Outcome.UNKNOWN, Outcome.FAILED, 0, "before_hang", "arrives"),
    Case("none", WriteState.SENT, Outcome.APPLIED, by="commits"),
    Case("answer:begins", WriteState.SENT, Outcome.APPLIED),  # K3
    Case("answer:read", WriteState.SENT, Outcome.APPLIED),  # K4
    Case("verify:before", WriteState.SENT, Outcome.APPLIED),
    Case("applied:before", WriteState.SENT, Outcome.APPLIED),
    Case("unknown:before", WriteState.SENT, Outcome.APPLIED, fault="commit_then_502"),
    Case("unknown:after", WriteState.UNKNOWN, Outcome.APPLIED, fault="commit_then_502"),
    Case("applied:after", WriteState.APPLIED, None),  # K5
]


@pytest.mark.parametrize("way", list(Way))
async def test_a_kill_at_every_step_loses_nothing_and_doubles_nothing(serve: Serve, way: Way) -> None:
    server = serve("tiny")
    platform = server.platform
    platform.store.events = ledger = Ledger()
    with children(server) as begin:
        for number, case in enumerate(CASES):
            slug = f"kill-{number}"
            for version in range(1, 4):
                platform.edit(slug, destination_url=f"http://www.localhost:1/{version}")
            await one_kill(server, ledger, begin, case, f"{slug} 2 {way.value}")
    assert len(platform.events) == len(CASES) * 3 + sum(case.events for case in CASES)


async def one_kill(
    server: PracticeServer, ledger: Ledger, begin: Callable[[str], Child], case: Case, order: str
) -> None:
    slug, _, way = order.split()
    platform = server.platform
    path = f"{slug}/rollback$" if way == Way.ROLLBACK else f"{slug}$"
    method = "POST" if way == Way.ROLLBACK else "PUT"
    victim: queue.SimpleQueue[int] = queue.SimpleQueue()

    def strike() -> None:
        os.kill(victim.get(timeout=120), signal.SIGKILL)

    ledger.struck = strike if case.by == "commits" else None
    if case.by == "arrives":
        platform.faults.rival(strike, path=path, method=method)
    if case.fault:
        platform.faults.add(case.fault, path=path, method=method)
    child = begin(f"{case.point} {order}")
    victim.put(child.pid)
    said, how = child.ended()
    assert (said, how) == ("", -signal.SIGKILL), (case, said, how)
    await recovered(server, case, slug)
    mine = [event for event in platform.events if event.slug == slug and event.key is not None]
    assert len(mine) == case.events, case
    platform.faults.clear()


async def recovered(server: PracticeServer, case: Case, slug: str) -> None:
    """Start again, settle by reading, and look at what was said and what is left."""
    clock = LaterClock()
    async with at(server, clock, server.token) as session:
        journal, key = session.store.journal, session.target.key
        rows = journal.writes_of(key, slug)
        assert [row.state for row in rows] == ([] if case.left is None else [case.left]), case
        asked = len(server.platform.requests)
        found = await reconcile(session)
        assert [settled.outcome for settled in found] == ([] if case.first is None else [case.first]), case
        if case.then is not None:
            clock.later = SETTLE_SECONDS + 1
            assert [settled.outcome for settled in await reconcile(session)] == [case.then], case
        sent = [asked.method for asked in server.platform.requests[asked:] if asked.method != "GET"]
        assert sent == [], "settling sends nothing"
        assert journal.open_writes() == []
        assert journal.verify() == []
        (row,) = journal.writes_of(key, slug) or [None]
        applied = row is not None and row.state is WriteState.APPLIED
        assert applied == bool(case.events), case
        if row is not None and applied:
            assert row.new_version == 4
