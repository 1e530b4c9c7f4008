"""Signing in: asked on the terminal or read from a pipe, checked, stored only when asked to."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from console.practice.server import PracticeServer
from tests.support.commandline import repoint
from tests.support.inprocess import Here
from tests.support.terminal import Terminal


def typed(here: Here, text: str) -> None:
    here.monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_a_token_is_asked_for_on_the_terminal_and_not_echoed(practice: PracticeServer, home: Path) -> None:
    env = {"REPOINT_BASE_URL": practice.base_url, "REPOINT_HANDLE": practice.handle, "COLUMNS": "200"}
    with Terminal(["-m", "console", "login"], size=(200, 24), **env) as terminal:
        terminal.until("(not shown, not stored):")
        terminal.type(f"{practice.token}\n")
        assert terminal.ended() == 0
        assert "You are dana, operator of" in terminal.output
        assert "The token was not stored." in terminal.output
        assert "export REPOINT_TOKEN" in terminal.output
        assert practice.token[-20:] not in terminal.output
    assert not any(practice.token[-20:].encode() in f.read_bytes() for f in home.rglob("*") if f.is_file())


def test_who_role_life_and_the_next_step_as_json(here: Here, practice: PracticeServer) -> None:
    here.at(practice, REPOINT_TOKEN="")
    typed(here, f"Bearer {practice.token}\r\n")
    found = here("login", "--with-token", "--json").json
    assert (found["operator"], found["role"], found["token_kind"]) == ("dana", "operator", "jwt")
    assert found["token_signature"] == "unchecked"
    assert found["token_expires_at"]
    assert found["stored"] is None
    assert practice.platform.writes_today == 0
    typed(here, practice.pat)
    assert here("login", "--with-token", "--json").json["token_kind"] == "pat"


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "The token is empty"), ("two words", "cannot be used"), ("patv1_nobody.x", ""), ("a.b.c", "")],
)
def test_a_token_that_is_none_is_refused_without_a_word_of_it(
    here: Here, practice: PracticeServer, text: str, said: str
) -> None:
    here.at(practice, REPOINT_TOKEN="")
    typed(here, text)
    refused = here("login", "--with-token", "--json", code=6).error
    assert said in refused["title"]
    assert refused["hint"]
    assert not text or text not in json.dumps(refused)


def test_an_ended_token_says_so(here: Here, practice: PracticeServer) -> None:
    here.at(practice, REPOINT_TOKEN="")
    typed(here, practice.platform.tokens.jwt(lives=-10))
    assert "expired" in here("login", "--with-token", code=6).err


def test_without_a_terminal_nothing_is_asked(practice: PracticeServer) -> None:
    env = {"REPOINT_BASE_URL": practice.base_url, "REPOINT_HANDLE": practice.handle}
    done = repoint("login", env=env)
    assert (done.returncode, done.stdout) == (6, "")
    assert "no terminal that is free" in done.stderr
    assert repoint("login", "--offline", env=env).returncode == 8


KEYRING = """
import pathlib, sys
where = pathlib.Path(__file__).with_name("kept")
if sys.argv[1] == "set":
    where.write_text("|".join(sys.argv[2:]) + "|" + sys.stdin.read())
    where.with_name("environ").write_bytes(pathlib.Path("/proc/self/environ").read_bytes())
"""


def fake_keyring(here: Here, folder: Path, body: str = KEYRING) -> Path:
    package = folder / "fake" / "keyring"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(body)
    here.monkeypatch.syspath_prepend(str(package.parent))
    here.set(PYTHONPATH=str(package.parent))
    return package / "kept"


def test_the_keyring_gets_it_through_its_input(here: Here, practice: PracticeServer, tmp_path: Path) -> None:
    kept = fake_keyring(here, tmp_path)
    here.at(practice, REPOINT_TOKEN="", REPOINT_TOKEN_ENV="ACME_TOKEN", ACME_TOKEN=practice.pat)
    typed(here, practice.token)
    found = here("login", "--with-token", "--keyring", "--json").json
    assert practice.pat.encode() not in kept.with_name("environ").read_bytes()
    assert found["stored"] == f"repoint/{practice.handle}"
    assert f'token_keyring = "repoint/{practice.handle}"' in found["next"][0]
    assert kept.read_text() == f"repoint|{practice.handle}|{practice.token}"


def test_a_keyring_that_takes_nothing_is_told_plainly(
    here: Here, practice: PracticeServer, tmp_path: Path
) -> None:
    fake_keyring(here, tmp_path, "raise SystemExit('no backend')")
    here.at(practice, REPOINT_TOKEN="")
    typed(here, practice.token)
    refused = here("login", "--with-token", "--keyring", "--json", code=6).error
    assert "not stored" in refused["detail"]
    assert "token_command" in refused["hint"]


def test_without_keyring_support_no_token_is_asked_for(here: Here, practice: PracticeServer) -> None:
    here.at(practice, REPOINT_TOKEN="")
    here.monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert "repoint[keyring]" in here("login", "--keyring", "--json", code=6).error["hint"]
