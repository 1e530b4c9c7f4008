"""`config.toml`: read with the line of every key, and written without losing a comment.

    default_profile = "shop"

    [profiles.shop]
    base_url = "https://api.example"
    handle = "acme"
    token_command = "pass show repoint"

Tables `[keys]` and `[screen]` belong to the screens and are handed on as they are.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cache.paths import private_dir
from console.domain.errors import ConfigProblem
from console.domain.nearest import nearest
from console.ops.profiles.keys import KEYS, profile_name

_TOP: Final = ("default_profile", "profiles", "keys", "screen")
_MAX_BYTES: Final = 1 << 20
_TOML_LINE: Final = re.compile(
    r"^(?P<what>.*?) \(at (?:line (?P<line>\d+), column \d+|end of document)\)$", re.DOTALL
)
_HEADER: Final = re.compile(r"\s*\[\[?(?P<path>(?:\"[^\"]*\"|'[^']*'|[^\]\"'])*)\]")
_PART: Final = re.compile(r"\"[^\"]*\"|'[^']*'|[^.\s\"']+")
_ASSIGNED: Final = re.compile(r"\s*(?P<path>[A-Za-z0-9_.\"' -]+?)\s*=")


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a profile as it stands in the file. `line` counts from 1; 0 when not found."""

    value: object
    line: int


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What `config.toml` says, its profiles' keys known but their values not yet read.

    Attributes:
        exists: whether there is such a file.
        default_profile: the profile to use when none is named; empty when the file does not say.
    """

    path: Path
    exists: bool = False
    default_profile: str = ""
    profiles: Mapping[str, Mapping[str, Entry]] = field(default_factory=dict)
    keys: Mapping[str, object] = field(default_factory=dict)
    screen: Mapping[str, object] = field(default_factory=dict)

    def where(self, line: int) -> str:
        """The file and line as an error names them."""
        return f"{self.path}, line {line}" if line else str(self.path)


def read_config(path: Path) -> ConfigFile:
    """Read the settings file; one that does not exist holds no profile.

    Raises:
        ConfigProblem: it cannot be read, others may write to it, it is not TOML, or it holds keys that
            nobody knows.
        StorageProblem: its folder is a link, another user's or open to others.
    """
    if os.path.lexists(path.parent):
        private_dir(path.parent)
    raw = _bytes_of(path)
    return ConfigFile(path) if raw is None else parse_config(raw, path)


def parse_config(raw: bytes, path: Path) -> ConfigFile:
    """What the bytes of a settings file say; `path` is only named in errors. Raises as `read_config`."""
    import tomllib

    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigProblem(
            f"{path}, line {line} is not UTF-8 text", hint="Save the file as UTF-8."
        ) from error
    try:
        parsed = tomllib.loads(text)
    except ValueError as error:  # also a number of thousands of digits
        raise _not_toml(path, text, str(error)) from None  # its message may quote a secret
    except RecursionError as error:
        raise ConfigProblem(f"{path} is nested too deep to be settings") from error
    return _config(path, parsed, _lines(text))


def _bytes_of(path: Path) -> bytes | None:
    """Read the file through one descriptor, so that what is checked is what is read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigProblem(f"{path} cannot be read: {error.strerror}", hint=_REMEDY) from error
    try:
        info = os.fstat(descriptor)
        _acceptable(path, info)
        _tighten(descriptor, info)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(_MAX_BYTES + 1)
    finally:
        os.close(descriptor)


def _acceptable(path: Path, info: os.stat_result) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise ConfigProblem(f"{path} is not a regular file", hint=_REMEDY)
    if info.st_uid not in {os.getuid(), 0} or info.st_mode & 0o022:
        raise ConfigProblem(
            f"{path} can be written by others, who could have any command run in your name",
            hint=f"Look through it, then: chmod 600 '{path}'",
        )
    if info.st_size > _MAX_BYTES:
        raise ConfigProblem(f"{path} is larger than 1 MiB: not a settings file")


_REMEDY: Final = "Name another folder in REPOINT_HOME, or make this one readable"


def _tighten(descriptor: int, info: os.stat_result) -> None:
    if info.st_mode & 0o077 and info.st_uid == os.getuid():
        try:
            os.fchmod(descriptor, 0o600)
        except OSError:  # a read-only file system: it stays readable, and holds no token
            return


