"""Writes move only forward, one at a time a link; and every kind of damage to the record is named."""

from __future__ import annotations

import hashlib
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cache.database import open_journal
from cache.journal import Damage, Journal, LinkBusy, Write
from cache.problems import Damaged, Store
from cache.process import this_process
from console.domain.errors import StorageProblem
from console.domain.moments import Moment
from console.domain.outcomes import Outcome, WriteState

AT = Moment(datetime(2026, 11, 24, 3, 0, tzinfo=UTC), 10.0, 20.0, "boot")
US = this_process()
DEAD = replace(US, started="1")
REMOTE = replace(US, host="another-machine")


def write(slug: str = "spring-launch", target: str = "https://api.example|acme", **more: object) -> Write:
    values: dict[str, object] = {
        "key": str(uuid.uuid4()), "run": "run-1", "row_no": 1, "target_key": target,
        "base_url": "https://api.example", "handle": "acme", "operator": "dana", "slug": slug,
        "link_id": "id", "expected_version": 9, "expected_fingerprint": "f9", "target_version": "8",
        "target_fingerprint": "f8", "reason": "down", "way": "rollback", "created_at": AT.wall.isoformat(),
        "mono": 10.0, "boottime": 20.0, "boot_id": "boot", "holder": US,
    }  # fmt: skip
    return Write(**(values | more))  # type: ignore[arg-type]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Store]:
    connection = open_journal(tmp_path / "place" / "journal.db")
    yield connection
    connection.close()


@pytest.fixture
def journal(connection: Store) -> Journal:
    return Journal(connection, US)


PATHS = {
    WriteState.PREPARED: [],
    WriteState.SENT: [WriteState.SENT],
    WriteState.UNKNOWN: [WriteState.SENT, WriteState.UNKNOWN],
    WriteState.APPLIED: [WriteState.SENT, WriteState.APPLIED],
    WriteState.REFUSED: [WriteState.REFUSED],
    WriteState.DROPPED: [WriteState.DROPPED],
}


def brought_to(journal: Journal, state: WriteState, **more: object) -> Write:
    kept = journal.prepare(write(**more))  # type: ignore[arg-type]
    for step in PATHS[state]:
        kept = journal.advance(kept.key, step, at=AT)
    return kept


@pytest.mark.parametrize(("before", "after"), list(product(WriteState, WriteState)))
def test_states_move_only_forward(journal: Journal, before: WriteState, after: WriteState) -> None:
    kept = brought_to(journal, before)
    if before.can_become(after):
        assert journal.advance(kept.key, after, at=AT).state is after
    else:
        with pytest.raises(StorageProblem, match=f"{before.value} cannot become {after.value}"):
            journal.advance(kept.key, after, at=AT)
        assert journal.write(kept.key) == kept
    assert journal.verify() == []


def test_a_write_comes_back_as_it_went_with_the_types_of_its_versions(journal: Journal) -> None:
    sent = write(expected_version=9, target_version="9", reason="a\0b\ud800", new_version=None)
    kept = journal.prepare(sent)
    back = journal.write(kept.key)
    assert back == replace(kept, reason="a\0b\ufffd")
    assert (back.expected_version, back.target_version) == (9, "9")
    journal.advance(kept.key, WriteState.SENT)
    done = journal.advance(
        kept.key,
        WriteState.APPLIED,
        http_status=200,
        request_id="r",
        new_version=10,
        outcome=Outcome.APPLIED,
        at=AT,
    )
    assert (done.attempts, done.http_status, done.request_id, done.new_version) == (1, 200, "r", 10)
    assert (done.outcome, done.updated_at, done.at) == ("APPLIED", AT.wall.isoformat(), AT)
    assert journal.write(kept.key) == done
    assert journal.writes_of_run("run-1") == [done]
    assert journal.run_exists("run-1")
    assert not journal.run_exists("run-2")
    assert journal.write("nothing") is None


@pytest.mark.parametrize("state", WriteState)
def test_an_open_write_keeps_every_other_from_its_link_and_from_no_other(
    journal: Journal, state: WriteState
) -> None:
    kept = brought_to(journal, state)
    journal.prepare(write("another-link"))
    journal.prepare(write(target="https://api.example|other"))
    if state.open:
        with pytest.raises(LinkBusy) as caught:
            journal.prepare(write())
        assert (caught.value.existing, caught.value.alive, caught.value.reason) == (kept, True, "write_open")
        assert len(journal.open_writes()) == 3
        assert journal.open_writes(kept.target_key)[0] == kept
    else:
        journal.prepare(write())
        assert len(journal.writes_of(kept.target_key, "spring-launch")) == 2


def test_the_database_itself_keeps_one_open_write_a_link(journal: Journal, connection: Store) -> None:
    journal.prepare(write())
    kept = journal.prepare(write("b-link"))
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE writes SET slug = 'spring-launch' WHERE key = ?", (kept.key,))


