"""Several real processes, one home, one platform: nothing lost, nothing locked, nobody's write taken away."""

from __future__ import annotations

import json
import os
import re
import signal
from contextlib import ExitStack
from typing import Any

import pytest

from console.domain.outcomes import Outcome, WriteState
from console.domain.plans import Result
from console.domain.sightings import Stale
from console.ops.recovery import reconcile
from console.ops.rollback import Request, prepare
from console.ops.settle import SETTLE_SECONDS
from console.practice.server import PracticeServer
from tests.support.desk import at, reviewed
from tests.support.simulator_children import LaterClock, children

ROUNDS = 20
SLUGS = ("one", "two", "three")


def make(practice: PracticeServer, *slugs: str) -> None:
    for slug in slugs:
        for version in range(1, 4):
            practice.platform.edit(slug, destination_url=f"http://www.localhost:1/{version}")


async def test_three_consoles_on_the_same_links_lose_nothing(practice: PracticeServer) -> None:
    make(practice, *SLUGS)
    platform = practice.platform
    told: list[dict[str, Any]] = []
    with ExitStack() as stack:
        tokens = [platform.tokens.jwt(name) for name in ("dana", "kim", "dana")]
        begin = [stack.enter_context(children(practice, token)) for token in tokens]
        running = [each(f"storm {','.join(SLUGS)} {ROUNDS} rollback") for each in begin]
        for child in running:
            while (line := child.says()) != "done":
                told.append(json.loads(line))
            assert child.ended() == ("", 0)
    assert len(told) == 3 * ROUNDS
    assert not [each for each in told if "lock" in each["title"].lower()], "no lock of a database is shown"
    events = {(e.slug, e.after_version): e for e in platform.events if e.key}
    applied = {(each["slug"], each["new"]): each for each in told if each["outcome"] == Outcome.APPLIED}
    assert events.keys() == applied.keys(), "every event was told, and everything told is an event"
    assert len(applied) >= ROUNDS
    for place, event in events.items():
        assert event.before_version == applied[place]["shown"], "nobody's change was replaced unseen"
    others = [each for each in told if each["outcome"] != Outcome.APPLIED]
    assert {each["outcome"] for each in others} <= {Outcome.NOOP, Outcome.STALE, Outcome.REJECTED}
    busy = [each["title"] for each in others if each.get("reason") == Stale.WRITE_OPEN]
    for title in busy:
        assert re.search(r"\(process \d+ on \S+, still running\), since \d+ s", title), title
    async with at(practice) as session:
        assert session.store.journal.open_writes() == []
        assert session.store.journal.verify() == []


@pytest.mark.parametrize(("point", "state"), [("prepared", WriteState.PREPARED), ("sent", WriteState.SENT)])
async def test_a_stopped_holder_keeps_its_link_and_a_dead_one_does_not(
    practice: PracticeServer, point: str, state: WriteState
) -> None:
    make(practice, "kept", "lost")
    clock = LaterClock()
    with children(practice) as begin, children(practice) as begin_another:
        kept, lost = begin(f"{point}:stop kept 2 rollback"), begin_another(f"{point}:stop lost 2 rollback")
        assert (kept.says(), lost.says()) == ("stops", "stops")
        async with at(practice, clock, practice.token) as session:
            for later in (0.0, 2 * SETTLE_SECONDS):
                clock.later = later
                for slug, child in (("kept", kept), ("lost", lost)):
                    await reviewed(session, slug)
                    refused = await prepare(session, Request(slug, 1, "shop is down"))
                    assert isinstance(refused, Result)
                    assert refused.refusal is not None
                    assert refused.refusal.reason == Stale.WRITE_OPEN
                    assert f"process {child.pid} on" in refused.refusal.title
                    assert re.search(r"still running\), since \d+ (s|min)", refused.refusal.title)
                found = await reconcile(session)
                assert [(s.outcome, s.busy) for s in found] == [(Outcome.UNKNOWN, True)] * 2
                assert [w.state for w in session.store.journal.open_writes()] == [state] * 2
            os.kill(lost.pid, signal.SIGKILL)
            assert lost.ended() == ("", -signal.SIGKILL)
            found = await reconcile(session)
            outcome = Outcome.CANCELLED if state is WriteState.PREPARED else Outcome.FAILED
            assert {(s.write.slug, s.outcome) for s in found} == {
                ("kept", Outcome.UNKNOWN),
                ("lost", outcome),
            }
            os.kill(kept.pid, signal.SIGCONT)
            assert kept.ended() == ("APPLIED", 0)
            assert session.store.journal.open_writes() == []
    assert [event.slug for event in practice.platform.events if event.key] == ["kept"]
