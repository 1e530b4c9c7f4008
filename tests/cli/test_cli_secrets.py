"""The token shows nowhere: not on screen, not in a file, not to other processes; whatever goes wrong."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from console.practice.server import PracticeServer
from tests.support.canary import found_below, found_in, traces_of
from tests.support.commandline import helper, repoint
from tests.support.inprocess import Here

SLUG = "spring-launch"
COMMANDS = (
    "whoami --verbose",
    "links --json",
    f"history {SLUG}",
    f"rollback {SLUG} --to v8 --seen v9 --reason down --confirm {SLUG}=v8 --json",
    f"rollback {SLUG} --to v8 --seen v9 --reason down --dry-run --verbose",
    "budget --json",
    "reconcile",
    f"preview {SLUG} --ask-platform",
    "doctor",
    "doctor --json",
    "login --with-token --json",
    "login --with-token --verbose",
    "config show",
    "config show --json",
    "journal",
    "journal --json",
    "cache info",
)  # fmt: skip
Fault = Callable[[PracticeServer], None]


def nothing(_server: PracticeServer) -> None:
    """All is well."""


def echoed(status: int, path: str = ".") -> Fault:
    """The platform repeats the token in whatever it says."""

    def add(server: PracticeServer) -> None:
        told = f"no good: Bearer {server.token} ({server.token[:-4]}...)"
        server.platform.faults.add(
            "answer", method="*", path=path, status=status, times=None,
            body={"error": "invalid_token", "message": told, "requestId": server.token},
            headers={"x-request-id": server.token},
        )  # fmt: skip

    add.__name__ = f"echoed_{status}{path[1:-1]}"
    return add


def echoed_page(server: PracticeServer) -> None:
    page = f"<html>{server.token}</html>"
    server.platform.faults.add(
        "answer", method="*", path=".", status=502, body=page, content_type="text/html", times=None
    )


def echoed_redirect(server: PracticeServer) -> None:
    server.platform.faults.add(
        "redirect", method="*", path=".", location=f"https://evil.example/?t={server.token}", times=None
    )


def echoed_shape(server: PracticeServer) -> None:
    body = {"message": f"Bearer {server.token}", server.token: [server.token]}
    server.platform.faults.add("answer", method="*", path=".", status=200, body=body, times=None)


FAULTS: list[Fault] = [
    nothing, echoed(401, "/rollback$"), echoed(500, "/rollback$"), echoed(400), echoed(401),
    echoed(403), echoed(404), echoed(409), echoed(500), echoed_page,
    echoed_redirect, echoed_shape,
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_nothing_printed_and_no_file_holds_the_token(
    here: Here, practice: PracticeServer, home: Path, fault: Fault
) -> None:
    here.at(practice, REPOINT_TIMEOUT="1")
    here.monkeypatch.setattr("console.ops.clock.SystemClock.sleep", at_once)
    traces = traces_of(practice.token)
    fault(practice)
    for line in COMMANDS:
        here.monkeypatch.setattr("sys.stdin", io.StringIO(practice.token))
        argv = [word.replace("=", " ") for word in line.split()]
        done = here(*argv, code=None)
        printed = (done.out + done.err).encode("utf-8", "backslashreplace")
        assert found_in(printed, traces) == [], (line, printed)
    assert found_below(home.parent, traces) == []


async def at_once(_self: object, _seconds: float) -> None:
    """Nobody waits in a test."""


@pytest.mark.parametrize("more", [(), ("--json",), ("--verbose",)], ids=["plain", "json", "verbose"])
def test_a_crash_with_the_token_in_its_message_and_its_locals(
    practice: PracticeServer, home: Path, more: tuple[str, ...]
) -> None:
    code = (
        "import sys\nfrom console.subcommands import whoami\n"
        "async def crash(session, out, args):\n"
        "    import os\n    token = os.environ['REPOINT_TOKEN']\n"
        "    raise ValueError(f'boom {token}') from KeyError(token)\n"
        "whoami._whoami = crash\n"
        "from console.__main__ import main\nsys.argv[0] = 'repoint'\nsys.exit(main())"
    )
    env = {"REPOINT_BASE_URL": practice.base_url, "REPOINT_HANDLE": practice.handle,
           "REPOINT_TOKEN": practice.token, "PYTHONASYNCIODEBUG": "1"}  # fmt: skip
    done = repoint("whoami", *more, env=env, code=code)
    assert done.returncode == 1
    assert "ValueError" in done.stderr
    traces = traces_of(practice.token)
    assert found_in((done.stdout + done.stderr).encode(), traces) == []
    assert list((home / "crashes").glob("crash-*.txt"))
    assert found_below(home.parent, traces) == []


SPY = """
import os, pathlib, sys
where = pathlib.Path(__file__).parent
mine = pathlib.Path("/proc/self/environ").read_bytes() + b" ".join(map(os.fsencode, sys.argv))
parent = pathlib.Path(f"/proc/{os.getppid()}/cmdline").read_bytes()
(where / "spied").write_bytes(mine + parent)
print((where / "secret").read_text())
"""


def test_neither_a_child_nor_the_process_list_sees_it(practice: PracticeServer, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(practice.token)
    command = helper(tmp_path, SPY)
    env = {"REPOINT_BASE_URL": practice.base_url, "REPOINT_HANDLE": practice.handle,
           "REPOINT_TOKEN_COMMAND": str(command)}  # fmt: skip
    done = repoint("whoami", "--verbose", env=env)
    assert done.returncode == 0, done.stderr
    assert b"whoami" in (tmp_path / "spied").read_bytes()
    assert found_in((tmp_path / "spied").read_bytes(), traces_of(practice.token)) == []


def test_a_pat_is_known_by_its_id_alone(here: Here, practice: PracticeServer, home: Path) -> None:
    here.at(practice, REPOINT_TOKEN=practice.pat)
    traces = traces_of(practice.pat, public=practice.pat.partition(".")[0] + ".")
    for line in COMMANDS:
        here.monkeypatch.setattr("sys.stdin", io.StringIO(practice.pat))
        done = here(*[word.replace("=", " ") for word in line.split()], code=None)
        assert found_in((done.out + done.err).encode(), traces) == [], line
    assert found_below(home.parent, traces) == []


def test_the_search_finds_a_token_in_every_spelling(tmp_path: Path) -> None:
    token = "eyJhbGciOi.J1234567890abcdef.sIgNaTuRe-_xyz"
    traces = traces_of(token)
    for hidden in (token, token[7:16], base64.b64encode(b"Bearer " + token.encode()).decode()):
        (tmp_path / "file").write_text(f"... {hidden} ...")
        assert found_below(tmp_path, traces), hidden
    (tmp_path / "file").write_text("nothing to see")
    assert found_below(tmp_path, traces) == []
