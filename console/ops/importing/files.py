"""The files that an import can be chosen from: one folder, as far as its name is typed."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.ops.session import Session

ENDINGS: Final = frozenset({".csv", ".tsv", ".txt", ".ndjson", ".jsonl", ".json"})
"""Files that are offered; any other can be typed."""
MOST: Final = 2000
"""Entries that are offered of one folder."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder or a file. Its name is untrusted. `size` in bytes, `modified` in unix seconds."""

    path: Path
    folder: bool
    size: int = 0
    modified: float = 0.0

    @property
    def name(self) -> str:
        """Its last part."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class Listing:
    """What begins with what was typed.

    Attributes:
        typed: what it answers.
        completed: as far as all entries agree; what was typed where they do not agree on more.
        trouble: why there is nothing; empty otherwise.
    """

    typed: str
    entries: tuple[Entry, ...]
    completed: str
    trouble: str = ""


async def listing(session: Session, typed: str) -> Listing:
    """The folders and files that begin with `typed`; `~` is the operator's home."""
    del session
    return await asyncio.to_thread(_listing, typed)


def chosen(typed: str) -> Path:
    """The path that was typed."""
    return Path(typed).expanduser()


def _listing(typed: str) -> Listing:
    head, _, start = typed.rpartition("/")
    folder = Path(f"{head}/" if "/" in typed else ".").expanduser()
    try:
        with os.scandir(folder) as found:
            entries = [entry for each in found if (entry := _entry(each, start)) is not None]
    except OSError as error:
        return Listing(typed, (), typed, error.strerror or "cannot be read")
    entries.sort(key=lambda entry: (not entry.folder, entry.name.casefold(), entry.name))
    names = [f"{entry.name}/" if entry.folder else entry.name for entry in entries]
    common = _shared(names)
    before = typed[: len(typed) - len(start)]
    completed = before + common if len(common) > len(start) else typed
    return Listing(typed, tuple(entries[:MOST]), completed)


def _shared(names: list[str]) -> str:
    """What all names begin with."""
    low, high = min(names, default=""), max(names, default="")
    return next((low[:at] for at, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), low)


def _entry(each: os.DirEntry[str], start: str) -> Entry | None:
    hidden = each.name.startswith(".") and not start.startswith(".")
    if hidden or not each.name.startswith(start):
        return None
    try:
        if each.is_dir():
            return Entry(Path(each.path), folder=True)
        if not each.is_file() or Path(each.name).suffix.lower() not in ENDINGS:
            return None
        found = each.stat()
    except OSError:
        return None  # it went away, or is a link to nowhere
    return Entry(Path(each.path), folder=False, size=found.st_size, modified=found.st_mtime)
