"""Damage is found and kept, and a journal never comes back empty."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from cache_support import filled, mode

import cache.database
import cache.process
from cache import migrations
from cache.database import (
    check,
    expected_file,
    open_cache,
    open_journal,
    open_reader,
    renew_journal,
)
from cache.journal import Journal
from cache.links import Inventory, Sort
from cache.paths import private_dir
from cache.problems import (
    Damaged,
    NewerSchema,
    Store,
    suspect_file,
)
from cache.process import this_process
from console.domain.errors import StorageProblem
from console.domain.query import parse


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def zero_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(100))


def flip_page(path: Path) -> None:
    """Turn over every bit of the pages' own headers; SQLite must stumble over them."""
    data = bytearray(path.read_bytes())
    for start in range(4096, len(data), 4096):
        for offset in range(12):
            data[start + offset] ^= 0xFF
    path.write_bytes(data)


def make_text(path: Path) -> None:
    path.write_text("this was a database " * 500)


DAMAGE = [cut, zero_header, flip_page, make_text]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda d: d.__name__)
def test_a_damaged_cache_is_kept_aside_byte_for_byte_and_rebuilt(cache_path: Path, damage: object) -> None:
    filled(cache_path)
    damage(cache_path)  # type: ignore[operator]
    cache_path.chmod(0o644)
    was = cache_path.read_bytes()
    opened = open_cache(cache_path)
    assert opened.notice is not None
    assert "damaged" in opened.notice
    [kept] = cache_path.parent.glob("links.db.damaged-*")
    assert kept.name in opened.notice
    assert kept.read_bytes() == was
    assert mode(kept) == 0o600
    assert Inventory(opened.connection).count() == 0
    opened.connection.close()
    again = open_cache(cache_path)
    assert again.notice is None
    again.connection.close()


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda d: d.__name__)
def test_a_damaged_journal_is_refused_and_left_as_it_is(journal_path: Path, damage: object) -> None:
    open_journal(journal_path).close()
    damage(journal_path)  # type: ignore[operator]
    was = journal_path.read_bytes()
    for _ in range(2):
        with pytest.raises(Damaged, match="journal is damaged") as caught:
            open_journal(journal_path)
        assert "doctor" in caught.value.hint
    assert journal_path.read_bytes() == was
    assert [p.name for p in journal_path.parent.glob("*damaged*")] == []


def read_all(inventory: Inventory) -> None:
    for sort in Sort:
        for slug in inventory.slugs(inventory.select(parse(""), sort, 0.0)):
            inventory.get(slug)


