"""The doctor on the files: five kinds of damage found, none made worse, only the cache repaired."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from doctor_support import WIDE, by_name, bytes_of, environ, examined

from cache.database import expected_file, open_journal
from cache.journal import Journal
from cache.process import this_process
from console.domain.errors import Refused, RepointError, Unreachable
from console.domain.sightings import Seen
from console.ops.clock import SystemClock
from console.ops.connect import connect
from console.ops.doctor.files import RENEW, permission_findings
from console.ops.doctor.terminal import Terminal, terminal_findings
from console.ops.doctor.values import Grade
from console.ops.profiles.places import places
from console.ops.profiles.profile import load_profile
from console.ops.review import read_live, see
from console.ops.sync import sync
from console.practice.server import PracticeServer

SLUG = "spring-launch"


async def lived_in(server: PracticeServer) -> tuple[dict[str, str], Path, Path]:
    """A home in which a console has worked: its environment, cache and journal."""
    env = environ(server)
    profile = load_profile(environ=env)
    session = await connect(profile, tokens=Token(server))
    await sync(session)
    see(session, await read_live(session, SLUG), Seen.HISTORY)
    session.store.journal.append("note", {"text": "x"}, SystemClock().now())
    await session.close()
    where = places(env)
    return env, where.cache_path(profile.target().key), where.journal_path()


class Token:
    def __init__(self, server: PracticeServer) -> None:
        from console.domain.target import Secret

        self._secret = Secret(server.token)

    async def get(self) -> object:
        return self._secret


def zero_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(100))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip_page(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for start in range(4096, len(data), 4096):
        for offset in range(12):
            data[start + offset] ^= 0xFF
    path.write_bytes(data)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9999")


Damage = Callable[[Path], None]


@pytest.mark.parametrize("damage", [zero_header, cut, flip_page, newer], ids=lambda d: d.__name__)
async def test_a_damaged_cache_is_found_and_left_alone(practice: PracticeServer, damage: Damage) -> None:
    env, cache, _ = await lived_in(practice)
    damage(cache)
    was = bytes_of(cache.parent)
    found = by_name(await examined(env, offline=True))
    assert found["cache"].grade is Grade.FAIL
    assert found["journal"].grade is Grade.OK
    assert bytes_of(cache.parent) == was


@pytest.mark.parametrize("damage", [zero_header, cut, flip_page], ids=lambda d: d.__name__)
async def test_repair_keeps_the_bytes_and_begins_a_new_cache(
    practice: PracticeServer, damage: Damage
) -> None:
    env, cache, journal = await lived_in(practice)
    damage(cache)
    was, record = cache.read_bytes(), journal.read_bytes()
    examination = await examined(env, offline=True, repair=True)
    assert by_name(examination)["cache"].grade is Grade.OK
    [kept] = cache.parent.glob("*.damaged-*")
    assert kept.read_bytes() == was
    assert kept.name in examination.repaired[0]
    assert journal.read_bytes() == record


async def test_repair_leaves_a_cache_of_a_newer_program(practice: PracticeServer) -> None:
    env, cache, _ = await lived_in(practice)
    newer(cache)
    was = cache.read_bytes()
    found = by_name(await examined(env, offline=True, repair=True))
    assert "newer repoint" in found["cache"].sentence
    assert "cache clear" in found["cache"].remedy
    assert cache.read_bytes() == was


@pytest.mark.parametrize(
    "damage", [zero_header, cut, flip_page, empty, newer, Path.unlink], ids=lambda d: d.__name__
)
async def test_a_damaged_journal_is_found_and_never_replaced(
    practice: PracticeServer, damage: Damage
) -> None:
    env, _, journal = await lived_in(practice)
    damage(journal)
    was = journal.read_bytes() if journal.exists() else None
    found = by_name(await examined(env, offline=True, repair=True))
    assert found["journal"].grade is Grade.FAIL
    assert found["open_writes"].grade is Grade.SKIPPED
    assert (journal.read_bytes() if journal.exists() else None) == was
    assert (found["journal"].remedy == RENEW) is (damage is not newer)


async def test_an_edited_entry_breaks_the_chain(practice: PracticeServer) -> None:
    env, _, journal = await lived_in(practice)
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute("UPDATE entries SET body = replace(body, '\"x\"', '\"y\"')")
    found = by_name(await examined(env, offline=True))
    assert found["journal"].grade is Grade.FAIL
    assert "journal --verify" in found["journal"].remedy


async def test_a_new_journal_begins_only_after_reading_what_was_seen(practice: PracticeServer) -> None:
    env, _, journal = await lived_in(practice)
    zero_header(journal)
    was = journal.read_bytes()
    practice.platform.edit(SLUG, by="kim", title="moved meanwhile")
    examination = await examined(env)
    await examination.renew_journal()
    assert by_name(examination)["journal"].grade is Grade.OK
    [kept] = journal.parent.glob("journal.db.damaged-*")
    assert kept.read_bytes() == was
    assert "1 link read before" in examination.repaired[0]
    assert examination.repaired[1] == f"{SLUG}: you last saw v9; v10 is live (update by kim)."
    with closing(open_journal(journal)) as connection:
        [entry] = Journal(connection, this_process()).entries()
    assert entry.kind == "journal_renewed"
    assert entry.fields["links_read"] == 1


async def test_a_link_that_cannot_be_read_keeps_the_journal_lost(practice: PracticeServer) -> None:
    env, _, journal = await lived_in(practice)
    journal.unlink()
    practice.platform.faults.add("answer", path=f"{SLUG}/history$", status=503, times=None)
    examination = await examined({**env, "REPOINT_TIMEOUT": "1"})
    examination.clock = Quick()
    with pytest.raises(RepointError):
        await examination.renew_journal()
    assert not journal.exists()
    assert expected_file(journal).exists()


class Quick(SystemClock):
    async def sleep(self, seconds: float) -> None:
        """Nobody waits in a test."""


async def test_a_whole_journal_and_an_offline_doctor_renew_nothing(practice: PracticeServer) -> None:
    env, _, journal = await lived_in(practice)
    with pytest.raises(Refused):
        await (await examined(env)).renew_journal()
    journal.unlink()
    with pytest.raises(Unreachable):
        await (await examined(env, offline=True)).renew_journal()
    assert not journal.exists()


async def test_a_cache_that_cannot_say_is_told(practice: PracticeServer) -> None:
    env, cache, journal = await lived_in(practice)
    cache.unlink()
    journal.unlink()
    examination = await examined(env)
    await examination.renew_journal()
    assert any("could not say" in sentence for sentence in examination.repaired)


async def test_an_open_write_is_told(practice: PracticeServer) -> None:
    from console.ops.checks import all_checks
    from console.ops.rollback import Request, confirm, perform, prepare

    env, _, _ = await lived_in(practice)
    practice.platform.faults.add("before_close", method="POST", path="rollback", times=None)
    session = await connect(load_profile(environ=env), tokens=Token(practice), clock=Quick())
    plan = await prepare(session, Request(SLUG, 8, "down"))
    await perform(session, plan, confirm(plan, plan.phrase, plan.made_at), await all_checks(session, plan))
    await session.close()
    found = by_name(await examined(env, offline=True))
    assert found["open_writes"].grade is Grade.WARN
    assert SLUG in found["open_writes"].sentence
    assert "reconcile" in found["open_writes"].remedy


def test_rights_that_are_too_wide_are_told_and_not_changed(home: Path) -> None:
    where = places(environ(None))
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    where.journal_path().touch(mode=0o644)
    where.journal_path().chmod(0o644)
    [found] = permission_findings(where)
    assert found.grade is Grade.WARN
    assert f"chmod 700 {home}" in found.remedy
    assert f"chmod 600 {where.journal_path()}" in found.remedy
    assert home.stat().st_mode & 0o777 == 0o755
    home.chmod(0o700)
    where.journal_path().chmod(0o600)
    assert permission_findings(where)[0].grade is Grade.OK


def test_a_link_or_an_open_folder_above_fails(home: Path) -> None:
    real = home.parent / "real"
    real.mkdir(mode=0o700)
    home.symlink_to(real)
    [found] = permission_findings(places(environ(None)))
    assert found.grade is Grade.FAIL
    assert "symbolic link" in found.sentence
    home.unlink()
    home.mkdir(mode=0o700)
    home.parent.chmod(0o777)
    [found] = permission_findings(places(environ(None)))
    assert f"chmod go-w {home.parent}" in found.remedy


@pytest.mark.parametrize(
    ("terminal", "env", "warned"),
    [
        (WIDE, {"TERM": "xterm-256color"}, set()),
        (Terminal(True, 79, 24, "utf-8"), {"TERM": "tmux-256color", "TMUX": "x"}, {"terminal_size"}),
        (Terminal(True, 80, 24, "ascii"), {"TERM": "linux"}, {"colours", "characters"}),
        (Terminal(True, 80, 24, "utf-8"), {"TERM": "dumb"}, {"colours"}),
        (Terminal(True, 80, 24, "utf-8"), {"TERM": "linux", "NO_COLOR": "1"}, set()),
        (Terminal(False, 0, 0, "utf-8"), {}, {"terminal"}),
    ],
)
def test_terminals(terminal: Terminal, env: dict[str, str], warned: set[str]) -> None:
    found = terminal_findings(terminal, env)
    assert {f.name for f in found if f.grade is Grade.WARN} == warned
    assert Grade.FAIL not in {f.grade for f in found}
    assert all(f.remedy for f in found if f.grade is Grade.WARN)
