"""Connecting to a file and looking whether it is one of ours, whole, and not from a later program."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from cache.problems import NewerSchema, Store, is_busy, is_damage, problem_at, suspect_file
from console.domain.errors import StorageProblem

BUSY_SECONDS: Final = 15.0
"""How long SQLite waits for another process before it gives up once: on a slow disk, with several consoles
at work, a commit's seconds are not rare."""
SMALL: Final = 8 * 1024 * 1024
"""Bytes up to which a file is checked page by page at every start; a larger cache when suspected."""


def connect(path: Path, name: str, mode: str = "rwc", extra: str = "") -> Store:
    """A connection without implicit transactions, usable from any one thread at a time.

    Args:
        path: the file.
        name: `cache` or `journal`, for messages.
        mode: SQLite's URI mode: `rwc` makes a missing file, `rw` does not, `ro` reads.
        extra: more URI parameters, each with its `&`.

    Raises:
        StorageProblem: it cannot be opened.
    """
    address = f"file:{quote(str(path))}?mode={mode}{extra}"
    try:
        connection = sqlite3.connect(
            address,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            uri=True,
            factory=Store,
        )
    except sqlite3.Error as error:
        raise problem_at(error, name, path) from error
    connection.name, connection.file = name, path
    connection.inode = path.stat().st_ino
    return connection


def check_version(connection: Store, wanted_id: int, known: int) -> None:
    """Refuse a file of another program, or of a later one of ours.

    Raises:
        NewerSchema: its schema lies past `known`.
        StorageProblem: its application id is not `wanted_id`.
    """
    found_id = number(connection, "application_id")
    if found_id not in {0, wanted_id}:
        raise StorageProblem(
            f"{connection.file} is not a {connection.name} of repoint",
            detail="Another program has written it. Nothing was changed.",
            hint="Move it away.",
        )
    found = number(connection, "user_version")
    if found > known:
        raise NewerSchema(
            f"The {connection.name} was written by a newer repoint",
            detail=f"{connection.file} has schema {found}; this program knows {known}. Nothing was changed.",
            hint="Upgrade repoint"
            + (", or run `repoint cache clear`." if connection.name == "cache" else "."),
        )


def number(connection: sqlite3.Connection, pragma: str) -> int:
    """A pragma that answers with one number."""
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def damage_of(path: Path) -> str:
    """What is wrong with the cache file, in a few words; empty for a sound or missing one."""
    if not path.exists() or path.is_symlink() or path.stat().st_size == 0:
        return ""
    if cut := _cut(path):
        return cut
    try:
        with closing(_connect_to_check(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if path.stat().st_size <= SMALL or suspect_file(path).exists():
                found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                return "" if found == "ok" else "a page does not hold together"
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return str(error)
        if is_busy(error):
            return ""
        raise problem_at(error, "cache", path) from error
    return ""


def _connect_to_check(path: Path) -> Store:
    """Without a -wal nobody has it open, and reading it as it lies changes no byte of it."""
    if path.with_name(path.name + "-wal").exists():
        return connect(path, "cache", "rw")
    return connect(path, "cache", "ro", "&immutable=1")


def _cut(path: Path) -> str:
    """Whether the file is shorter than its own header says (SQLite file format, section 1.3)."""
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        return "it does not begin like a database"
    page = struct.unpack(">H", header[16:18])[0] or 1
    size = 65536 if page == 1 else page
    pages, written, valid_for = struct.unpack(">I", header[28:32])[0], header[24:28], header[92:96]
    if written == valid_for and pages * size > path.stat().st_size:
        return "its end is missing"
    return ""
