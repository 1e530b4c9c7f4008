"""Profiles: which platform, as whom, how carefully; flags over environment over `config.toml` over defaults.

`load_profile` is the way in. Every value keeps where it came from (`Profile.settings`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.domain.errors import ConfigProblem
from console.domain.nearest import nearest
from console.domain.target import PRODUCTION, Target
from console.ops.profiles.file import ConfigFile, read_config
from console.ops.profiles.keys import KEYS, TOKEN_KEYS, BadValue, is_loopback
from console.ops.profiles.places import places
from console.ops.profiles.proxy import proxy_of

if TYPE_CHECKING:
    from console.domain.peaks import PeakWindow

TOKEN_VARIABLE: Final = "REPOINT_TOKEN"  # noqa: S105 - the variable's name, not a token
FROM_ENVIRONMENT: Final = "environment"
DEFAULT: Final = "default"


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it came from, in words: `default`, `environment REPOINT_TIMEOUT`, ...

    Attributes:
        rank: 0 default, 1 profile, 2 environment, 3 flag.
    """

    value: object
    source: str
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """One platform and how to work on it. Fields are the keys of `config.toml`.

    Attributes:
        token_env: variable that holds the token; at most one of the three `token_` keys is set, and with
            none of them the token is asked for on the terminal.
        token_command: argv of the helper that prints it.
        token_keyring: `SERVICE` or `SERVICE/USER`.
        reserve: share of the day's writes kept for rollbacks, 0 to 1.
        blast_radius: links above which a batch asks for a second confirmation, with a reason.
        concurrency: destinations looked at at once.
        timeout: seconds, the whole of one call to the platform.
        probe_timeout: seconds, one try at a destination; a page that takes `probe_slow` is slow.
        sighting_max_age: seconds after which a sighting no longer counts as a review.
        keep_health: seconds that health results are kept; the newest of each link always are.
        jwt_key: the public key, or `jwks_file` the key set, that must have signed the platform's JWTs.
        opt_out: slugs and hosts (`bank.example`, `*.partner.example`) that are never looked at.
        proxy: the proxy that calls to the platform take, settled for `base_url`; None for none.
        refresh: renew a session token early by asking the platform, which may cost a write.
        settings: each key's value with its source.
        notices: what the operator should know about the settings; nothing is wrong.
    """

    name: str
    base_url: str
    handle: str
    token_env: str | None = None
    token_command: tuple[str, ...] | None = None
    token_keyring: str | None = None
    environment: str = PRODUCTION
    protected: bool = False
    reserve: float = 0.2
    peak_windows: tuple[PeakWindow, ...] = ()
    blast_radius: int = 100
    concurrency: int = 200
    timeout: float = 15.0
    probe_timeout: float = 10.0
    probe_slow: float = 3.0
    probe_allow_private: bool = False
    rollback_target_key: str = "version"
    honours_idempotency: bool = False
    ca_file: Path | None = None
    jwt_key: Path | None = None
    jwks_file: Path | None = None
    opt_out: tuple[str, ...] = ()
    sighting_max_age: float = 86400.0
    keep_health: float = 7776000.0
    allow_plain_http: bool = False
    proxy: str | None = None
    refresh: bool = False
    settings: Mapping[str, Setting] = field(default_factory=dict, compare=False, repr=False)
    notices: tuple[str, ...] = field(default=(), compare=False, repr=False)

    def target(self, epoch: int = 0) -> Target:
        """The target that this profile names; operator and role are not known yet."""
        return Target(self.name, self.base_url, self.handle, self.environment, epoch=epoch)

    def never_looks_at(self, slug: str, url: str) -> bool:
        """Whether the destination of this link is never looked at, from here or by the platform."""
        from console.domain.urls import host_of

        return bool(self.opt_out) and self.opted_out(slug, host_of(url))

    def opted_out(self, slug: str, host: str) -> bool:
        """Whether this link, or the host of its destination (with or without port), is never looked at."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        return any(
            word in {slug, name.lower()} or (word.startswith("*.") and name.lower().endswith(word[1:]))
            for word in self.opt_out
        )


def load_profile(
    name: str | None = None,
    *,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    config: ConfigFile | None = None,
) -> Profile:
    """The profile to work with.

    Args:
        name: the profile asked for; None takes REPOINT_PROFILE, the file's default, or its only one.
        flags: values given on the command line by key; None values are not given.
        environ: the environment; None takes the process's own.
        config: the settings file where it has been read already.

    Raises:
        ConfigProblem: no such profile, none at all, or a value that cannot be used.
    """
    env = os.environ if environ is None else environ
    file = read_config(places(env).config_path()) if config is None else config
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    chosen = _chosen(name or env.get("REPOINT_PROFILE") or "", file, given, env)
    settings = _settings(chosen, file, given, env)
    _check_reach(chosen, settings, file)
    values: dict[str, Any] = {key: setting.value for key, setting in settings.items()}
    return Profile(name=chosen, **values, settings=settings, notices=_notices(env))


def load_config(environ: Mapping[str, str] | None = None) -> ConfigFile:
    """The settings file of this user. Raises `ConfigProblem` as `read_config`."""
    return read_config(places(environ).config_path())


def default_name(config: ConfigFile) -> str:
    """The profile that is used when none is named; empty where there is no such choice."""
    return config.default_profile or (next(iter(config.profiles)) if len(config.profiles) == 1 else "")


def _chosen(name: str, file: ConfigFile, flags: Mapping[str, object], env: Mapping[str, str]) -> str:
    if name:
        if name not in file.profiles:
            raise _no_such_profile(name, file)
        return name
    if default := default_name(file):
        return default
    if _given("base_url", flags, env) and _given("handle", flags, env):
        return FROM_ENVIRONMENT
    if file.profiles:
        raise ConfigProblem(
            "There are several profiles, and none of them is the default",
            detail=f"Profiles: {', '.join(file.profiles)}",
            hint=f'Name one with --profile, or set default_profile = "NAME" in {file.path}',
        )
    raise _no_profile(flags, env)


def _given(key: str, flags: Mapping[str, object], env: Mapping[str, str]) -> bool:
    return bool(flags.get(key) or env.get(KEYS[key].variable))


def _no_profile(flags: Mapping[str, object], env: Mapping[str, str]) -> ConfigProblem:
    missing = [key for key in ("base_url", "handle") if not _given(key, flags, env)]
    if len(missing) == 1:
        return ConfigProblem(
            f"{KEYS[missing[0]].variable} is not set, and there is no profile in a file",
            hint=f"Set it too ({KEYS[missing[0]].meaning}), or make a profile with `repoint config init`",
        )
    return ConfigProblem(
        "There is no profile yet: repoint does not know which platform to work on",
        hint="Make one with `repoint config init`\n"
        "Or set REPOINT_BASE_URL, REPOINT_HANDLE and REPOINT_TOKEN\n"
        "To look around with nothing to set up: `repoint demo`",
    )


def _no_such_profile(name: str, file: ConfigFile) -> ConfigProblem:
    if not file.profiles:
        return ConfigProblem(
            f"There is no profile {name[:64]}: {file.path} holds none",
            hint=f"Make it with `repoint profile add {name[:64]}`. To look around: `repoint demo`",
        )
    near = nearest(name[:64], file.profiles)
    return ConfigProblem(
        f"There is no profile {name[:64]} in {file.path}",
        detail=f"Profiles: {', '.join(file.profiles)}",
        hint=f"Did you mean {near}?" if near else "",
    )


def _settings(
    name: str, file: ConfigFile, flags: Mapping[str, object], env: Mapping[str, str]
) -> dict[str, Setting]:
    found = {key: _setting(key, name, file, flags, env) for key in KEYS}
    if env.get(TOKEN_VARIABLE):
        found["token_env"] = Setting(TOKEN_VARIABLE, f"environment {TOKEN_VARIABLE}", 2)
    top = max(found[key].rank for key in TOKEN_KEYS)
    rivals = [key for key in TOKEN_KEYS if found[key].rank == top]
    if top and len(rivals) > 1:
        raise ConfigProblem(
            f"{' and '.join(rivals)} are both set: there can be one way to the token",
            detail="; ".join(f"{key}: {found[key].source}" for key in rivals),
            hint="Remove all but one",
        )
    for key in TOKEN_KEYS:
        if found[key].rank < top:
            found[key] = Setting(None, f"set aside for {rivals[0]}")
    for key in ("base_url", "handle"):
        if found[key].value is None:
            raise ConfigProblem(
                f"Profile {name} has no {key}",
                hint=f"Add {key} ({KEYS[key].meaning}) below [profiles.{name}] in {file.path}",
            )
    found["proxy"] = _proxy(found["proxy"], str(found["base_url"].value), env)
    return found


def _setting(
    key: str, name: str, file: ConfigFile, flags: Mapping[str, object], env: Mapping[str, str]
) -> Setting:
    spec = KEYS[key]
    if key in flags:
        value = flags[key]
        raw = spec.from_text(value) if isinstance(value, str) else value
        flag = f"--{key.replace('_', '-')}"
        return Setting(_read(key, raw, flag), f"flag {flag}", 3)
    if env.get(spec.variable):
        source = f"environment {spec.variable}"
        return Setting(_read(key, spec.from_text(env[spec.variable]), spec.variable), source, 2)
    entry = file.profiles.get(name, {}).get(key)
    if entry is not None:
        where = file.where(entry.line)
        return Setting(_read(key, entry.value, f"{where}: {key}"), f"profile {name} ({where})", 1)
    return Setting(spec.default, DEFAULT)


def _read(key: str, raw: object, said: str) -> object:
    try:
        return KEYS[key].read(raw)
    except BadValue as problem:
        raise ConfigProblem(f"{said} {problem}", hint=f"{key}: {KEYS[key].meaning}") from None


def _proxy(setting: Setting, base_url: str, env: Mapping[str, str]) -> Setting:
    if setting.rank:
        value = None if is_loopback(base_url) else setting.value
        return Setting(value, setting.source, setting.rank)
    found = proxy_of(base_url, env)
    if found is None:
        return setting
    variable, address = found
    return Setting(_read("proxy", address, variable), f"environment {variable}", 2)


def _check_reach(name: str, settings: Mapping[str, Setting], file: ConfigFile) -> None:
    """Refuse to send a token in the clear, or a profile's token to a host that is not the profile's."""
    from console.api.settings import checked_origin

    origin = settings["base_url"]
    address = str(origin.value)
    try:
        checked_origin(address, allow_plain_http=bool(settings["allow_plain_http"].value))
    except ConfigProblem as problem:
        raise ConfigProblem(
            problem.title, detail=f"base_url comes from: {origin.source}", hint=problem.hint
        ) from None
    entry = file.profiles.get(name, {}).get("base_url")
    if origin.rank <= 1 or entry is None:
        return
    own = _read("base_url", entry.value, f"{file.where(entry.line)}: base_url")
    if own != address and any(settings[key].rank == 1 for key in TOKEN_KEYS):
        raise ConfigProblem(
            f"The token of profile {name} is for {own}; it is not sent to {address}",
            detail=f"base_url comes from: {origin.source}",
            hint=f"Set {TOKEN_VARIABLE} as well, or make a profile for that platform: `repoint profile add`",
        )


_OTHER_VARIABLES: Final = ("REPOINT_HOME", "REPOINT_PROFILE", TOKEN_VARIABLE)


def _notices(env: Mapping[str, str]) -> tuple[str, ...]:
    known = {key.variable for key in KEYS.values()} | set(_OTHER_VARIABLES)
    strange = [name for name in env if name.startswith("REPOINT_") and name not in known]
    near = [(name, nearest(name[:80], known, cutoff=0.85)) for name in sorted(strange)]
    return tuple(f"{name} is not a setting. Did you mean {other}?" for name, other in near if other)
