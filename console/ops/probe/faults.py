"""What an exception of an exchange means for a visitor. The words are the system's or the library's own."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from typing import Final

import aiohttp

from console.domain.health import Phase
from console.ops.probe.addresses import OffLimits
from console.ops.probe.values import Fault


class LineLost(aiohttp.ClientConnectionError):
    """A fresh connection was lost before an answer. Not of a kind after which aiohttp asks again itself."""

    def __init__(self, loss: aiohttp.ClientConnectionError) -> None:
        super().__init__(str(loss))
        self.loss = loss


def fault_of(error: Exception, phase: Phase) -> tuple[Fault, str]:
    """Name what went wrong in that phase, with a line of evidence."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Fault.TLS, _certificate_words(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return _os_fault(error.os_error, phase)
    if isinstance(error, LineLost):
        return fault_of(error.loss, phase)
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError):
        return _CUT if phase is Phase.BODY else _HUNG_UP
    return _os_fault(error, phase) if isinstance(error, OSError) else _unreadable(error)


def _unreadable(error: Exception) -> tuple[Fault, str]:
    if not isinstance(error, aiohttp.ClientResponseError):
        return Fault.UNREADABLE, f"not a URL that can be requested: {_line(str(error))}"
    if error.message.startswith("Bad status line"):  # aiohttp's parsers share no exception for it
        return Fault.NOT_HTTP, "the server does not speak HTTP"
    return Fault.UNREADABLE, f"an answer that cannot be read: {_line(error.message)}"


_CUT: Final = (Fault.CUT, "the answer was cut short")
_HUNG_UP: Final = (Fault.BROKEN_OFF, "the server hung up without an answer")
_TLS_HUNG_UP: Final = (Fault.TLS_BROKEN_OFF, "the server hung up during the TLS handshake")
_RESET: Final = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ESHUTDOWN}


def _os_fault(error: OSError, phase: Phase) -> tuple[Fault, str]:
    if isinstance(error, OffLimits):
        return Fault.OFF_LIMITS, str(error)
    if isinstance(error, socket.gaierror):
        return _name_fault(error)
    if isinstance(error, ssl.SSLError):
        return _tls_fault(error)
    numbers = _errnos(error)
    if errno.ETIMEDOUT in numbers or (isinstance(error, TimeoutError) and not numbers):
        return Fault.TIMEOUT, ""
    return _socket_fault(error, numbers, phase)


def _socket_fault(error: OSError, numbers: set[int], phase: Phase) -> tuple[Fault, str]:
    if errno.ECONNREFUSED in numbers:
        return Fault.REFUSED, "connection refused"
    if phase is Phase.TLS and (numbers & _RESET or not numbers):
        return _TLS_HUNG_UP
    if numbers & _RESET or phase in {Phase.FIRST_BYTE, Phase.BODY}:
        return _CUT if phase is Phase.BODY else (Fault.BROKEN_OFF, "the server reset the connection")
    return Fault.UNREACHABLE, _line(error.strerror or str(error) or type(error).__name__)


def _errnos(error: OSError) -> set[int]:
    # With several addresses the numbers are left in the text: "[Errno 111] ..., [Errno 101] ...".
    if error.errno is not None:
        return {error.errno}
    return {int(number) for number in re.findall(r"\[Errno (\d+)\]", str(error))}


_NO_SUCH_NAME: Final = {
    socket.EAI_NONAME,
    getattr(socket, "EAI_NODATA", -5),
    getattr(socket, "EAI_ADDRFAMILY", -9),
}


def _name_fault(error: socket.gaierror) -> tuple[Fault, str]:
    if error.errno in _NO_SUCH_NAME:
        return Fault.NO_SUCH_NAME, "no such name"
    return Fault.NAME_UNANSWERED, f"the name could not be looked up: {_line(error.strerror or str(error))}"


_NOT_TLS: Final = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"}


def _tls_fault(error: ssl.SSLError) -> tuple[Fault, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Fault.TLS, _certificate_words(error)
    reason = error.reason or ""
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) or "EOF" in reason:
        return _TLS_HUNG_UP
    if "CERTIFICATE_REQUIRED" in reason:
        return Fault.WALLED, "the server asks for a client certificate"
    if reason in _NOT_TLS:
        return Fault.TLS, "the port does not speak TLS"
    return Fault.TLS, f"TLS: {reason.replace('_', ' ').lower() or _line(str(error))}"


_UNKNOWN_AUTHORITY: Final = "the certificate leads to no known authority, or an intermediate one is missing"
_CERTIFICATES: Final = {  # OpenSSL's X509_V_ERR codes
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    18: "the certificate is self-signed",
    19: "the certificate leads to an authority that nobody knows",
    20: _UNKNOWN_AUTHORITY,
    21: _UNKNOWN_AUTHORITY,
    23: "the certificate was revoked",
    62: "the certificate is for another name",
    64: "the certificate is for another address",
}


def _certificate_words(error: Exception) -> str:
    code = getattr(error, "verify_code", None)
    if isinstance(code, int) and code in _CERTIFICATES:
        return _CERTIFICATES[code]
    return f"the certificate cannot be trusted: {_line(getattr(error, 'verify_message', str(error)))}"


def _line(text: str) -> str:
    return " ".join(text.split())[:200]
