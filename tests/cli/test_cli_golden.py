"""What people read, command by command: the whole output of each, against the practice platform.

One session a file in `golden/`. To write them anew after a change that is meant, and look at the diff:

    GOLDEN=write .venv/bin/python -m pytest -q -n0 tests/cli/test_cli_golden.py

What differs from run to run (times, ports, ids, folders) is replaced by a word for it; runs of blanks are
two, because columns are as wide as what was replaced. Standard error is marked by `!`.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from console.exits import ExitCode
from console.practice.server import PracticeServer
from console.verbs import VERBS
from console.version import VERSION
from tests.support.inprocess import Here
from tests.support.practice import Serve
from tests.support.terminal import ROOT

FOLDER = Path(__file__).parent / "golden"
SHEET = (
    "slug,destination_url,title\nnew-page,https://docs.example/new,New\nbad slug,ftp://docs.example/,Bad\n"
)
ROLLBACK = "rollback spring-launch --to v8 --seen v9 --reason 'shop is down' --confirm 'spring-launch v8'"
NOWHERE = {"REPOINT_BASE_URL": "", "REPOINT_HANDLE": "", "REPOINT_TOKEN": ""}
Before = Callable[["Desk"], object]


@dataclass(frozen=True, slots=True)
class Step:
    """One command, what it reads, what happens before it, and how many lines of it are kept."""

    line: str
    before: Before | None = None
    text: str = ""
    head: int = 0
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a session takes place."""

    here: Here
    server: PracticeServer
    folder: Path

    def fault(self, kind: str, **settings: object) -> None:
        self.server.platform.faults.add(kind, **settings)  # type: ignore[arg-type]  # fields of a fault, by name


def edited(desk: Desk) -> None:
    """A colleague was faster."""
    desk.server.platform.edit("spring-launch", by="kim", note="campaign page", title="Spring")


def lost(desk: Desk) -> None:
    """The answer to a write is lost, and the platform does not say what became of it."""
    desk.fault("before_close", method="POST", path="rollback$")


