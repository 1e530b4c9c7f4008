"""Killed before any system call of a rollback or of a small import: nothing lost, nothing twice.

The child is stopped before each call that writes, syncs, renames, sends or receives, and what a SIGKILL
there would leave is copied and started from. Real processes are really killed, at named steps, in
`tests/ops/test_ops_kills.py` and `tests/importing/test_importing_command.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.domain.outcomes import Outcome, WriteState
from console.ops.importing.record import imports_dir
from console.ops.recovery import reconcile
from console.ops.settle import SETTLE_SECONDS
from console.practice.server import PracticeServer
from tests.support.clock import ManualClock
from tests.support.desk import at
from tests.support.importing import counted, many, resumed, sheet
from tests.support.simulator import fast_home
from tests.support.simulator_children import LaterClock
from tests.support.sweep import Sweep, all_others_dead, calls_of, unchanged
from tests.support.syscalls import traceable

pytestmark = pytest.mark.skipif(
    not traceable(), reason="a child cannot be traced here; the kills at named steps show the same"
)
SLUG = "swept"


@pytest.fixture
def sweep(practice: PracticeServer) -> Iterator[Sweep]:
    with fast_home() as folder:
        yield Sweep(Path(folder) / "home", practice, Path(folder) / "copy")


async def test_a_rollback_killed_before_any_call_is_settled_by_reading(
    sweep: Sweep, practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in range(1, 4):
        practice.platform.edit(SLUG, destination_url=f"http://www.localhost:1/{version}")
    monkeypatch.setenv("REPOINT_HOME", str(sweep.copy))
    found = set()
    with all_others_dead(), calls_of(practice, "rollback", SLUG, "2", home=sweep.home) as calls:
        for call in calls:
            if sweep.met(call):
                found.add(await recovered(practice))
    assert len(mine(practice)) == 1
    assert {left for left, *_ in found} == {None, WriteState.PREPARED, WriteState.SENT, WriteState.APPLIED}
    assert {last for *_, last in found} == {None, Outcome.CANCELLED, Outcome.FAILED, Outcome.APPLIED}
    assert sweep.made.total() >= 150
    assert sweep.starts >= 6


def mine(server: PracticeServer) -> list[object]:
    return [event for event in server.platform.events if event.key is not None]


async def recovered(server: PracticeServer) -> tuple[WriteState | None, Outcome | None]:
    """Start from the copy; what state the row was left in, and what became of it in the end."""
    clock = LaterClock()
    async with at(server, clock, server.token) as session:
        journal, key = session.store.journal, session.target.key
        rows = journal.writes_of(key, SLUG)
        left = rows[0].state if rows else None
        asked = len(server.platform.requests)
        done = bool(mine(server))
        assert not done or left in {WriteState.SENT, WriteState.APPLIED}, "the intention was not on the disk"
        said = [settled.outcome for settled in await reconcile(session)]
        if said == [Outcome.UNKNOWN]:
            assert not done
            clock.later = SETTLE_SECONDS + 1
            said = [settled.outcome for settled in await reconcile(session)]
        last = said[0] if said else Outcome.APPLIED if left is WriteState.APPLIED else None
        assert (last is Outcome.APPLIED) == done, (left, said, done)
        assert {request.method for request in server.platform.requests[asked:]} <= {"GET"}
        assert journal.open_writes() == []
        assert journal.verify() == []
    return left, last


async def test_an_import_killed_before_any_call_goes_on_with_every_row_once(
    sweep: Sweep, practice: PracticeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = many(3)
    path = sheet(tmp_path, rows)
    monkeypatch.setenv("REPOINT_HOME", str(sweep.copy))
    with all_others_dead(), calls_of(practice, "import", str(path), "2", home=sweep.home) as calls:
        for call in calls:
            if sweep.met(call):
                with unchanged(practice):
                    await gone_on(practice, path)
    assert sorted(event.slug for event in practice.platform.events) == [slug for slug, *_ in rows]
    assert sweep.made.total() >= 250
    assert sweep.starts >= 10


async def gone_on(server: PracticeServer, path: Path) -> None:
    """The same import again, from the copy: each row is written once, and the counts say so."""
    async with at(server, ManualClock()) as session:
        if list(imports_dir().glob("*.db")):
            report = await resumed(session, path, rows=2)
            assert (report.state, counted(report.counts)) == ("done", {"created": 3})
        assert session.store.journal.open_writes() == []
        assert session.store.journal.verify() == []
    assert sorted(event.slug for event in server.platform.events) == [slug for slug, *_ in many(3)]
