"""The core's own thread: whatever it opened is closed, also when nobody waited for it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from console.domain.errors import StorageProblem
from console.ops.engine import Engine
from console.ops.session import Session
from console.ops.store import Store


class Opened:
    """Stands where a session does; knows whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    async def close(self) -> None:
        self.closed = True


def test_a_session_that_comes_about_while_the_engine_ends_is_closed() -> None:
    opened, begun, may_open = Opened(), threading.Event(), threading.Event()

    async def slowly() -> Session:
        begun.set()
        may_open.wait(30)
        return opened  # type: ignore[return-value]  # the engine only closes it

    engine = Engine(slowly)
    engine.start()
    assert begun.wait(30)  # ended before that, there would be no session at all
    ender = threading.Thread(target=engine.stop)
    ender.start()
    may_open.set()
    ender.join(30)
    assert not ender.is_alive()
    assert opened.closed


def test_what_goes_on_is_ended_before_its_files_are_closed() -> None:
    opened, order, begun = Opened(), [], threading.Event()

    async def at_once() -> Session:
        return opened  # type: ignore[return-value]  # the engine only closes it

    async def sending(_: Session) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            order.append("noted, while the files are open" if not opened.closed else "too late")

    engine = Engine(at_once)
    engine.start().result(30)
    sent = engine.submit(sending)
    assert begun.wait(30)
    engine.stop()
    assert order == ["noted, while the files are open"]
    assert opened.closed
    assert sent.cancelled()


def test_a_cache_is_closed_where_its_journal_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[sqlite3.Connection] = []
    import console.ops.store as room

    def keeping(path: Path) -> object:
        opened = room_open(path)
        made.append(opened.connection)
        return opened

    room_open = room.open_cache
    monkeypatch.setattr(room, "open_cache", keeping)
    (tmp_path / "journal.db").mkdir()
    with pytest.raises(StorageProblem):
        Store.open(tmp_path / "cache.db", tmp_path / "journal.db")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        made[0].execute("SELECT 1")
