"""Rollbacks in processes of their own, killed by SIGKILL at a named step. Never imported by the program.

    python -m tests.support.simulator_child BASE_URL HANDLE TOKEN < commands

A command is a line `POINT SLUG TO WAY`. The parent forks for each, so that it is imported once; it says
the child's process id, waits for it, and says how it ended. POINT is one of `POINTS`. With `storm` as POINT,
SLUG is a list with commas and TO the number of rollbacks that the child makes as fast as it can.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
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
from console.domain.plans import Plan, Way
from console.ops import send
from console.ops.rollback import Request, prepare
from tests.support.desk import at, confirmed, planned, reviewed


def die(*_: object) -> None:
    """SIGKILL: no handler, no `finally`, no flush."""
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def stop() -> None:
    """SIGSTOP: alive, and doing nothing until somebody says so."""
    sys.stdout.write("stops\n")
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGSTOP)


def _before_commit(state: str) -> None:
    """In the journal's transaction, everything written, before its COMMIT."""
    append = chain.append

    def killing(connection: Any, kind: str, fields: Mapping[str, Any], at: Any) -> Any:
        entry = append(connection, kind, fields, at)
        if fields.get("state") == state:
            die()
        return entry

    chain.append = killing


def _after_commit(state: str, end: Callable[[], None] = die) -> None:
    for name in ("prepare", "advance"):
        _then(end, name, state)


def _then(end: Callable[[], None], name: str, state: str) -> None:
    usual = getattr(Journal, name)

    def ending(*args: Any, **more: Any) -> Any:
        found = usual(*args, **more)
        if found.state.value == state:
            end()
        return found

    setattr(Journal, name, ending)


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
    "storm": lambda: None,
    "prepared:stop": lambda: _after_commit("prepared", stop),
    "sent:stop": lambda: _after_commit("sent", stop),
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


async def storm(place: Any, token: str, slugs: list[str], rounds: int) -> str:
    """Roll links back in a row; a line of JSON for each, with what was shown and what became of it."""
    rng = random.Random(os.getpid())
    async with at(place, token=token, timeout=20.0) as session:
        for _ in range(rounds):
            slug, to = rng.choice(slugs), rng.randrange(1, 4)
            await reviewed(session, slug)
            try:
                made = await prepare(session, Request(slug, to, "shop is down"))
                result = await confirmed(session, made) if isinstance(made, Plan) else made
            except RepointError as error:
                told = {"outcome": type(error).__name__, "title": f"{error.title} {error.detail}"}
            else:
                refusal = result.refusal
                told = {
                    "outcome": result.outcome.value,
                    "shown": made.live.version if isinstance(made, Plan) else None,
                    "new": result.new_version,
                    "reason": refusal.reason if refusal else "",
                    "title": refusal.title if refusal else result.message,
                }
            sys.stdout.write(json.dumps({"slug": slug, **told}) + "\n")
    return "done"


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
            work = (
                storm(place, token, slug.split(","), int(to))
                if point == "storm"
                else one(place, token, slug, int(to), way)
            )
            sys.stdout.write(asyncio.run(work) + "\n")
            sys.stdout.flush()
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(
            f"ended {-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
