"""Completion: each shell's script knows every command and flag, and the shells really complete by them."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from support.commandline import repoint
from support.waiting import PATIENCE

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


CASES: list[tuple[list[str], set[str]]] = [
    (["co"], {"config", "completion"}),
    (["config", ""], {"show", "path", "init"}),
    (["config", "init", "--tok"], {"--token-env", "--token-command", "--token-keyring"}),
    (["--json", "profile", "s"], {"show"}),
    (["--profile", "config", "lin"], {"links"}),
    (["completion", "z"], {"zsh"}),
    (["sandbox", "--scenario", "out"], {"outage"}),
    (["config", "init", "--base-url", ""], set()),
    (["--pro"], {"--profile"}),
    (["plan", "r"], {"rollback", "repoint"}),
    (["run", "--wa"], {"--way"}),
    (["run", "--way", "s"], {"split"}),
    (["plan", "rollback", "--see"], set()),
    (["rollback", "--see"], {"--seen"}),
    (["run", "./a-pl"], {"./a-plan.json"}),
    (["export", "-o", "./a-pl"], {"./a-plan.json"}),
]
"""What is offered for the last word, in every shell; bash offers flags beside an empty word's commands."""

BASH = r"""
source "$1"; shift
COMP_WORDS=(repoint "$@"); COMP_CWORD=$#; _repoint; printf '%s\n' "${COMPREPLY[@]}"
"""
FISH = "source $argv[1]; complete -C (string join ' ' -- repoint $argv[2..-1])"
ZSH = r"""
PROMPT= ; unsetopt prompt_cr prompt_sp beep; setopt no_list_ambiguous
fpath=($ZDOTDIR $fpath); autoload -Uz compinit; compinit -D -u
bindkey '^I' complete-word
compadd() {
  if (( $@[(I)-[OAD]*] )); then builtin compadd "$@"; return; fi
  local -a hits; builtin compadd -A hits "$@"; builtin compadd "$@"
  local -A suffixed; zparseopts -E -A suffixed P: p: S:
  (( $#hits )) && print -rl -- "${suffixed[-p]}"$^hits >> $ZDOTDIR/offered
}
finish() { exit }
comppostfuncs=(finish)
precmd() { print ready }
"""


def offered_by(shell: str, words: list[str], folder: Path) -> set[str]:
    """What the shell itself offers for the last word."""
    path = folder / "_repoint"
    path.write_text(script(shell))
    (folder / "a-plan.json").write_text("")
    if shell == "zsh":
        return _by_zsh(words, folder)
    argv = ["bash", "-c", BASH, "bash"] if shell == "bash" else ["fish", "--no-config", "-c", FISH]
    done = subprocess.run(
        [*argv, str(path), *words], cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.stderr == ""
    return {line.partition("\t")[0] for line in done.stdout.splitlines() if line}


def _by_zsh(words: list[str], folder: Path) -> set[str]:
    """zsh completes on a terminal only: a tab is typed on one, and `compadd` writes down what it adds."""
    (folder / ".zshrc").write_text(ZSH)
    (folder / "offered").write_text("")
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        ["zsh", "-d", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, start_new_session=True,
        env={**os.environ, "ZDOTDIR": str(folder), "TERM": "dumb"},
    )  # fmt: skip
    os.close(theirs)
    try:
        seen = b""
        while b"ready" not in seen:
            assert select.select([ours], [], [], PATIENCE)[0], seen
            seen += os.read(ours, 4096)
        os.write(ours, f"repoint {' '.join(words)}\t".encode())
        with suppress(OSError):  # the terminal ends with the shell
            while select.select([ours], [], [], PATIENCE)[0] and os.read(ours, 4096):
                pass
        assert shell.wait(PATIENCE) == 0
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)
    return set((folder / "offered").read_text().split())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(("words", "offered"), CASES)
def test_a_shell_completes(shell: str, words: list[str], offered: set[str], tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    found = {word.rstrip("=") for word in offered_by(shell, words, tmp_path)}
    assert {word for word in found if words[-1] or not word.startswith("-")} == offered


def test_every_command_has_a_place() -> None:
    found = {place.path for place in places()}
    assert {(name,) for name in VERBS} <= found
    assert {("config", "init"), ("profile", "add")} <= found
