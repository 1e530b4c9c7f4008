"""Dropping old entries: the chain stays whole, nothing open goes, and damage shows as before."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cache.database import open_journal
from cache.imports import new_table
from cache.journal import Journal
from cache.process import this_process
from cache.runs import Item, Run, Runs
from cache.writes import Write
from console.domain.batches import RunState
from console.domain.errors import Refused, StorageProblem
from console.domain.moments import Moment
from console.domain.outcomes import Outcome, WriteState
from console.domain.proof import Piece, faults
from console.ops.importing.record import imports_dir
from console.ops.retention import plan, prune
from tests.support.builders import NOW, TARGET, write
from tests.support.inprocess import Here

TODAY = NOW.wall
LONG_AGO = TODAY - timedelta(days=100)
BEFORE = TODAY - timedelta(days=30)


class Book:
    """A journal whose entries may be as old as wanted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = open_journal(path)
        self.journal = Journal(self.connection, this_process())

    def tell(self, kind: str, days: float, **fields: Any) -> int:
        about = {"target": TARGET.key, "operator": "dana", **fields}
        return self.journal.append(kind, about, self.at(days)).seq

    def at(self, days: float) -> Moment:
        return replace(NOW, wall=TODAY - timedelta(days=days))

    def written(self, days: float, key: str, *, settled: bool = True) -> Write:
        made = replace(
            write(), key=key, run=f"run-{key}", slug=f"link-{key}", created_at=self.at(days).wall.isoformat()
        )
        self.journal.prepare(made)
        self.journal.advance(key, WriteState.SENT, at=self.at(days))
        if settled:
            self.journal.advance(key, WriteState.APPLIED, at=self.at(days), outcome="APPLIED")
        return made

    def cut(self, before: datetime = BEFORE) -> Any:
        return plan(self.connection, self.journal, before, TODAY)

    def prune(self, archive: Path | None = None) -> Any:
        cut = self.cut()
        return prune(self.connection, cut, cut.phrase, NOW, archive)

    def seqs(self) -> list[int]:
        return [entry.seq for entry in self.journal.entries()]

    def edit(self, sql: str) -> None:
        with closing(sqlite3.connect(self.path)) as db, db:
            db.execute(sql)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    (tmp_path / "home").mkdir(mode=0o700, exist_ok=True)
    found = Book(tmp_path / "home" / "journal.db")
    yield found
    found.connection.close()


def test_what_is_old_and_settled_goes_and_the_chain_stays_whole(book: Book, tmp_path: Path) -> None:
    book.tell("note", 100, text="old")
    book.written(90, "a")
    book.tell("note", 1, text="new")
    book.written(1, "b")
    cut = book.cut()
    assert (cut.last, cut.count, cut.phrase) == (4, 4, "prune 4")
    checkpoint = book.prune(tmp_path / "old.ndjson")
    assert book.seqs() == [5, 6, 7, 8, checkpoint.seq]
    assert book.journal.verify() == []
    assert book.journal.write("a") is None
    assert book.journal.write("b") is not None
    rows = [Piece(**json.loads(line)) for line in (tmp_path / "old.ndjson").read_text().splitlines()]
    assert faults(rows, (checkpoint.fields["last"], checkpoint.fields["hash"])) == []
    assert (tmp_path / "old.ndjson").stat().st_mode & 0o777 == 0o600
    book.tell("note", 0, text="and on it goes")
    assert book.journal.verify() == []


