"""`repoint run` killed by SIGKILL in the middle of a write, whichever way it is sent, then resumed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from console.practice.faults import Kind
from tests.batch.test_batch_run_command import Desk, counted
from tests.support.batch import Swift, ours
from tests.support.inprocess import Here, here
from tests.support.ledger import Ledger
from tests.support.practice import Serve
from tests.support.simulator_children import ROOT

__all__ = ["here"]


@pytest.fixture
def desk(here: Here, serve: Serve, tmp_path: Path) -> Desk:
    return Desk(here, serve("calm"), tmp_path)


@pytest.mark.parametrize(
    ("way", "dies"),
    [("rollback", "arrives"), ("split", "commits"), ("import", "commits"), ("import", "arrives")],
)
def test_a_command_killed_in_the_middle_of_a_write_goes_on_by_choice(desk: Desk, way: str, dies: str) -> None:
    started: list[subprocess.Popen[str]] = []
    desk.here.set(REPOINT_CONCURRENCY="1")
    platform, file = desk.server.platform, desk.plan()
    platform.store.events = ledger = Ledger()
    path, before = ("/bulk-import$", 0) if way == "import" else ("/rollback$", 2)

    def strike() -> None:
        if dies == "arrives" or len(ledger) > before:
            started[0].kill()
            started[0].wait()

    if dies == "arrives":
        platform.faults.rival(strike, method="POST", path=path, skip=before)
        platform.faults.add(Kind.BEFORE_CLOSE, method="POST", path=path, skip=before)
    else:
        ledger.struck = strike
    words = ("run", file, "--way", way, "--confirm", "rollback 6", "--json")
    with subprocess.Popen(
        [sys.executable, "-m", "console", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        started.append(child)
        out, _ = child.communicate()
    assert (child.returncode, out) == (-signal.SIGKILL, "")
    ledger.struck = None
    (left,) = desk.here("runs", "--json").json["runs"]
    assert (left["state"], left["stop_reason"]) == ("paused", "interrupted")
    desk.here.monkeypatch.setattr("console.ops.connect.SystemClock", Swift)
    failed = {"arrives": 6 if way == "import" else 1, "commits": 0}[dies]
    done = desk.here("resume", left["run"], "--json", code=4 if failed else 0).json
    assert counted(done).get("FAILED", 0) == failed, (
        "what never arrived is told, and is not sent again unasked"
    )
    assert counted(done).get("APPLIED", 0) == 6 - failed == len(ours(desk.server))
    if failed:
        again = desk.here(
            "retry", left["run"], "--way", way, "--confirm", f"rollback {failed}", "--json"
        ).json
        assert counted(again) == {"APPLIED": failed}
    assert sorted(event.slug for event in ours(desk.server)) == desk.slugs, "each link once"
    assert {event.before_version for event in ours(desk.server)} == {2}
