"""A disk that fails under a rollback: before it leaves nothing is sent, after it nothing is hidden.

The journal fails from its n-th entry on; entry 1 is the intention, 2 that it is sent, 3 what became of it.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from cache import chain
from console.domain.errors import StorageProblem
from console.domain.outcomes import Outcome
from console.ops.browse import standing
from console.ops.recovery import reconcile
from console.practice.server import PracticeServer
from tests.support.console_driver import console
from tests.support.desk import at, confirmed, planned
from tests.support.inprocess import Here, here

__all__ = ["here"]
SLUG = "spring-launch"
FULL = (sqlite3.SQLITE_FULL, "The disk is full")
BROKEN = (sqlite3.SQLITE_IOERR_WRITE, "The disk reports an I/O error")


class Disk:
    """Holds the first `room` entries of the journal, and none after."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room: float = float("inf")
        self.code = sqlite3.SQLITE_FULL
        usual = chain.append

        def append(*args: Any) -> Any:
            self.room -= 1
            if self.room < 0:
                error = sqlite3.OperationalError("no more")
                error.sqlite_errorcode = self.code
                raise error
            return usual(*args)

        monkeypatch.setattr(chain, "append", append)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.mark.parametrize("room", [0, 1])
@pytest.mark.parametrize(("code", "title"), [FULL, BROKEN])
async def test_what_cannot_be_written_down_first_is_not_sent(
    practice: PracticeServer, disk: Disk, room: int, code: int, title: str
) -> None:
    async with at(practice) as session:
        plan = await planned(session)
        disk.room, disk.code = room, code
        with pytest.raises(StorageProblem) as raised:
            await confirmed(session, plan)
        assert raised.value.title.startswith(title)
        assert raised.value.detail.startswith("Nothing was sent.")
        disk.room = 99
        await reconcile(session)
        assert session.store.journal.open_writes() == []
        again = await confirmed(session, await planned(session))
        assert (again.outcome, again.unrecorded) == (Outcome.APPLIED, False)
    assert len(practice.platform.events) == 1


AFTER = {
    "": (Outcome.APPLIED, 1),
    "commit_then_rst": (Outcome.APPLIED, 1),
    "409": (Outcome.STALE, 0),
    "422": (Outcome.REJECTED, 0),
}


@pytest.mark.parametrize("met", AFTER)
async def test_what_became_of_it_is_told_and_settled_once_there_is_room(
    practice: PracticeServer, disk: Disk, met: str
) -> None:
    outcome, events = AFTER[met]
    kind, status = ("answer", int(met)) if met.isdecimal() else (met, 500)
    async with at(practice) as session:
        plan = await planned(session)
        if kind:
            practice.platform.faults.add(kind, method="POST", path="rollback", status=status)
        disk.room = 2
        result = await confirmed(session, plan)
        assert (result.outcome, result.unrecorded) == (outcome, True)
        assert "The disk is full: this machine could not write down what became of it" in result.message
        assert "repoint reconcile" in result.hint
        assert "The disk is full" in (await standing(session)).read_only
        (write,) = session.store.journal.open_writes()
        disk.room = 99
        settled = {found.write.key: found.outcome for found in await reconcile(session)}
        if outcome is Outcome.APPLIED:
            assert settled == {write.key: Outcome.APPLIED}
            assert session.store.journal.write(write.key).new_version == 10
        assert (await standing(session)).read_only == ""
        assert session.store.journal.verify() == []
    assert len(practice.platform.events) == events


def test_the_command_tells_what_happened_and_ends_with_unknown(
    here: Here, practice: PracticeServer, disk: Disk
) -> None:
    here.at(practice)
    here("history", SLUG)
    disk.room = 2
    words = ("rollback", SLUG, "--to", "v8", "--reason", "shop is down", "--confirm", f"{SLUG} v8", "--json")
    done = here(*words, code=5)
    told = json.loads(done.out)
    assert (told["outcome"], told["new_version"]) == ("APPLIED", 10)
    assert "could not write down" in told["message"]
    disk.room = 99
    assert "APPLIED" in here("reconcile").out
    assert here(*words, code=None).code == 0, "already there"
    assert len(practice.platform.events) == 1


def test_a_home_that_cannot_be_written_shows_and_sends_nothing(
    here: Here, practice: PracticeServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root every folder can be written: the databases themselves are opened for reading only."""
    here.at(practice)
    here("sync")
    here("history", SLUG)
    usual = sqlite3.connect

    def reading(path: Any, *args: Any, **more: Any) -> Any:
        connection = usual(path, *args, **more)
        if str(home) in str(path):
            connection.execute("PRAGMA query_only = ON")
        return connection

    monkeypatch.setattr(sqlite3, "connect", reading)
    done = here("rollback", SLUG, "--to", "v8", "--reason", "x", "--confirm", f"{SLUG} v8", code=None)
    assert done.code == 1
    assert "read-only" in done.err
    assert practice.platform.events == []


async def test_the_console_tells_it_and_is_read_only_until_it_is_settled(
    practice: PracticeServer, disk: Disk
) -> None:
    async with console(practice) as driver:
        await driver.synced()
        await driver.filter(f"slug:{SLUG}", 1)
        await driver.seen(SLUG)
        dialog = await driver.dialog()
        await driver.ready(dialog)
        disk.room = 2
        await driver.write(f"{SLUG} v8")
        await driver.keys("enter")
        await driver.until(lambda: dialog.draft.outcome is not None, "the result")
        await driver.until(
            lambda: "could not write down" in " ".join(driver.dialog_text.split()), "the warning"
        )
        await driver.keys("escape")
        await driver.until(lambda: driver.app.screen is not dialog, "the list")
        await driver.keys("u")
        await driver.until(lambda: "Read-only: The disk is full" in driver.notice, "why nothing is written")
        disk.room = 99
    assert len(practice.platform.events) == 1