def test_the_write_of_a_dead_process_can_be_taken_over_and_of_a_living_one_never(connection: Store) -> None:
    ours = Journal(connection, US)
    for holder, alive in ((DEAD, False), (REMOTE, True)):
        theirs = Journal(connection, holder)
        for state in (WriteState.PREPARED, WriteState.SENT):
            kept = brought_to(theirs, state)
            assert kept.holder == holder
            with pytest.raises(LinkBusy) as caught:
                ours.prepare(write())
            assert caught.value.alive is alive
            if alive:
                for act in (
                    lambda key: ours.advance(key, WriteState.REFUSED),
                    ours.take_over,
                    ours.attempt,
                ):
                    with pytest.raises(LinkBusy):
                        act(kept.key)
                theirs.advance(kept.key, WriteState.DROPPED)
            else:
                assert ours.take_over(kept.key).holder == US
                assert ours.advance(kept.key, WriteState.DROPPED).holder == US
        unknown = brought_to(theirs, WriteState.UNKNOWN)
        assert ours.advance(unknown.key, WriteState.APPLIED).holder == US
    assert ours.verify() == []


def test_tries_are_counted_while_open_and_what_is_not_known_raises(journal: Journal) -> None:
    kept = brought_to(journal, WriteState.UNKNOWN)
    assert journal.attempt(kept.key).attempts == 2
    journal.advance(kept.key, WriteState.APPLIED)
    with pytest.raises(StorageProblem, match="cannot become"):
        journal.attempt(kept.key)
    with pytest.raises(StorageProblem, match="does not know"):
        journal.advance("nothing", WriteState.SENT)


def test_a_key_is_used_once(journal: Journal) -> None:
    kept = brought_to(journal, WriteState.APPLIED)
    with pytest.raises(StorageProblem):
        journal.prepare(write(key=kept.key))
    assert len(journal.entries()) == 3


def test_entries_are_read_by_time_kind_and_number(journal: Journal) -> None:
    for hour in range(5):
        at = replace(AT, wall=AT.wall + timedelta(hours=hour))
        journal.append("note" if hour % 2 else "refusal", {"n": hour, "text": "é\ud800\0"}, at)
    assert [e.fields["n"] for e in journal.entries()] == [0, 1, 2, 3, 4]
    assert [e.fields["n"] for e in journal.entries(limit=2)] == [3, 4]
    assert [e.fields["n"] for e in journal.entries(kind="note")] == [1, 3]
    assert [e.fields["n"] for e in journal.entries(AT.wall + timedelta(hours=3), 1)] == [4]
    first = journal.entries()[0]
    assert (first.seq, first.kind, first.at) == (1, "refusal", AT)
    assert journal.verify() == []


def test_a_clock_that_goes_back_changes_no_order(journal: Journal) -> None:
    for years in (0, -10, 10):
        at = replace(AT, wall=AT.wall + timedelta(days=365 * years))
        kept = journal.prepare(write(f"slug-{years}", created_at=at.wall.isoformat()))
        journal.append("note", {"y": years}, at)
        assert journal.open_writes()[-1] == kept
    assert [e.fields["y"] for e in journal.entries(kind="note")] == [0, -10, 10]
    assert journal.verify() == []


def rechained(db: Store) -> None:
    """An edit by someone who knows how a hash is made, but not that the next entry remembers the old one."""
    body, previous = db.execute("SELECT body, previous FROM entries WHERE seq = 4").fetchone()
    body = body.replace('"n":4', '"n":44')
    digest = hashlib.sha256((previous + body).encode()).hexdigest()
    db.execute("UPDATE entries SET body = ?, hash = ? WHERE seq = 4", (body, digest))


def by(*statements: str) -> Callable[[Store], None]:
    def tamper(db: Store) -> None:
        for statement in statements:
            db.execute(statement)

    return tamper


