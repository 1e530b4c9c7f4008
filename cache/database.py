"""Opening the two files: the cache, which may be thrown away, and the journal, which may not.

The cache is in WAL mode and is moved aside and rebuilt when it is damaged. The journal is in DELETE mode
with `synchronous=EXTRA`, so that a commit is on the disk when it returns, power cut or not; it is never
made anew without being asked (hardening, decision 4). sqlite_utils is imported only when a migration is
due, so that the first screen does not wait for it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cache.inspection import SMALL, check_version, connect, damage_of, number
from cache.locking import setup_lock
from cache.mounts import network_file_system
from cache.paths import existing_private_file, private_dir, private_file
from cache.problems import (
    Damaged,
    Store,
    damaged,
    is_busy,
    is_damage,
    problem_of,
    suspect_file,
)
from cache.rescue import move_aside, put_in_place
from cache.schema import CACHE_ID, CACHE_VERSION, JOURNAL_ID, JOURNAL_VERSION
from console.domain.errors import StorageProblem

BUSY_ROUNDS: Final = 6
"""How often a transaction that could not begin is begun again: nothing was done, so nothing is repeated."""
_SIDES: Final = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class OpenedCache:
    """The cache, and what an operator must be told of it (None: nothing)."""

    connection: Store
    notice: str | None


def open_cache(path: Path) -> OpenedCache:
    """Open the cache for writing, and make or migrate it where that is due.

    A damaged file is moved aside with its bytes and a new cache is begun; the notice says where it went.
    In a folder that cannot be written it is opened for reading (`connection.read_only`).

    Raises:
        NewerSchema: a newer program has written it. Nothing is changed.
        StorageProblem: the folder or the file cannot be used.
    """
    if _cannot_write(path):
        return OpenedCache(_open_read_only(path, "cache"), None)
    private_dir(path.parent)
    with setup_lock(path):
        found = damage_of(path)
        notice = None
        if found:
            kept = move_aside(path)
            notice = f"The cache was damaged ({found}). It is kept as {kept.name}; a new one was begun."
        distant = network_file_system(path.parent)
        if distant:
            told = f"The cache stands on a network file system ({distant}): use it from one machine only."
            notice = f"{notice} {told}" if notice else told
        private_file(path)
        _tighten_sides(path)
        connection = connect(path, "cache")
        with _kept(connection):
            _set_up_cache(connection, shared_memory=not distant)
        suspect_file(path).unlink(missing_ok=True)
    return OpenedCache(connection, notice)


def open_reader(path: Path) -> Store:
    """Open the cache for reading only, for use beside the writer and in any thread.

    Raises:
        StorageProblem: there is no cache, or it cannot be read.
    """
    if not path.exists():
        raise StorageProblem(
            "There is no cache yet", detail=f"{path} does not exist.", hint="Run `repoint sync`."
        )
    if _cannot_write(path):
        return _open_read_only(path, "cache")
    connection = connect(path, "cache", "rw")
    with _kept(connection):
        check_version(connection, CACHE_ID, CACHE_VERSION)
        connection.execute("PRAGMA query_only = ON")
    return connection


def open_journal(path: Path) -> Store:
    """Open the journal; begin one only where there has never been one.

    A file `journal.expected` beside it says that there was one. A journal that is missing or empty in
    spite of it, or damaged, is never replaced here (`renew_journal` does, when asked).

    Raises:
        Damaged: lost or damaged. Writes must stay off until the operator has reconciled.
        NewerSchema: a newer program has written it. Nothing is changed.
        StorageProblem: the folder or the file cannot be used.
    """
    if _cannot_write(path):
        return _open_read_only(path, "journal")
    private_dir(path.parent)
    with setup_lock(path):
        if not path.exists() and not path.is_symlink():
            if expected_file(path).exists():
                raise _lost(path, "it is missing")
            _begin_journal(path)
        existing_private_file(path)
        _tighten_sides(path)
        connection = connect(path, "journal", "rw")
        with _kept(connection):
            _set_up_journal(connection)
            private_file(expected_file(path))
    return connection


def renew_journal(path: Path) -> Path | None:
    """Begin a new journal because the operator asked for it; the old one is moved aside with all its bytes.

    Returns:
        Where the old one is now; None when it was missing.

    Raises:
        StorageProblem: the folder or the file cannot be used.
    """
    private_dir(path.parent)
    with setup_lock(path):
        kept = move_aside(path) if path.exists() else None
        _begin_journal(path)
        private_file(expected_file(path))
    return kept


def check(connection: Store) -> list[str]:
    """Look at every page and index of a file; what is wrong, in SQLite's words. Slow: for `doctor`.

    Raises:
        StorageProblem: it cannot be read at all.
    """
    try:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(20)")]
        if connection.name == "cache" and not connection.read_only:
            connection.execute("INSERT INTO links_fts (links_fts) VALUES ('integrity-check')")
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return [str(error)]
        raise problem_of(error, connection) from error
    return [line for line in found if line != "ok"]


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """BEGIN IMMEDIATE ... COMMIT; ROLLBACK when anything is raised. Inside another one it joins it.

    Raises:
        StorageProblem: for whatever SQLite reports, in plain words. Nothing was kept then.
    """
    if connection.in_transaction:
        yield connection
        return
    try:
        _begin(connection)
        yield connection
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        _roll_back(connection)
        raise problem_of(error, connection) from error
    except BaseException:
        _roll_back(connection)
        raise


def _begin(connection: sqlite3.Connection) -> None:
    for attempt in range(1, BUSY_ROUNDS + 1):
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or attempt == BUSY_ROUNDS:
                raise
        else:
            return


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            # SQLite rolls back by itself after I/O errors; closing does whatever is left.
            connection.close()


def expected_file(path: Path) -> Path:
    """The note beside a journal that says it exists: `journal.db` has `journal.expected`."""
    return path.with_suffix(".expected")


@contextmanager
def _kept(connection: Store) -> Iterator[None]:
    """Close a connection whose setting up fails, and tell why."""
    try:
        yield
    except sqlite3.Error as error:
        connection.close()
        raise problem_of(error, connection) from error
    except BaseException:
        connection.close()
        raise


def _set_up_cache(connection: Store, *, shared_memory: bool) -> None:
    check_version(connection, CACHE_ID, CACHE_VERSION)
    connection.execute(f"PRAGMA journal_mode = {'WAL' if shared_memory else 'TRUNCATE'}")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -8192")
    # A sync touches the same pages of an index again and again: 32 MB of them are copied back at once.
    connection.execute("PRAGMA wal_autocheckpoint = 8000")
    _migrate(connection, CACHE_VERSION)


def _set_up_journal(connection: Store) -> None:
    check_version(connection, JOURNAL_ID, JOURNAL_VERSION)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA synchronous = EXTRA")
    if number(connection, "user_version") == 0:
        raise _lost(connection.file, "it is empty")
    _migrate(connection, JOURNAL_VERSION)
    if connection.file.stat().st_size <= SMALL:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise damaged("journal", connection.file, str(found))


def _migrate(connection: Store, version: int) -> None:
    if number(connection, "user_version") == version:
        return
    from cache import migrations

    with transaction(connection):
        migrations.apply(connection, connection.name, version)


def _begin_journal(path: Path) -> None:
    """Make a journal under another name and put it in place whole: a crash never leaves half of one."""
    draft = path.with_name(path.name + ".new")
    for leftover in (draft, *(draft.with_name(draft.name + side) for side in _SIDES)):
        leftover.unlink(missing_ok=True)
    private_file(draft)
    connection = connect(draft, "journal", "rw")
    with closing(connection), _kept(connection):
        connection.execute("PRAGMA synchronous = EXTRA")
        _migrate(connection, JOURNAL_VERSION)
    put_in_place(draft, path)


def _lost(path: Path, why: str) -> Damaged:
    return Damaged(
        "The journal is lost",
        detail=f"{path}: {why}, and there was one. What was sent earlier is not known here.",
        hint="Writes are off. `repoint doctor` reconciles with the platform and can start a new journal.",
    )


def _tighten_sides(path: Path) -> None:
    for side in _SIDES:
        beside = path.with_name(path.name + side)
        if beside.exists() or beside.is_symlink():
            existing_private_file(beside)


def _cannot_write(path: Path) -> bool:
    return os.access(path, os.F_OK) and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _open_read_only(path: Path, name: str) -> Store:
    """For a read-only folder. WAL needs a writable one, so a WAL file without a tail is read as it lies."""
    known = (CACHE_ID, CACHE_VERSION) if name == "cache" else (JOURNAL_ID, JOURNAL_VERSION)
    wal = path.with_name(path.name + "-wal")
    whole = name == "cache" and not (wal.exists() and wal.stat().st_size)
    connection = connect(path, name, "ro", "&immutable=1" if whole else "")
    connection.read_only = True
    with _kept(connection):
        check_version(connection, *known)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    return connection
