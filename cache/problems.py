"""Every failure of SQLite, in the words an operator can act on.

StorageProblem
├── Damaged      the file is not what was written; nothing was changed
├── Locked       another process holds it
├── ReadOnly     it can be read and not written
└── NewerSchema  a newer repoint has written it
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, Protocol, TypeVar

from cache.paths import private_file
from cache.process import lock_owner
from console.domain.errors import StorageProblem


class Damaged(StorageProblem):
    """The file is not what was written to it."""

    code = "storage_damaged"


class Locked(StorageProblem):
    """Another process holds the file longer than we wait."""

    code = "storage_locked"


class ReadOnly(StorageProblem):
    """The file can be read and not written."""

    code = "storage_read_only"


class NewerSchema(StorageProblem):
    """A newer version of the program has written the file; this one leaves it alone."""

    code = "storage_newer"


class Store(sqlite3.Connection):
    """A connection that knows what it is.

    Attributes:
        name: `cache` or `journal`, as messages call it.
        file: where it is.
        read_only: nothing can be written here: a read-only folder or file.
        inode: of the file when it was opened.
    """

    name: str = "cache"
    file: Path = Path()
    read_only: bool = False
    inode: int = 0

    @property
    def in_place(self) -> bool:
        """Whether the file by that name is still the one that was opened. A file in memory always is."""
        try:
            return not self.inode or self.file.stat().st_ino == self.inode
        except OSError:
            return False


_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code of `error`; -1 where the module raised it by itself."""
    code = getattr(error, "sqlite_errorcode", None)
    return -1 if code is None else int(code) & 0xFF


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection holds what we wanted."""
    return primary_code(error) in _BUSY


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite found the file not to be what was written."""
    return primary_code(error) in _DAMAGE


def suspect_file(path: Path) -> Path:
    """The note beside a cache that says: damage was met, look closer at the next start."""
    return path.with_name(path.name + ".suspect")


def problem_of(error: sqlite3.Error, connection: sqlite3.Connection) -> StorageProblem:
    """The problem that `error` is, told for the file of `connection`."""
    name = getattr(connection, "name", "cache")
    file = getattr(connection, "file", Path())
    if is_damage(error) and name == "cache":
        _note_suspect(file)
    return problem_at(error, name, file)


def problem_at(error: sqlite3.Error, name: str, file: Path) -> StorageProblem:
    """The problem that `error` is, for the file `file` that is the `name`."""
    code = primary_code(error)
    if code in _DAMAGE:
        return damaged(name, file, str(error))
    if code in _BUSY:
        return locked(name, file)
    if code == sqlite3.SQLITE_READONLY:
        return ReadOnly(
            f"The {name} is read-only",
            detail=f"{file} cannot be written.",
            hint="Viewing works; writing does not.",
        )
    if code in _WORDS:
        title, hint = _WORDS[code]
        return StorageProblem(title, detail=f"{file}: {error}", hint=hint)
    return StorageProblem(
        f"The {name} cannot be used", detail=f"{file}: {error}", hint="Run `repoint doctor`."
    )


_WORDS: Final = {
    sqlite3.SQLITE_FULL: ("The disk is full", "Free some space, then try again."),
    sqlite3.SQLITE_IOERR: (
        "The disk reports an I/O error",
        "Check the disk; `repoint doctor` looks at the files.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "A database file cannot be opened",
        "Check that the folder exists and is yours.",
    ),
    sqlite3.SQLITE_NOMEM: (
        "Memory ran out while using a database file",
        "Close other programs, then try again.",
    ),
    sqlite3.SQLITE_PERM: ("A database file may not be used", "Check that the file is yours."),
    sqlite3.SQLITE_AUTH: ("A database file may not be used", "Check that the file is yours."),
    sqlite3.SQLITE_TOOBIG: ("A value is too large to be stored", ""),
}


def damaged(name: str, file: Path, detail: str) -> Damaged:
    """The problem of a damaged file, with the remedy that fits it."""
    if name == "journal":
        hint = "Writes are off. `repoint doctor` reconciles with the platform and can start a new journal."
    else:
        hint = "Start again: the damaged cache is moved aside and rebuilt."
    return Damaged(f"The {name} is damaged", detail=f"{file}: {detail}", hint=hint)


def locked(name: str, file: Path) -> Locked:
    """The problem of a file that another process holds, with its process id where the system tells."""
    owner = lock_owner(file)
    who = f"process {owner}" if owner else "another process"
    return Locked(
        f"The {name} is locked by {who}",
        detail=f"{file}: waited, and it was not given back.",
        hint="Close the other console or let it finish, then try again.",
    )


def _note_suspect(file: Path) -> None:
    if file.name:
        # A note that cannot be left changes nothing for the caller: the damage itself is told.
        with suppress(StorageProblem):
            private_file(suspect_file(file))


def require_writable(connection: sqlite3.Connection, *, read_only: bool) -> None:
    """Refuse to write a journal that is read-only, or is no longer the file of its name.

    Raises:
        ReadOnly: it can be read only; nothing may be sent.
        Damaged: it was moved or replaced.
    """
    if read_only:
        raise ReadOnly(
            "The journal is read-only, so nothing may be sent",
            detail="Every write must be on the disk before it leaves.",
            hint="Make the folder writable, then start again.",
        )
    if isinstance(connection, Store) and not connection.in_place:
        raise damaged("journal", connection.file, "it was moved or replaced while it was open")


class _Table(Protocol):
    _db: sqlite3.Connection


_P = ParamSpec("_P")
_R = TypeVar("_R")
_T = TypeVar("_T", bound=_Table)


def told(method: Callable[Concatenate[_T, _P], _R]) -> Callable[Concatenate[_T, _P], _R]:
    """Have a table's method raise `StorageProblem` instead of SQLite's own errors."""

    @functools.wraps(method)
    def wrapper(self: _T, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(self, *args, **kwargs)
        except sqlite3.Error as error:
            raise problem_of(error, self._db) from error

    return wrapper


def storable(text: str) -> str:
    """`text` as SQLite can keep it: a lone surrogate becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