SWAP = [f"UPDATE entries SET seq = {b} WHERE seq = {a}" for a, b in ((3, -1), (5, 3), (-1, 5))]
COPY = "INSERT INTO entries SELECT 9, kind, wall, body, previous, hash FROM entries WHERE seq = 8"
MOVE_UP = ("DELETE FROM entries WHERE seq = 8", "UPDATE entries SET seq = 8 WHERE seq = 7")
CUT = "DELETE FROM entries WHERE seq > 6"
REWORD = """UPDATE entries SET body = replace(body, '"n":4', '"n":5') WHERE seq = 4"""
TAMPERING: dict[str, tuple[Callable[[Store], None], list[tuple[Damage, int]]]] = {
    "body edited": (by(REWORD), [(Damage.EDITED, 4)]),
    "kind edited": (by("UPDATE entries SET kind = 'x' WHERE seq = 2"), [(Damage.EDITED, 2)]),
    "time edited": (by("UPDATE entries SET wall = wall + 1 WHERE seq = 2"), [(Damage.EDITED, 2)]),
    "hash edited": (by("UPDATE entries SET hash = 'x' WHERE seq = 8"), [(Damage.EDITED, 8)]),
    "not text": (by("UPDATE entries SET body = x'00ff' WHERE seq = 2"), [(Damage.EDITED, 2)]),
    "edited and hashed anew": (rechained, [(Damage.EDITED, 4)]),
    "one removed": (by("DELETE FROM entries WHERE seq = 4"), [(Damage.REMOVED, 4)]),
    "first removed": (by("DELETE FROM entries WHERE seq = 1"), [(Damage.REMOVED, 1)]),
    "tail cut": (by(CUT), [(Damage.CUT, 7)]),
    "all cut": (by("DELETE FROM entries"), [(Damage.CUT, 1)]),
    "cut, head turned back": (by(CUT, "UPDATE head SET seq = 6"), [(Damage.EDITED, 6)]),
    "swapped": (by(*SWAP), [(Damage.REORDERED, 3), (Damage.REORDERED, 5)]),
    "added": (by(COPY), [(Damage.ADDED, 9)]),
    "removed and moved up": (by(*MOVE_UP), [(Damage.CUT, 8)]),
}


@pytest.mark.parametrize(("tamper", "named"), TAMPERING.values(), ids=TAMPERING)
def test_each_kind_of_damage_is_named(
    journal: Journal,
    connection: Store,
    tamper: Callable[[Store], object],
    named: list[tuple[Damage, int | None]],
) -> None:
    for n in range(1, 9):
        journal.append("note", {"n": n}, AT)
    assert journal.verify() == []
    tamper(connection)
    found = [(fault.damage, fault.seq) for fault in journal.verify()]
    assert set(named) <= set(found)
    assert len(found) <= len(named) + 1
    assert all(str(fault.seq) in fault.sentence for fault in journal.verify())


@pytest.fixture(scope="module")
def eight_notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    connection = open_journal(tmp_path_factory.mktemp("chain") / "place" / "journal.db")
    for n in range(1, 9):
        Journal(connection, US).append("note", {"n": n}, AT)
    yield connection
    connection.close()


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 8),
    st.sampled_from(["kind", "body", "previous", "hash"]),
    st.integers(0, 400),
    st.integers(1, 255),
)
def test_no_changed_byte_of_an_entry_goes_unseen(
    eight_notes: sqlite3.Connection, seq: int, column: str, place: int, turn: int
) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    eight_notes.backup(connection)
    journal = Journal(connection, US)
    old = connection.execute(f"SELECT {column} FROM entries WHERE seq = ?", (seq,)).fetchone()[0]
    if old:
        place %= len(old)
        new = old[:place] + chr(ord(old[place]) ^ turn) + old[place + 1 :]
        connection.execute(f"UPDATE entries SET {column} = ? WHERE seq = ?", (new, seq))
        assert seq in [fault.seq for fault in journal.verify()]
    connection.close()


@pytest.mark.parametrize(
    ("sql", "damage"),
    [
        ("UPDATE writes SET state = 'applied'", Damage.EDITED),
        ("UPDATE writes SET expected_version = '9'", Damage.EDITED),
        ("UPDATE writes SET holder_pid = 1", Damage.EDITED),
        ("DELETE FROM writes", Damage.REMOVED),
        ("UPDATE writes SET key = 'another'", Damage.ADDED),
    ],
)
def test_a_write_changed_behind_our_back_is_named(
    journal: Journal, connection: Store, sql: str, damage: Damage
) -> None:
    brought_to(journal, WriteState.UNKNOWN)
    connection.execute(sql)
    faults = journal.verify()
    assert damage in [fault.damage for fault in faults]
    assert all("write" in fault.sentence for fault in faults)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE head SET hash = 'x'",
        "UPDATE head SET seq = 1",
        "DELETE FROM head",
        "DELETE FROM entries WHERE seq = 2",
    ],
)
def test_nothing_is_built_on_a_damaged_end(journal: Journal, connection: Store, sql: str) -> None:
    journal.append("note", {}, AT)
    journal.append("note", {}, AT)
    connection.execute(sql)
    with pytest.raises(Damaged, match="journal is damaged"):
        journal.prepare(write())
    assert journal.open_writes() == []
    with pytest.raises(Damaged):
        journal.append("note", {}, AT)
    assert journal.verify() != []


def test_an_entry_that_is_no_text_of_ours_is_damage_and_no_crash(journal: Journal, connection: Store) -> None:
    journal.append("note", {}, AT)
    connection.execute("UPDATE entries SET body = '[]'")
    with pytest.raises(Damaged, match="journal is damaged"):
        journal.entries()
    assert [fault.damage for fault in journal.verify()] == [Damage.EDITED]
