"""Seeded runs of two operators, their rivals, a bad line and sudden deaths, judged after every step.

python -m tests.support.simulator 4711        replays one seed and tells every step
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from console.domain.errors import RepointError
from console.domain.outcomes import Outcome
from console.domain.plans import Plan, Result, Way
from console.domain.sightings import Seen
from console.ops.recovery import reconcile
from console.ops.review import read_live, see
from console.ops.rollback import Request, confirm, perform, prepare, undo
from console.ops.session import Session
from console.ops.settle import SETTLE_SECONDS
from tests.support.clock import START
from tests.support.simulator_judge import Judge
from tests.support.simulator_world import ACTING, KILL_POINTS, Console, Killed, Tokens, World, content_of

HOSTS: Final = ("a", "b", "c")
WRITE_FAULTS: Final = (
    "commit_then_502", "commit_then_answer", "commit_then_html", "commit_then_close", "commit_then_half",
    "commit_then_gzip_cut", "commit_then_rst", "before_close", "before_rst", "answer", "throttle",
    "html_200", "redirect", "no_route", "day_spent",
)  # fmt: skip
READ_FAULTS: Final = ("answer", "throttle", "html_200", "before_close", "before_rst")
Work = Callable[[Session], Awaitable[Any]]
Step = Callable[["Run"], Awaitable[None]]


class Run:
    """One seed. Every choice comes from `rng`, so that the same seed makes the same choices.

    `name` begins its links' slugs: where one seed is played more than once in a world.
    """

    def __init__(self, world: World, seed: int, name: str = "") -> None:
        self.world, self.seed = world, seed
        self.rng = random.Random(seed)
        world.reseed(seed)
        self.slugs = [f"{name or f's{seed}'}-{n}" for n in range(1 + (self.rng.random() < 0.2))]
        self.judge = Judge(world, self.slugs)
        for slug in self.slugs:
            for _ in range(self.rng.randrange(3, 6)):
                self.edit(slug)
        self.honours = self.rng.random() < 0.5
        self.consoles = [self.born(name, Tokens(world.token(name))) for name in ("dana", "kim")]
        self.menu = [*USUAL, *self.rng.sample(RARE, 3) * 2]
        self.plans: dict[Console, Plan] = {}
        self.done: list[str] = []
        self.trace: list[str] = []
        self.steps = 0
        self.deaths: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()

    def born(self, operator: str, tokens: Tokens) -> Console:
        return Console(self.world, operator, tokens, honours=self.honours)

    def say(self, *words: object) -> None:
        self.trace.append(" ".join(map(str, words)))

    async def play(self) -> None:
        """All steps, then the end: everything arrives, everybody restarts, a minute passes."""
        try:
            for _ in range(self.rng.randrange(5, 11)):
                self.steps += 1
                await self.rng.choice(self.menu)(self)
                self.judge.look()
            await self.finish()
            self.judge.end()
        except AssertionError as error:
            lines = "\n  ".join(self.trace)
            raise AssertionError(
                f"{error}\n  {lines}\nreplay: python -m tests.support.simulator {self.seed}"
            ) from error
        finally:
            for console in self.consoles:
                console.die()

    async def finish(self) -> None:
        world = self.world
        world.platform.faults.clear()
        world.line.losing = ""
        await world.line.settle(1e9)
        for console in self.consoles:
            console.tokens.token = world.token(console.operator)  # who was signed out signs in again
        for console in list(self.consoles):
            if console.dead or console is self.consoles[0]:
                await self.restart(console)
        world.clock.advance(SETTLE_SECONDS + 1)
        for console in self.consoles:
            await self.act(console, self.reconciled)

    async def act(self, console: Console, work: Work) -> Any:
        """Let one console do something; what it may say or die of is told, anything else is a finding."""
        ACTING.set(console)
        if console.dead:
            return None
        try:
            return await work(console.session)
        except Killed:
            self.deaths[console.died_at] += 1
            self.plans.pop(console, None)
            self.say(console.operator, "died at", console.died_at)
        except RepointError as error:
            self.say(console.operator, "was told:", error.title)
        return None

    # what an operator does

    def pick(self) -> tuple[Console, str]:
        """Anybody and any link; of the living, while there are some."""
        living = [console for console in self.consoles if not console.dead]
        return self.rng.choice(living or self.consoles), self.rng.choice(self.slugs)

    async def review(self, session: Session, slug: str) -> None:
        reading = await read_live(session, slug)
        see(session, reading, Seen.TIMELINE)
        snapshot = reading.current.snapshot
        content = content_of(
            {
                "destinationUrl": snapshot.destination_url,
                "enabled": snapshot.enabled,
                "tags": list(snapshot.tags),
            }
        )
        self.judge.shown.add((session.target.operator, slug, reading.live, content))
        self.say(session.target.operator, "reviewed", slug, reading.live)

    async def prepare(self, session: Session, slug: str) -> Plan | None:
        operator = session.target.operator
        way = Way.PUT if self.rng.random() < 0.25 else Way.ROLLBACK
        names = session.store.timelines.load(slug)
        to = self.rng.choice(names.names[1:4] or names.names if names else (1, 2))
        seen = None
        if names is not None and self.rng.random() < 0.1:
            seen = names.live
            self.judge.shown.add((operator, slug, seen, None))
        made = await prepare(session, Request(slug, to, "why", seen=seen, way=way))
        return self.planned(operator, made)

    def planned(self, operator: str, made: Plan | Result) -> Plan | None:
        if isinstance(made, Plan):
            self.say(operator, "planned", made.phrase, "from", made.live.version, made.way.value)
            return made
        self.say(operator, "got no plan:", made.outcome.value, made.message)
        return None

    async def perform(self, session: Session, plan: Plan) -> None:
        shown_at = session.clock.now()
        if self.rng.random() < 0.05:
            await session.clock.sleep(61)
        result = await perform(session, plan, confirm(plan, plan.phrase, shown_at))
        self.outcomes[result.outcome.value] += 1
        self.say(session.target.operator, "performed", plan.phrase, result.outcome.value, result.message)
        self.judge.told(plan, result)
        if result.outcome is Outcome.APPLIED and result.run:
            self.done.append(result.run)

    async def reconciled(self, session: Session) -> None:
        for settled in await reconcile(session):
            self.outcomes[f"settled {settled.outcome.value}"] += 1
            self.say(session.target.operator, "settled", settled.outcome.value, settled.sentence)
            self.judge.settled(settled)

    async def whole(self, console: Console, slug: str, *, performs: bool = True) -> None:
        async def work(session: Session) -> None:
            await self.review(session, slug)
            plan = await self.prepare(session, slug)
            if plan is not None:
                self.plans[console] = plan
                if performs:
                    await self.perform(session, plan)

        await self.act(console, work)

    async def do_whole(self) -> None:
        await self.whole(*self.pick())

    async def do_plan(self) -> None:
        await self.whole(*self.pick(), performs=False)

    async def do_blind(self) -> None:
        console, slug = self.pick()
        plan = await self.act(console, lambda session: self.prepare(session, slug))
        if plan is not None:
            self.plans[console] = plan

    async def do_blind_whole(self) -> None:
        """Whoever did not look may not act."""
        console, slug = self.pick()

        async def work(session: Session) -> None:
            plan = await self.prepare(session, slug)
            if plan is not None:
                await self.perform(session, plan)

        await self.act(console, work)

    async def do_perform(self) -> None:
        """The plan made earlier, however stale or used it is by now."""
        console, _ = self.pick()
        plan = self.plans.get(console)
        if plan is not None:
            await self.act(console, lambda session: self.perform(session, plan))

    async def do_both(self) -> None:
        """Both operators at once, their requests interleaved."""
        slug = self.rng.choice(self.slugs)
        await asyncio.gather(*(self.whole(console, slug) for console in self.consoles))

    async def do_undo(self) -> None:
        console, _ = self.pick()
        run = self.rng.choice(self.done) if self.done else "none"

        async def work(session: Session) -> None:
            plan = self.planned(session.target.operator, await undo(session, run, "back again"))
            if plan is not None:
                await self.perform(session, plan)

        await self.act(console, work)

    # what happens to them

    def edit(self, slug: str) -> None:
        by = self.rng.choice(("rival", "lee"))
        to = f"https://{self.rng.choice(HOSTS)}.example/{self.rng.randrange(4)}"
        self.world.platform.edit(slug, by=by, destination_url=to)

    def touch(self, slug: str) -> None:
        self.world.platform.touch_same_version(
            slug, destination_url=f"https://{self.rng.choice(HOSTS)}.example/t"
        )

    def meddle(self, slug: str) -> None:
        """A rival does something by other means than this program."""
        platform, kind = self.world.platform, self.rng.random()
        live = platform.store.get(slug)
        if live is None:
            kind = 0.0
        if kind < 0.5 or live is None or live.version < 2:
            self.edit(slug)
            word = "edited"
        elif kind < 0.7:
            platform.rollback_as(slug, self.rng.randrange(1, live.version))
            word = "rolled back"
        elif kind < 0.85:
            self.touch(slug)
            word = "touched"
        elif kind < 0.92:
            to = self.rng.randrange(1, live.version)
            self.judge.erased(slug, above=to)
            platform.rewind(slug, to)
            word = f"rewound to {to}"
        else:
            self.judge.erased(slug, above=0)
            platform.recreate(slug) if kind < 0.97 else platform.delete(slug)
            word = "deleted"
        self.say("rival", word, slug)

    async def do_rival(self) -> None:
        self.meddle(self.rng.choice(self.slugs))

    async def do_rival_between(self) -> None:
        """A rival acts while a request of ours is on its way."""
        slug = self.rng.choice(self.slugs)
        method, path = self.rng.choice((("POST", f"{slug}/rollback$"), ("PUT", f"{slug}$"), ("GET", slug)))
        skip = self.rng.randrange(6) if method == "GET" else 0
        after = method != "GET" and self.rng.random() < 0.5
        act = self.edit if method == "GET" or self.rng.random() < 0.7 else self.touch
        self.say("rival waits for", method, skip, "and acts after it" if after else "and acts before it")
        faults = self.world.platform.faults
        faults.rival(lambda: act(slug), path=path, method=method, skip=skip, after=after)

    async def do_write_fault(self) -> None:
        kind = self.rng.choice(WRITE_FAULTS)
        method = "PUT" if self.rng.random() < 0.2 else "POST"
        status = self.rng.choice((500, 502, 503, 504, 408, 429, 400))
        if kind == "commit_then_answer":
            status = self.rng.choice((500, 503, 504))
        self.say("next", method, "meets", kind, status)
        self.world.platform.faults.add(kind, method=method, status=status)

    async def do_read_fault(self) -> None:
        kind, times = self.rng.choice(READ_FAULTS), self.rng.choice((1, 1, 3, 8))
        self.say("reads meet", kind, times)
        self.world.platform.faults.add(
            kind,
            method="GET",
            skip=self.rng.randrange(6),
            times=times,
            retry_after=self.rng.choice(("1", "0")),
        )

    async def do_lose(self) -> None:
        self.world.line.losing = self.rng.choice(("late", "late", "lost", "gone"))
        self.say("the next write is", self.world.line.losing)

    async def do_manners(self) -> None:
        faults = self.world.platform.faults
        faults.ignore_preconditions = self.rng.random() < 0.5
        faults.ignore_idempotency = not self.honours and self.rng.random() < 0.5
        self.say("platform ignores", faults.ignore_preconditions, faults.ignore_idempotency)

    async def do_doom(self) -> None:
        console, _ = self.pick()
        if not console.dead:
            console.doom = self.rng.choice(KILL_POINTS)
            self.say(console.operator, "will die at", console.doom)

    async def do_stale(self) -> None:
        """A plan, a rival, and the plan performed; now and then where nobody compares."""
        console, slug = self.pick()
        await self.whole(console, slug, performs=False)
        if self.rng.random() < 0.4:
            await self.do_manners()
        self.meddle(slug)
        plan = self.plans.get(console)
        if plan is not None:
            await self.act(console, lambda session: self.perform(session, plan))

    async def do_troubled(self) -> None:
        """One or two troubles, and a write that meets them now."""
        for trouble in self.rng.sample(TROUBLES, self.rng.randrange(1, 3)):
            await trouble(self)
        await self.do_whole()

    async def restart(self, console: Console) -> None:
        console.die()
        fresh = self.born(console.operator, console.tokens)
        self.consoles[self.consoles.index(console)] = fresh
        self.plans.pop(console, None)
        self.say(console.operator, "starts")
        await self.act(fresh, self.reconciled)

    async def do_restart(self) -> None:
        dead = [console for console in self.consoles if console.dead]
        await self.restart(self.rng.choice(dead or self.consoles))

    async def do_reconcile(self) -> None:
        console, _ = self.pick()
        await self.act(console, self.reconciled)

    async def do_time(self) -> None:
        """Time passes, the machine sleeps, or somebody sets its clock ten years wrong."""
        clock, kind = self.world.clock, self.rng.randrange(5)
        seconds = self.rng.choice((1.0, 30.0, 61.0, 700.0))
        if kind < 2:
            await clock.sleep(seconds)
        elif kind == 2:
            await self.world.line.settle(seconds)
            clock.sleep_machine(seconds)
        elif kind == 3:
            clock.set_wall(START + timedelta(days=self.rng.choice((-3650, 3650))))
        else:
            await self.reboot()
        self.say("time", kind, seconds)

    async def reboot(self) -> None:
        """Every process dies, clocks begin anew; it takes longer than any request lives."""
        world, clock = self.world, self.world.clock
        await world.line.settle(SETTLE_SECONDS + 30)
        for console in list(self.consoles):
            console.die()
        clock.advance(SETTLE_SECONDS + 30)
        boot = f"boot-{world.born}"
        clock.moment = replace(clock.moment, monotonic=1.0, boottime=1.0, boot_id=boot)

    async def do_token(self) -> None:
        """The token is replaced; sometimes the console keeps the old one, which is revoked."""
        console, _ = self.pick()
        old = console.tokens.token
        if self.rng.random() < 0.5:
            self.world.platform.tokens.revoke(old)
        if self.rng.random() < 0.7:
            console.tokens.token = self.world.token(console.operator)
        self.say(console.operator, "token changed")


TROUBLES: Final = (
    Run.do_rival_between, Run.do_write_fault, Run.do_read_fault, Run.do_lose, Run.do_lose, Run.do_manners,
    Run.do_doom, Run.do_doom,
)  # fmt: skip
USUAL: Final = (
    Run.do_whole, Run.do_plan, Run.do_perform, Run.do_blind_whole, Run.do_rival, Run.do_restart,
    Run.do_troubled, Run.do_troubled, Run.do_troubled, Run.do_troubled, Run.do_stale,
)  # fmt: skip
RARE: Final = (
    Run.do_both, Run.do_blind, Run.do_undo, Run.do_rival_between, Run.do_write_fault, Run.do_lose,
    Run.do_doom, Run.do_reconcile, Run.do_time, Run.do_token,
)  # fmt: skip
"""Each run is given a few of these, so that what seldom meets by chance meets often in some runs."""