def test_damage_met_while_reading_a_large_cache_is_repaired_at_the_next_start(
    cache_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(cache_path)
    data = bytearray(cache_path.read_bytes())
    for start in range(len(data) // 8192 * 4096, len(data), 4096):
        data[start : start + 12] = b"\xff" * 12
    cache_path.write_bytes(data)
    monkeypatch.setattr("cache.inspection.SMALL", 0)
    opened = open_cache(cache_path)
    assert opened.notice is None
    inventory = Inventory(opened.connection)
    with pytest.raises(Damaged, match="cache is damaged"):
        read_all(inventory)
    opened.connection.close()
    assert suspect_file(cache_path).exists()
    opened = open_cache(cache_path)
    assert opened.notice is not None
    opened.connection.close()
    assert not suspect_file(cache_path).exists()


def test_what_belongs_to_a_damaged_cache_goes_with_it(cache_path: Path) -> None:
    """A -wal left behind would be read into the new file."""
    filled(cache_path)
    make_text(cache_path)
    for side in ("-wal", "-shm"):
        cache_path.with_name(f"links.db{side}").write_bytes(side.encode())
    opened = open_cache(cache_path)
    assert Inventory(opened.connection).count() == 0
    opened.connection.close()
    kept = {p.name.rpartition("-")[2]: p.read_bytes() for p in cache_path.parent.glob("*.damaged-*-*")}
    assert kept == {"wal": b"-wal", "shm": b"-shm"}


def test_a_large_cache_without_its_end_is_found_at_once(
    cache_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(cache_path)
    monkeypatch.setattr("cache.inspection.SMALL", 0)
    os.truncate(cache_path, cache_path.stat().st_size - 4096)
    opened = open_cache(cache_path)
    assert opened.notice is not None
    assert "its end is missing" in opened.notice
    opened.connection.close()


@pytest.mark.parametrize("how", ["missing", "empty", "no tables"])
def test_a_journal_that_is_gone_is_not_a_first_start(journal_path: Path, how: str) -> None:
    open_journal(journal_path).close()
    journal_path.unlink()
    if how == "empty":
        journal_path.touch()
    if how == "no tables":
        sqlite3.connect(journal_path).executescript("CREATE TABLE t (a); DROP TABLE t").connection.close()
    for _ in range(2):
        with pytest.raises(Damaged, match="journal is lost"):
            open_journal(journal_path)
    kept = renew_journal(journal_path)
    assert (kept is None) == (how == "missing")
    connection = open_journal(journal_path)
    assert Journal(connection, this_process()).verify() == []
    connection.close()


def test_an_empty_journal_is_lost_even_without_the_note_that_there_was_one(journal_path: Path) -> None:
    private_dir(journal_path.parent)
    journal_path.touch()
    with pytest.raises(Damaged, match="journal is lost"):
        open_journal(journal_path)


def test_a_crash_while_the_journal_is_first_made_is_not_a_loss(
    journal_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cache.database, "put_in_place", crash)
        with pytest.raises(KeyboardInterrupt):
            open_journal(journal_path)
    with monkeypatch.context() as patch:
        patch.setattr(cache.database, "expected_file", lambda p: p.parent / "no" / "such")
        with pytest.raises(StorageProblem):
            open_journal(journal_path)
    assert journal_path.exists()
    assert not expected_file(journal_path).exists()
    open_journal(journal_path).close()
    assert mode(expected_file(journal_path)) == 0o600


def test_a_journal_replaced_behind_an_open_console_takes_no_more_writes(journal_path: Path) -> None:
    connection = open_journal(journal_path)
    journal = Journal(connection, this_process())
    assert renew_journal(journal_path) is not None
    with pytest.raises(Damaged, match="journal is damaged"):
        journal.append("note", {}, cache.process.moment())
    connection.close()


@pytest.mark.parametrize("which", ["cache", "journal"])
def test_a_file_of_a_newer_program_is_left_alone(cache_path: Path, journal_path: Path, which: str) -> None:
    path, opener = (cache_path, open_cache) if which == "cache" else (journal_path, open_journal)
    opened = opener(path)
    connection = opened if isinstance(opened, Store) else opened.connection
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    was = path.read_bytes()
    with pytest.raises(NewerSchema, match="newer repoint") as caught:
        opener(path)
    assert "pgrade" in caught.value.hint
    assert ("cache clear" in caught.value.hint) == (which == "cache")
    assert path.read_bytes() == was
    if which == "cache":
        with pytest.raises(NewerSchema):
            open_reader(path)


def test_a_database_of_another_program_is_left_alone(cache_path: Path) -> None:
    private_dir(cache_path.parent)
    other = sqlite3.connect(cache_path)
    other.execute("PRAGMA application_id = 42")
    other.close()
    was = cache_path.read_bytes()
    with pytest.raises(StorageProblem, match="not a cache of repoint"):
        open_cache(cache_path)
    assert cache_path.read_bytes() == was


def test_a_migration_that_is_cut_short_leaves_nothing_and_is_done_at_the_next_start(
    cache_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(migrations.SORT_INDEXES, "broken", "no_such_table (x)")
        with pytest.raises(StorageProblem):
            open_cache(cache_path)
    left = sqlite3.connect(cache_path)
    assert left.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    left.close()
    opened = open_cache(cache_path)
    assert check(opened.connection) == []
    opened.connection.close()
