"""Every exception of the layers below, told in the product's words with the phase and what is certain.

No message quotes an exception: httpx's LocalProtocolError repeats header values, the token among them.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import httpx

from console.domain.errors import ConfigProblem, Effect, RepointError, Unreachable, UnreadableAnswer


class NotHttp(httpx.RemoteProtocolError):
    """What was read before the other side hung up is no answer."""


LOWER: Final = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    httpx.CookieConflict,
    OSError,  # ssl.SSLError and TimeoutError among them
    ValueError,  # UnicodeError among them
    OverflowError,
    RecursionError,
    EOFError,
)
"""What may come out of one exchange. Each is mapped by `explain`."""

Phase = Literal["connect", "tls", "send", "first byte", "body"]
_PHASES: Final[tuple[tuple[str, Phase], ...]] = (
    ("start_tls.started", "tls"),
    ("start_tls.complete", "send"),
    ("send_request_headers.started", "send"),
    ("receive_response_headers.started", "first byte"),
    ("receive_response_body.started", "body"),
)
_NEVER_CONNECTED: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
_WORDS: Final = {
    "dns": "finding its address",
    "connect": "connecting",
    "tls": "setting up TLS",
    "send": "sending the request",
    "first byte": "waiting for the first byte",
    "body": "reading the answer",
}


@dataclass(slots=True)
class Course:
    """How far one exchange came, as httpx's trace extension tells it.

    Attributes:
        phase: the last phase that started.
        traced: whether the transport tells at all; an in-process one does not.
        sent: whether a byte of the request may have left.
    """

    host: str
    seconds: float
    write: bool = False
    phase: Phase = "connect"
    traced: bool = False
    sent: bool = False
    request_id: str | None = field(default=None)

    async def trace(self, event: str, _info: object) -> None:
        """Take one trace event."""
        self.traced = True
        for suffix, phase in _PHASES:
            if event.endswith(suffix):
                self.phase = phase
                self.sent = self.sent or event.endswith("send_request_headers.started")

    def effect(self, error: BaseException | None = None) -> Effect:
        """Whether a write may have taken effect when the exchange ended here."""
        if not self.write or isinstance(error, _NEVER_CONNECTED):
            return "no"
        return "no" if self.traced and not self.sent else "unknown"


def explain(error: BaseException, course: Course) -> RepointError:
    """The product's error for one of `LOWER`."""
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
        return ConfigProblem(
            "The address of the platform cannot be used", hint="Check base_url in the profile."
        )
    if isinstance(error, httpx.LocalProtocolError):
        return UnreadableAnswer(
            "The request cannot be put on the wire",
            detail="A header or the body holds what HTTP does not allow.",
            hint="Check that the token was copied whole, and only it.",
            applied=course.effect(error),
        )
    if isinstance(error, httpx.RemoteProtocolError):
        return _broken_http(error, course)
    if _is_timeout(error):
        return deadline_passed(course, error)
    if isinstance(error, (httpx.TransportError, OSError, EOFError)) and not isinstance(
        error, httpx.DecodingError
    ):
        return _lost(error, course)
    return UnreadableAnswer(
        f"The answer of {course.host} cannot be read",
        detail="Nothing was concluded from it.",
        hint="Try again; if it stays, run `repoint doctor`.",
        applied=course.effect(error),
    )


def _is_timeout(error: BaseException) -> bool:
    return isinstance(error, (httpx.TimeoutException, TimeoutError))


def deadline_passed(course: Course, error: BaseException | None = None) -> Unreachable:
    """The error when the total deadline ended an exchange."""
    return Unreachable(
        f"No answer from {course.host} within {course.seconds:g} s",
        phase="deadline",
        detail=f"Time ran out while {_WORDS[course.phase]}." + _consequence(course, error),
        hint="Check the network and the platform's status page, then try again.",
        applied=course.effect(error),
    )


def _broken_http(error: httpx.RemoteProtocolError, course: Course) -> RepointError:
    h11 = any(type(cause).__module__.partition(".")[0] == "h11" for cause in _causes(error))
    if not h11 and not isinstance(error, NotHttp):
        return _lost(error, course)
    cut = course.phase == "body"
    title = f"The answer of {course.host} was cut short" if cut else f"{course.host} does not speak HTTP"
    return UnreadableAnswer(
        title,
        detail="Nothing was concluded from it." + _consequence(course, error),
        hint="Try again." if cut else "Check base_url in the profile: another service may listen there.",
        applied=course.effect(error),
    )


def _lost(error: BaseException, course: Course) -> Unreachable:
    causes = list(_causes(error))
    phase: str = course.phase
    title = f"The connection to {course.host} was lost while {_WORDS[phase]}"
    hint = "Check the network, then try again."
    certificate = next((c for c in causes if isinstance(c, ssl.SSLCertVerificationError)), None)
    if any(isinstance(c, socket.gaierror) for c in causes):
        phase, title = "dns", f"The address of {course.host} was not found"
        hint = "Check base_url in the profile, and name resolution on this machine."
    elif certificate is not None:
        phase, title = "tls", f"The certificate of {course.host} is not to be trusted"
        hint = (
            "Do not go on: somebody may stand in between. For a CA of your own, set ca_file in the profile."
        )
    elif any(isinstance(c, ssl.SSLError) for c in causes) and not course.sent:
        phase, title = "tls", f"No safe connection to {course.host} could be made"
        hint = "Check that base_url is right and that the platform offers TLS 1.2 or later."
    elif any(isinstance(c, ConnectionRefusedError) for c in causes):
        phase, title = "connect", f"{course.host} refused the connection"
        hint = "Check base_url in the profile, and whether the platform is up."
    elif isinstance(error, httpx.ProxyError):
        phase, title = "connect", f"The proxy did not connect us to {course.host}"
        hint = "Check the proxy in the profile."
    detail = _why_not_trusted(certificate) if certificate is not None else ""
    return Unreachable(
        title,
        phase=phase,
        detail=(detail + _consequence(course, error)).strip(),
        hint=hint,
        applied=course.effect(error),
    )


_UNTRUSTED: Final = {10: "It has expired.", 9: "It is not valid yet.", 18: "It is signed by itself.",
                     62: "It is for another name.", 64: "It is for another address."}  # fmt: skip
"""OpenSSL's X509_V_ERR numbers that an operator can act on."""


def _why_not_trusted(error: ssl.SSLCertVerificationError) -> str:
    return _UNTRUSTED.get(
        getattr(error, "verify_code", 0), "It is signed by nobody that this machine trusts."
    )


def _consequence(course: Course, error: BaseException | None) -> str:
    if not course.write:
        return ""
    return " Nothing was sent." if course.effect(error) == "no" else " Whether it was applied is not known."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and all that led to it, members of groups included."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            waiting += list(current.exceptions)