LOOK = [
    Step("--version"),
    Step("sync"),
    Step("sync --quiet"),
    Step("links status:down"),
    Step("links slug:docs --verbose"),
    Step("links statsu:down"),
    Step("history spring-launch"),
    Step("diff spring-launch v8 v9"),
    Step("preview spring-launch --version v8 --country DE --device mobile"),
    Step("health slug:docs"),
    Step("health slug:spring-launch --outages"),
    Step("export slug:docs --format csv"),
    Step("links nothing-like-this"),
    Step("history no-such-link"),
    Step("--offline history docs"),
]
ROLL_BACK = [
    Step(f"{ROLLBACK} --dry-run"),
    Step(ROLLBACK.replace("--confirm 'spring-launch v8'", "--confirm yes")),
    Step(ROLLBACK.replace("--seen v9 ", "")),
    Step(ROLLBACK),
    Step(ROLLBACK.replace("--seen v9", "--seen v10")),
    Step("watch --once", env={"REPOINT_OPT_OUT": "*.localhost"}),
    Step("status"),
    Step("undo LAST --reason 'shop is back' --confirm 'spring-launch v9'"),
    Step(
        "undo LAST --reason 'shop is back' --confirm 'spring-launch v9' --override destination_here=known"
        " --override destination_platform=known"
    ),
    Step(ROLLBACK.replace("--seen v9", "--seen v11"), before=edited),
    Step("--offline rollback docs --to v1 --seen v1 --reason x"),
    Step("journal --limit 3"),
    Step("journal --verify"),
]
BATCH = [
    Step("plan rollback slug:spring-launch --previous --reason 'shop is down' -o plan.json"),
    Step("plan show plan.json"),
    Step("run plan.json --way rollback --confirm 'rollback 2'"),
    Step("run plan.json --way rollback --confirm 'rollback 1'"),
    Step("run plan.json --way rollback --confirm 'rollback 1'"),
    Step("runs"),
    Step("runs show LAST"),
    Step("retry LAST --confirm 'rollback 1'"),
    Step("resume LAST"),
    Step("cancel LAST"),
    Step("plan repoint --from-host docs.localhost --to-host docs.example --reason move -o move.json"),
    Step("plan rollback slug:nothing-like-this --previous --reason x -o none.json"),
]
IMPORT = [
    Step("import - --dry-run", text=SHEET),
    Step("import - --confirm 'import 9'", text=SHEET),
    Step("import - --rejects mend.csv --confirm 'import 1'", text=SHEET),
    Step("import missing.csv --dry-run"),
]
RECORD = [
    Step("note --incident INC-204 'the shop team rolls back'"),
    Step("note --todo 'tell the partner'"),
    Step("note --list"),
    Step("timeline"),
    Step("handoff -o hand.json"),
    Step("handoff --take hand.json"),
    Step("evidence spring-launch -o spring.zip", before=lambda d: d.here("history", "spring-launch")),
    Step("evidence --check spring.zip"),
    Step("report --summary 'Rollback answers 500' --details 'since noon' --dry-run"),
    Step("report --summary 'Rollback answers 500' --details 'since noon' --confirm report"),
    Step("report --list"),
    Step("reconcile"),
]
ACCOUNT = [
    Step("whoami"),
    Step("budget"),
    Step("login --with-token", text="TOKEN"),
    Step("login --with-token", text="patv1_nobody.0000000000"),
    Step("arm --reason 'shop is down'"),
    Step(ROLLBACK, env={"REPOINT_PROTECTED": "true"}),
    Step("arm --reason 'shop is down'", env={"REPOINT_PROTECTED": "true"}),
    Step("arm --off", env={"REPOINT_PROTECTED": "true"}),
    Step("doctor"),
]
SETTINGS = [
    Step("links", env=NOWHERE),
    Step("config init --base-url https://api.example --handle acme --environment staging"),
    Step("profile add live --base-url https://live.example --handle acme --protected"),
    Step("profile list"),
    Step(
        "--profile live config show", env={"REPOINT_BASE_URL": "", "REPOINT_HANDLE": "", "REPOINT_TOKEN": ""}
    ),
    Step("--profile lvie profile show"),
    Step("config path"),
    Step("completion bash", head=3),
    Step("cache info"),
    Step("cache prune"),
    Step("cache clear"),
]
FAILURES = [
    Step("links", env={"REPOINT_BASE_URL": "http://127.0.0.1:9"}),
    Step(
        "whoami",
        before=lambda d: d.fault("answer", path="auth/me", status=401, body={"error": "token_expired"}),
    ),
    Step(
        ROLLBACK,
        before=lambda d: d.fault(
            "answer", method="POST", path="rollback$", status=403, body={"error": "insufficient_role"}
        ),
    ),
    Step(ROLLBACK, before=lambda d: d.fault("day_spent", method="POST", path="rollback$")),
    Step(ROLLBACK, before=lost),
    Step("reconcile"),
    Step("rollbck"),
    Step("links --limit x"),
    Step("whoami --json", before=lambda d: d.fault("answer", path="auth/me", status=401, times=None)),
]
PRACTISE = [
    Step("demo --headless --links 60"),
    Step("drill list"),
    Step("drill scores"),
    Step("drill no-such-drill"),
]
SESSIONS: dict[str, tuple[list[Step], dict[str, str]]] = {
    "look": (LOOK, {}),
    "roll-back": (ROLL_BACK, {}),
    "batch": (BATCH, {}),
    "import": (IMPORT, {}),
    "record": (RECORD, {}),
    "account": (ACCOUNT, {}),
    "settings": (SETTINGS, {}),
    "failures": (FAILURES, {}),
    "practise": (PRACTISE, {}),
}
_UNIT = r"(ms|s|min|h|d|days?|weeks?|hours?|minutes?|seconds?)"
REPLACED: list[tuple[str, str]] = [
    (r"(127\.0\.0\.1|localhost|docs\.example):\d+", r"\1:PORT"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
    (r"\b(req|rep|lnk|run)_\w+", r"\1_ID"),
    (r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,64}\b", "HEX"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z)?", "TIME"),
    (r"\b\d{4}-\d\d-\d\d\b", "DATE"),
    (r"\b([A-Z][a-z]{2} \d{1,2} )?\d\d:\d\d(:\d\d)?\b", "HH:MM"),  # the day too, unless it is today's
    (rf"(?<![\w.])\d+(\.\d+)? {_UNIT}\b( \d+ {_UNIT}\b)*", "SPAN"),
    (r"(?<![\w.-])\d+[smhdw]\b", "SPAN"),
    (re.escape(VERSION), "VERSION"),
    (r"\d[\d,.]* (bytes|KB|MB|GB|kB)", r"N \1"),
    (r"eyJ[\w.-]+", "TOKEN"),
    (r" {2,}", "  "),
    (r" +$", ""),
]


