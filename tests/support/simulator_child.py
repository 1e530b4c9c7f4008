"""Rollbacks in processes of their own, killed by SIGKILL at a named step. Never imported by the program.

    python -m tests.support.simulator_child BASE_URL HANDLE TOKEN < commands

A command is a line `POINT SLUG TO WAY`. The parent forks for each, so that it is imported once; it says
the child's process id, waits for it, and says how it ended. POINT is one of `POINTS`, or `none`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final

from cache import chain
from cache.journal import Journal
from console.api.client import HttpPlatform
from console.api.failures import Course
from console.domain.errors import RepointError
from console.domain.plans import Way
from console.ops import send
from tests.support.desk import at, confirmed, planned


def die(*_: object) -> None:
    """SIGKILL: no handler, no `finally`, no flush."""
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def _before_commit(state: str) -> None:
    """In the journal's transaction, everything written, before its COMMIT."""
    append = chain.append

    def killing(connection: Any, kind: str, fields: Mapping[str, Any], at: Any) -> Any:
        entry = append(connection, kind, fields, at)
        if fields.get("state") == state:
            die()
        return entry

    chain.append = killing


def _after_commit(state: str) -> None:
    for name in ("prepare", "advance"):
        _then_die(Journal, name, lambda write: write.state.value == state)


def _then_die(place: Any, name: str, when: Callable[[Any], bool]) -> None:
    usual = getattr(place, name)

    def killing(*args: Any, **more: Any) -> Any:
        found = usual(*args, **more)
        if when(found):
            die()
        return found

    setattr(place, name, killing)


def _answer_begins() -> None:
    trace = Course.trace

    async def killing(self: Course, name: str, info: Any) -> None:
        if self.write and name.endswith("receive_response_headers.complete"):
            die()
        await trace(self, name, info)

    Course.trace = killing  # type: ignore[method-assign]


def _answer_read() -> None:
    for name in ("rollback", "put"):
        usual = getattr(HttpPlatform, name)

        async def killing(self: HttpPlatform, order: Any, usual: Any = usual) -> Any:
            await usual(self, order)
            die()

        setattr(HttpPlatform, name, killing)


def _before_verify() -> None:
    async def killing(*_: Any) -> Any:
        die()

    send.read_live = killing


POINTS: Final[Mapping[str, Callable[[], None]]] = {
    "none": lambda: None,
    "prepared:before": lambda: _before_commit("prepared"),
    "prepared:after": lambda: _after_commit("prepared"),
    "sent:before": lambda: _before_commit("sent"),
    "sent:after": lambda: _after_commit("sent"),
    "answer:begins": _answer_begins,
    "answer:read": _answer_read,
    "verify:before": _before_verify,
    "applied:before": lambda: _before_commit("applied"),
    "applied:after": lambda: _after_commit("applied"),
    "unknown:before": lambda: _before_commit("unknown"),
    "unknown:after": lambda: _after_commit("unknown"),
}


async def one(place: Any, token: str, slug: str, to: int, way: str) -> str:
    """One whole rollback, as an operator makes it; what became of it."""
    async with at(place, token=token, timeout=20.0) as session:
        try:
            result = await confirmed(session, await planned(session, to, slug, way=Way(way)))
        except RepointError as error:
            return error.title
        return f"{result.outcome.value} {result.refusal.title if result.refusal else ''}".strip()


def main() -> None:
    """Do the commands one after the other."""
    base_url, handle, token = sys.argv[1:4]
    place = SimpleNamespace(base_url=base_url, handle=handle, token=token, pat=token)
    for line in sys.stdin:
        point, slug, to, way = line.split()
        pid = os.fork()
        if pid == 0:
            sys.stdout.write(f"{os.getpid()}\n")
            sys.stdout.flush()
            POINTS[point]()
            sys.stdout.write(asyncio.run(one(place, token, slug, int(to), way)) + "\n")
            sys.stdout.flush()
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(
            f"ended {-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
