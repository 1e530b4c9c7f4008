"""The scoreboard of drills: one line a drill, in a file of its own; nothing of a drill is in the journal."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from cache.paths import private_dir
from console.domain.errors import StorageProblem
from console.domain.text import safe

NAME: Final = "drills.ndjson"
KEYS: Final = (
    "drill",
    "at",
    "score",
    "seconds",
    "wrong_moves",
    "writes",
    "refusals",
    "heeded",
    "seed",
    "links",
)
_LARGEST: Final = 16 * 1024 * 1024


def add(folder: Path, score: dict[str, Any]) -> None:
    """Keep a score; on the disk when this returns.

    Raises:
        StorageProblem: it cannot be kept.
    """
    private_dir(folder)
    line = json.dumps({name: score.get(name) for name in KEYS}) + "\n"
    path = folder / NAME
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
        with os.fdopen(descriptor, "a", encoding="ascii") as stream:
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise StorageProblem(f"{safe(path)} cannot be written: {error.strerror}") from error


def scores(folder: Path) -> list[dict[str, Any]]:
    """The scores, oldest first; lines that cannot be read are passed over.

    Raises:
        StorageProblem: the file is there and cannot be read.
    """
    path = folder / NAME
    try:
        with path.open("rb") as stream:
            raw = stream.read(_LARGEST)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageProblem(f"{safe(path)} cannot be read: {error.strerror}") from error
    return [row for line in raw.splitlines() if (row := _row(line)) is not None]


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("drill"), str):
        return None
    if type(found.get("score")) is not int or not isinstance(found.get("at"), str):
        return None
    return {name: found.get(name) for name in KEYS}
