"""Folders 0700 and files 0600, whatever the umask; nothing of another user, nothing through a link."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from console.domain.errors import StorageProblem


def private_dir(path: Path) -> Path:
    """Make `path` and the folders above it that are missing, 0700, and tighten it where it is looser.

    Raises:
        StorageProblem: a symbolic link, no folder, another user's, or the folder above it can be written by
            others. The message names the path.
    """
    try:
        _make(path)
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            raise _refused(path, "is a symbolic link", "Name the real folder.")
        if not stat.S_ISDIR(found.st_mode):
            raise _refused(path, "is not a folder", "Move it away, or set REPOINT_HOME to a folder.")
        _own(path, found)
        _closed_parent(path.parent)
        if found.st_mode & 0o077:
            _tighten(path, 0o700)
    except OSError as error:
        raise _refused(
            path, f"cannot be used: {error.strerror}", "Set REPOINT_HOME to a folder of yours."
        ) from error
    return path


def _make(path: Path) -> None:
    for folder in (*reversed(path.parents), path):
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        except OSError:
            # A root that is read-only or not ours refuses mkdir even for folders that exist.
            if not folder.is_dir():
                raise
        else:
            folder.chmod(0o700)


def _closed_parent(parent: Path) -> None:
    found = parent.stat()
    open_to_others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if open_to_others and not found.st_mode & stat.S_ISVTX:
        raise _refused(parent, "can be written by others", f"Close it: chmod go-w {parent}")


def _own(path: Path, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        raise _refused(path, "belongs to another user", "Set REPOINT_HOME to a folder of yours.")


def _tighten(path: Path, wanted: int) -> None:
    """Take rights away; on a read-only file system the rights stay, and reading goes on."""
    try:
        path.chmod(wanted)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise


def private_file(path: Path) -> Path:
    """Make `path` 0600 if it is missing, and tighten it where it is looser.

    An existing file is never opened here: closing it would drop the locks that SQLite holds on it in
    this process (POSIX locks go with the first close).

    Raises:
        StorageProblem: a symbolic link, no regular file, another user's, or it cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return existing_private_file(path)
    except OSError as error:
        raise _refused(path, f"cannot be made: {error.strerror}", "Check the folder and the disk.") from error
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
    return path


def existing_private_file(path: Path) -> Path:
    """Check and tighten a file that exists; see `private_file`."""
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            raise _refused(path, "is a symbolic link", "Remove it: it may lead anywhere.")
        if not stat.S_ISREG(found.st_mode):
            raise _refused(path, "is not a file", "Move it away.")
        _own(path, found)
        if found.st_mode & 0o077:
            _tighten(path, 0o600)
    except OSError as error:
        raise _refused(path, f"cannot be used: {error.strerror}", "Check the folder and the disk.") from error
    return path


def _refused(path: Path, why: str, hint: str) -> StorageProblem:
    return StorageProblem(f"{path} {why}", detail="Nothing was written there.", hint=hint)
