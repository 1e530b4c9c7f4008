"""A rollback or a small import in a child that is stopped before each of its system calls.

    python -m tests.support.sweep_child BASE_URL HANDLE TOKEN rollback SLUG TO
    python -m tests.support.sweep_child BASE_URL HANDLE TOKEN import FILE ROWS

It prints the name of the call that the child is about to make, and lets it be made once it is given a line.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from console.ops.importing.apply import apply_import
from console.ops.importing.plan import plan_import, refresh
from console.ops.importing.values import Options
from tests.support.desk import at, confirmed, planned
from tests.support.syscalls import MARK, traced


async def roll_back(session: Any, slug: str, to: str) -> None:
    """Reviewed and planned; its calls count from the confirmation on."""
    plan = await planned(session, int(to), slug)
    os.kill(os.getpid(), MARK)
    await confirmed(session, plan)


async def bring_in(session: Any, file: str, rows: str) -> None:
    """Checked and planned; its calls count from the confirmation on."""
    await refresh(session)
    _, table = await plan_import(session, Path(file), Options(rows=int(rows)), keep=True)
    assert table is not None
    os.kill(os.getpid(), MARK)
    await apply_import(session, table, Path(file), rows=int(rows))
    table.close()


WORK: Final[Mapping[str, Callable[[Any, str, str], Awaitable[None]]]] = {
    "rollback": roll_back,
    "import": bring_in,
}


def main() -> None:
    """One piece of work, call by call."""
    base_url, handle, token, kind, what, how = sys.argv[1:]
    place: Any = SimpleNamespace(base_url=base_url, handle=handle, token=token, pat=token)

    async def work() -> None:
        async with at(place, token=token, timeout=300.0) as session:
            await WORK[kind](session, what, how)
        os._exit(0)

    for name in traced(lambda: asyncio.run(work())):
        sys.stdout.write(name + "\n")
        sys.stdout.flush()
        if not sys.stdin.readline():
            return


if __name__ == "__main__":
    main()
