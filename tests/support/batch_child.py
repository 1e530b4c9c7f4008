"""A run of a batch in a process of its own, killed by SIGKILL at a step. Never imported by the program.

    python -m tests.support.batch_child BASE_URL HANDLE TOKEN PLAN.json WAY STEP HOW

STEP counts what the journal is told, from the start of the run; HOW is `before` the commit of that step, or
`after` it. With a run begun already, the child resumes it. It prints the run's state where it lives on.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cache import chain
from cache.journal import Journal
from console.domain.batches import BatchWay
from console.ops.planning.file import read
from tests.support.batch import Swift, go_on, run
from tests.support.desk import at

STEPS = 0


def die() -> None:
    """SIGKILL: no handler, no `finally`, no flush."""
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def arm(step: int, how: str) -> None:
    """Die at the step."""
    append, change, prepare = chain.append, Journal._change, Journal.prepare

    def counting(*args: Any) -> Any:
        global STEPS  # noqa: PLW0603 - one count a process
        entry = append(*args)
        STEPS += 1
        if step == STEPS and how == "before":
            die()
        return entry

    def after(usual: Any) -> Any:
        def acting(*args: Any, **more: Any) -> Any:
            found = usual(*args, **more)
            if step <= STEPS and how == "after":
                die()
            return found

        return acting

    chain.append = counting
    Journal._change = after(change)  # type: ignore[method-assign]
    Journal.prepare = after(prepare)  # type: ignore[method-assign]


async def main() -> str:
    """Run, or go on."""
    base_url, handle, token, file, way, step, how = sys.argv[1:]
    place: Any = SimpleNamespace(base_url=base_url, handle=handle, token=token, pat=token)
    plan = read(Path(file))
    async with at(place, Swift(), token) as session:
        arm(int(step), how)
        if session.store.runs.get(plan.plan_id):
            report = await go_on(session, plan.plan_id, look_after=False)
        else:
            report = await run(session, plan, way=BatchWay(way), look_after=False)
    return report.run.state.value


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(main()) + "\n")
