"""Which addresses, ports and URLs a probe may reach: the rules against server-side request forgery.

A destination is text that somebody else wrote. So each hop is read as a browser reads it (WHATWG), its
name is resolved, every address is judged, and the connection is made to the judged address. The lists
follow the IANA special-purpose registries and are spelled out here because `ipaddress.is_global` differs
between Python releases and calls multicast, NAT64 and 6to4 forms of loopback global.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

import can_ada

_MAX_LENGTH: Final = 8192
_SCHEME_PORTS: Final = {"http:": 80, "https:": 443}
LOOPBACK: Final = "127.0.0.1"


class OffLimits(OSError):
    """A probe may not go there. The text says what is there, without credentials."""


class Reach(Enum):
    """How far an address is from this machine."""

    PUBLIC = "public"
    PRIVATE = "private"
    """Inside; reachable with the named opt-in."""
    NEVER = "never"
    """Metadata services, link-local, multicast, reserved: no opt-in opens these."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One URL as a browser would request it.

    Attributes:
        href: canonical text without fragment.
        host: in punycode, no brackets, no closing dot; an IP literal in its canonical spelling.
        address: the host where it is an IP literal, else None.
    """

    href: str
    host: str
    port: int
    secure: bool
    path: str
    address: str | None

    def moved(self, location: str) -> Hop:
        """The hop that a `Location` names, read against this one.

        Raises:
            OffLimits: as `hop`.
        """
        return _hop_of(location, can_ada.parse(self.href))


@dataclass(frozen=True, slots=True)
class Scope:
    """What one profile lets its probes reach.

    Attributes:
        allow_private: private ranges may be probed.
        private_origins: where private ranges may be probed, as `host:port` or `.suffix:port`; empty means
            anywhere. The demo names its own pages here, so that a destination cannot reach anything else.
        blocked_ports: ports that are refused whatever the address.
    """

    allow_private: bool = False
    private_origins: tuple[str, ...] = ()
    blocked_ports: frozenset[int] = frozenset()

    def check_hop(self, hop: Hop) -> None:
        """Judge what can be judged before a name is resolved.

        Raises:
            OffLimits: a refused port, or a literal address out of reach.
        """
        if hop.port in self.blocked_ports:
            raise OffLimits(f"port {hop.port} is not for web pages")
        if hop.address is not None:
            self.check_addresses(hop.host, hop.port, (hop.address,))

    def check_addresses(self, host: str, port: int, addresses: Iterable[str]) -> None:
        """Judge what a name resolved to. One address out of reach refuses all: answers can be shuffled.

        Raises:
            OffLimits: at least one address is out of reach.
        """
        for address in addresses:
            reach, kind = reach_of(address)
            if reach is Reach.PUBLIC or (reach is Reach.PRIVATE and self._opted_in(host, port)):
                continue
            raise OffLimits(f"{kind} address {address}" if host == address else f"{kind} address")

    def _opted_in(self, host: str, port: int) -> bool:
        if not self.allow_private or not self.private_origins:
            return self.allow_private
        tail = f"{host}:{port}"
        return any(
            tail == origin or (origin.startswith(".") and tail.endswith(origin))
            for origin in self.private_origins
        )


def hop(text: str) -> Hop:
    """Read a destination the way a browser does.

    Raises:
        OffLimits: no URL, another scheme than http and https, no host, credentials, or over 8,192 characters.
    """
    return _hop_of(text, None)


def is_localhost(host: str) -> bool:
    """Whether RFC 6761, section 6.3, makes this name loopback, whatever a DNS server says."""
    return host == "localhost" or host.endswith(".localhost")


def without_credentials(text: str) -> str:
    """A URL fit for a screen or a record: no user name, no password."""
    try:
        url = can_ada.parse(text)
    except (ValueError, TypeError):
        return ""
    if url.username or url.password:
        url.username = url.password = ""
    return str(url.href)


def _hop_of(text: str, base: can_ada.URL | None) -> Hop:
    if len(text) > _MAX_LENGTH:
        raise OffLimits("a URL longer than 8,192 characters")
    try:
        url = can_ada.parse(text) if base is None else base + text
    except (ValueError, TypeError) as error:  # TypeError: text that is not UTF-8
        raise OffLimits("not a URL that a browser can open") from error
    scheme = str(url.protocol)
    if scheme not in _SCHEME_PORTS:
        raise OffLimits(f"a {scheme.removesuffix(':')} address, not a web page")
    if url.username or url.password:
        raise OffLimits("a URL that carries credentials")
    name = str(url.hostname)
    host = (name[1:-1] if name.startswith("[") else name).rstrip(".")
    if not host:
        raise OffLimits("a URL without a host")
    url.hash = ""
    address = host if ":" in host or host.replace(".", "").isdigit() else None
    port = int(url.port) if url.port else _SCHEME_PORTS[scheme]
    return Hop(str(url.href), host, port, scheme == "https:", str(url.pathname), address)


@lru_cache(maxsize=16384)
def reach_of(address: str) -> tuple[Reach, str]:
    """How far an address is, and its kind in a word: "loopback", "private", "metadata" ...

    IPv4 addresses inside IPv6 ones (mapped, NAT64) count as what they carry. What is no address is never
    reached.
    """
    try:
        ip = ip_address(address.split("%", 1)[0])
    except ValueError:
        return Reach.NEVER, "unreadable"
    if isinstance(ip, IPv4Address):
        return _first(_V4, ip)
    if ip.ipv4_mapped is not None:
        return _first(_V4, ip.ipv4_mapped)
    if ip in _NAT64:
        reach, kind = _first(_V4, IPv4Address(int(ip) & 0xFFFFFFFF))
        return (reach, kind) if reach is Reach.PUBLIC else (Reach.NEVER, f"NAT64 {kind}")
    reach, kind = _first_v6(ip)
    if reach is Reach.PUBLIC and ip not in _UNICAST:
        return Reach.NEVER, "reserved"
    return reach, kind


def _first(networks: tuple[tuple[IPv4Network, Reach, str], ...], ip: IPv4Address) -> tuple[Reach, str]:
    for network, reach, kind in networks:
        if ip in network:
            return reach, kind
    return Reach.PUBLIC, "public"


def _first_v6(ip: IPv6Address) -> tuple[Reach, str]:
    for network, reach, kind in _V6:
        if ip in network:
            return reach, kind
    return Reach.PUBLIC, "public"


_NAT64: Final = IPv6Network("64:ff9b::/96")
_UNICAST: Final = IPv6Network("2000::/3")

_V4: Final = tuple(
    (IPv4Network(network), reach, kind)
    for network, reach, kind in (
        ("100.100.100.200/32", Reach.NEVER, "metadata"),  # Alibaba Cloud
        ("168.63.129.16/32", Reach.NEVER, "metadata"),  # Azure's host, reachable from inside only
        ("169.254.169.254/32", Reach.NEVER, "metadata"),
        ("169.254.0.0/16", Reach.NEVER, "link-local"),
        ("127.0.0.0/8", Reach.PRIVATE, "loopback"),
        ("10.0.0.0/8", Reach.PRIVATE, "private"),
        ("172.16.0.0/12", Reach.PRIVATE, "private"),
        ("192.168.0.0/16", Reach.PRIVATE, "private"),
        ("100.64.0.0/10", Reach.PRIVATE, "carrier-internal"),
        ("198.18.0.0/15", Reach.PRIVATE, "benchmark"),
        ("0.0.0.0/8", Reach.NEVER, "unspecified"),
        ("192.0.0.0/24", Reach.NEVER, "reserved"),  # holds 192.0.0.192, Oracle's metadata
        ("192.0.2.0/24", Reach.NEVER, "documentation"),
        ("192.88.99.0/24", Reach.NEVER, "reserved"),
        ("198.51.100.0/24", Reach.NEVER, "documentation"),
        ("203.0.113.0/24", Reach.NEVER, "documentation"),
        ("224.0.0.0/4", Reach.NEVER, "multicast"),
        ("240.0.0.0/4", Reach.NEVER, "reserved"),
    )
)
_V6: Final = tuple(
    (IPv6Network(network), reach, kind)
    for network, reach, kind in (
        ("fd00:ec2::254/128", Reach.NEVER, "metadata"),  # AWS
        ("fd20:ce::254/128", Reach.NEVER, "metadata"),  # Google Cloud
        ("::1/128", Reach.PRIVATE, "loopback"),
        ("fc00::/7", Reach.PRIVATE, "private"),
        ("fe80::/10", Reach.NEVER, "link-local"),
        ("ff00::/8", Reach.NEVER, "multicast"),
        ("::/128", Reach.NEVER, "unspecified"),
        ("2001::/23", Reach.NEVER, "reserved"),  # Teredo, benchmarks, ORCHID
        ("2001:db8::/32", Reach.NEVER, "documentation"),
        ("3fff::/20", Reach.NEVER, "documentation"),
        ("2002::/16", Reach.NEVER, "6to4"),
    )
)

# The Fetch standard's bad ports (https://fetch.spec.whatwg.org/#port-blocking), which browsers refuse too,
# and those of services that take a stray HTTP request for a command.
_FETCH_BAD_PORTS: Final = (
    "1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 "
    "117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 "
    "587 601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 "
    "6668 6669 6679 6697 10080"
)
_SERVICE_PORTS: Final = (
    "445 873 1433 1521 2375 2376 2379 2380 3306 3389 5432 5900 6379 9042 10250 11211 27017"
)
BAD_PORTS: Final = frozenset(int(port) for port in f"{_FETCH_BAD_PORTS} {_SERVICE_PORTS}".split())
