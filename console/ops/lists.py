"""What helps to list and mark links: hosts, words to complete a filter with, saved views, files of slugs."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from cache.database import open_reader
from cache.links import Inventory, Sort
from cache.words import Words
from console.domain.errors import InputRejected
from console.domain.links import JSON
from console.domain.query import Query, parse
from console.ops.session import Session

T = TypeVar("T")

MOST_WORDS: Final = 2000
"""Hosts, and tags, that a filter can be completed with: those of the most links."""
MOST_IN_FILE: Final = 100_000
"""Slugs that one file may mark."""
_MOST_BYTES: Final = 16 << 20
_LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class HostGroup:
    """The links of one filter that lead to one host."""

    host: str
    links: int
    down: int
    slow: int


@dataclass(frozen=True, slots=True)
class View:
    """A list with a name: filter and order."""

    name: str
    filter: str
    sort: Sort = Sort.HEALTH
    descending: bool = False


async def _beside(session: Session, work: Callable[[sqlite3.Connection], T]) -> T:
    """Read the cache in a thread of its own: what takes long at a million links holds up no deadline."""

    def read() -> T:
        connection = open_reader(session.store.cache_path)
        try:
            return work(connection)
        finally:
            connection.close()

    return await asyncio.to_thread(read)


async def hosts(session: Session, query: Query, marked: frozenset[str]) -> list[HostGroup]:
    """The hosts of a filter's links, worst first."""
    now = session.clock.now().wall.timestamp()
    found = await _beside(session, lambda db: Inventory(db).hosts(query, now, marked))
    return [HostGroup(*each) for each in found]


async def words(session: Session) -> dict[str, tuple[str, ...]]:
    """What `host:`, `tag:` and `category:` can be completed with, the most used first."""

    def read(db: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
        found = Words(db)
        return {
            "host": tuple(found.hosts(MOST_WORDS)),
            "tag": tuple(found.tags(MOST_WORDS)),
            "category": tuple(found.categories(MOST_WORDS)),
        }

    return await _beside(session, read)


async def known(session: Session, slugs: Iterable[str]) -> tuple[list[str], list[str]]:
    """Slugs parted into those that the cache has, and those it has not; order kept, each once."""
    wanted = list(dict.fromkeys(slugs))
    there = await _beside(session, lambda db: {s for s in wanted if Inventory(db).find(s) is not None})
    return [s for s in wanted if s in there], [s for s in wanted if s not in there]


def slugs_in(path: Path) -> list[str]:
    """The slugs of a file: the first word of each line, up to a comma; blank lines and `#` are left out.

    A heading `slug` is left out as well, so that the first column of an export can be used as it is.

    Raises:
        InputRejected: it is no regular file, too large, not UTF-8, or cannot be read.
    """
    try:
        descriptor = os.open(path.expanduser(), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no such place"
        raise InputRejected(f"The file cannot be read: {why}", detail="No mark was changed.") from error
    try:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode) or info.st_size > _MOST_BYTES:
            raise InputRejected("That is not a file of slugs", detail="No mark was changed.")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            raw = file.read(_MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputRejected("The file is not UTF-8 text", detail="No mark was changed.") from error
    found = [line.split(",", 1)[0].strip().strip('"') for line in lines]
    slugs = [slug for slug in found if slug and not slug.startswith("#")]
    if slugs[:1] == ["slug"]:
        slugs = slugs[1:]
    if len(slugs) > MOST_IN_FILE:
        raise InputRejected(
            f"The file names {len(slugs):,} slugs; {MOST_IN_FILE:,} can be marked at once",
            detail="No mark was changed.",
        )
    return slugs


def _key(session: Session) -> str:
    return f"views:{session.target.key}"


async def views(session: Session) -> list[View]:
    """The saved views of this target, by name, without those that cannot be read."""
    found = session.store.marks.recall(_key(session))
    if not isinstance(found, Mapping):
        return []
    return [view for name, body in sorted(found.items()) if (view := _view(name, body)) is not None]


def _view(name: str, body: JSON) -> View | None:
    if not isinstance(body, Mapping):
        return None
    try:
        sort = Sort(str(body.get("sort", Sort.HEALTH.value)))
        text = str(body.get("filter", ""))
        parse(text)
    except (ValueError, InputRejected):
        return None
    return View(name, text, sort, body.get("descending") is True)


async def save_view(session: Session, view: View) -> None:
    """Save a list under a name; an earlier view of that name is replaced.

    Raises:
        InputRejected: the name is empty, too long or holds what a terminal would obey.
    """
    if not view.name.strip() or len(view.name) > _LONGEST_NAME or not view.name.isprintable():
        raise InputRejected(f"A view's name has 1 to {_LONGEST_NAME} letters", detail="Nothing was saved.")
    found = session.store.marks.recall(_key(session))
    kept: dict[str, JSON] = dict(found) if isinstance(found, Mapping) else {}
    kept[view.name.strip()] = {
        "filter": view.filter,
        "sort": view.sort.value,
        "descending": view.descending,
    }
    session.store.marks.remember(_key(session), kept)


async def forget_view(session: Session, name: str) -> None:
    """Take a saved view away."""
    found = session.store.marks.recall(_key(session))
    if isinstance(found, Mapping):
        session.store.marks.remember(_key(session), {n: body for n, body in found.items() if n != name})
