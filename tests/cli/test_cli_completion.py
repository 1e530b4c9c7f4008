"""Completion: each shell's script knows every command and flag, and bash's really completes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support.commandline import repoint

from console.subcommands.completion_scripts import places, script
from console.verbs import VERBS


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_names_every_command_and_flag(shell: str) -> None:
    text = script(shell)
    for place in places():
        for choice in (*place.commands, *place.flags):
            assert choice.word.removeprefix("--") in text
            assert set(choice.values) <= set(
                text.replace('"', " ").replace("'", " ").replace("(", " ").replace(")", " ").split()
            )
    assert repoint("completion", shell).stdout == text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_sound_where_the_shell_is_here(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    path = tmp_path / "script"
    path.write_text(script(shell))
    done = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["co"], {"config", "completion"}),
        (["config", ""], {"show", "path", "init", "--json", "--help"}),
        (["config", "init", "--tok"], {"--token-env", "--token-command", "--token-keyring"}),
        (["--json", "profile", "s"], {"show"}),
        (["--profile", "config", "lin"], {"links"}),
        (["completion", "z"], {"zsh"}),
        (["sandbox", "--scenario", "out"], {"outage"}),
        (["config", "init", "--base-url", ""], set()),
        (["--pro"], {"--profile"}),
    ],
)
def test_bash_completes(words: list[str], offered: set[str], tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text(script("bash"))
    line = " ".join(f"'{word}'" for word in ["repoint", *words])
    state = f"COMP_WORDS=({line}); COMP_CWORD={len(words)}"
    code = f"source {path}; {state}; _repoint; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    found = set(done.stdout.split())
    assert found >= offered
    if words[-1] and not words[-1].startswith("--"):
        assert found == offered
    if not offered:
        assert not found


def test_every_command_has_a_place() -> None:
    found = {place.path for place in places()}
    assert {(name,) for name in VERBS} <= found
    assert {("config", "init"), ("profile", "add")} <= found
