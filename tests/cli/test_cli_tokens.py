"""Where tokens come from: cleaned, bounded, asked for once, and never shown."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.commandline import helper, repoint
from support.terminal import Terminal

from console.domain.errors import SignInNeeded
from console.ops.access.tokens import CommandToken, EnvironmentToken, KeyringToken, PromptToken, token_source
from console.ops.profiles.profile import Profile
from tests.support.waiting import until

CANARY = "patv1_abc123.s3cretS3cret"


async def said(
    source: CommandToken | EnvironmentToken | KeyringToken | PromptToken, capfd: pytest.CaptureFixture[str]
) -> SignInNeeded:
    """How a source refuses; the canary is nowhere in it, nor on either stream."""
    with pytest.raises(SignInNeeded) as caught:
        await source.get()
    out, err = capfd.readouterr()
    problem, chain = caught.value, ""
    link: BaseException | None = problem
    while link is not None:
        chain += repr(link)
        link = link.__cause__
    for text in (out, err, problem.title, problem.detail, problem.hint, chain):
        assert "s3cret" not in text
    assert out + err == ""
    return problem


@pytest.mark.parametrize(
    "text",
    [CANARY, f"{CANARY}\n", f"\ufeff{CANARY}\r\n", f"'{CANARY}'", f'"Bearer {CANARY}"', f"bearer  {CANARY} "],
)
async def test_a_token_is_cleaned(text: str, tmp_path: Path) -> None:
    assert (await EnvironmentToken("T", {"T": text}).get()).reveal() == CANARY
    script = helper(tmp_path, f"import sys; sys.stdout.buffer.write({text.encode()!r})")
    assert (await CommandToken([str(script)]).get()).reveal() == CANARY


@pytest.mark.parametrize(
    "text", [f"{CANARY} {CANARY}", f"{CANARY}\x00", f"{CANARY}é", f"{CANARY}\t{CANARY}", "''", "   "]
)
async def test_a_token_that_cannot_be_sent_is_refused_without_repeating_it(
    text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    await said(EnvironmentToken("T", {"T": text}), capfd)


async def test_an_empty_variable_says_what_to_set(capfd: pytest.CaptureFixture[str]) -> None:
    problem = await said(EnvironmentToken("ACME_TOKEN", {}), capfd)
    assert problem.title == "ACME_TOKEN holds no token"
    assert "export ACME_TOKEN" in problem.hint


LEAK = f"import sys; sys.stderr.write('{CANARY}'); sys.stderr.flush()\n"


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (f"{LEAK}sys.exit(1)", "failed with status 1"),
        (f"{LEAK}print('{CANARY}'); sys.exit(3)", "failed with status 3"),
        (f"{LEAK}import os; os.kill(os.getpid(), 9)", "was ended by signal 9"),
        (f"print('{CANARY}\\n{CANARY}')", "printed 2 lines"),
        ("print()", "printed nothing"),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\xfes3cret')", "is not text"),
        ("while True: print('s3cret' * 1000)", "far more than a token"),
        ("print('usage: s3cret helper [options]')", "cannot be used"),
    ],
)
async def test_a_helper_that_misbehaves(
    body: str, title: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    problem = await said(CommandToken([str(helper(tmp_path, body))]), capfd)
    assert title in problem.title
    assert problem.hint


@pytest.mark.parametrize("argv", [["/nowhere/helper"], ["."], ["a\0b"]])
async def test_a_helper_that_is_none(argv: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    problem = await said(CommandToken(argv), capfd)
    assert "was not found" in problem.title or "cannot be run" in problem.title


def running(pid: str) -> bool:
    """Whether the process is there, and more than a remnant that nobody has waited for."""
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] not in "ZX"


async def test_a_helper_that_hangs_is_ended_with_all_it_started(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    note = tmp_path / "pids"
    body = (
        f"{LEAK}import os, time\npid = os.fork()\n"
        f"open({str(note)!r}, 'a').write(f'{{os.getpid()}} ')\nprint('s3cret', flush=True)\ntime.sleep(600)"
    )
    problem = await said(CommandToken([str(helper(tmp_path, body))], seconds=1.0), capfd)
    assert "did not answer within 1 seconds" in problem.title
    until(lambda: not any(running(pid) for pid in note.read_text().split()), "the end of all")


async def test_a_helper_gets_no_shell_no_terminal_and_no_token(tmp_path: Path) -> None:
    body = (
        "import os, sys\nassert sys.argv[1:] == ['$HOME', ';', '`id`'], sys.argv\n"
        "assert sys.stdin.read() == '' and os.getsid(0) == os.getpid()\n"
        "assert 'REPOINT_TOKEN' not in os.environ and os.environ['KEPT'] == 'yes'\nprint('token')"
    )
    argv = [str(helper(tmp_path, body)), "$HOME", ";", "`id`"]
    env = {**os.environ, "REPOINT_TOKEN": CANARY, "KEPT": "yes"}
    assert (await CommandToken(argv, env).get()).reveal() == "token"


async def test_a_helper_is_asked_once_until_its_token_is_renewed(tmp_path: Path) -> None:
    count = tmp_path / "count"
    body = f"open({str(count)!r}, 'a').write('x'); print('token-' + str(len(open({str(count)!r}).read())))"
    source = CommandToken([str(helper(tmp_path, body))])
    both = await asyncio.gather(source.get(), source.get())
    assert [secret.reveal() for secret in both] == ["token-1", "token-1"]
    assert (await source.renew()).reveal() == (await source.get()).reveal() == "token-2"


# -- the keyring


Keyring = Callable[[str], dict[str, str]]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Keyring:
    """Make a `keyring` package whose command line does what it is told; the environment that finds it."""
    package = tmp_path / "fake" / "keyring"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(package.parent))

    def does(body: str) -> dict[str, str]:
        (package / "__main__.py").write_text(f"import sys, time\n{body}\n")
        return {**os.environ, "PYTHONPATH": str(package.parent)}

    return does


async def test_the_keyring_gives_the_entry_of_the_user(keyring: Keyring) -> None:
    env = keyring("print('-'.join(sys.argv[1:]))")
    assert (await KeyringToken("repoint", "acme", env).get()).reveal() == "get-repoint-acme"
    assert (await KeyringToken("repoint/dana", "acme", env).get()).reveal() == "get-repoint-dana"


@pytest.mark.parametrize(
    ("body", "title", "detail"),
    [
        (
            f"sys.stderr.write('{CANARY}'); raise RuntimeError('NoKeyringError {CANARY}')",
            "gives no token",
            "no D-Bus",
        ),
        ("sys.exit(1)", "gives no token for repoint/acme", "no such entry"),
        ("time.sleep(600)", "did not answer within 1 seconds: it may be locked", ""),
    ],
)
async def test_a_keyring_without_an_answer(
    body: str, title: str, detail: str, keyring: Keyring, capfd: pytest.CaptureFixture[str]
) -> None:
    env = keyring(body)
    seconds = 1.0 if "sleep" in body else 15.0
    problem = await said(KeyringToken("repoint", "acme", env, seconds=seconds), capfd)
    assert title in problem.title
    assert detail in problem.detail
    assert "REPOINT_TOKEN" in problem.hint


async def test_a_keyring_py_of_the_current_folder_is_not_run(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env = keyring("print('the-real-one')")
    (tmp_path / "keyring.py").write_text("print('planted')")
    monkeypatch.chdir(tmp_path)
    assert (await KeyringToken("repoint", "acme", env).get()).reveal() == "the-real-one"


async def test_no_keyring_support_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "repoint[keyring]" in (await said(KeyringToken("repoint", "acme"), capfd)).hint


# -- the terminal


async def test_a_prompt_asks_once_and_names_the_place() -> None:
    asked = []
    source = PromptToken(
        "shop", "https://api.example\x1b[2J", lambda question: asked.append(question) or f" {CANARY}\n"
    )
    assert (await source.get()).reveal() == (await source.get()).reveal() == CANARY
    assert len(asked) == 1
    assert "shop at https://api.example" in asked[0]
    assert "\x1b" not in asked[0]


async def test_without_a_terminal_the_ways_to_a_token_are_named(capfd: pytest.CaptureFixture[str]) -> None:
    problem = await said(PromptToken("shop", "https://api.example"), capfd)
    assert "no terminal" in problem.title
    assert "token_command" in problem.hint


ASK = """
import asyncio, sys
from console.ops.access.tokens import PromptToken
try:
    secret = asyncio.run(PromptToken("shop", "https://api.example").get())
    print("length", len(secret.reveal()))