def test_a_second_time_drops_the_first_checkpoint_as_well(book: Book) -> None:
    for days in (100, 90, 60, 50, 1):
        book.tell("note", days, text=str(days))
    cut = book.cut(TODAY - timedelta(days=80))
    prune(book.connection, cut, cut.phrase, book.at(40))
    book.prune()
    assert [e.kind for e in book.journal.entries()] == ["note", "checkpoint", "checkpoint"]
    assert book.journal.verify() == []


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        ("DELETE FROM entries WHERE seq = 3", "Entry 3 was removed"),
        ("DELETE FROM entries WHERE kind = 'checkpoint'", "cut"),
        ("UPDATE entries SET body = replace(body, ':2', ':3') WHERE kind = 'checkpoint'", "Entry 5"),
        (
            "INSERT INTO entries SELECT 1, kind, wall, body, previous, hash FROM entries WHERE seq = 4",
            "in the place of entry 1",
        ),
        ("UPDATE entries SET previous = 'x' WHERE seq = 3", "Entry 3"),
    ],
    ids=["kept removed", "checkpoint removed", "checkpoint edited", "dropped put back", "link broken"],
)  # fmt: skip
def test_damage_shows_behind_a_checkpoint_too(book: Book, attack: str, said: str) -> None:
    for days in (100, 90, 2, 1):
        book.tell("note", days, text="x")
    book.prune()
    assert book.seqs() == [3, 4, 5]
    book.edit(attack)
    found = [fault.sentence for fault in book.journal.verify()]
    assert any(said in sentence for sentence in found), found


def test_a_dropped_entry_that_was_put_back_shows(book: Book) -> None:
    for days in (100, 90, 2):
        book.tell("note", days, text="x")
    with closing(sqlite3.connect(book.path)) as db:
        row = db.execute("SELECT * FROM entries WHERE seq = 2").fetchone()
    book.prune()
    with closing(sqlite3.connect(book.path)) as db, db:
        db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)
    assert [f.sentence for f in book.journal.verify()] == ["Entry 2 stands there although it was dropped."]


def test_a_forged_first_entry_does_not_follow_what_was_dropped(book: Book) -> None:
    from console.domain.proof import digest

    for days in (100, 90, 2):
        book.tell("note", days, text="x")
    book.prune()
    with closing(sqlite3.connect(book.path)) as db, db:
        [body] = db.execute("SELECT body FROM entries WHERE seq = 3").fetchone()
        db.execute("UPDATE entries SET previous = '', hash = ? WHERE seq = 3", (digest("", body),))
    sentences = [fault.sentence for fault in book.journal.verify()]
    assert "Entry 3 does not follow what was dropped." in sentences


def _todo(book: Book) -> None:
    book.tell("todo", 95, text="left")


def _todo_done_lately(book: Book) -> None:
    number = book.tell("todo", 95, text="left")
    book.tell("todo done", 3, todo=number)


def _report(book: Book) -> None:
    book.tell("report draft", 95, report="r1")
    book.tell("report sending", 95, report="r1", key="k")


def _incident(book: Book) -> None:
    book.tell("incident", 95, incident="INC-1", event="opened")
    book.tell("note", 95, text="x")


def _incident_ended_lately(book: Book) -> None:
    _incident(book)
    book.tell("incident", 2, incident="INC-1", event="ended")


def _open_write(book: Book) -> None:
    book.written(95, "open", settled=False)


def _write_settled_lately(book: Book) -> None:
    book.written(95, "late", settled=False)
    book.journal.advance("late", WriteState.APPLIED, at=book.at(2), outcome="APPLIED")


def _batch(book: Book, state: RunState, *outcomes: Outcome) -> None:
    """A run of two links, both written long ago as far as the journal's writes go."""
    runs = Runs(book.connection, this_process())
    run = Run(
        "batch", "rollback", TARGET.key, "dana", "rollback", "why", "{}", "d", 2, book.at(95).wall.isoformat()
    )
    runs.begin(run, ["link-a", "link-b"], book.at(95))
    runs.settle([Item("batch", n, f"link-{n}", o) for n, o in enumerate(outcomes, 1)], book.at(95))
    runs.release("batch", state, "", book.at(94))


def _batch_paused(book: Book) -> None:
    _batch(book, RunState.PAUSED, Outcome.APPLIED, Outcome.APPLIED)


def _batch_stopped_with_a_link_waiting(book: Book) -> None:
    _batch(book, RunState.STOPPED, Outcome.APPLIED)


def _batch_done_with_an_unknown(book: Book) -> None:
    _batch(book, RunState.DONE, Outcome.APPLIED, Outcome.UNKNOWN)


