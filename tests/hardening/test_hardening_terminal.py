"""The terminal belongs to the user: 1,880 hostile strings in every field, and nothing of them comes out raw.

The commands run in this process, the console on a real pseudo-terminal; what they wrote is scanned byte by
byte. That the scan finds what it looks for is shown with the one door between text and terminal taken out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.practice.server import PracticeServer
from console.practice.store import Cause
from tests.support.hostile_strings import STRINGS, let_through, packed
from tests.support.inprocess import Here, here
from tests.support.terminal import Terminal

__all__ = ["here"]
MANY = "hostile-many"
WHY = ("--reason", "shop is down")


def fill(server: PracticeServer, strings: tuple[str, ...] = STRINGS) -> None:
    """A link for each string, and one whose every version has several; authors and notes too."""
    for number, text in enumerate(strings):
        _write(server, f"h{number:04}", text[:400], number)
    for turn in range(2):
        for number, text in enumerate(packed(6)):
            _write(server, MANY, text, number + turn)


def _write(server: PracticeServer, slug: str, text: str, number: int) -> None:
    record = {
        "destinationUrl": f"https://evil{number % 3}.example/{number}?q={text[:100]}",
        "title": text,
        "description": text,
        "tags": [text or "x"],
        "categories": [text or "x"],
        "enabled": True,
        "expiredUrl": None,
        "metadata": {text or "x": text},
        "routingRules": [],
    }
    server.platform.store.write(slug, record, None, Cause(text or "somebody", "update", text))


@pytest.fixture(scope="module")
def attacker() -> Iterator[PracticeServer]:
    """A platform that belongs to one."""
    with PracticeServer("tiny") as server:
        fill(server)
        yield server


LOOKS = (
    ("sync",),
    ("links", "--limit", "5000"),
    ("links", "slug:h00", "--sort", "title"),
    ("history", MANY),
    ("history", "h0003"),
    ("diff", MANY, "v1", "v2"),
    ("diff", MANY, "v20", "v40"),
    ("preview", MANY),
    ("health", "slug:h0007"),
    ("health", "slug:h0007", "--outages"),
    ("status",),
    ("budget",),
    ("doctor",),
    ("cache", "info"),
    ("reconcile",),
    ("journal",),
    ("timeline",),
    ("runs",),
)


def clean(words: object, output: str) -> None:
    assert let_through(output) == [], words


def test_no_command_that_shows_lets_anything_through(here: Here, attacker: PracticeServer) -> None:
    here.at(attacker)
    for words in LOOKS:
        done = here(*words, code=None)
        clean(words, done.out + done.err)
        done = here(*words, "--json", code=None)
        assert (done.out + done.err).isascii(), words
        clean(words, done.out + done.err)
    assert "⟨001B⟩" in here("links", "--limit", "5000").out


def test_nothing_of_what_acts_lets_anything_through(
    here: Here, attacker: PracticeServer, tmp_path: Path
) -> None:
    here.at(attacker)
    for text in packed(20)[:20]:
        here("note", "--incident", "INC-1", text, code=None)
    odd = tmp_path / "a\x1b[66;66;66Hb\u202e[bold]\n.csv"
    rows = [f'i{n:04},"https://docs.example/{n}","{_cell(t)}"' for n, t in enumerate(STRINGS)]
    rows += [f'"{_cell(text)}","{_cell(text)}","{_cell(text)}"' for text in STRINGS]
    odd.write_text("slug,destinationUrl,title\n" + "\n".join(rows), encoding="utf-8", newline="")
    plan = tmp_path / "plan.json"
    for words in (
        ("import", str(odd), "--dry-run"),
        ("import", str(odd), "--dry-run", "--rejects", str(tmp_path / "r\x1b[66n.csv")),
        ("export", "-o", str(tmp_path / "e\x9b66n.csv")),
        ("history", MANY),
        ("rollback", MANY, "--to", "v1", *WHY, "--confirm", f"{MANY} v1"),
        ("rollback", MANY, "--to", "v1", *WHY, "--dry-run"),
        ("plan", "rollback", "slug:h00", "--previous", *WHY, "-o", str(plan)),
        (
            "plan",
            "repoint",
            "slug:h00",
            "--to-url",
            "https://status.example/",
            *WHY,
            "-o",
            str(tmp_path / "p"),
        ),
        ("plan", "show", str(plan)),
        ("journal",),
        ("status",),
        ("timeline",),
        ("runs",),
    ):
        done = here(*words, code=None)
        clean(words, done.out + done.err)


def _cell(text: str) -> str:
    return text.replace('"', "'").replace("\x00", "")


def test_no_error_lets_anything_through(here: Here, attacker: PracticeServer) -> None:
    here.at(attacker)
    faults = attacker.platform.faults
    for number, text in enumerate(packed(12)):
        status = (400, 403, 404, 409, 422, 501, 451)[number % 7]
        code = text[: 40 + number % 60]
        body = {"error": {"code": code, "message": text}} if number % 2 else {"error": code, "message": text}
        headers = {"x-request-id": "".join(c for c in code if " " <= c <= "\xff") or "x"}
        faults.add("answer", path="/history", status=status, body=body, headers=headers, times=None)
        done = here("history", MANY, code=None)
        assert done.code != 0
        clean(body, done.out + done.err)
        faults.clear()


@pytest.mark.parametrize(
    "words",
    [
        ("links", "{}"), ("history", "{}"), ("rollback", "{}", "--to", "v1", *WHY), ("import", "{}"),
        ("plan", "show", "{}"), ("evidence", "--check", "{}"), ("config", "show", "--profile", "{}"), ("{}",),
        ("diff", MANY, "{}", "v1"), ("runs", "show", "{}"), ("import", "x.csv", "--mapping", "{}"),
    ],
    ids=lambda words: "-".join(words)[:20],
)  # fmt: skip
def test_no_word_of_the_command_line_comes_back_raw(
    here: Here, attacker: PracticeServer, words: tuple[str, ...]
) -> None:
    here.at(attacker)
    for text in packed(60):
        done = here(*(word.format(text) for word in words), code=None)
        clean(text, done.out + done.err)


def test_the_scan_of_commands_finds_what_the_door_keeps_out(
    here: Here, attacker: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.at(attacker)
    monkeypatch.setattr("console.domain.text._neutral", lambda text: text)
    found = let_through(here("links", "--limit", "5000").out)
    assert len(found) > 300
    assert len(let_through(here("history", MANY).out)) > 100


WALK = (
    *("\x1b[6~",) * 45, "g", "v", "\x1b[6~", "\x1b[6~", "/", f"slug:{MANY}\r", "\r", "2",
    *("\x1b[6~",) * 12, "d", "\x1b", "p", "\x1b", "r", "\x1b[6~", "\x1b", "3", "1", "t", "\x1b", "J",
    "\x1b[6~", "\x1b", "R", "\x1b[6~", "\x1b", "D", "\x1b", "B", "\x1b", "E", "\x1b",
    "n", "\x1b", "e", "\x1b", "F", "\x1b",
)  # fmt: skip
OPEN = "import console.domain.text as t; t._neutral = lambda text: text\n"
START = "import sys; from console.cli import run; sys.exit(run(sys.argv[1:]))"


def environment(server: PracticeServer, home: Path) -> dict[str, str]:
    return {
        "REPOINT_HOME": str(home),
        "REPOINT_BASE_URL": server.base_url,
        "REPOINT_HANDLE": server.handle,
        "REPOINT_TOKEN": server.token,
        "REPOINT_ENVIRONMENT": "practice",
    }


def left(terminal: Terminal) -> int:
    """Leave whatever is open, also what opens late on a busy machine; the exit code."""

    def tries() -> bool:
        if terminal.process.poll() is None:
            terminal.type("\x1b")
            terminal.read(0.4)
            terminal.type("q")
            terminal.read(0.4)
        return terminal.process.poll() is not None

    terminal.until(tries)
    return terminal.ended()


@pytest.mark.e2e
def test_nothing_foreign_leaves_the_console(attacker: PracticeServer, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "a\x1b[66;66;66H\u202e[bold].csv").write_text(
        "slug,destinationUrl,title\n"
        + "\n".join(f'j{n:04},"https://docs.example/","{_cell(t)}"' for n, t in enumerate(STRINGS[:60])),
        encoding="utf-8", newline="",
    )  # fmt: skip
    env = environment(attacker, home)
    with Terminal(
        ["-c", f"import os; os.chdir({str(folder)!r})\n" + START], size=(160, 50), **env
    ) as terminal:
        terminal.until("h00")
        for keys in (*WALK, "i", "\x1b[B", "\r", "\x1b[6~", "m", "\x1b", "\x1b", "\x1b"):
            terminal.type(keys)
            terminal.read(0.1)
            assert terminal.process.poll() is None, f"it ended at {keys!r}: {terminal.output[-600:]!r}"
        assert left(terminal) == 0
        assert terminal.given_back()
        assert let_through(terminal.output) == []
        assert "Traceback" not in terminal.output
        for sign in ("⟨001B⟩", "⟨009B⟩", "⟨202E⟩", "⟨200B⟩", "[/bold]"):
            assert sign in terminal.output, f"{sign} was never on the screen"


@pytest.mark.e2e
def test_the_scan_of_the_console_finds_what_the_door_keeps_out(attacker: PracticeServer, home: Path) -> None:
    with Terminal(["-c", OPEN + START], size=(160, 50), **environment(attacker, home)) as terminal:
        terminal.until("h00")
        for _ in range(12):
            terminal.type("\x1b[6~")
            terminal.read(0.1)
        assert len(let_through(terminal.output)) > 20


ANSWERS = (
    "\x1b[?62;1;2;4c", "\x1b[>0;276;0c", "\x1b[?1;0$y", "\x1bP>|tmux 3.3a\x1b\\", "\x1b]52;c;cnloZQ==\x07",
    "\x1b]10;rgb:ffff/ffff/ffff\x1b\\", "\x1b]11;rgb:0000/0000/0000\x07", "\x1b[8;50;160t", "\x1b[24;80R",
)  # fmt: skip
"""What a terminal says of itself where somebody else's text asked it to (hardening, 1.1)."""


@pytest.mark.e2e
def test_what_a_terminal_answers_acts_on_nothing(attacker: PracticeServer, home: Path) -> None:
    before = len(attacker.platform.requests)
    with Terminal(["-c", START], size=(120, 36), **environment(attacker, home)) as terminal:
        terminal.until("h00")
        for answer in ANSWERS * 2:
            terminal.type(answer)
            terminal.read(0.1)
            assert terminal.process.poll() is None, f"it ended at {answer!r}"
        assert left(terminal) == 0
    assert {asked.method for asked in attacker.platform.requests[before:]} <= {"GET"}
