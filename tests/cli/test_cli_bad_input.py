"""What is wrong around the program: one clear sentence, the right exit code, no traceback. Real processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from console.practice.server import PracticeServer
from tests.support.commandline import repoint

Setup = Callable[[PracticeServer, Path, dict[str, str]], None]


def no_token(_server: PracticeServer, _home: Path, env: dict[str, str]) -> None:
    del env["REPOINT_TOKEN"]


def ended_token(server: PracticeServer, _home: Path, env: dict[str, str]) -> None:
    env["REPOINT_TOKEN"] = server.platform.tokens.jwt(lives=-10)


def revoked_token(server: PracticeServer, _home: Path, _env: dict[str, str]) -> None:
    server.platform.tokens.revoke(server.token)


def token_of_another_handle(server: PracticeServer, _home: Path, env: dict[str, str]) -> None:
    env["REPOINT_TOKEN"] = server.platform.tokens.pat(handle="somebody-else")


def broken_settings(_server: PracticeServer, home: Path, _env: dict[str, str]) -> None:
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text('[profiles.shop]\nbase_url = "https://a.example"\nhandle = \n')
    (home / "config.toml").chmod(0o600)


def unknown_key(_server: PracticeServer, home: Path, _env: dict[str, str]) -> None:
    home.mkdir(mode=0o700)
    text = '[profiles.shop]\nbase_url = "https://a.example"\nhandel = "acme"\n'
    (home / "config.toml").write_text(text)
    (home / "config.toml").chmod(0o600)


def another_shape(server: PracticeServer, _home: Path, _env: dict[str, str]) -> None:
    server.platform.faults.add("answer", path=".", status=200, body={"surprise": [1]}, times=None)


def a_sign_in_page(server: PracticeServer, _home: Path, _env: dict[str, str]) -> None:
    server.platform.faults.add("html_200", path=".", times=None)


def sent_elsewhere(server: PracticeServer, _home: Path, _env: dict[str, str]) -> None:
    server.platform.faults.add("redirect", path=".", times=None)


def nobody_there(_server: PracticeServer, _home: Path, env: dict[str, str]) -> None:
    env["REPOINT_BASE_URL"] = "http://127.0.0.1:9"


def newer_cache(server: PracticeServer, home: Path, env: dict[str, str]) -> None:
    repoint("sync", env=env)
    [path] = (home / "cache" / "links").glob("*.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9999")


def newer_journal(server: PracticeServer, home: Path, env: dict[str, str]) -> None:
    repoint("note", "x", env=env)
    with closing(sqlite3.connect(home / "journal.db")) as connection:
        connection.execute("PRAGMA user_version = 9999")


def lost_journal(server: PracticeServer, home: Path, env: dict[str, str]) -> None:
    repoint("note", "x", env=env)
    (home / "journal.db").unlink()


def home_is_a_file(_server: PracticeServer, home: Path, _env: dict[str, str]) -> None:
    home.write_text("")


@pytest.mark.parametrize(
    ("setup", "code", "title", "hint"),
    [
        (no_token, 6, "There is no token", "REPOINT_TOKEN"),
        (ended_token, 6, "The token has expired", "login"),
        (revoked_token, 6, "revoked", ""),
        (token_of_another_handle, 6, "", ""),
        (broken_settings, 2, "line 3", ""),
        (unknown_key, 2, "handel", "handle"),
        (another_shape, 1, "", ""),
        (a_sign_in_page, 1, "", ""),
        (sent_elsewhere, 1, "sent us elsewhere", ""),
        (nobody_there, 8, "refused the connection", "base_url"),
        (newer_cache, 1, "The cache was written by a newer repoint", "cache clear"),
        (newer_journal, 1, "The journal was written by a newer repoint", "Upgrade"),
        (lost_journal, 1, "The journal is lost", "doctor"),
        (home_is_a_file, 1, "is not a folder", "REPOINT_HOME"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_one_sentence_and_the_right_code(  # noqa: PLR0917 - a table
    practice: PracticeServer, home: Path, setup: Setup, code: int, title: str, hint: str
) -> None:
    env = {
        "REPOINT_BASE_URL": practice.base_url, "REPOINT_HANDLE": practice.handle,
        "REPOINT_TOKEN": practice.token, "REPOINT_TIMEOUT": "3",
    }  # fmt: skip
    setup(practice, home, env)
    done = repoint("links", env=env)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    first, *rest = done.stderr.splitlines()
    assert first.startswith("error: ")
    assert title in first
    assert hint in "\n".join(rest)
    assert len(rest) <= 4
    assert "Traceback" not in done.stderr
