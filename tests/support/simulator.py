"""Seeded runs of two operators, their rivals, a bad line and sudden deaths, judged after every step.

python -m tests.support.simulator 4711        replays one seed and tells every step
python -m tests.support.simulator 1 5000      plays the seeds from 1 to 4999
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.support.simulator_judge import Judge
from tests.support.simulator_run import Run
from tests.support.simulator_world import World


class Tally(Counter[str]):
    """What a row of runs added up to."""

    def add(self, run: Run) -> None:
        self.update({"runs": 1, "steps": run.steps, "kills": run.deaths.total()})
        self.update({f"died at {name}": n for name, n in run.deaths.items()})
        self.update({f"outcome {name}": n for name, n in run.outcomes.items()})


def fast_home() -> tempfile.TemporaryDirectory[str]:
    """A folder in memory where there is one: the journal still makes every sync it makes on a disk."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(prefix="sim", dir=memory if memory.is_dir() else None)


def simulate(seeds: range, *, tell: bool = False) -> Tally:
    """Play all seeds on one machine.

    Raises:
        AssertionError: what was found, every step of that run, and the line that replays it.
    """
    tally = Tally()

    async def all_of_them(world: World) -> None:
        for seed in seeds:
            run = Run(world, seed)
            await run.play()
            tally.add(run)
            if tell:
                sys.stdout.write("\n".join([f"seed {seed}", *run.trace, ""]))

    with fast_home() as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        world = World(home)
        try:
            with world.processes():
                asyncio.run(all_of_them(world))
            Judge(world, []).at_rest()
        finally:
            world.close()
    return tally


if __name__ == "__main__":
    first = int(sys.argv[1])
    after = int(sys.argv[2]) if len(sys.argv) > 2 else first + 1
    sys.stdout.write(f"{simulate(range(first, after), tell=after == first + 1)}\n")