_PLAINER: Final = {
    "Cannot overwrite a value": "the same name stands twice",
    "Cannot declare": "the same [table] stands twice",
}


def _not_toml(path: Path, text: str, message: str) -> ConfigProblem:
    match = _TOML_LINE.match(message)
    line = int(match["line"]) if match and match["line"] else text.count("\n") + 1
    what = re.sub(r"\s*['\"(].*", "", match["what"] if match else "", flags=re.DOTALL) or "not TOML"
    what = _PLAINER.get(what, what)
    return ConfigProblem(
        f"{path}, line {line} is not TOML: {what}",
        detail='A setting is a line: name = value. Text stands in quotes: handle = "acme".',
        hint=f"Correct line {line}; or move the file away and run `repoint config init`",
    )


def _config(path: Path, parsed: Mapping[str, object], lines: Mapping[tuple[str, ...], int]) -> ConfigFile:
    config = ConfigFile(path)
    for key in parsed:
        if key not in _TOP:
            raise _unknown(config.where(lines.get((key,), 0)), key, (*_TOP, *KEYS), top=True)
    profiles = {}
    for name, body in _table(config, parsed, "profiles", lines).items():
        where = config.where(lines.get(("profiles", name), 0))
        try:
            profile_name(name)
        except ValueError as problem:
            raise ConfigProblem(f"{where}: a profile's name {problem}") from None
        if not isinstance(body, dict):
            raise ConfigProblem(
                f"{where}: profile {name} must be a table", hint=f"Write it as [profiles.{name}]"
            )
        profiles[name] = _entries(config, name, body, lines)
    default = parsed.get("default_profile", "")
    where = config.where(lines.get(("default_profile",), 0))
    if not isinstance(default, str):
        raise ConfigProblem(f"{where}: default_profile must be the name of a profile, in quotes")
    if default and default not in profiles:
        raise ConfigProblem(
            f"{where}: default_profile names a profile that does not exist",
            hint=_did_you_mean(default, profiles) or f"Profiles here: {', '.join(profiles) or 'none'}",
        )
    return ConfigFile(
        path,
        exists=True,
        default_profile=default,
        profiles=profiles,
        keys=_table(config, parsed, "keys", lines),
        screen=_table(config, parsed, "screen", lines),
    )


def _table(
    config: ConfigFile, parsed: Mapping[str, object], key: str, lines: Mapping[tuple[str, ...], int]
) -> dict[str, object]:
    table = parsed.get(key, {})
    if not isinstance(table, dict):
        raise ConfigProblem(f"{config.where(lines.get((key,), 0))}: {key} must be a table: [{key}]")
    return table


def _entries(
    config: ConfigFile, name: str, body: Mapping[str, object], lines: Mapping[tuple[str, ...], int]
) -> dict[str, Entry]:
    entries = {}
    for key, value in body.items():
        line = lines.get(("profiles", name, key)) or lines.get(("profiles", name), 0)
        if key not in KEYS:
            raise _unknown(config.where(line), key, KEYS, top=False)
        entries[key] = Entry(value, line)
    return entries


def _unknown(
    where: str, key: str, known: Mapping[str, object] | tuple[str, ...], *, top: bool
) -> ConfigProblem:
    if key in {"token", "jwt", "pat", "password"}:
        return ConfigProblem(
            f"{where}: a token does not belong in this file",
            detail="Consider it known to others if the file was shared or backed up.",
            hint="Use token_command, token_keyring or token_env instead",
        )
    if top and key in KEYS:
        return ConfigProblem(
            f"{where}: {key} belongs to a profile", hint="Put it below a line like [profiles.shop]"
        )
    return ConfigProblem(
        f"{where}: there is no setting {key[:60]!r}",
        hint=_did_you_mean(key, known) or f"Settings here: {', '.join(known)}",
    )


def _did_you_mean(word: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    near = nearest(word[:60], known)
    return f"Did you mean {near}?" if near else ""


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """The line on which each key of the file is set, for errors; tomllib does not keep it."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if (header := _HEADER.match(line)) is not None:
            table = _path(header["path"])
            path = table
        elif (assigned := _ASSIGNED.match(line)) is not None:
            path = table + _path(assigned["path"])
        else:
            continue
        for depth in range(1, len(path) + 1):
            found.setdefault(path[:depth], number)
    return found


def _path(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
