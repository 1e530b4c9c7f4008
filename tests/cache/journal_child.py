"""Processes that write to a journal and are killed: run by the tests, never imported by the program.

Each command forks its writers from a parent that has no SQLite connection open.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

from cache.database import check, open_journal
from cache.journal import Journal, LinkBusy, Write
from cache.process import Holder, moment, this_process
from console.domain.errors import StorageProblem
from console.domain.outcomes import WriteState


def new_write(slug: str, holder: Holder) -> Write:
    now = moment()
    return Write(
        key=str(uuid.uuid4()),
        run="run",
        row_no=1,
        target_key="https://api.example|acme",
        base_url="https://api.example",
        handle="acme",
        operator="dana",
        slug=slug,
        link_id="id",
        expected_version=9,
        expected_fingerprint="f9",
        target_version="8",
        target_fingerprint="f8",
        reason="shop is down",
        way="rollback",
        created_at=now.wall.isoformat(),
        mono=now.monotonic,
        boottime=now.boottime,
        boot_id=now.boot_id,
        holder=holder,
    )


def one_write(journal: Journal, slug: str, say: Callable[[str, str], None]) -> None:
    """One whole write, each step told once it has returned."""
    write = journal.prepare(new_write(slug, this_process()))
    say(write.key, "prepared")
    for state in (WriteState.SENT, WriteState.UNKNOWN, WriteState.APPLIED):
        journal.advance(write.key, state)
        say(write.key, state.value)


def writer(path: Path, out: int, arrange: Callable[[sqlite3.Connection], None] = lambda _: None) -> None:
    """Write until killed, saying every step on the pipe `out`."""
    connection = open_journal(path)
    arrange(connection)
    journal = Journal(connection, this_process())

    def say(key: str, state: str) -> None:
        os.write(out, f"{key} {state}\n".encode())

    number = 0
    while True:
        number += 1
        one_write(journal, f"slug-{os.getpid()}-{number}", say)


def forked(work: Callable[[int], None]) -> tuple[int, int]:
    """Run `work(pipe)` in a child; its id, and the end of the pipe to read."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        try:
            work(write_end)
        finally:
            os._exit(1)
    os.close(write_end)
    return pid, read_end


def acknowledged(text: str) -> dict[str, str]:
    """The last step that was told whole, of each write."""
    return dict(line.split() for line in text.splitlines() if line.count(" ") == 1 and len(line) > 40)


ORDER = ["prepared", "sent", "unknown", "applied"]


def problems_after(path: Path, said: dict[str, str]) -> list[str]:
    """What a journal lacks of what was acknowledged; and whether it is whole."""
    connection = open_journal(path)
    journal = Journal(connection, this_process())
    found = [*check(connection), *(fault.sentence for fault in journal.verify())]
    for key, state in said.items():
        write = journal.write(key)
        if write is None or ORDER.index(write.state.value) < ORDER.index(state):
            found.append(f"lost: {key} was {state}, is {write and write.state.value}")
    connection.close()
    return found


def kill_at_every_step(path: Path, first: int, step: int, last: int) -> None:
    """A writer is killed by its own n-th step inside SQLite, for many n."""
    problems, acknowledgements, killed = [], 0, 0
    for n in range(first, last, step):
        countdown = [n]

        def arrange(connection: sqlite3.Connection, countdown: list[int] = countdown) -> None:
            def tick() -> int:
                countdown[0] -= 1
                if countdown[0] <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return 0

            connection.set_progress_handler(tick, 1)

        pid, read_end = forked(lambda out, arrange=arrange: writer(path, out, arrange))
        with os.fdopen(read_end) as pipe:
            said = acknowledged(pipe.read())
        _, status = os.waitpid(pid, 0)
        killed += os.WIFSIGNALED(status)
        acknowledgements += len(said)
        problems += problems_after(path, said)
    sys.stdout.write(json.dumps({"problems": problems, "acknowledged": acknowledgements, "killed": killed}))


def kill_at_random(path: Path, rounds: int, seed: int) -> None:
    """Two writers are killed after a random number of acknowledged steps, wherever they stand then."""
    dice, problems, acknowledgements = random.Random(seed), [], 0
    for _ in range(rounds):
        children = [forked(lambda out: writer(path, out)) for _ in range(2)]
        texts = [b"", b""]
        for index, (pid, read_end) in enumerate(children):
            for _ in range(dice.randint(1, 9)):
                texts[index] += os.read(read_end, 4096)
            os.kill(pid, signal.SIGKILL)
        for index, (pid, read_end) in enumerate(children):
            while part := os.read(read_end, 4096):
                texts[index] += part
            os.close(read_end)
            os.waitpid(pid, 0)
        said = acknowledged(texts[0].decode()) | acknowledged(texts[1].decode())
        acknowledgements += len(said)
        problems += problems_after(path, said)
    sys.stdout.write(json.dumps({"problems": problems, "acknowledged": acknowledgements}))


def hammer(path: Path, processes: int, each: int) -> None:
    """Several processes write to the same few links as fast as they can."""

    def work(out: int) -> None:
        connection = open_journal(path)
        journal = Journal(connection, this_process())
        told = {"done": 0, "busy": 0, "errors": []}
        while told["done"] < each:
            try:
                one_write(journal, f"slug-{told['done'] % 3}", lambda *_: None)
                told["done"] += 1
            except LinkBusy as busy:
                told["busy"] += 1
                if not busy.alive:
                    told["errors"].append("a living holder was taken for dead")
            except (StorageProblem, sqlite3.Error) as error:
                told["errors"].append(f"{type(error).__name__}: {error}")
                break
        connection.close()
        os.write(out, json.dumps(told).encode())
        os._exit(0)

    children = [forked(work) for _ in range(processes)]
    results = []
    for pid, read_end in children:
        with os.fdopen(read_end) as pipe:
            results.append(json.loads(pipe.read() or '{"errors": ["died"]}'))
        os.waitpid(pid, 0)
    connection = open_journal(path)
    journal = Journal(connection, this_process())
    applied = connection.execute("SELECT count(*) FROM writes WHERE state = 'applied'").fetchone()[0]
    whole = [*check(connection), *(fault.sentence for fault in journal.verify())]
    entries = len(journal.entries())
    connection.close()
    sys.stdout.write(json.dumps({"results": results, "applied": applied, "entries": entries, "whole": whole}))


COMMANDS = {"steps": kill_at_every_step, "random": kill_at_random, "hammer": hammer}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](Path(sys.argv[2]), *map(int, sys.argv[3:]))