def plain(text: str, folder: Path) -> str:
    """The text without what differs from run to run."""
    text = text.replace(str(folder), "FOLDER").replace(str(ROOT), "ROOT")
    for pattern, word in REPLACED:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return text


def played(desk: Desk, steps: list[Step]) -> str:
    """The transcript of a session."""
    parts, last = [], ""
    for step in steps:
        if step.before is not None:
            step.before(desk)
        with desk.here.monkeypatch.context() as patched:
            for name, value in step.env.items():
                patched.setenv(name, value)
            patched.setattr("sys.stdin", _typed(step.text.replace("TOKEN", desk.server.token)))
            done = desk.here(
                *[last if word == "LAST" else word for word in shlex.split(step.line)], code=None
            )
        shown = [f"$ repoint {step.line}", *(f"{line}" for line in done.out.splitlines())]
        shown += [f"! {line}" for line in done.err.splitlines()]
        if step.head:
            shown = [*shown[: step.head + 1], "..."]
        parts.append("\n".join([*shown, f"[exit {done.code}]"]))
        found = re.findall(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", done.out + done.err)
        last = found[-1] if found else last
        desk.server.platform.faults.clear()
    return plain("\n\n".join(parts) + "\n", desk.folder)


@pytest.mark.parametrize("name", SESSIONS)
def test_what_people_read(
    name: str, here: Here, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve("tiny")
    steps, env = SESSIONS[name]
    here.at(server, REPOINT_PROBE_SLOW="600", REPOINT_PROBE_TIMEOUT="60", REPOINT_TIMEOUT="20", **env)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("console.ops.clock.SystemClock.sleep", _at_once)
    said = played(Desk(here, server, tmp_path), steps)
    file = FOLDER / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(said, encoding="utf-8")
    assert "\x1b" not in said, "colour and progress are for terminals"
    assert said == file.read_text(encoding="utf-8"), "if it is meant: see the top of this file"


def _typed(text: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")


async def _at_once(_self: object, _seconds: float) -> None:
    """Nobody waits in a test."""


def test_every_command_and_every_exit_code_is_among_them() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.txt"))
    used = {word for line in re.findall(r"^\$ repoint (.*)$", text, re.MULTILINE) for word in line.split()}
    own = {"sandbox"}  # it runs until it is told to end: `test_the_practice_platform_says_how_to_reach_it`
    missing = [verb for verb in VERBS if verb not in used | own]
    assert missing == []
    codes = {int(code) for code in re.findall(r"^\[exit (\d+)\]$", text, re.MULTILINE)}
    rest = {ExitCode.INTERRUPTED}  # `test_cli_signals.py`
    assert set(ExitCode) - rest <= codes


@pytest.mark.parametrize("how", ["NO_COLOR", "pipe", "dumb"])
def test_a_terminal_without_colour_and_a_pipe_get_the_same_words(
    how: str, here: Here, practice: PracticeServer
) -> None:
    here.at(practice)
    here("sync")
    words = ["links", "status:down", "--offline"]
    piped = here(*words).out
    assert "\x1b" not in piped
    env = {**os.environ, "COLUMNS": "200", **({"NO_COLOR": "1"} if how == "NO_COLOR" else {})}
    env |= {"TERM": "dumb"} if how == "dumb" else {}
    done = subprocess.run(
        [sys.executable, "-m", "console", *words],
        env=env,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout == piped


def test_the_practice_platform_says_how_to_reach_it() -> None:
    command = [sys.executable, "-m", "console", "sandbox", "--links", "12"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=60)
    assert re.sub(r'"(token|pat)": ?"[^"]+"', r'"\1": "..."', plain(first, ROOT)) == (
        '{"base_url": "http://127.0.0.1:PORT", "handle": "acme", "token": "...", "pat": "...", '
        '"landing_base": "http://127.0.0.1:PORT"}\n'
    )
