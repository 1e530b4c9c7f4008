"""A hostile line under everything that an operator does: no traceback, no wrong verdict, no wait without end.

Each mode is tried with list, history, health, rollback, rollback with the readings after it, and import.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.practice.server import PracticeServer
from tests.support.hostile_cells import CONNECTING, every_cell
from tests.support.hostile_line import run_turned
from tests.support.hostile_modes import BEFORE, COMMIT

MODES = {**dict.fromkeys(CONNECTING), **BEFORE, **COMMIT}


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    with PracticeServer("tiny") as server:
        yield server


@pytest.mark.parametrize("name", MODES)
def test_no_mode_ends_in_a_traceback_or_a_wrong_verdict(
    server: PracticeServer, tmp_path: Path, name: str
) -> None:
    number = list(MODES).index(name)
    found = run_turned(
        lambda: every_cell(server, name, MODES[name], number, tmp_path / "home", commits=name in COMMIT)
    )
    assert found == []
