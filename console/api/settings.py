"""How to reach one platform, and the rules that its base URL must meet."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

import can_ada

from console.api.throttle import Patience
from console.domain.errors import ConfigProblem
from console.domain.target import Secret
from console.domain.text import safe

if TYPE_CHECKING:
    import httpx

ROLLBACK_TARGET_KEYS: Final = ("version", "versionId", "targetVersion")
"""Names that the target version may have in the body of a rollback (platform-api, "Routes")."""


class TokenSource(Protocol):
    """Where the token comes from: environment, helper command, keyring, prompt."""

    async def get(self) -> Secret | None:
        """The token, or None when there is none. May be asked often: keep what is slow to get."""
        ...


@runtime_checkable
class RenewableSource(TokenSource, Protocol):
    """One that can be asked for another token before the one there is ends."""

    async def renewed(self, old: Secret) -> Secret:
        """A token in place of `old`, or `old` where there is no other. `get` gives it from then on.

        Raises:
            SignInNeeded: it cannot be had, or must not be used.
        """
        ...


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """One platform, one handle, and how calls to it are made.

    Attributes:
        base_url: the origin alone: `https://api.example`.
        timeout_seconds: total deadline of one request with its answer; of an export, of each batch.
        rollback_target_key: one of `ROLLBACK_TARGET_KEYS`.
        honours_idempotency: the platform is known to answer a repeated key with its first answer.
        compares_versions: the platform is known to compare our expected version.
        ca_file: certificates to trust instead of the system's.
        proxy: the only proxy used; never for loopback. The environment is not asked.
        allow_plain_http: take http:// on a host that is not this machine.
        refresh: renew a JWT before it ends; may cost a write.
        import_csv: send imports as text/csv.
        patience: how long reads keep trying.
        write_margin_seconds: a write is not started with a JWT that ends sooner.
        page_size: links and versions asked for at once.
        transport: an httpx transport to use instead of the network (tests, in-process platforms).
    """

    base_url: str
    handle: str
    timeout_seconds: float = 15.0
    rollback_target_key: str = "version"
    honours_idempotency: bool = False
    compares_versions: bool = False
    ca_file: Path | None = None
    proxy: str | None = None
    user_agent: str = "repoint"
    allow_plain_http: bool = False
    refresh: bool = False
    import_csv: bool = False
    patience: Patience = Patience()  # noqa: RUF009 - frozen
    write_margin_seconds: float = 30.0
    page_size: int = 500
    transport: httpx.AsyncBaseTransport | None = None

    @property
    def origin(self) -> str:
        """`base_url` as an origin.

        Raises:
            ConfigProblem: as `checked_origin`.
        """
        return checked_origin(self.base_url, allow_plain_http=self.allow_plain_http)

    @property
    def host(self) -> str:
        """The platform's host and port, for people."""
        return safe(self.origin.partition("://")[2], 100)


def checked_origin(base_url: str, *, allow_plain_http: bool = False) -> str:
    """The origin that a base URL names, as a browser reads it, without a trailing slash.

    Raises:
        ConfigProblem: no http(s) URL; credentials, a path, a query or a fragment in it; a backslash, blank
            or control character; http:// on a host other than this machine unless allowed.
    """
    if any(ord(c) <= 0x20 or 0x7F <= ord(c) <= 0x9F or c == "\\" for c in base_url):
        raise _bad("it holds a blank, a control character or a backslash")
    try:
        url = can_ada.parse(base_url)
    except (ValueError, TypeError):
        raise _bad("it is no URL; write it like https://api.example") from None
    if url.protocol not in {"https:", "http:"} or not url.hostname:
        raise _bad("it does not start with https:// and a host")
    if url.username or url.password or "@" in base_url:
        raise _bad("it carries credentials")
    if url.pathname not in {"", "/"} or any(c in base_url for c in "?#"):
        raise _bad("it holds more than the origin: paths start at /v2/ by themselves")
    if url.protocol == "http:" and not allow_plain_http and not is_loopback(str(url.hostname)):
        raise ConfigProblem(
            "base_url has http://, which would show the token to everybody on the way",
            hint="Use https://, or set allow_plain_http = true in the profile if you must.",
        )
    return f"{url.protocol}//{url.host}"


def host_of_origin(origin: str) -> str:
    """The host of an origin, without scheme and port; IPv6 addresses keep their brackets."""
    host = origin.partition("://")[2]
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def is_loopback(host: str) -> bool:
    """Whether a host, as a URL has it, is this machine: 127.0.0.0/8, ::1, localhost and its children."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _bad(reason: str) -> ConfigProblem:
    # The value itself is not quoted: it may hold a password.
    return ConfigProblem(
        f"base_url cannot be used: {reason}",
        hint="It must be the platform's origin alone, like https://api.example",
    )
