"""Who holds what, and what several or dying processes do to the journal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cache.database import open_journal
from cache.process import Holder, is_alive, this_process

CHILD = Path(__file__).with_name("journal_child.py")


def run(command: str, path: Path, *numbers: int) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, str(CHILD), command, str(path), *map(str, numbers)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    return tmp_path / "place" / "journal.db"


def test_a_kill_at_any_step_loses_nothing_acknowledged(journal_path: Path) -> None:
    found = run("steps", journal_path, 1, 37, 1400)
    assert found["problems"] == []
    assert found["killed"] == len(range(1, 1400, 37))
    assert int(str(found["acknowledged"])) > 10


def test_a_kill_at_random_loses_nothing_acknowledged(journal_path: Path) -> None:
    found = run("random", journal_path, 6, int.from_bytes(os.urandom(3)))
    assert found["problems"] == []
    assert int(str(found["acknowledged"])) >= 12


def test_three_consoles_hammer_one_journal_and_lose_and_see_nothing(journal_path: Path) -> None:
    found = run("hammer", journal_path, 3, 30)
    results = found["results"]
    assert isinstance(results, list)
    assert [result["errors"] for result in results] == [[], [], []]
    assert found["applied"] == 90
    assert found["entries"] == 360
    assert found["whole"] == []


def test_a_commit_is_on_the_disk_when_it_returns(journal_path: Path) -> None:
    connection = open_journal(journal_path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (3,)  # EXTRA
    connection.close()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def holder_of(pid: int) -> Holder:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return replace(this_process(), pid=pid, started=fields[19])


def test_we_are_alive() -> None:
    assert is_alive(this_process())
    assert this_process().pid == os.getpid()
    assert this_process() == this_process()


def test_a_holder_lives_while_stopped_and_is_dead_as_a_zombie(sleeper: subprocess.Popen[bytes]) -> None:
    holder = holder_of(sleeper.pid)
    assert is_alive(holder)
    sleeper.send_signal(signal.SIGSTOP)
    assert is_alive(holder)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the process table
    assert Path(f"/proc/{sleeper.pid}").exists()
    assert not is_alive(holder)
    sleeper.wait()
    assert not is_alive(holder)


def test_a_process_that_was_given_the_same_id_is_another(sleeper: subprocess.Popen[bytes]) -> None:
    holder = holder_of(sleeper.pid)
    assert not is_alive(replace(holder, started=str(int(holder.started) - 1)))


def test_an_earlier_boot_is_dead_and_another_machine_cannot_be_told() -> None:
    us = this_process()
    assert not is_alive(replace(us, boot_id="an-earlier-boot"))
    assert is_alive(replace(us, boot_id="an-earlier-boot", host="another-machine", pid=1, started="1"))


def test_a_command_name_with_brackets_does_not_shift_the_fields(tmp_path: Path) -> None:
    script = tmp_path / "a) Z 1 (b"
    script.write_text(f"#!{sys.executable}\nprint(flush=True); input()\n")
    script.chmod(0o700)
    process = subprocess.Popen([str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        assert is_alive(holder_of(process.pid))
    finally:
        process.kill()
        process.communicate()
