"""What a SIGKILL at each system call of a child would leave, laid out in a home of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from cache.process import Holder, this_process
from console.practice.server import PracticeServer

ROOT = Path(__file__).parents[2]


@contextmanager
def calls_of(server: PracticeServer, *words: str, home: Path) -> Iterator[Iterator[str]]:
    """The calls of a child that does `words` in that home, each while it waits to make it."""
    command = [sys.executable, "-m", "tests.support.sweep_child"]
    with subprocess.Popen(
        [*command, server.base_url, server.handle, server.token, *words],
        cwd=ROOT,
        env={**os.environ, "REPOINT_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        out, inp = child.stdout, child.stdin

        def each() -> Iterator[str]:
            for line in out:
                yield line.strip()
                inp.write("\n")

        yield each()
        inp.close()


@contextmanager
def all_others_dead() -> Iterator[None]:
    """Inside, whoever held something is gone: it was killed."""

    def lives(holder: Holder) -> bool:
        return holder == this_process()

    with ExitStack() as stack:
        for place in ("console.ops.recovery", "console.ops.record", "cache.journal", "cache.writes"):
            stack.enter_context(mock.patch(f"{place}.is_alive", lives))
        yield


@contextmanager
def unchanged(server: PracticeServer) -> Iterator[None]:
    """Whatever is written to the platform inside is taken back."""
    platform: Any = server.platform
    store = platform.store
    with store.lock:
        kept = store._db.serialize(), list(store.events), dict(platform.keys._known), platform.meter.used
    yield
    with store.lock:
        store._db.deserialize(kept[0])
        store.events[:] = kept[1]
        platform.keys._known = kept[2]
        platform.meter.used = kept[3]


@dataclass
class Sweep:
    """One home, looked at again and again while something works in it.

    Attributes:
        copy: where it is laid out as the next start would find it.
        made: how often each call was met.
        starts: how many different states, of all that decides, a next start would have found.
    """

    home: Path
    server: PracticeServer
    copy: Path
    made: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    _bytes: set[bytes] = field(default_factory=set)
    _states: set[bytes] = field(default_factory=set)

    def met(self, call: str) -> bool:
        """Whether the next start would find what none before would have; it stands in `copy` then.

        Raises:
            AssertionError: a database of it is damaged, or holds half of a transaction.
        """
        self.made[call] += 1
        files = sorted(path for path in self.home.rglob("*") if path.is_file())
        data = {path: path.read_bytes() for path in files if not path.name.endswith("-shm")}
        if _new(self._bytes, *(f"{path}".encode() + held for path, held in data.items()), self._told()):
            self._lay_out()
            state = [_opened(path) for path in sorted(self.copy.rglob("*.db"))]
            if _new(self._states, *state, self._told()):
                self._lay_out()
                self.starts += 1
                return True
        return False

    def _told(self) -> bytes:
        return str(len(self.server.platform.events)).encode()

    def _lay_out(self) -> None:
        """Without the shared memory (-shm): whoever opens first makes it anew from the log beside it."""
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.home, self.copy, ignore=shutil.ignore_patterns("*-shm"))


def _new(seen: set[bytes], *parts: bytes) -> bool:
    mark = hashlib.sha256(b"".join(parts)).digest()
    new = mark not in seen
    seen.add(mark)
    return new


def _opened(path: Path) -> bytes:
    """What a database says once SQLite has taken back what was not committed. Of the cache: nothing."""
    db = sqlite3.connect(path)
    try:
        assert db.execute("PRAGMA quick_check").fetchall() == [("ok",)], path
        return b"" if "cache" in path.parts[-4:] else "".join(db.iterdump()).encode()
    finally:
        db.close()
