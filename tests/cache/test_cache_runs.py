"""Runs and their items: on the disk before anything is sent, forward only, one process at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from cache import migrations
from cache.database import open_journal
from cache.journal import Damage, Journal
from cache.problems import Store
from cache.process import this_process
from cache.runs import Item, Run, RunBusy, Runs
from console.domain.batches import RunState
from console.domain.errors import Refused, StorageProblem
from console.domain.moments import Moment
from console.domain.outcomes import Outcome, WriteState
from tests.cache.cache_support import child
from tests.cache.test_cache_journal import write

AT = Moment(datetime(2026, 11, 24, 3, 0, tzinfo=UTC), 10.0, 20.0, "boot")
US = this_process()
DEAD = replace(US, started="1")
SLUGS = ("alpha", "bravo", "charlie")


def run(name: str = "run-1", **more: Any) -> Run:
    values: dict[str, Any] = {
        "run": name, "kind": "rollback", "target_key": "t", "operator": "dana", "way": "rollback",
        "reason": "shop is down", "plan": "{}", "digest": "d1", "total": 3, "created_at": AT.wall.isoformat(),
        "state": RunState.RUNNING, "overrides": {"peak": "cannot wait"},
    }  # fmt: skip
    return Run(**(values | more))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Store]:
    with closing(open_journal(tmp_path / "place" / "journal.db")) as connection:
        yield connection


@pytest.fixture
def runs(connection: Store) -> Runs:
    return Runs(connection, US)


def test_every_row_is_there_from_the_first_moment_on(runs: Runs, connection: Store) -> None:
    begun = runs.begin(run(), SLUGS, AT)
    assert begun.holder == US
    assert runs.get("run-1") == runs.get("run-") == begun
    assert runs.get("run") is None, "too short a beginning"
    assert [(i.row_no, i.slug, i.outcome) for i in runs.items("run-1")] == [
        (1, "alpha", Outcome.SKIPPED), (2, "bravo", Outcome.SKIPPED), (3, "charlie", Outcome.SKIPPED),
    ]  # fmt: skip
    assert Journal(connection, US).run_exists("run-1")
    assert Journal(connection, US).verify() == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(Outcome)), max_size=12))
def test_outcomes_move_forward_only_and_always_add_up(moves: list[tuple[int, Outcome]]) -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    with closing(db):
        migrations.apply(db, "journal", 2)
        runs = Runs(db, US)
        runs.begin(run(), SLUGS, AT)
        for row, outcome in moves:
            before = runs.items("run-1")[row - 1].outcome
            gone_on = before is Outcome.SKIPPED or (
                before is Outcome.UNKNOWN and outcome not in {Outcome.CANCELLED, Outcome.SKIPPED}
            )
            item = Item("run-1", row, SLUGS[row - 1], outcome)
            if gone_on or before is outcome:
                runs.settle([item], AT)
                assert runs.items("run-1")[row - 1].outcome is outcome
            else:
                with pytest.raises(StorageProblem):
                    runs.settle([item], AT)
            assert runs.counts("run-1").total() == 3
            assert runs.counts("run-1") == Counter(i.outcome for i in runs.items("run-1"))


def test_a_plan_is_used_once_also_by_two_processes_at_a_time(connection: Store) -> None:
    begin = f"""
        import sys
        from contextlib import closing
        from datetime import UTC, datetime
        from pathlib import Path
        from cache.database import open_journal
        from cache.process import this_process
        from cache.runs import Run, Runs
        from console.domain.errors import Refused
        from console.domain.moments import Moment
        at = Moment(datetime(2026, 11, 24, 3, 0, tzinfo=UTC), 1.0, 1.0, "b")
        run = Run("run-1", "rollback", "t", "dana", "rollback", "r", "{{}}", "d", 0, at.wall.isoformat())
        with closing(open_journal(Path({str(connection.file)!r}))) as db:
            try:
                Runs(db, this_process()).begin(run, [f"slug-{{n}}" for n in range(500)], at)
                print("won")
            except Refused as error:
                print(error.reason)
    """
    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.append(child(begin))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["consumed_plan", "consumed_plan", "won"]
    assert Runs(connection, US).counts("run-1") == {Outcome.SKIPPED: 500}


def test_a_plan_of_a_single_rollback_is_used_as_well(runs: Runs, connection: Store) -> None:
    Journal(connection, US).prepare(write(run="run-1"))
    with pytest.raises(Refused, match="used already"):
        runs.begin(run(), SLUGS, AT)
    assert runs.all_of("t") == []


def test_a_living_holder_keeps_its_run_and_a_dead_one_does_not(runs: Runs, connection: Store) -> None:
    runs.begin(run(), SLUGS, AT)
    other = Runs(connection, replace(US, pid=US.pid + 1, started="2"))
    with pytest.raises(RunBusy):
        other.claim("run-1", AT)
    runs.release("run-1", RunState.PAUSED, "interrupted", AT)
    assert other.claim("run-1", AT).state is RunState.RUNNING
    assert runs.claim("run-1", AT).holder == US, "its holder is no process"
    with pytest.raises(Refused, match="no run"):
        runs.claim("run-2", AT)


STORY: list[tuple[list[WriteState], dict[str, Any], Outcome]] = [
    ([], {}, Outcome.SKIPPED),
    ([WriteState.SENT], {}, Outcome.UNKNOWN),
    ([WriteState.SENT, WriteState.APPLIED], {"outcome": "APPLIED", "new_version": 10}, Outcome.APPLIED),
    ([WriteState.REFUSED], {"outcome": "STALE"}, Outcome.STALE),
    ([WriteState.SENT, WriteState.REFUSED], {"outcome": "REJECTED", "http_status": 422}, Outcome.REJECTED),
    ([WriteState.SENT, WriteState.REFUSED], {"outcome": "REJECTED", "http_status": 429}, Outcome.SKIPPED),
    ([WriteState.DROPPED], {"outcome": "CANCELLED"}, Outcome.SKIPPED),
    ([WriteState.DROPPED], {}, Outcome.SKIPPED),
    ([WriteState.SENT, WriteState.DROPPED], {"outcome": "FAILED"}, Outcome.FAILED),
]


def test_what_the_journal_knows_of_an_item_is_taken_from_there(runs: Runs, connection: Store) -> None:
    journal = Journal(connection, US)
    runs.begin(run(), [f"slug-{n}" for n in range(len(STORY))], AT)
    for number, (states, said, _) in enumerate(STORY, 1):
        kept = journal.prepare(write(f"slug-{number}", run="run-1", row_no=number))
        for state in states:
            journal.advance(kept.key, state, at=AT, **(said if state is states[-1] else {}))
    runs.adopt("run-1", AT)
    assert [item.outcome for item in runs.items("run-1")] == [outcome for *_, outcome in STORY]
    assert runs.items("run-1")[2].new_version == 10
    assert runs.cancel_waiting("run-1", AT) == 4
    assert runs.counts("run-1")[Outcome.CANCELLED] == 4


@pytest.mark.parametrize(
    ("tamper", "damage"),
    [
        ("DELETE FROM runs", Damage.REMOVED),
        ("UPDATE runs SET digest = 'x'", Damage.EDITED),
        ("DELETE FROM run_items WHERE row_no = 2", Damage.EDITED),
        ("UPDATE runs SET run = 'run-9'", Damage.ADDED),
    ],
)
def test_a_run_that_was_tampered_with_is_named(
    runs: Runs, connection: Store, tamper: str, damage: Damage
) -> None:
    runs.begin(run(), SLUGS, AT)
    connection.execute(tamper)
    assert damage in {fault.damage for fault in Journal(connection, US).verify()}


def test_a_journal_of_the_schema_before_gets_runs_and_keeps_its_writes(tmp_path: Path) -> None:
    path = tmp_path / "place" / "journal.db"
    with closing(open_journal(path)) as db:
        Journal(db, US).prepare(write())
        for table in ("runs", "run_items"):
            db.execute(f"DROP TABLE {table}")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm002_runs'")
        db.execute("PRAGMA user_version = 1")
        assert Runs(db, US).all_of("t") == [], "as one in a read-only folder: it has none"
        assert Runs(db, US).get("run-1") is None
        assert Journal(db, US).verify() == []
    with closing(open_journal(path)) as db:
        assert len(Journal(db, US).open_writes()) == 1
        Runs(db, US).begin(run("run-2"), SLUGS, AT)
        assert Journal(db, US).verify() == []
        assert "m002_runs" in {row["name"] for row in Database(db)["_sqlite_migrations"].rows}
