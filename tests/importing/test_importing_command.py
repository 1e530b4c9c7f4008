"""`repoint import` as a process: documents, exit codes, the words that confirm, and kill -9 in the middle."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.commandline import repoint

from console.domain.outcomes import WriteState
from console.practice.faults import Kind
from console.practice.scenarios import SHEET
from tests.support.clock import ManualClock
from tests.support.desk import at
from tests.support.importing import counted, each_once, many, resumed, sheet

BULK = "bulk-import$"
KEYS = ("run", "state", "rows", "valid", "created", "updated", "unchanged", "skipped", "stale", "failed",
        "unknown", "rejected", "writes_needed", "writes_spent", "rejects_file")  # fmt: skip


@pytest.fixture
def signed_in(monkeypatch):
    def enter(practice, token: str = "") -> None:
        monkeypatch.setenv("REPOINT_BASE_URL", practice.base_url)
        monkeypatch.setenv("REPOINT_HANDLE", practice.handle)
        monkeypatch.setenv("REPOINT_TOKEN", token or practice.token)

    return enter


def adds_up(document: dict) -> bool:
    names = ("created", "updated", "unchanged", "skipped", "stale", "failed", "unknown", "pending")
    return document["rows"] == sum(document[name] for name in names) + document["rejected_rows"]


def test_a_sheet_with_bad_rows_from_dry_run_to_mended_rows(serve, signed_in, tmp_path) -> None:
    practice = serve("bad-rows")
    signed_in(practice)
    mend = tmp_path / "mend.csv"
    dry = repoint("import", "-", "--dry-run", "--json", text=SHEET)
    document = json.loads(dry.stdout)
    assert (dry.returncode, document["state"]) == (9, "dry-run")
    assert set(KEYS) <= set(document)
    assert [r["line"] for r in document["rejected"]] == [3, 4, 5, 6, 7, 8, 11]
    assert [r["row"] for r in document["rejected"]] == [2, 3, 4, 5, 6, 7, 10]
    assert practice.platform.events == []

    for words in ([], ["--confirm", "import 5"]):
        refused = repoint("import", "-", "--json", *words, text=SHEET)
        assert (refused.returncode, refused.stdout) == (3, "")
        assert "import 4" in json.loads(refused.stderr.splitlines()[-1])["error"]["hint"]
    assert practice.platform.events == []

    done = repoint("import", "-", "--json", "--confirm", "import 4", "--rejects", str(mend), text=SHEET)
    document = json.loads(done.stdout)
    assert (done.returncode, document["state"], document["created"], document["failed"]) == (4, "done", 3, 1)
    assert adds_up(document)
    assert document["failed_rows"][0]["line"] == 9
    rows = list(csv.DictReader(mend.read_text().splitlines()))
    assert [row["line"] for row in rows] == ["3", "4", "5", "6", "7", "8", "9", "11"]
    each_once(practice, ["docs-new", "guide-five", "guide-seven"])

    good = "\n".join(
        [",".join(rows[0]), *(f"mended-{n},https://docs.example/{n},x,1,a,b" for n in range(len(rows)))]
    )
    mend.write_text(good + "\n")
    again = repoint("import", str(mend), "--json", "--confirm", "import 8")
    assert (again.returncode, json.loads(again.stdout)["created"]) == (0, 8)
    third = repoint("import", str(mend), "--json")
    assert (third.returncode, json.loads(third.stdout)["unchanged"]) == (0, 8)


@pytest.mark.parametrize(
    ("content", "words", "code", "title"),
    [
        ("slug,title\ndocs,a\nguide\n", [], 9, "Line 3:"),
        ("slug,title\ndocs,a\n", ["--mapping", "x=slug"], 2, "The file has no column"),
    ],
)
def test_files_that_cannot_be_taken(practice, signed_in, content, words, code, title) -> None:  # noqa: PLR0917
    signed_in(practice)
    done = repoint("import", "-", "--json", "--dry-run", *words, text=content)
    assert done.returncode == code
    assert json.loads(done.stderr.splitlines()[-1])["error"]["title"].startswith(title)


def test_what_is_no_file_is_refused_and_a_pipe_is_read(practice, signed_in, tmp_path) -> None:
    signed_in(practice)
    for name in (str(tmp_path), "/dev/zero", str(tmp_path / "missing")):
        assert repoint("import", name, "--dry-run").returncode == 9
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", f"printf 'slug,url\\nnew-link,https://a.example/\\n' > '{pipe}'"]):
        done = repoint("import", str(pipe), "--dry-run", "--json")
    assert json.loads(done.stdout)["guessed"] == ["url"]
    assert not list((tmp_path / "home" / "repoint" / "imports").glob("rows-*"))


def child(path: Path, rows: int) -> subprocess.Popen[bytes]:
    words = ["import", str(path), "--json", "--chunk", "5", "--confirm", f"import {rows}"]
    return subprocess.Popen(
        [sys.executable, "-m", "console", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def kill_one(practice, path: Path, rows: int, **when: Any) -> None:
    """Start an import and kill it when a request of it arrives, or just after it was answered."""
    started: list[subprocess.Popen[bytes]] = []
    practice.platform.faults.rival(
        lambda: os.kill(started[0].pid, signal.SIGKILL), path=BULK, method="POST", **when
    )
    started.append(child(path, rows))
    assert started[0].wait(60) == -signal.SIGKILL
    practice.platform.faults.clear()


def test_a_killed_import_goes_on_with_nothing_lost_and_nothing_twice(practice, signed_in, tmp_path) -> None:
    signed_in(practice)
    rows = many(22)
    path = sheet(tmp_path, rows)
    kill_one(practice, path, len(rows), after=True)
    kill_one(practice, path, len(rows), after=True, skip=1)
    done = repoint("import", str(path), "--json", "--chunk", "5", "--confirm", f"import {len(rows)}")
    document = json.loads(done.stdout)
    assert (done.returncode, document["state"], document["created"]) == (0, "done", 22), done.stderr
    assert adds_up(document)
    each_once(practice, [row[0] for row in rows])
    assert not list((tmp_path / "home" / "repoint" / "imports").glob("*.db"))


async def test_what_a_killed_import_had_sent_is_waited_for_before_it_is_sent_again(
    practice, signed_in, tmp_path
) -> None:
    signed_in(practice)
    path = sheet(tmp_path, many(12))
    kill_one(practice, path, 12, skip=1)
    async with at(practice, ManualClock()) as session:
        (write,) = session.store.journal.open_writes()
        assert write.state is WriteState.SENT
        report = await resumed(session, path, rows=5)
    assert counted(report.counts) == {"created": 12}
    each_once(practice, [row[0] for row in many(12)])


def test_what_is_left_of_the_day_decides_the_exit_code(practice, signed_in, tmp_path) -> None:
    signed_in(practice)
    practice.platform.set_plan("PRO")
    practice.platform.set_used(7)
    path = sheet(tmp_path, many(10))
    words = ("import", str(path), "--json", "--chunk", "5", "--confirm", "import 10")
    stopped = repoint(*words, "--rejects", str(tmp_path / "mend.csv"))
    document = json.loads(stopped.stdout)
    assert (stopped.returncode, document["state"], document["created"]) == (7, "stopped", 5)
    assert adds_up(document)
    practice.platform.faults.add(Kind.DAY_SPENT, path=BULK)
    practice.platform.set_used(0)
    assert repoint(*words).returncode == 7
    done = repoint(*words)
    assert (done.returncode, json.loads(done.stdout)["created"]) == (0, 10)
