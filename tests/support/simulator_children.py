"""Rollbacks in processes of their own, as a test starts them and listens to them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import IO

from console.domain.moments import Moment
from console.ops.clock import SystemClock
from console.practice.server import PracticeServer

ROOT = Path(__file__).parents[2]


class LaterClock(SystemClock):
    """The real clocks, some seconds later."""

    def __init__(self) -> None:
        self.later = 0.0

    def now(self) -> Moment:
        now = super().now()
        return replace(
            now,
            wall=now.wall + timedelta(seconds=self.later),
            monotonic=now.monotonic + self.later,
            boottime=now.boottime + self.later,
        )


@contextmanager
def children(server: PracticeServer, token: str = "") -> Iterator[Callable[[str], Child]]:
    """Starts rollbacks in children of one parent; yields a function that gives it a command."""
    command = [sys.executable, "-m", "tests.support.simulator_child", server.base_url, server.handle]
    with subprocess.Popen(
        [*command, token or server.token],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        out: IO[str] = parent.stdout
        inp: IO[str] = parent.stdin

        def begin(line: str) -> Child:
            inp.write(line + "\n")
            inp.flush()
            return Child(int(out.readline()), out)

        yield begin
        inp.close()


@dataclass
class Child:
    """One rollback in a process: its id, and what it and its parent say."""

    pid: int
    out: IO[str]

    def says(self) -> str:
        """Its next line."""
        return self.out.readline().strip()

    def ended(self) -> tuple[str, int]:
        """What it said of the rollback, and how it ended: -9 when it was killed."""
        said = ""
        for line in self.out:
            if line.startswith("ended "):
                return said, int(line.split()[1])
            said = line.strip()
        raise AssertionError("the parent of the children is gone")
