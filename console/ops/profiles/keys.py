"""The keys of a profile: how each is read, what it defaults to, what it means.

A reader takes the value as TOML gives it and returns the value to use, or raises `BadValue` with the end
of a sentence that starts with the key ("must be ..."). No message quotes a value: it may hold a secret.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from console.domain.errors import ConfigProblem
from console.domain.peaks import PeakWindow
from console.domain.redaction import holds_token


class BadValue(ValueError):
    """Why a value cannot be used: the end of a sentence that starts with the key, without the value."""


Reader = Callable[[object], object]

_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_AGE: Final = re.compile(r"(\d{1,9})([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BOOLEANS: Final = {"true": True, "1": True, "yes": True, "on": True,
                    "false": False, "0": False, "no": False, "off": False}  # fmt: skip

TOKEN_KEYS: Final = ("token_env", "token_command", "token_keyring")


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a profile.

    Attributes:
        name: as in `config.toml`.
        read: the value as TOML gives it, to the value to use.
        from_text: an environment variable's text, to what TOML would give.
        default: the value when nobody sets it; None where there is none.
        meaning: one line of help.
    """

    name: str
    read: Reader
    from_text: Callable[[str], object]
    default: object
    meaning: str

    @property
    def variable(self) -> str:
        """The environment twin."""
        return f"REPOINT_{self.name.upper()}"


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadValue("must be text")
    if not value.isprintable():
        raise BadValue("must not hold control characters")
    return value.strip()


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValue("must be true or false")
    return value


def _number(value: object, low: float, high: float, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadValue(f"must be {what} from {low:g} to {high:g}")
    return float(value)


def base_url(value: object) -> str:
    """The origin of a platform: scheme, host and port, without a trailing slash."""
    from console.api.settings import checked_origin

    try:
        return checked_origin(
            _text(value), allow_plain_http=True
        )  # whether it may is settled with all values
    except ConfigProblem as problem:
        raise BadValue(problem.title.removeprefix("base_url ")) from None


def is_loopback(origin: str) -> bool:
    """Whether an origin, as `base_url` returns it, stays on this machine."""
    from console.api.settings import is_loopback as is_loopback_host

    return is_loopback_host(urlsplit(origin).hostname or "")


def handle(value: object) -> str:
    """A handle, as it stands in a path."""
    text = _text(value)
    if len(text) > 128 or set(text) & set("/\\?#%|\"' ") or text in {".", ".."}:
        raise BadValue("must be a handle: no blanks, no slashes, at most 128 characters")
    return text


def _word(value: object) -> str:
    text = _text(value)
    if not _WORD.fullmatch(text):
        raise BadValue("must be one word of letters, digits, dots and dashes, at most 64")
    return text


profile_name = _word


def _token_env(value: object) -> str:
    text = _text(value)
    if not _VARIABLE.fullmatch(text) or holds_token(text):
        raise BadValue("must be the name of an environment variable that holds the token, not the token")
    return text


def _token_command(value: object) -> tuple[str, ...]:
    words = tuple(_text(word) for word in value) if isinstance(value, list) else _split(_text(value))
    if not words:
        raise BadValue("must be a command")
    if any(holds_token(word) for word in words):
        raise BadValue("must not hold the token: every process of this machine can read a command line")
    return words


def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as problem:
        raise BadValue("must be a command whose quotes are closed") from problem


def _token_keyring(value: object) -> str:
    text = _text(value)
    if holds_token(text):
        raise BadValue("must be SERVICE or SERVICE/USER in the keyring, not the token")
    return text


def _reserve(value: object) -> float:
    return _number(value, 0, 1, "a share of the day's writes")


def _concurrency(value: object) -> int:
    if isinstance(value, float) or _number(value, 1, 1000, "a whole number") % 1:
        raise BadValue("must be a whole number from 1 to 1000")
    return int(_number(value, 1, 1000, "a whole number"))


def _blast_radius(value: object) -> int:
    links = _number(value, 1, 1_000_000, "a number of links")
    if isinstance(value, float) or links % 1:
        raise BadValue("must be a whole number of links from 1 on")
    return int(links)


def _timeout(value: object) -> float:
    # A write leaves at most 20 s after it is journalled and must be answered or given up before the 60 s
    # after which "still at the old version" counts as proof (console.ops.settle).
    return _number(value, 0.1, 30, "seconds")


def _probe_seconds(value: object) -> float:
    return _number(value, 0.1, 600, "seconds")


def _age(value: object) -> float:
    if isinstance(value, str):
        match = _AGE.fullmatch(value.strip())
        if match is None:
            raise BadValue("must be seconds, or an age like 90m, 24h, 7d")
        value = int(match[1]) * _SECONDS[match[2]]
    return _number(value, 1, 366 * 86400, "seconds")


def _peak_windows(value: object) -> tuple[PeakWindow, ...]:
    texts = _list(value)
    try:
        return tuple(PeakWindow.parse(text) for text in texts)
    except ValueError as problem:
        raise BadValue(str(problem)) from None


def _opt_out(value: object) -> tuple[str, ...]:
    words = tuple(text.lower() if "." in text else text for text in _list(value))
    if any(" " in word or "/" in word for word in words):
        raise BadValue("must list slugs and hosts, like vip-preview, bank.example, *.partner.example")
    return words


def _list(value: object) -> list[str]:
    if not isinstance(value, list):
        raise BadValue("must be a list of texts")
    return [_text(item) for item in value]


def _target_key(value: object) -> str:
    from console.api.settings import ROLLBACK_TARGET_KEYS

    if value not in ROLLBACK_TARGET_KEYS:
        raise BadValue(f"must be one of {', '.join(ROLLBACK_TARGET_KEYS)}")
    return str(value)


def _ca_file(value: object) -> Path:
    path = Path(_text(value)).expanduser()
    if not path.is_absolute():
        raise BadValue("must be an absolute path")
    if not path.is_file():
        raise BadValue("must name a file that exists: certificates in PEM form")
    return path


def _public_file(value: object) -> Path:
    path = Path(_text(value)).expanduser()
    if not path.is_absolute() or not path.is_file():
        raise BadValue("must be the absolute path of a file that exists, with public keys")
    return path


def proxy(value: object) -> str | None:
    """An HTTP proxy's address; `none` for no proxy at all."""
    text = _text(value)
    if text.lower() == "none":
        return None
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname) and parts.path in {"", "/"} and parts.port != 0
    except ValueError:
        usable = False
        parts = urlsplit("")
    if not text.lower().startswith(("http://", "https://")):
        raise BadValue("must be an http:// or https:// proxy, or none: other kinds (socks) are not supported")
    if not usable or parts.query or parts.fragment:
        raise BadValue("must be a proxy's address like http://proxy.example:3128")
    return text.rstrip("/")


