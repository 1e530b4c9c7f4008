"""Opening beside others, in read-only homes, on full disks; and every failure in plain words."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import cache.database
import cache.process
from cache.database import (
    open_cache,
    open_journal,
    transaction,
)
from cache.journal import Journal
from cache.links import Inventory
from cache.locking import setup_lock
from cache.mounts import network_file_system
from cache.paths import private_dir
from cache.problems import (
    Damaged,
    Locked,
    ReadOnly,
    Store,
    primary_code,
    problem_at,
)
from cache.process import this_process
from console.domain.errors import StorageProblem

ROOT = os.geteuid() == 0


def test_two_consoles_that_start_at_once_make_one_of_each(tmp_path: Path) -> None:
    code = """
        import sys
        from pathlib import Path
        from cache.database import open_cache, open_journal
        sys.stdin.readline()
        place = Path(sys.argv[1])
        a, b = open_cache(place / "c" / "links.db"), open_journal(place / "s" / "journal.db")
        print(a.notice, b.execute("SELECT count(*) FROM head").fetchone()[0])
        """
    started = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "place")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0] for process in started] == ["None 1\n"] * 4


def test_the_process_that_makes_the_files_is_waited_for_and_named(
    cache_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private_dir(cache_path.parent)
    monkeypatch.setattr("cache.locking.WAIT_SECONDS", 0.05)
    with setup_lock(cache_path), pytest.raises(Locked, match="locked by"), setup_lock(cache_path):
        pass
    with setup_lock(cache_path):
        pass


READ_ONLY = """
    import os, sys
    from pathlib import Path
    from cache.database import open_cache, open_journal, open_reader
    from cache.journal import Journal
    from cache.links import Inventory, Sort
    from cache.problems import ReadOnly
    from cache.process import moment, this_process
    from console.domain.links import Link
    from console.domain.query import parse
    us = this_process()
    os.setgid(65534)
    os.setuid(65534)
    cache, journal = open_cache(Path(sys.argv[1])).connection, open_journal(Path(sys.argv[2]))
    for inventory in (Inventory(cache), Inventory(open_reader(Path(sys.argv[1])))):
        print(len(inventory.select(parse("slug"), Sort.HEALTH, 0.0)), cache.read_only)
        try:
            inventory.put(Link("a", "https://b.example"), 1.0)
        except ReadOnly as problem:
            print(problem)
    record = Journal(journal, us)
    print(len(record.entries()), record.verify(), record.read_only)
    try:
        record.append("note", {}, moment())
    except ReadOnly as problem:
        print(problem)
    """


def test_a_full_disk_is_said_and_nothing_is_kept(journal_path: Path) -> None:
    connection = open_journal(journal_path)
    connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
    journal = Journal(connection, this_process())
    with pytest.raises(StorageProblem, match="disk is full"):
        journal.append("note", {"text": "x" * 10_000}, cache.process.moment())
    assert journal.entries() == []
    assert journal.verify() == []
    connection.close()


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (sqlite3.SQLITE_FULL, StorageProblem, "disk is full"),
        (sqlite3.SQLITE_IOERR_FSYNC, StorageProblem, "I/O error"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Locked, "locked by another process"),
        (sqlite3.SQLITE_LOCKED, Locked, "locked by"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, ReadOnly, "read-only"),
        (sqlite3.SQLITE_CORRUPT_VTAB, Damaged, "damaged"),
        (sqlite3.SQLITE_NOTADB, Damaged, "damaged"),
        (sqlite3.SQLITE_CANTOPEN, StorageProblem, "cannot be opened"),
        (sqlite3.SQLITE_NOMEM, StorageProblem, "Memory"),
        (sqlite3.SQLITE_CONSTRAINT, StorageProblem, "cannot be used"),
        (None, StorageProblem, "cannot be used"),
    ],
)
def test_every_error_of_sqlite_has_plain_words(
    code: int | None, kind: type[StorageProblem], words: str
) -> None:
    error = sqlite3.OperationalError("database is locked")
    if code is not None:
        error.sqlite_errorcode = code
    problem = problem_at(error, "cache", Path("/no/such.db"))
    assert type(problem) is kind
    assert words in problem.title
    assert "database is locked" not in problem.title
    assert primary_code(error) == (-1 if code is None else code & 0xFF)


def test_a_transaction_is_alone_from_its_first_line(
    cache_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read in it cannot have changed when it writes: so it never begins beside another."""
    monkeypatch.setattr("cache.inspection.BUSY_SECONDS", 0.01)
    first, second = open_cache(cache_path).connection, open_cache(cache_path).connection
    entered = []
    with transaction(first), pytest.raises(Locked), transaction(second):
        entered.append(True)
    assert entered == []
    with transaction(second), transaction(second):  # inside itself it joins
        second.execute("INSERT INTO meta VALUES ('a', 1)")
    assert first.execute("SELECT value FROM meta").fetchall() == [(1,)]
    first.close()
    second.close()


def within(connection: Store, sql: str, then: BaseException | None) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO meta VALUES ('b', 1)")
        connection.execute(sql)
        if then is not None:
            raise then


def test_a_rollback_leaves_nothing_and_a_failed_begin_is_told(cache_path: Path) -> None:
    connection = open_cache(cache_path).connection
    insert = "INSERT INTO meta VALUES ('a', 1)"
    with pytest.raises(KeyboardInterrupt):
        within(connection, insert, KeyboardInterrupt())
    with pytest.raises(StorageProblem, match="cannot be used"):
        within(connection, f"{insert}, ('a', 1)", None)
    assert connection.execute("SELECT * FROM meta").fetchall() == []
    assert not connection.in_transaction
    connection.close()


def test_a_lock_held_too_long_names_the_process(cache_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cache.inspection.BUSY_SECONDS", 0.01)
    connection = open_cache(cache_path).connection
    code = """
        import sqlite3, sys
        other = sqlite3.connect(sys.argv[1], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        print("held", flush=True)
        sys.stdin.read()
        """
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(cache_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(Locked) as caught:
        Inventory(connection).begin_sync()
    holder.communicate("")
    assert caught.value.title == f"The cache is locked by process {holder.pid}"
    assert Inventory(connection).begin_sync() == 1
    connection.close()


@pytest.mark.parametrize(
    ("place", "kind"),
    [("/home/dana/x", "nfs4"), ("/home", None), ("/mnt/a b/c", "fuse.sshfs"), ("/mnt/a", None), ("/", None)],
)
def test_network_file_systems_are_known_by_the_longest_mount(
    tmp_path: Path, place: str, kind: str | None
) -> None:
    table = tmp_path / "mounts"
    table.write_text(
        "server:/ /home/dana nfs4 rw 0 0\n/dev/sda / ext4 rw 0 0\n"
        "me@x: /mnt/a\\040b fuse.sshfs rw 0 0\nshort\ntmpfs /mnt/a tmpfs rw 0 0\n"
    )
    assert network_file_system(Path(place), table) == kind


def test_a_cache_on_a_network_file_system_does_without_shared_memory(
    cache_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache.database, "network_file_system", lambda _: "nfs4")
    opened = open_cache(cache_path)
    assert opened.notice is not None
    assert "nfs4" in opened.notice
    assert opened.connection.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
    opened.connection.close()
