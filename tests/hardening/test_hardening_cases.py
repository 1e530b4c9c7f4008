"""Every case of the table is tried by a test that is there; and the cases that no other room tries.

The table is `cases.md`, beside this file.
"""

from __future__ import annotations

import fcntl
import re
import struct
import termios
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest

from console.domain.errors import RepointError
from console.domain.outcomes import Outcome
from console.domain.plans import Result
from console.ops.review import read_live
from console.ops.rollback import Request, prepare
from console.practice.server import PracticeServer
from tests.support.desk import at, reviewed
from tests.support.hostile_line import DEADLINE, hostile_line, run_turned
from tests.support.hostile_modes import BEFORE
from tests.support.terminal import Terminal

TESTS = Path(__file__).parents[1]
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
MB = 1024 * 1024


def test_each_case_is_tried_by_tests_that_are_there() -> None:
    rows = ROW.findall((TESTS / "hardening" / "cases.md").read_text(encoding="utf-8"))
    assert [int(number) for number, *_ in rows] == list(range(1, 95))
    missing = []
    for number, _, where in rows:
        named = NAMED.findall(where)
        assert named, number
        assert NAMED.sub("", where).strip() == "", number
        for file, test in named:
            path = TESTS / file
            if not path.is_file() or not re.search(
                rf"^(async )?def {test}\(", path.read_text(), re.MULTILINE
            ):
                missing.append(f"{number}: {file}::{test}")
    assert missing == []


async def test_a_version_that_is_not_there_is_refused_by_name(practice: PracticeServer) -> None:
    async with at(practice) as session:
        await reviewed(session)
        made = await prepare(session, Request("spring-launch", 77, "shop is down"))
        assert isinstance(made, Result)
        assert (made.outcome, made.message) == (
            Outcome.REJECTED,
            "spring-launch has no version v77. Nothing was sent.",
        )
    assert practice.platform.events == []


@pytest.mark.parametrize(
    "name", ["gzip_bomb", "gzip_gzip_bomb", "endless_body", "huge_header", "many_headers"]
)
def test_a_bomb_and_an_endless_body_cost_little_memory(practice: PracticeServer, name: str) -> None:
    """A body is read up to 10 MB, and none is unpacked."""

    async def read() -> None:
        port = int(practice.base_url.rpartition(":")[2])
        async with (
            hostile_line(port) as line,
            at(practice, base_url=line.base_url, timeout=DEADLINE) as session,
        ):
            await read_live(session, "docs")
            line.arm(BEFORE[name], r"^GET ", 1)
            tracemalloc.start()
            with suppress(RepointError):
                await read_live(session, "docs")
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            assert line.strikes

    peaks: list[int] = []
    run_turned(read)
    assert peaks[0] < 60 * MB


@pytest.mark.e2e
def test_a_storm_of_sizes_ends_in_a_whole_screen() -> None:
    with Terminal([str(TESTS / "support" / "terminal_app.py")], size=(80, 24)) as terminal:
        terminal.until("link-5")
        for turn in range(60):
            rows, columns = (1 + turn * 7 % 50, 1 + turn * 13 % 200) if turn < 59 else (24, 80)
            fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        terminal.read(0.5)
        seen = len(terminal.output)
        terminal.type("\x1b[F")
        terminal.until(lambda: len(terminal.output) > seen)
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.given_back()
        assert "Traceback" not in terminal.output
