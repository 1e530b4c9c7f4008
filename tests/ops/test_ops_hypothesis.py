"""The guard as a state machine: Hypothesis chooses what happens and makes a failure short.

Rules and invariants as the seeded runs have them (`tests.support.simulator_run`, `simulator_judge`); what
a step does in detail comes from `seed`, which a failure prints with the steps that led there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.simulator import fast_home
from tests.support.simulator_judge import Judge
from tests.support.simulator_run import READ_FAULTS, WRITE_FAULTS, Run, Step
from tests.support.simulator_world import KILL_POINTS, World

RUNS = 100
CONSOLES = st.sampled_from((0, 1))


@pytest.fixture
def world() -> Iterator[World]:
    with fast_home() as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        made = World(home)
        try:
            with made.processes():
                yield made
            Judge(made, []).at_rest()
        finally:
            made.close()


class Guard(RuleBasedStateMachine):
    """Two operators, a rival, a platform in memory and the line to it."""

    world: World
    loop: asyncio.AbstractEventLoop
    base: int
    runs = 0

    @initialize(seed=st.integers(0, 2**20))
    def begin(self, seed: int) -> None:
        type(self).runs += 1
        self.run = Run(self.world, self.base + seed, name=f"h{self.base}-{self.runs}")

    def step(self, what: Step) -> None:
        self.loop.run_until_complete(what(self.run))

    @rule()
    def reviews_plans_and_performs(self) -> None:
        self.step(Run.do_whole)

    @rule()
    def reviews_and_plans(self) -> None:
        self.step(Run.do_plan)

    @rule()
    def plans_without_looking(self) -> None:
        self.step(Run.do_blind)

    @rule()
    def confirms_the_plan_made_earlier(self) -> None:
        self.step(Run.do_perform)

    @rule()
    def confirms_a_plan_that_has_gone_stale(self) -> None:
        self.step(Run.do_stale)

    @rule()
    def writes_into_trouble(self) -> None:
        self.step(Run.do_troubled)

    @rule()
    def both_operators_at_once(self) -> None:
        self.step(Run.do_both)

    @rule()
    def undoes(self) -> None:
        self.step(Run.do_undo)

    @rule(between=st.booleans())
    def a_rival_meddles(self, between: bool) -> None:
        self.step(Run.do_rival_between if between else Run.do_rival)

    @rule(kind=st.sampled_from(WRITE_FAULTS), method=st.sampled_from(("POST", "PUT")))
    def the_next_write_meets(self, kind: str, method: str) -> None:
        status = 503 if kind == "commit_then_answer" else 500
        self.world.platform.faults.add(kind, method=method, status=status)

    @rule(kind=st.sampled_from(READ_FAULTS), skip=st.integers(0, 5), times=st.sampled_from((1, 3, 8)))
    def reads_meet(self, kind: str, skip: int, times: int) -> None:
        self.world.platform.faults.add(kind, method="GET", skip=skip, times=times, retry_after="0")

    @rule(how=st.sampled_from(("late", "lost", "gone")))
    def the_next_answer_is(self, how: str) -> None:
        self.world.line.losing = how

    @rule()
    def the_platform_changes_its_manners(self) -> None:
        self.step(Run.do_manners)

    @precondition(lambda self: any(not console.dead for console in self.run.consoles))
    @rule(who=CONSOLES, point=st.sampled_from(KILL_POINTS))
    def will_be_killed_at(self, who: int, point: str) -> None:
        console = self.run.consoles[who]
        if not console.dead:
            console.doom = point

    @rule(who=CONSOLES)
    def starts_again(self, who: int) -> None:
        self.loop.run_until_complete(self.run.restart(self.run.consoles[who]))

    @rule()
    def reconciles(self) -> None:
        self.step(Run.do_reconcile)

    @rule()
    def the_clock_jumps(self) -> None:
        self.step(Run.do_time)

    @rule()
    def the_token_changes(self) -> None:
        self.step(Run.do_token)

    @invariant()
    def never_stale_never_twice_never_silent(self) -> None:
        self.run.judge.look()

    def teardown(self) -> None:
        """Everything arrives, everybody restarts, a minute passes: then nothing may be open or unsaid."""
        if not hasattr(self, "run"):
            return
        try:
            self.loop.run_until_complete(self.run.finish())
            self.run.judge.end()
        finally:
            for console in self.run.consoles:
                console.die()


@pytest.mark.parametrize("part", range(4))
def test_the_guard_holds_whatever_happens_in_whatever_order(world: World, part: int) -> None:
    with asyncio.Runner() as runner:
        machine = type("Guard", (Guard,), {"world": world, "loop": runner.get_loop(), "base": part * 10**7})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=RUNS,
                stateful_step_count=10,
                deadline=None,
                derandomize=True,
                database=None,
                print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert machine.runs >= RUNS
