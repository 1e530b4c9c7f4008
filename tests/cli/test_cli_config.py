"""`config` and `profile`: made by flags or by answering, shown with sources, never overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.commandline import repoint
from support.terminal import Terminal

from console.domain.errors import ConfigProblem
from console.ops.profiles.file import read_config
from console.ops.profiles.write import add_profile, create_config
from console.practice.server import PracticeServer

INIT = ("config", "init", "--base-url", "https://api.example", "--handle", "acme")


def test_init_by_flags_makes_a_private_file_with_comments(home: Path) -> None:
    done = repoint(
        *INIT, "--token-command", "pass show 'my token'", "--environment", "staging", "--protected"
    )
    assert done.returncode == 0, done.stderr
    path = home / "config.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700
    assert str(path) in done.stdout
    text = path.read_text()
    assert text.startswith("# repoint's settings.")
    assert "# peak_windows" in text
    assert "# protected" not in text
    shown = json.loads(repoint("config", "show", "--json").stdout)
    assert shown["profile"] == "acme"
    settings = shown["settings"]
    assert settings["token_command"]["value"] == ["pass", "show", "my token"]
    assert settings["protected"] == {"value": True, "source": f"profile acme ({path}, line 11)"}
    assert text.splitlines()[10].startswith("protected = true")
    assert settings["timeout"] == {"value": 15.0, "source": "default"}


def test_umask_does_not_open_the_file(home: Path) -> None:
    code = (
        "import os, sys; os.umask(0); from console.__main__ import main\n"
        f"sys.argv = ['repoint', *{INIT!r}]; main()"
    )
    assert repoint(code=code).stderr.startswith("Next")
    assert (home / "config.toml").stat().st_mode & 0o777 == 0o600
    create_config(home / "other" / "config.toml", "b", {"base_url": "https://b.example", "handle": "b"})
    assert (home / "other").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_init_never_overwrites(home: Path, kind: str, tmp_path: Path) -> None:
    home.mkdir(mode=0o700)
    path = home / "config.toml"
    if kind == "file":
        path.write_text("# mine\n")
    else:
        path.symlink_to(tmp_path / "elsewhere")
    done = repoint(*INIT)
    assert done.returncode == 2
    assert "exists already" in done.stderr
    assert path.read_text() == "# mine\n" if kind == "file" else not (tmp_path / "elsewhere").exists()


def test_a_file_made_meanwhile_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir(mode=0o700)
    path = home / "config.toml"
    path.write_text("# mine\n")
    monkeypatch.setattr("console.ops.profiles.write.refuse_existing", lambda _: None)
    with pytest.raises(ConfigProblem, match="exists already"):
        create_config(path, "b", {"base_url": "https://b.example", "handle": "b"})
    assert path.read_text() == "# mine\n"
    assert list(home.iterdir()) == [path]


def test_init_without_a_terminal_says_which_flags(home: Path) -> None:
    done = repoint("config", "init", "--base-url", "https://api.example")
    assert done.returncode == 2
    assert "repoint config init --handle ..." in done.stderr
    assert not home.exists()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--base-url", "http://api.example"], "http://"),
        (["--base-url", "https://u:s3cret@api.example"], "credentials"),
        (["--handle", "a/b"], "--handle must be a handle"),
        (["--token-env", "not a name"], "--token-env must be the name"),
        (["--ca-file", "/nowhere"], "--ca-file must name a file"),
        (["--name", "a b"], "A profile's name must be one word"),
        (["--token-env", "A", "--token-command", "b"], "both set"),
    ],
)
def test_init_writes_nothing_that_could_not_be_read(argv: list[str], said: str, home: Path) -> None:
    done = repoint(*INIT, *argv)
    assert done.returncode == 2
    assert said in done.stderr
    assert "s3cret" not in done.stderr
    assert not (home / "config.toml").exists()


def test_init_asks_on_a_terminal_until_the_answers_can_be_used(home: Path) -> None:
    with Terminal(["-m", "console", "config", "init"]) as terminal:
        for question, answer in (
            ("address: ", "api.example"),
            ("address: ", "https://api.example/v2"),
            ("address: ", "https://api.example"),
            ("Handle: ", "acme"),
            ("Environment [production]: ", ""),
            ("Way [1]: ", "9"),
            ("Way [1]: ", "2"),
            ("prints it: ", "pass-that-is-not-here show acme"),
        ):
            terminal.until(question)
            terminal.output = ""
            terminal.type(answer + "\n")
        assert terminal.ended() == 0
        assert "It does not work yet" in terminal.output
    (profile,) = read_config(home / "config.toml").profiles.values()
    values = {key: entry.value for key, entry in profile.items()}
    assert values == {
        "base_url": "https://api.example",
        "handle": "acme",
        "token_command": "pass-that-is-not-here show acme",
        "environment": "production",
    }


def test_init_on_a_terminal_tries_the_new_profile(
    home: Path, practice: PracticeServer, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(practice.token)
    flags = ("--base-url", practice.base_url, "--handle", practice.handle)
    command = ("--token-command", f"cat {tmp_path / 'token'}")
    with Terminal(["-m", "console", "config", "init", *flags, *command], size=(200, 24)) as terminal:
        assert terminal.ended() == 0
        assert "It works: the platform knows you as dana, operator" in terminal.output
    assert (home / "config.toml").exists()
    assert practice.platform.writes_today == 0


def test_leaving_the_questions_writes_nothing(home: Path) -> None:
    for key, code in (("\x04", 2), ("\x03", 130)):
        with Terminal(["-m", "console", "config", "init"]) as terminal:
            terminal.until("address: ")
            terminal.type(key)
            assert terminal.ended() == code
    assert not (home / "config.toml").exists()


def test_adding_a_profile_keeps_the_file_and_the_default(home: Path) -> None:
    repoint(*INIT)
    path = home / "config.toml"
    path.write_text(path.read_text().replace('default_profile = "acme"\n\n', "") + "# mine, at the end")
    done = repoint("profile", "add", "st.aging", "--base-url", "https://b.example", "--handle", "b")
    assert done.returncode == 0, done.stderr
    text = path.read_text()
    assert "# mine, at the end\n" in text
    config = read_config(path)
    assert config.default_profile == "acme"
    assert list(config.profiles) == ["acme", "st.aging"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(home.iterdir()) == [path]
    again = repoint("profile", "add", "st.aging", "--base-url", "https://c.example", "--handle", "b")
    assert again.returncode == 2
    assert "already" in again.stderr
    assert path.read_text() == text


def test_adding_to_a_broken_file_or_through_a_link(home: Path, tmp_path: Path) -> None:
    values = {"base_url": "https://b.example", "handle": "b"}
    home.mkdir(mode=0o700)
    real = tmp_path / "dotfiles.toml"
    real.write_text("oops")
    real.chmod(0o600)
    (home / "config.toml").symlink_to(real)
    with pytest.raises(ConfigProblem, match="not TOML"):
        add_profile(home / "config.toml", "b", values)
    assert real.read_text() == "oops"
    real.write_text("")
    add_profile(home / "config.toml", "b", values)
    assert (home / "config.toml").is_symlink()
    assert "[profiles.b]" in real.read_text()


def test_lists_profiles_with_the_default_marked() -> None:
    assert "repoint config init" in repoint("profile", "list").stderr
    repoint(*INIT)
    repoint(
        "profile", "add", "b", "--base-url", "https://b.example", "--handle", "b", "--environment", "staging"
    )
    lines = repoint("profile", "list").stdout.splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["*", "acme", "https://api.example", "acme", "production", "no"],
        ["b", "https://b.example", "b", "staging", "no"],
    ]
    document = json.loads(repoint("profile", "list", "--json").stdout)
    assert [(p["name"], p["default"]) for p in document["profiles"]] == [("acme", True), ("b", False)]
    assert json.loads(repoint("profile", "show", "b", "--json").stdout)["profile"] == "b"


def test_show_tells_who_won_and_hides_credentials() -> None:
    repoint(
        *INIT, "--token-command", "vault --token=s3cret read", "--proxy", "http://dana:s3cret@proxy.example:1"
    )
    env = {"REPOINT_TIMEOUT": "3", "REPOINT_TOKN": "s3cret"}
    done = repoint("config", "show", "--handle", "other", env=env)
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "environment REPOINT_TIMEOUT" in rows["timeout"]
    assert "flag --handle" in rows["handle"]
    assert "vault '--token=***' read" in rows["token_command"]
    assert "http://***@proxy.example:1" in rows["proxy"]
    assert "Did you mean REPOINT_TOKEN?" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr + repoint("config", "show", "--json", env=env).stdout


def test_show_tells_the_screens_settings_and_what_is_wrong_with_them(home: Path) -> None:
    repoint(*INIT)
    path = home / "config.toml"
    mine = path.read_text()
    path.write_text(mine + '\n[screen]\ncolumns = ["health", "clicks"]\nunicode = false\n')
    rows = [line.split() for line in repoint("config", "show").stdout.splitlines()]
    assert ["screen.columns", "health,", "clicks", "[screen]"] in rows
    screen = json.loads(repoint("config", "show", "--json").stdout)["screen"]
    assert screen == {"unicode": False, "columns": ["health", "clicks"]}
    path.write_text(mine + '\n[screen]\ncolumns = ["cliks"]\n')
    assert "no column cliks. Did you mean clicks?" in repoint("config", "show").stderr.replace("\n", " ")


def test_path_is_printed_without_reading_it(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("oops")
    assert repoint("config", "path").stdout == f"{home / 'config.toml'}\n"
