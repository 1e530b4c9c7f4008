"""Which proxy the environment asks for.

HTTPS_PROXY counts for an encrypted platform, NO_PROXY takes hosts out, loopback never takes one.
HTTP_PROXY is not looked at: over plain HTTP the proxy would be handed the token. A profile's `proxy` says so
where that is wanted.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from console.ops.profiles.keys import is_loopback


def proxy_of(base_url: str, env: Mapping[str, str]) -> tuple[str, str] | None:
    """The variable that names a proxy for this origin, and its value; None where none does."""
    if not base_url.startswith("https://") or is_loopback(base_url):
        return None
    if _spared(base_url, env.get("no_proxy") or env.get("NO_PROXY") or ""):
        return None
    for variable in ("https_proxy", "HTTPS_PROXY"):
        if env.get(variable):
            address = env[variable]
            return variable, address if "://" in address else f"http://{address}"
    return None


def _spared(base_url: str, no_proxy: str) -> bool:
    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port or 443
    return any(_covers(word.strip().lower(), host, port) for word in no_proxy.split(","))


def _covers(word: str, host: str, port: int) -> bool:
    if word == "*":
        return True
    name, colon, number = word.rpartition(":")
    if colon and number.isdigit() and not word.endswith("]") and name.count(":") in {0, 7}:
        if int(number) != port:
            return False
        word = name
    word = word.strip("[]").lstrip("*").lstrip(".")
    if not word:
        return False
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(word, strict=False)
    except ValueError:
        return host == word or host.endswith(f".{word}")
