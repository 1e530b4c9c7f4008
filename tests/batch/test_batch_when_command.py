"""`plan` and `run` out of reach, and held until a time, the end of the peak, or the reset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.batch.test_batch_run_command import Desk, counted
from tests.support.batch import ours
from tests.support.clock import START, ManualClock
from tests.support.inprocess import Here, here
from tests.support.practice import Serve

__all__ = ["here"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """The clock of every command from now on."""
    clock = ManualClock()
    monkeypatch.setattr("console.ops.connect.SystemClock", lambda: clock)
    return clock


@pytest.fixture
def desk(here: Here, serve: Serve, tmp_path: Path) -> Desk:
    """An operator with a token that the manual clock does not end."""
    server = serve("calm")
    desk = Desk(here, server, tmp_path, 2)
    here.set(REPOINT_TOKEN=server.pat)
    return desk


def test_out_of_reach_ends_with_8_and_nothing_is_sent(desk: Desk) -> None:
    file = desk.plan()
    words = ("--confirm", "rollback 2", "--json")
    assert "offline" in desk.here("--offline", "run", file, *words, code=8).error["title"].lower()
    again = ("plan", "rollback", "slug:item-", "--previous", "--reason", "x", "-o", f"{file}.2", "--json")
    offline = desk.here("--offline", *again, code=8).error
    assert offline["title"] == "You are offline: a batch is planned on links as they are now"
    assert "Nothing was planned" in offline["detail"]
    desk.here.set(REPOINT_BASE_URL="http://127.0.0.1:9", REPOINT_TIMEOUT="2")
    desk.here(*again, code=8)
    assert not Path(f"{file}.2").exists()
    assert ours(desk.server) == []


def test_at_holds_it_and_reads_again(desk: Desk, clock: ManualClock) -> None:
    file = desk.plan()
    desk.server.platform.edit(desk.slugs[1], by="kim", title="mine")
    words = ("run", file, "--confirm", "rollback 2", "--json")
    assert "is over" in desk.here(*words, "--at", "2026-11-24T14:00Z", code=2).error["title"]
    assert "takes a time" in desk.here(*words, "--at", "tonight", code=2).error["title"]
    done = desk.here(*words, "--at", "2026-11-24T16:00Z", code=4).json
    assert clock.now().wall >= START.replace(hour=16, minute=0)
    assert counted(done) == {"APPLIED": 1, "STALE": 1}
    assert "by kim" in done["changed"][0]


def test_after_peak_waits_for_its_end_and_needs_no_reason(desk: Desk, clock: ManualClock) -> None:
    desk.here.set(REPOINT_PEAK_WINDOWS="14:00-15:00 UTC")
    words = ("run", desk.plan(), "--confirm", "rollback 2", "--json")
    assert "peak" in desk.here(*words, code=3).error["title"].lower()
    assert counted(desk.here(*words, "--after-peak").json) == {"APPLIED": 2}
    assert clock.now().wall >= START.replace(hour=15, minute=0)


def test_after_reset_waits_for_the_days_writes(here: Here, serve: Serve, tmp_path: Path) -> None:
    server = serve("calm")
    clock = ManualClock(datetime.now(UTC))
    here.monkeypatch.setattr("console.ops.connect.SystemClock", lambda: clock)
    desk = Desk(here, server, tmp_path, 2)
    here.set(REPOINT_TOKEN=server.platform.tokens.jwt(lives=400_000))
    server.platform.set_used(500)
    file, began = desk.plan(), clock.now().wall
    asked = clock.sleep

    async def midnight(seconds: float) -> None:
        server.platform.set_used(0)
        await asked(seconds)

    clock.sleep = midnight  # type: ignore[method-assign]
    words = ("run", file, "--way", "rollback", "--confirm", "rollback 2", "--json")
    assert desk.here(*words, code=7).error["title"].startswith("By rollback it takes 2 writes")
    assert counted(desk.here(*words, "--after-reset").json) == {"APPLIED": 2}
    assert clock.now().wall - began > timedelta(seconds=1)


def test_a_run_is_undone_by_the_way_that_is_named_and_one_link_only_by_one_write(desk: Desk) -> None:
    done = desk.run().json
    back = desk.here("undo", done["run"], "--way", "import", "--confirm", "rollback 2", "--json").json
    assert (back["way"], back["writes_spent"], counted(back)) == ("import", 1, {"APPLIED": 2})
    assert {e.action for e in ours(desk.server)} == {"rollback", "import"}
    refused = desk.here("undo", "nothing-here", "--way", "import", "--json", code=2)
    assert "is for runs of many links" in refused.error["title"]
