"""What `doctor` says of the files: permissions, the cache, the journal; and what it repairs of them.

Looking changes no byte of a damaged file. Only what can be fetched again is repaired: a damaged cache is
moved aside with all its bytes and begun anew. The journal is never touched here (`doctor.journal`).
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Final

from cache.database import check, expected_file, open_cache, open_journal
from cache.inspection import SMALL, check_version, connect, damage_of
from cache.journal import Journal, Write
from cache.paths import private_file
from cache.problems import Damaged, NewerSchema, Store, is_busy, suspect_file
from cache.process import is_alive, this_process
from cache.schema import CACHE_ID, CACHE_VERSION
from cache.unread import UnreadRecords
from console.domain.errors import StorageProblem
from console.domain.text import safe
from console.domain.words import counted
from console.ops.doctor.values import Finding, Grade, fail, ok, skipped, warn, worded
from console.ops.profiles.places import Places
from console.ops.sync import unread_words

REPAIR: Final = "`repoint doctor --repair` moves it aside with all its bytes and begins a new one"
RENEW: Final = "`repoint doctor --renew-journal` reads the links concerned, then begins a new one"


def permission_findings(where: Places) -> list[Finding]:
    """Whether the folders and files are ours alone. The cure is a `chmod`; nothing is changed here."""
    faults: list[tuple[str, str]] = []
    for folder in dict.fromkeys((where.config, where.cache, where.state)):
        faults += _faults_of(folder, 0o700)
    files = (where.config_path(), where.journal_path(), *sorted((where.cache / "links").glob("*.db")))
    for file in files:
        faults += _faults_of(file, 0o600)
    if not faults:
        return [ok("permissions", "Folders and files are yours alone.")]
    serious = any(not remedy.startswith("chmod") for _, remedy in faults)
    text = "; ".join(sentence for sentence, _ in faults[:4])
    remedy = "\n".join(dict.fromkeys(remedy for _, remedy in faults[:4]))
    return [(fail if serious else warn)("permissions", f"{text}.", remedy)]


def _faults_of(path: Path, wanted: int) -> list[tuple[str, str]]:
    """What is wrong, each with its cure; nothing for what does not exist."""
    try:
        found = path.lstat()
        above = path.parent.stat()
    except FileNotFoundError:
        return []
    except OSError as error:
        return [
            (f"{safe(path)} cannot be looked at: {error.strerror}", "Set REPOINT_HOME to a folder of yours")
        ]
    if stat.S_ISLNK(found.st_mode):
        return [(f"{safe(path)} is a symbolic link", "Name the real folder: a link may lead anywhere")]
    faults = []
    if found.st_uid != os.geteuid():
        faults.append((f"{safe(path)} belongs to another user", "Set REPOINT_HOME to a folder of yours"))
    elif found.st_mode & 0o077 & ~wanted:
        mode = stat.S_IMODE(found.st_mode)
        faults.append((f"{safe(path)} is open to others ({mode:04o})", f"chmod {wanted:o} {safe(path)}"))
    if above.st_mode & 0o022 and not above.st_mode & stat.S_ISVTX:
        faults.append((f"{safe(path.parent)} can be written by others", f"chmod go-w {safe(path.parent)}"))
    return faults


def cache_finding(path: Path) -> Finding:
    """Whether the cache of the target is whole: every page and index is looked at."""
    if not path.exists() and not path.is_symlink():
        return ok("cache", "There is no cache yet; the first `repoint sync` begins it.")
    try:
        found = damage_of(path) or _deeper(path)
    except NewerSchema as problem:
        return fail("cache", worded(problem.title, problem.detail), problem.hint)
    except Damaged as problem:
        found = problem.detail
    except (StorageProblem, OSError) as problem:
        title = problem.title if isinstance(problem, StorageProblem) else str(problem)
        detail = problem.detail if isinstance(problem, StorageProblem) else ""
        return fail("cache", worded(title, detail), "Check the folder and the disk")
    if found:
        return fail("cache", f"The cache is damaged: {safe(found, 200)}. Nothing was changed.", REPAIR)
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        return warn("cache", "The cache is whole and cannot be written: viewing works, syncing does not.",
                    f"Make {safe(path.parent)} writable")  # fmt: skip
    return ok("cache", f"The cache is whole ({path.stat().st_size / 1e6:.1f} MB).")


def unread_findings(path: Path) -> list[Finding]:
    """The links that the last whole sync could not read; nothing where there are none or no cache."""
    if not path.exists():
        return []
    wal = path.with_name(path.name + "-wal").exists()
    try:
        with closing(connect(path, "cache", "ro", "" if wal else "&immutable=1")) as connection:
            words = unread_words(UnreadRecords(connection).last())
    except StorageProblem:
        return []  # told already
    if not words:
        return []
    return [warn("links", f"At the last sync {words}. Nothing is sent for them.",
                 "Tell the platform's support which lines they are: `repoint report`")]  # fmt: skip


def _deeper(path: Path) -> str:
    if path.stat().st_size == 0:
        return ""
    wal = path.with_name(path.name + "-wal").exists()
    with closing(connect(path, "cache", "rw" if wal else "ro", "" if wal else "&immutable=1")) as connection:
        try:
            check_version(connection, CACHE_ID, CACHE_VERSION)
            connection.read_only = not wal
            found = check(connection)
        except sqlite3.DatabaseError as error:
            if is_busy(error):
                return ""
            return str(error)
    return found[0] if found else ""


def repair_cache(path: Path) -> str:
    """Move a damaged cache aside and begin a new one; says where the old one is.

    Raises:
        StorageProblem: it cannot be moved or begun.
    """
    if path.stat().st_size > SMALL:
        private_file(suspect_file(path))  # has the large file looked at page by page as well
    opened = open_cache(path)
    opened.connection.close()
    return opened.notice or "The cache was whole after all; nothing was changed."


def journal_findings(path: Path) -> list[Finding]:
    """Whether the journal is whole, its chain unbroken, and which writes are open."""
    if not path.exists() and not path.is_symlink() and not expected_file(path).exists():
        return [ok("journal", "There is no journal yet; the first session begins it.")]
    try:
        connection = open_journal(path)
    except NewerSchema as problem:
        return [fail("journal", worded(problem.title, problem.detail), problem.hint), _no_writes_known()]
    except Damaged as problem:
        text = worded(problem.title, problem.detail)
        return [fail("journal", f"{text} Writes are off.", RENEW), _no_writes_known()]
    except StorageProblem as problem:
        return [fail("journal", worded(problem.title, problem.detail), problem.hint), _no_writes_known()]
    with closing(connection):
        return _inside(connection)


def _no_writes_known() -> Finding:
    return skipped("open_writes", "Without a journal it is not known which writes are open.")


def _inside(connection: Store) -> list[Finding]:
    journal = Journal(connection, this_process(), read_only=True)
    try:
        broken = check(connection)
        faults = journal.verify()
        open_writes = journal.open_writes()
    except StorageProblem as problem:
        return [fail("journal", worded(problem.title, problem.detail), RENEW), _no_writes_known()]
    if broken:
        found = fail("journal", f"The journal is damaged: {safe(broken[0], 200)}. Writes are off.", RENEW)
    elif faults:
        found = fail(
            "journal", f"The journal's chain is broken: {safe(faults[0].sentence, 200)}",
            "Keep a copy for whoever investigates; `repoint journal --verify` names everything",
        )  # fmt: skip
    elif connection.read_only:
        found = warn("journal", "The journal is whole and cannot be written: nothing may be sent.",
                     f"Make {safe(connection.file.parent)} writable")  # fmt: skip
    else:
        found = ok("journal", "The journal is whole and its chain unbroken.")
    return [found, _open_writes(open_writes)]


def _open_writes(writes: list[Write]) -> Finding:
    if not writes:
        return ok("open_writes", "Every write that left is settled.")
    slugs = ", ".join(safe(w.slug, 40) for w in writes[:5])
    busy = sum(is_alive(w.holder) for w in writes)
    by = f" ({busy} in the hands of a running console)" if busy else ""
    return warn("open_writes", f"{counted(len(writes), 'write')} not settled{by}: {slugs}.",
                "`repoint reconcile` settles them by reading")  # fmt: skip


def lost(findings: list[Finding]) -> bool:
    """Whether the journal among the findings is one that `--renew-journal` is for."""
    return any(f.name == "journal" and f.grade is Grade.FAIL and f.remedy == RENEW for f in findings)