def _from_boolean(text: str) -> object:
    return _BOOLEANS.get(text.strip().lower(), text)


def _from_number(text: str) -> object:
    share = text.strip().endswith("%")
    try:
        number = float(text.strip().removesuffix("%"))
    except ValueError:
        return text
    number = number / 100 if share else number
    return int(number) if number.is_integer() and abs(number) < 1e9 else number


def _from_list(text: str) -> object:
    return [part for part in (p.strip() for p in re.split(r"[,;]", text)) if part]


def _from_windows(text: str) -> object:
    return [part for part in (p.strip() for p in text.split(";")) if part]


KEYS: Final[dict[str, Key]] = {
    key.name: key
    for key in (
        Key("base_url", base_url, str, None, "the platform's origin, like https://api.example"),
        Key("handle", handle, str, None, "the handle (account) on the platform"),
        Key("token_env", _token_env, str, None, "name of the environment variable that holds the token"),
        Key("token_command", _token_command, str, None, "command that prints the token, run without a shell"),
        Key("token_keyring", _token_keyring, str, None, "SERVICE or SERVICE/USER of the system keyring"),
        Key("environment", _word, str, "production", "production, staging, ...: named in every confirmation"),
        Key("protected", _yes_or_no, _from_boolean, False, "read-only until armed for 15 minutes"),
        Key("reserve", _reserve, _from_number, 0.2, "share of the day's writes kept for rollbacks, 0 to 1"),
        Key("peak_windows", _peak_windows, _from_windows, (), "hours in which bulk work asks for a reason"),
        Key(
            "blast_radius",
            _blast_radius,
            _from_number,
            100,
            "links above which a batch asks for a second confirmation",
        ),
        Key("concurrency", _concurrency, _from_number, 200, "destinations looked at at once"),
        Key("timeout", _timeout, _from_number, 15.0, "seconds that one call to the platform may take"),
        Key("probe_timeout", _probe_seconds, _from_number, 10.0, "seconds for one look at a destination"),
        Key("probe_slow", _probe_seconds, _from_number, 3.0, "seconds after which a destination is slow"),
        Key(
            "probe_allow_private", _yes_or_no, _from_boolean, False, "look at private and loopback addresses"
        ),
        Key(
            "rollback_target_key", _target_key, str, "version", "what the platform calls a rollback's target"
        ),
        Key("honours_idempotency", _yes_or_no, _from_boolean, False, "the platform is known to honour keys"),
        Key("ca_file", _ca_file, str, None, "certificates to trust instead of the system's, PEM"),
        Key("jwt_key", _public_file, str, None, "public key in PEM form that signs the platform's JWTs"),
        Key("jwks_file", _public_file, str, None, "key set (JWKS) that signs the platform's JWTs"),
        Key("opt_out", _opt_out, _from_list, (), "slugs and hosts that are never looked at"),
        Key(
            "sighting_max_age",
            _age,
            _from_number,
            86400.0,
            "seconds after which a review is too old to act on",
        ),
        Key("keep_health", _age, _from_number, 7776000.0, "seconds that health results are kept, like 90d"),
        Key("allow_plain_http", _yes_or_no, _from_boolean, False, "let the token travel unencrypted"),
        Key("proxy", proxy, str, None, "HTTP proxy, or none; default: HTTPS_PROXY, minus NO_PROXY"),
        Key(
            "refresh", _yes_or_no, _from_boolean, False, "renew a session token early, which may cost a write"
        ),
    )
}