except KeyboardInterrupt:
    print("interrupted")
"""


def test_a_typed_token_is_not_echoed_and_ctrl_c_ends_the_question() -> None:
    with Terminal(["-c", ASK]) as terminal:
        terminal.until("not stored): ")
        terminal.type(f"{CANARY}\n")
        assert terminal.ended() == 0
        assert f"length {len(CANARY)}" in terminal.output
        assert "s3cret" not in terminal.output
    with Terminal(["-c", ASK]) as terminal:
        terminal.until("not stored): ")
        terminal.type("\x03")
        assert terminal.ended() == 0
        assert "interrupted" in terminal.output


def test_a_screen_that_runs_keeps_the_terminal() -> None:
    code = (
        "import asyncio, threading\nfrom console.ops.access.tokens import PromptToken\n"
        "def ask():\n"
        "    try: asyncio.run(PromptToken('a', 'b').get())\n"
        "    except Exception as e: print(type(e).__name__)\n"
        "t = threading.Thread(target=ask); t.start(); t.join()"
    )
    with Terminal(["-c", code]) as terminal:
        assert terminal.ended() == 0
        assert "SignInNeeded" in terminal.output


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"token_env": "A"}, EnvironmentToken),
        ({"token_command": ("a",)}, CommandToken),
        ({"token_keyring": "a"}, KeyringToken),
        ({}, PromptToken),
    ],
)
def test_a_profile_names_its_source(fields: dict, kind: type) -> None:
    assert type(token_source(Profile("shop", "https://api.example", "acme", **fields))) is kind


def test_a_helpers_words_never_reach_the_output_of_a_command(tmp_path: Path) -> None:
    script = helper(tmp_path, f"{LEAK}print('{CANARY}'); sys.exit(1)")
    env = {
        "REPOINT_BASE_URL": "http://127.0.0.1:9",
        "REPOINT_HANDLE": "acme",
        "REPOINT_TOKEN_COMMAND": str(script),
    }
    for argv in (["whoami", "--verbose"], ["whoami", "--json"]):
        done = repoint(*argv, env=env)
        assert done.returncode == 6
        assert "failed with status 1" in done.stderr
        assert "s3cret" not in done.stdout + done.stderr
