"""Make `config.toml`, or add a profile to it, without losing a comment and never half written."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cache.paths import private_dir
from console.domain.errors import ConfigProblem, StorageProblem
from console.ops.profiles.file import ConfigFile, parse_config, read_config
from console.ops.profiles.keys import KEYS, BadValue, profile_name
from console.ops.profiles.profile import default_name, load_profile

_HEAD: Final = """\
# repoint's settings. Flags and the environment (REPOINT_ and a key in capitals) win over this file.
# `repoint config show` prints every value and where it came from. No token belongs in here.

"""
_SUGGESTED: Final = {
    "protected": "# protected = true              # read-only until `repoint arm`, 15 minutes at a time\n",
    "reserve": "# reserve = 0.2                 # share of the day's writes kept for rollbacks\n",
    "peak_windows": '# peak_windows = ["mon-fri 17:00-20:00 Europe/Berlin"]\n',
    "opt_out": '# opt_out = ["bank.example"]    # slugs and hosts that are never looked at\n',
}


def checked_name(name: str) -> str:
    """A profile's name. Raises `ConfigProblem` when it cannot be one."""
    try:
        return profile_name(name)
    except BadValue as problem:
        raise ConfigProblem(f"A profile's name {problem}") from None


def refuse_existing(path: Path) -> None:
    """Raise `ConfigProblem` where a settings file, or anything of its name, stands already."""
    if os.path.lexists(path):
        raise _exists(path)


def create_config(path: Path, name: str, values: Mapping[str, object]) -> None:
    """Make the settings file with one profile in it.

    Raises:
        ConfigProblem: there is one already, or a value cannot be used.
        StorageProblem: it cannot be written.
    """
    refuse_existing(path)
    text = f"{_HEAD}default_profile = {_toml(checked_name(name))}\n\n{_block(name, values, suggest=True)}"
    _check(text, path, name)
    _write(path, text, replace=False)


def add_profile(path: Path, name: str, values: Mapping[str, object]) -> None:
    """Add a profile at the end of the settings file, or make the file. What is in it stays as it is.

    With a second profile the first one stays the default: that is then written down.

    Raises:
        ConfigProblem: there is a profile of this name, or a value cannot be used.
        StorageProblem: it cannot be written.
    """
    config = read_config(path)
    if not config.exists:
        create_config(path, name, values)
        return
    if checked_name(name) in config.profiles:
        raise ConfigProblem(
            f"There is a profile {name} already in {path}", hint=f"Change it there, below [profiles.{name}]"
        )
    text = path.read_text(encoding="utf-8-sig").rstrip("\n") + "\n"
    text = _with_default(text, config) + "\n" + _block(name, values, suggest=False)
    _check(text, path, name)
    _write(path, text, replace=True)


def _with_default(text: str, config: ConfigFile) -> str:
    default = default_name(config)
    if config.default_profile or not default:
        return text
    return f"default_profile = {_toml(default)}\n\n{text}"


def _exists(path: Path) -> ConfigProblem:
    return ConfigProblem(
        f"{path} exists already; it was left as it is",
        hint="Add a profile with `repoint profile add NAME`, or edit the file",
    )


def _block(name: str, values: Mapping[str, object], *, suggest: bool) -> str:
    lines = [f"[profiles.{_toml(name) if '.' in name else name}]\n"]
    for key, value in values.items():
        if value is not None:
            lines.append(f"{f'{key} = {_toml(value)}':<30}  # {KEYS[key].meaning}\n")
    if suggest:
        lines += [line for key, line in _SUGGESTED.items() if values.get(key) is None]
    return "".join(lines)


def _toml(value: object) -> str:
    """A value as TOML. Basic strings are JSON's, with DEL escaped as well."""
    if isinstance(value, tuple):
        value = list(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _check(text: str, path: Path, name: str) -> None:
    """Read what is about to be written, as it will be read. Raises `ConfigProblem`."""
    load_profile(name, environ={}, config=parse_config(_encoded(text), path))


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ConfigProblem("A value holds bytes that are no text") from None


def _write(path: Path, text: str, *, replace: bool) -> None:
    """Write beside it, flush to disk, then move into place. A link is followed to the file it names."""
    if replace:
        path = Path(os.path.realpath(path))
    else:
        private_dir(path.parent)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_encoded(text))
                file.flush()
                os.fsync(descriptor)
            if replace:
                part.replace(path)
            else:
                os.link(part, path)  # unlike a rename, it never takes another file's place
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise StorageProblem(
            f"{path} cannot be written: {error.strerror}", hint="Check the folder and the disk"
        ) from error
