"""Damaged files are moved aside with all their bytes, never deleted and never repaired in place."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cache.paths import existing_private_file
from console.domain.errors import StorageProblem

_PARTS: Final = ("-wal", "-shm", "-journal", "")
# The file itself goes last: a new one beside an old -wal would be given the old pages.


def move_aside(path: Path) -> Path:
    """Rename a database file and what belongs to it to `<name>.damaged-<time>`; 0600.

    Returns:
        Where the file is now.

    Raises:
        StorageProblem: it cannot be moved; then it is where it was.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    kept = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    try:
        for side in _PARTS:
            part = path.with_name(path.name + side)
            if part.exists():
                existing_private_file(part)
                part.rename(kept.with_name(kept.name + side))
        sync_folder(path.parent)
    except OSError as error:
        raise StorageProblem(
            f"{path} is damaged and cannot be moved aside",
            detail=f"{error.strerror}. Nothing was changed.",
            hint="Move it away by hand.",
        ) from error
    return kept


def put_in_place(draft: Path, path: Path) -> None:
    """Rename a finished file to its name, durably: the file is synced before, the folder after."""
    descriptor = os.open(draft, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
