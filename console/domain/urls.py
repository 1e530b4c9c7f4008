"""Destination URLs by the WHATWG rules, as visitors' browsers read them.

No parser is right alone: urllib lets blanks and escapes through, a WHATWG parser repairs its input and
accepts `javascript:`. So: parse by the WHATWG rule, then refuse what was repaired.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import can_ada

from console.domain.text import LONGEST_KEPT

_ORIGIN: Final = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
"""RFC 3986, appendix B: scheme and authority end at the first slash, question mark or hash."""
_ORIGINS: Final = re.compile(r"^https?://[^/?#\n]*", re.IGNORECASE | re.MULTILINE)
"""The same in each line of a text."""
_MAX_LENGTH: Final = 8192
_REFUSED: Final = re.compile("[\\0-\\x20\\x7f-\\x9f\\ud800-\\udfff]")
_REFUSED_IN_LINES: Final = re.compile("[\\0-\\x09\\x0b-\\x20\\x7f-\\x9f\\ud800-\\udfff]")


class UrlProblem(ValueError):
    """Why a URL cannot be a destination. `code` is stable, `message` is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def check_destination(text: str) -> str:
    """Return the destination as a browser would request it (punycode host, escaped path).

    Raises:
        UrlProblem: as `require_destination`.
    """
    require_destination(text)
    return str(can_ada.parse(text).href)


def require_destination(text: str) -> None:
    """Refuse what is no destination.

    By the WHATWG rules only what stands before the path can make a URL fail: it is parsed, and kept for
    the next link to the same host.

    Raises:
        UrlProblem: not http or https, no host, credentials, a backslash, blanks or control characters,
            too long, or not a URL at all.
    """
    if not text or len(text) > _MAX_LENGTH:
        raise UrlProblem("invalid_destination_url", "empty" if not text else "longer than 8,192 characters")
    if _REFUSED.search(text) is not None:
        raise UrlProblem("invalid_destination_url", "holds a blank or a control character")
    if "\\" in text:
        raise UrlProblem("invalid_destination_url", "holds a backslash, which browsers read as a slash")
    found = _ORIGIN.match(text)
    if found is None:
        raise UrlProblem("invalid_destination_url", "does not start with http:// or https://")
    if fault := _origin_fault(found[0]):
        raise UrlProblem("invalid_destination_url", fault)


def are_destinations(texts: Sequence[str]) -> bool:
    """Whether `require_destination` takes each of many, looked at as one text: many times quicker."""
    joined = "\n".join(texts)
    if joined.count("\n") != len(texts) - 1 or "\\" in joined or _REFUSED_IN_LINES.search(joined):
        return False
    origins = _ORIGINS.findall(joined)
    if len(origins) != len(texts) or max(map(len, texts)) > _MAX_LENGTH:
        return False
    return not any(map(_origin_fault, set(origins)))


def bad_destinations(texts: Sequence[str], first: int = 0) -> list[int]:
    """The places of those that `require_destination` refuses, counted from `first`."""
    if not texts or are_destinations(texts):
        return []
    if len(texts) == 1:
        return [first]
    half = len(texts) // 2
    return bad_destinations(texts[:half], first) + bad_destinations(texts[half:], first + half)


@lru_cache(maxsize=4096)
def _origin_fault(origin: str) -> str:
    """What is wrong with scheme, credentials, host and port; empty when nothing is."""
    if origin.endswith("://"):
        return "has no host"
    try:
        url = can_ada.parse(origin)
    except (ValueError, TypeError):
        return "is not a URL that a browser can open"
    if url.username or url.password:
        return "carries credentials"
    return "" if url.hostname else "has no host"


def host_of(text: str) -> str:
    """The host of a destination, in punycode, with its port where it is not the scheme's own.

    A destination that is no URL gives the empty string: the platform may hold anything.
    """
    # Of plain URLs nothing behind the host changes it, and many links share a host: it is parsed once.
    plain = _PLAIN.match(text) if text.isascii() else None
    if plain is not None:
        return _host_of(plain[1])
    return _host_of(text) if len(text) <= LONGEST_KEPT else _host_of.__wrapped__(text)


_PLAIN: Final = re.compile(r"(https?://[a-z0-9][a-z0-9.-]{0,200}(?::[0-9]{1,5})?)(?:[/?#]|\Z)")


@lru_cache(maxsize=4096)
def _host_of(text: str) -> str:
    try:
        return str(can_ada.parse(text).host)
    except (ValueError, TypeError):
        return ""


def name_of_host(text: str) -> str:
    """The host of a destination without its port: what an outage is named for."""
    return without_port(host_of(text))


def without_port(host: str) -> str:
    """What `host_of` gave, without its port."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def shown_destination(text: str) -> str:
    """A destination as it is shown: its host in punycode, which tells look-alike letters apart.

    The rest stays as it is; a text that is no URL stays whole.
    """
    found = None if text.isascii() else _ORIGIN.match(text)
    if found is None:
        return text
    try:
        url = can_ada.parse(found[0])
    except (ValueError, TypeError):
        return text
    return f"{url.protocol}//{url.host}{text[found.end() :]}"


def foreign_host(text: str) -> str:
    """The host of a destination, in punycode, where any of it is in other letters than ASCII; else empty."""
    if text.isascii() and "xn--" not in text.lower():
        return ""
    host = name_of_host(text)
    return host if any(label.startswith("xn--") for label in host.split(".")) else ""


def foreign_hosts(texts: Sequence[str]) -> Counter[str]:
    """`foreign_host` of many, each with how often; those without are left out."""
    joined = "\n".join(texts)
    if joined.isascii() and "xn--" not in joined.lower():
        return Counter()
    found: Counter[str] = Counter()
    for origin, times in Counter(_ORIGINS.findall(joined)).items():
        if host := foreign_host(origin):
            found[host] += times
    return found


def spelt_host(host: str) -> str:
    """A punycode host in its own letters, as a browser may show it; for telling only."""
    labels = []
    for label in host.split("."):
        try:
            labels.append(label[4:].encode().decode("punycode") if label.startswith("xn--") else label)
        except UnicodeError:
            labels.append(label)
    return ".".join(labels)


def without_scheme(text: str) -> str:
    """A destination as lists show it: `shop.example/launch`. Only a plain scheme is cut."""
    text = shown_destination(text)
    for scheme in ("https://", "http://"):
        if text.startswith(scheme):
            return text[len(scheme) :]
    return text
