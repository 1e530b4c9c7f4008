"""What `doctor` says of the way to the platform: name, connection, certificate, clock.

The connection made here carries no request and no token.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from console.api.settings import is_loopback
from console.domain.errors import ConfigProblem
from console.domain.text import safe
from console.ops.doctor.values import Finding, fail, ok, skipped, warn
from console.ops.profiles.profile import Profile

LONGEST: Final = 10.0
"""Seconds that a name or a connection may take, where the profile's timeout is not shorter."""
EXPIRES_SOON_DAYS: Final = 14.0
CLOCK_OFF_SECONDS: Final = 60.0
_CHECK_URL: Final = "Check base_url in the profile: `repoint config show`"
_UNTRUSTED: Final = {
    10: "It has expired", 9: "It is not valid yet", 18: "It is signed by itself",
    62: "It is for another name", 64: "It is for another address",
}  # fmt: skip
"""OpenSSL's X509_V_ERR numbers that an operator can act on."""


async def line_findings(profile: Profile) -> list[Finding]:
    """Resolve the platform's name and connect to it."""
    parts = urlsplit(profile.base_url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    seconds = min(LONGEST, profile.timeout)
    if profile.proxy is not None:
        why = "The proxy resolves the name and connects; the first route shows whether it does."
        return [skipped("dns", why), skipped("tls", why)]
    name = await _name(host, port, seconds)
    if name.grade == "fail":
        return [name, skipped("tls", "Without an address there is nothing to connect to.")]
    if parts.scheme == "https":
        return [name, await _encrypted(profile, host, port, seconds)]
    return [name, await _plain(host, port, seconds)]


async def _name(host: str, port: int, seconds: float) -> Finding:
    shown = safe(host, 100)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return ok("dns", f"{shown} is an address; no name has to be looked up.")
    try:
        async with asyncio.timeout(seconds):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        return fail("dns", f"{shown} could not be looked up within {seconds:g} s.",
                    "Check the network and its name servers")  # fmt: skip
    except (OSError, UnicodeError):
        return fail("dns", f"{shown} has no address here.", f"{_CHECK_URL}, then the network")
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    more = f" and {len(addresses) - 2} more" if len(addresses) > 2 else ""
    return ok("dns", f"{shown} is {', '.join(addresses[:2])}{more}.")


async def _plain(host: str, port: int, seconds: float) -> Finding:
    try:
        await _connected(host, port, None, seconds)
    except (OSError, TimeoutError) as error:
        return _unconnected(host, port, error, seconds)
    if is_loopback(host):
        return ok("tls", f"{safe(host, 100)}:{port} answers on this machine; it needs no TLS.")
    return warn("tls", "The token travels unencrypted: everybody on the way can read it.",
                "Use https:// in base_url")  # fmt: skip


async def _encrypted(profile: Profile, host: str, port: int, seconds: float) -> Finding:
    from console.api.transport import tls_context

    try:
        context = await asyncio.to_thread(tls_context, profile.ca_file)
    except ConfigProblem as problem:
        return fail("tls", f"{problem.title}.", problem.hint)
    try:
        certificate, version = await _connected(host, port, context, seconds)
    except ssl.SSLCertVerificationError as error:
        why = _UNTRUSTED.get(error.verify_code, "It is signed by nobody that this machine trusts")
        return fail(
            "tls",
            f"The certificate of {safe(host, 100)} is not to be trusted. {why}. No token was sent.",
            "Do not go on: somebody may stand in between. For a CA of your own, set ca_file in the profile",
        )
    except ssl.SSLError:
        return fail("tls", f"{safe(host, 100)}:{port} offers no TLS that is safe (1.2 or later).", _CHECK_URL)
    except (OSError, TimeoutError) as error:
        return _unconnected(host, port, error, seconds)
    return _expiry(certificate, version, datetime.now(UTC))


def _expiry(certificate: Mapping[str, object], version: str, now: datetime) -> Finding:
    ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    days = (ends - now.timestamp()) / 86400
    day = datetime.fromtimestamp(ends, UTC).date().isoformat()
    if days < EXPIRES_SOON_DAYS:
        return warn(
            "tls",
            f"The platform's certificate ends on {day}, in {max(days, 0):.0f} days.",
            "Tell whoever runs the platform: from then on nothing can be read or sent",
        )
    return ok("tls", f"{version}; the certificate is trusted and good until {day}.")


async def _connected(
    host: str, port: int, context: ssl.SSLContext | None, seconds: float
) -> tuple[Mapping[str, object], str]:
    """Connect and hang up; the peer's certificate and the protocol's version."""
    async with asyncio.timeout(seconds):
        _, writer = await asyncio.open_connection(
            host, port, ssl=context, server_hostname=host if context else None
        )
    try:
        certificate = writer.get_extra_info("peercert") or {}
        tls = writer.get_extra_info("ssl_object")
        return certificate, str(tls.version()) if tls is not None else ""
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _unconnected(host: str, port: int, error: Exception, seconds: float) -> Finding:
    where = f"{safe(host, 100)}:{port}"
    if isinstance(error, TimeoutError):
        return fail("tls", f"{where} did not take the connection within {seconds:g} s.",
                    "Check the network, a firewall, and whether a proxy is needed")  # fmt: skip
    if isinstance(error, ConnectionRefusedError):
        return fail(
            "tls", f"{where} refused the connection.", f"{_CHECK_URL}, and whether the platform is up"
        )
    why = getattr(error, "strerror", None) or "no connection"
    return fail("tls", f"{where} cannot be reached: {why}.", "Check the network")


def clock_finding(header: str, before: datetime, after: datetime) -> Finding:
    """How far this machine's clock is from the platform's, by the `Date` of an answer.

    Args:
        header: as it came; empty where there was none.
        before: when the question left.
        after: when the answer was there.
    """
    try:
        told = parsedate_to_datetime(header) if header else None
    except (ValueError, TypeError, IndexError, OverflowError):
        told = None
    if told is None:
        return ok("clock", "The platform does not tell its time; nothing depends on it.")
    told = told.replace(tzinfo=UTC) if told.tzinfo is None else told
    # The header counts whole seconds, so that it may be up to one second behind.
    early, late = (before - told).total_seconds() - 1, (after - told).total_seconds()
    off = early if early > 0 else late if late < 0 else 0.0
    if abs(off) <= CLOCK_OFF_SECONDS:
        return ok("clock", "This machine's clock agrees with the platform's.")
    how = "ahead of" if off > 0 else "behind"
    return warn(
        "clock",
        f"This machine's clock is {_duration(abs(off))} {how} the platform's. No decision depends on it; "
        "times and the token's life are shown wrong.",
        "Set the clock, best by NTP: timedatectl set-ntp true",
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else (
        f"{seconds / 3600:.0f} h" if seconds < 172800 else f"{seconds / 86400:.0f} days")  # fmt: skip
