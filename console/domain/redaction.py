"""The last line against a token that found its way into words.

Tokens live in `console.domain.target.Secret` and are never formatted. What comes from elsewhere (an error
of a library, a command of a profile, a proxy address) passes here before it is printed or written down.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from console.domain.links import JSON  # its room would load what `--help` does not need

HIDDEN: Final = "***"

_TOKEN: Final = re.compile(
    r"patv1_[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_~+/=-]+)?"  # a personal access token: patv1_<id>.<secret>
    r"|eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_=-]*){1,4}"  # a JWT: its header is the Base64 of {"...
)
_BEARER: Final = re.compile(r"(?i)(bearer\s+)[^\s,;\"']{12,}")
_USERINFO: Final = re.compile(r"(?i)([a-z][a-z0-9+.-]*://)[^\s/?#@]*@")
_NAMED: Final = re.compile(
    r"(?i)((?:token|passwd|password|secret|api[_-]?key)=|(?:authorization|x-api-key):\s*)[^\s&,;\"']+"
)


def holds_token(text: str) -> bool:
    """Whether `text` holds what looks like one of the platform's tokens."""
    return _TOKEN.search(text) is not None


def redact(text: str) -> str:
    """`text` with tokens, credentials of URLs and values of secret-sounding names replaced by `***`."""
    text = _TOKEN.sub(HIDDEN, text)
    text = _BEARER.sub(rf"\1{HIDDEN}", text)
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    return _NAMED.sub(rf"\1{HIDDEN}", text)


def redact_all(value: JSON) -> JSON:
    """A JSON value with every text in it redacted, the names of its fields left alone.

    Text by text: over a whole document the pattern of an address could reach into the next field.
    """
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list | tuple):
        return [redact_all(each) for each in value]
    if isinstance(value, dict):
        return {name: redact_all(each) for name, each in value.items()}
    return value
