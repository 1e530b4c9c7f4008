"""Told to end in the middle of sending, and read by nobody: the state is saved, the next call goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.practice.server import PracticeServer
from tests.support.batch import make_links, ours
from tests.support.importing import each_once, many, sheet
from tests.support.inprocess import Here
from tests.support.practice import Serve
from tests.support.terminal import ROOT, Terminal
from tests.support.waiting import PATIENCE, until

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
COUNT = 6


def _as_at_a_terminal() -> None:
    # What the tests' own parent ignores (one in the background: SIGINT) is not the program's affair.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def interrupted(
    server: PracticeServer,
    when: dict[str, Any],
    number: signal.Signals,
    *words: str,
    then: str = "",
    arrived: Callable[[], object] | None = None,
) -> tuple[int, str, str]:
    """Run a command to which a signal comes while its request is at the platform; `then` is what follows.

    `arrived`: the signal comes only once this is so.
    """
    started: list[subprocess.Popen[str]] = []
    if arrived is None:
        server.platform.faults.rival(lambda: started[0].send_signal(number), **when)
    if then:
        server.platform.faults.add(then, **when)
    command = [sys.executable, "-m", "console", *words]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_as_at_a_terminal,  # noqa: PLW1509 - the child execs at once; no lock is needed in between
    ) as child:
        started.append(child)
        if arrived is not None:
            until(arrived)
            child.send_signal(number)
        out, err = child.communicate(timeout=PATIENCE)
    assert "Traceback" not in out + err
    return child.returncode, out, err


@pytest.mark.parametrize("number", SIGNALS, ids=lambda n: n.name)
def test_a_run_is_paused_and_goes_on(
    here: Here, serve: Serve, tmp_path: Path, number: signal.Signals
) -> None:
    server = serve("calm")
    here.at(server, REPOINT_CONCURRENCY="1")
    slugs, plan = make_links(server, COUNT), tmp_path / "plan.json"
    (tmp_path / "slugs").write_text("\n".join(slugs))
    here(*f"plan rollback --slugs {tmp_path}/slugs --previous --reason down -o {plan}".split())
    when = {"method": "POST", "path": "/rollback$", "skip": 2}
    words = ("run", str(plan), "--way", "rollback", "--confirm", f"rollback {COUNT}", "--json")
    code, out, err = interrupted(server, when, number, *words)
    assert code == 130, err
    done = json.loads(out)
    assert (done["state"], done["stop_reason"]) == ("paused", "interrupted")
    assert done["outcomes"]["UNKNOWN"] == 0
    assert 3 <= done["outcomes"]["APPLIED"] == len(ours(server)) < COUNT
    assert "Pausing" in err
    back = here("resume", done["run"], "--json").json
    assert back["outcomes"]["APPLIED"] == COUNT
    each_once(server, slugs)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda n: n.name)
def test_an_import_ends_after_its_request_and_goes_on(
    here: Here, practice: PracticeServer, tmp_path: Path, number: signal.Signals
) -> None:
    here.at(practice)
    rows = many(12)
    words = ("import", str(sheet(tmp_path, rows)), "--chunk", "4", "--confirm", "import 12", "--json")
    when = {"method": "POST", "path": "bulk-import$", "skip": 1}
    code, out, err = interrupted(practice, when, number, *words)
    assert code == 130, err
    done = json.loads(out)
    assert (done["state"], done["created"], done["pending"], done["unknown"]) == ("stopped", 8, 4, 0)
    assert here(*words).json["created"] == 12
    each_once(practice, [row[0] for row in rows])


@pytest.mark.parametrize("number", SIGNALS, ids=lambda n: n.name)
def test_a_rollback_whose_answer_was_not_awaited_is_settled_by_the_next_call(
    here: Here, practice: PracticeServer, number: signal.Signals
) -> None:
    here.at(practice)
    words = ["rollback", "spring-launch", "--to", "v8", "--seen", "v9", "--reason", "down"]
    words += ["--confirm", "spring-launch v8", "--json"]
    when = {"method": "POST", "path": "/rollback$"}
    code, _, err = interrupted(
        practice, when, number, *words, then="commit_then_hang", arrived=lambda: ours(practice)
    )
    assert code == 130, err
    settled = here("reconcile", "--json").json["settled"]
    assert [(one["slug"], one["outcome"]) for one in settled] == [("spring-launch", "APPLIED")]
    assert len(ours(practice)) == 1


@pytest.mark.parametrize("number", SIGNALS, ids=lambda n: n.name)
def test_what_only_reads_ends_in_order(here: Here, practice: PracticeServer, number: signal.Signals) -> None:
    here.at(practice)
    code, out, err = interrupted(practice, {"path": "/links"}, number, "sync", then="before_hang")
    assert (code, out, err) == (130, "", "Interrupted\n")


def test_what_is_ignored_stays_ignored(here: Here, practice: PracticeServer) -> None:
    """`nohup repoint export &` goes on when the line drops."""
    here.at(practice)
    started: list[subprocess.Popen[str]] = []
    practice.platform.faults.rival(lambda: started[0].send_signal(signal.SIGHUP), path="export$")
    deaf = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
    deaf += "os.execv(sys.executable, sys.argv[1:])"
    command = [sys.executable, "-c", deaf, sys.executable, "-m", "console", "export", "--format", "csv"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        started.append(child)
        out, _ = child.communicate(timeout=PATIENCE)
    assert child.returncode == 0
    assert len(out.splitlines()) == 13


@pytest.mark.parametrize("number", SIGNALS, ids=lambda n: n.name)
def test_on_a_terminal_its_line_is_cleared_and_its_modes_are_as_they_were(
    here: Here, practice: PracticeServer, tmp_path: Path, number: signal.Signals
) -> None:
    here.at(practice)
    path = sheet(tmp_path, many(12))
    started: list[Terminal] = []
    practice.platform.faults.rival(
        lambda: started[0].signal(number), method="POST", path="bulk-import$", skip=1
    )
    words = ["-m", "console", "import", str(path), "--chunk", "4", "--confirm", "import 12"]
    with Terminal(words) as terminal:
        started.append(terminal)
        assert terminal.ended() == 130
        assert termios.tcgetattr(terminal._slave)[:4] == terminal.modes[:4]
        assert "Stopped: You stopped it. Nothing is lost" in terminal.output
        assert "\x1b[?" not in terminal.output, "it changes nothing that would have to be undone"


LISTING = (
    "links", "links --json", "history spring-launch", "history spring-launch --json",
    "export --format ndjson",
    "export --format csv", "health slug:docs", "health slug:docs --json", "health --outages --offline",
    "preview spring-launch --matrix", "diff spring-launch v8 v9", "journal", "journal --json",
    "timeline --since 1h", "runs", "runs --json", "watch --once", "status", "budget", "whoami", "config show",
    "profile list", "doctor", "cache info", "drill list", "drill scores", "completion zsh", "note --list",
    "report --list",
)  # fmt: skip


@pytest.mark.parametrize("line", LISTING)
def test_a_reader_that_went_away_ends_a_listing_quietly(
    here: Here, practice: PracticeServer, line: str
) -> None:
    """`repoint links | head` says nothing of a pipe, and no exit code but those of the contract."""
    here.at(practice)
    here("sync")
    here("note", "x")
    here.set(REPOINT_PROBE_TIMEOUT="60", REPOINT_OPT_OUT="hang.localhost")
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as nobody:
        here.monkeypatch.setattr("sys.stdout", nobody)
        done = here(*line.split(), code=None)
        here.monkeypatch.undo()
    assert done.code in ({0, 3, 4} if line.startswith(("doctor", "watch")) else {0}), done
    assert "pipe" not in done.err.lower()


@pytest.mark.parametrize("more", [(), ("--json",)], ids=["plain", "json"])
def test_a_watch_that_nobody_reads_ends(here: Here, practice: PracticeServer, more: tuple[str, ...]) -> None:
    here.at(practice, REPOINT_PROBE_TIMEOUT="60", REPOINT_OPT_OUT="hang.localhost")

    looks: list[int] = []
    read, write = os.pipe()

    async def closed_after_the_first(_self: object, _seconds: float) -> None:
        looks.append(len(looks))
        assert len(looks) < 3, "it would watch for ever"
        if len(looks) == 1:
            os.close(read)  # with no news, nothing more is written that could fail

    here.monkeypatch.setattr("console.ops.clock.SystemClock.sleep", closed_after_the_first)
    with os.fdopen(write, "w") as nobody:
        here.monkeypatch.setattr("sys.stdout", nobody)
        done = here("watch", *more)
        here.monkeypatch.undo()
    assert looks == [0]
    assert "pipe" not in done.err.lower()
