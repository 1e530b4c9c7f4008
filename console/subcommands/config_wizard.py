"""What a new profile needs: from flags, and on a terminal by asking for the rest."""

from __future__ import annotations

import argparse
from typing import Final

from console.domain.errors import ConfigProblem, UsageProblem
from console.ops.profiles.keys import KEYS, BadValue, profile_name
from console.output import Output

_TEXTS: Final = ("base_url", "environment", "token_env", "token_command", "token_keyring", "ca_file", "proxy")
_WAYS: Final = {
    "1": ("token_env", "Name of the variable", "REPOINT_TOKEN"),
    "2": ("token_command", "Command that prints it", ""),
    "3": ("token_keyring", "SERVICE or SERVICE/USER", "repoint"),
}


def add_profile_arguments(parser: argparse.ArgumentParser) -> None:
    """A flag for each key that a new profile is likely to need; `--handle` is a flag of every command."""
    for key in _TEXTS:
        metavar = {"base_url": "URL", "proxy": "URL", "token_env": "VARIABLE", "token_command": "COMMAND",
                   "token_keyring": "SERVICE/USER", "ca_file": "FILE"}.get(key, "NAME")  # fmt: skip
        parser.add_argument(f"--{key.replace('_', '-')}", metavar=metavar, help=KEYS[key].meaning)
    for key in ("protected", "allow_plain_http", "probe_allow_private"):
        flag = f"--{key.replace('_', '-')}"
        parser.add_argument(flag, action="store_true", default=None, help=KEYS[key].meaning)


def asked_values(args: argparse.Namespace, out: Output, command: str) -> dict[str, object]:
    """The values of the new profile, each checked as it is given.

    Raises:
        UsageProblem: something is missing and there is nobody to ask.
        ConfigProblem: a flag's value cannot be used.
    """
    order = ("base_url", "handle", *(key for key in KEYS if key not in {"base_url", "handle"}))
    values: dict[str, object] = {key: getattr(args, key, None) for key in order}
    for key, value in values.items():
        if value is not None:
            _check(key, value, f"--{key.replace('_', '-')}")
    missing = [key for key in ("base_url", "handle") if values[key] is None]
    if missing and not out.interactive:
        flags = " ".join(f"--{key.replace('_', '-')} ..." for key in missing)
        raise UsageProblem("There is no terminal to ask on", hint=f"Say it with flags: {command} {flags}")
    if missing:
        _ask(values, out)
    return {key: value for key, value in values.items() if value is not None}


def profile_name_for(handle: str) -> str:
    """A profile's name made from a handle."""
    try:
        return profile_name(handle)
    except BadValue:
        return "default"


def _ask(values: dict[str, object], out: Output) -> None:
    questions = {"base_url": "The platform's address", "handle": "Handle", "environment": "Environment"}
    for key, question in questions.items():
        if values[key] is None:
            values[key] = _answer(out, key, question, str(KEYS[key].default or ""))
    if any(values[key] is not None for key in ("token_env", "token_command", "token_keyring")):
        return
    out.note("Where is the token?  1 in an environment variable  2 a command prints it")
    out.note("                     3 in the system keyring       4 I type it each time")
    way = _line(out, "Way", "1")
    while way not in {*_WAYS, "4"}:
        out.note("One of 1, 2, 3, 4")
        way = _line(out, "Way", "1")
    if way in _WAYS:
        key, question, default = _WAYS[way]
        values[key] = _answer(out, key, question, default)


def _answer(out: Output, key: str, question: str, default: str) -> str:
    while True:
        text = _line(out, question, default)
        try:
            _check(key, text, key)
        except ConfigProblem as problem:
            out.note(problem.title)
        else:
            return text


def _line(out: Output, question: str, default: str) -> str:
    answer = out.ask(question, default)
    if answer is None:
        raise UsageProblem("The questions were not answered; nothing was written")
    return answer


def _check(key: str, value: object, said: str) -> None:
    try:
        KEYS[key].read(value)
    except BadValue as problem:
        raise ConfigProblem(f"{said} {problem}", hint=f"{key}: {KEYS[key].meaning}") from None