def _import_paused(book: Book) -> None:
    """Its chunk was answered; its other rows wait in the run's own file."""
    new_table(imports_dir(), book.written(95, "chunk").run).close()


@pytest.mark.parametrize(
    "begun",
    [
        _todo,
        _todo_done_lately,
        _report,
        _incident,
        _incident_ended_lately,
        _open_write,
        _write_settled_lately,
        _batch_paused,
        _batch_stopped_with_a_link_waiting,
        _batch_done_with_an_unknown,
        _import_paused,
    ],
)
def test_what_is_open_or_belongs_to_what_stays_is_kept_whole(book: Book, begun: Any) -> None:
    book.tell("note", 100, text="goes")
    begun(book)
    book.tell("note", 90, text="stays for its sake")
    book.tell("note", 1, text="new")
    before = book.seqs()
    assert book.cut().last == 1
    book.prune()
    assert book.seqs()[:-1] == before[1:]
    assert book.journal.verify() == []


def test_what_was_ended_long_ago_goes(book: Book) -> None:
    number = book.tell("todo", 95, text="left")
    book.tell("todo done", 94, todo=number)
    book.tell("incident", 95, incident="INC-1", event="opened")
    book.tell("incident", 94, incident="INC-1", event="ended")
    book.tell("report draft", 95, report="r1")
    book.tell("report answered", 94, report="r1", state="received")
    _batch(book, RunState.STOPPED, Outcome.APPLIED, Outcome.CANCELLED)
    assert book.cut().count == 8
    book.prune()
    assert Runs(book.connection, this_process()).get("batch") is None
    assert book.journal.verify() == []


def test_what_forbids_dropping_drops_nothing(book: Book, tmp_path: Path) -> None:
    book.tell("note", 100, text="old")
    with pytest.raises(Refused, match="7 days"):
        book.cut(TODAY - timedelta(days=2))
    cut = book.cut()
    with pytest.raises(Refused, match="not confirmed"):
        prune(book.connection, cut, "prune", NOW)
    (tmp_path / "taken").write_text("")
    with pytest.raises(StorageProblem, match="exists"):
        prune(book.connection, cut, cut.phrase, NOW, tmp_path / "taken")
    assert book.seqs() == [1]
    prune(book.connection, cut, cut.phrase, NOW)
    with pytest.raises(StorageProblem, match="Somebody else"):
        prune(book.connection, cut, cut.phrase, NOW)
    with pytest.raises(Refused, match="nothing to drop"):
        book.prune()
    book.edit("UPDATE entries SET body = replace(body, 'dana', 'kim') WHERE seq = 2")
    book.edit("UPDATE entries SET body = replace(body, 'last', 'lost') WHERE seq = 2")
    with pytest.raises(StorageProblem, match="damaged"):
        book.cut()


def test_an_interrupted_dropping_drops_nothing(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    book.tell("note", 100, text="old")
    book.written(90, "a")

    def broken(*_: object, **__: object) -> str:
        raise OSError("the lights went out")

    monkeypatch.setattr("cache.sealing.json.dumps", broken)
    with pytest.raises(OSError, match="lights"):
        book.prune()
    monkeypatch.undo()
    assert book.seqs() == [1, 2, 3, 4]
    assert book.journal.verify() == []


def test_from_the_command_line(here: Here, home: Path) -> None:
    home.mkdir(mode=0o700)
    now = datetime.now().astimezone()
    book = Book(home / "journal.db")
    for days in (100, 1):
        at = replace(NOW, wall=now - timedelta(days=days))
        book.journal.append("note", {"operator": "dana", "text": "x"}, at)
    book.connection.close()
    assert "1 entries would be dropped" in here("journal", "--prune-before", "90d", code=3).err
    here("journal", "--prune-before", "1d", code=3)
    done = here("journal", "--prune-before", "90d", "--confirm", "prune 1", "--json").json
    assert (done["dropped"], done["kept"], done["checkpoint"]) == (1, 1, 3)
    assert here("journal", "--verify", "--json").json["ok"] is True
