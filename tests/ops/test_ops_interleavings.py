"""Two operators and a rival on one link, in every order that a seed can think of, over real HTTP."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from console.domain.outcomes import Outcome
from console.domain.plans import Plan, Result
from console.domain.sightings import Stale
from console.ops.review import read_live
from console.ops.rollback import Request, prepare, undo
from console.ops.session import Session
from console.practice.server import PracticeServer
from tests.support.clock import ManualClock
from tests.support.desk import at, confirmed, reviewed

EACH = 50
NAMED = {reason.value for reason in Stale}


@dataclass
class Operator:
    """One operator's way through one link: look, plan, go, perhaps undo."""

    session: Session
    slug: str
    to: int
    undoes: bool
    plans: list[Plan] = field(default_factory=list)
    results: list[tuple[Plan | None, Result]] = field(default_factory=list)

    def steps(self) -> list[Callable[[], Awaitable[None]]]:
        return [self.look, self.plan, self.go, *([self.take_back, self.go] if self.undoes else [])]

    async def look(self) -> None:
        await reviewed(self.session, self.slug)

    async def plan(self) -> None:
        self._keep(await prepare(self.session, Request(self.slug, self.to, "shop is down")))

    async def go(self) -> None:
        if self.plans:
            plan = self.plans.pop()
            self.results.append((plan, await confirmed(self.session, plan)))

    async def take_back(self) -> None:
        done = [result.run for _, result in self.results if result.outcome is Outcome.APPLIED]
        if done and done[0] is not None:
            self._keep(await undo(self.session, done[0], "the shop is back"))

    def _keep(self, made: Plan | Result) -> None:
        if isinstance(made, Plan):
            self.plans.append(made)
        else:
            self.results.append((None, made))


async def interleaved(rng: random.Random, operators: list[Operator], rival: Callable[[], object]) -> None:
    """Take the steps in a random order that keeps each operator's own; sometimes two at once."""

    async def meddle() -> None:
        rival()

    rows = [operator.steps() for operator in operators] + [[meddle] * rng.randrange(3)]
    while rows := [row for row in rows if row]:
        together = rng.sample(rows, 2) if len(rows) > 1 and rng.random() < 0.3 else [rng.choice(rows)]
        await asyncio.gather(*(row.pop(0)() for row in together))


def judged(server: PracticeServer, operator: Operator, *, looks: bool) -> Counter[str]:
    """Hold what one operator was told against the platform's ledger."""
    found: Counter[str] = Counter()
    events = {event.after_version: event for event in server.platform.events if event.slug == operator.slug}
    for plan, result in operator.results:
        found[result.outcome.value] += 1
        if result.outcome is Outcome.APPLIED:
            assert plan is not None
            assert result.new_version is not None
            event = events[result.new_version]
            on_shown = event.before_version == plan.live.version
            found["on another version"] += not on_shown
            assert on_shown or result.overtaken_by is not None, (event, result)
            assert on_shown or not looks, f"applied on a version that was not shown: {event}"
        else:
            assert result.outcome is Outcome.NOOP or result.refusal is not None, result
            assert result.refusal is None or result.refusal.reason in NAMED
            assert result.refusal is None or result.refusal.seen is not None or plan is None
    return found


@pytest.mark.parametrize("looks", [True, False], ids=["strong", "ignoring"])
@pytest.mark.parametrize("begin", [0, EACH])
async def test_no_order_of_steps_loses_a_change(practice: PracticeServer, begin: int, looks: bool) -> None:
    platform = practice.platform
    found: Counter[str] = Counter()
    async with (
        at(practice, ManualClock(), platform.tokens.pat("dana")) as dana,
        at(practice, ManualClock(), platform.tokens.pat("kim")) as kim,
    ):
        for seed in range(begin, begin + EACH):
            rng = random.Random(seed)
            slug = f"link-{seed}"
            platform.faults.clear()
            platform.faults.ignore_preconditions = not looks
            for number in range(4):
                platform.edit(slug, destination_url=f"http://www.localhost:1/{number}")

            def rival(slug: str = slug, rng: random.Random = rng) -> None:
                platform.edit(slug, by="lee", destination_url=f"http://docs.localhost:1/{rng.random()}")

            if rng.random() < 0.4:
                platform.faults.rival(rival, path=f"{slug}/rollback$", method="POST")
            pair = [Operator(s, slug, rng.randrange(1, 4), rng.random() < 0.3) for s in (dana, kim)]
            try:
                await interleaved(rng, pair, rival)
                for operator in pair:
                    found += judged(practice, operator, looks=looks)
            except AssertionError as error:
                error.add_note(f"seed {seed}")
                raise
            applied = sum(r.outcome is Outcome.APPLIED for o in pair for _, r in o.results)
            ours = [event for event in platform.events if event.slug == slug and event.key]
            assert len(ours) == applied, (seed, ours)
            live = (await read_live(dana, slug)).live
            assert live == len([event for event in platform.events if event.slug == slug])
    assert found["APPLIED"] > EACH // 2
    assert found["STALE"] > EACH // 10
    assert looks or found["on another version"] > 0
