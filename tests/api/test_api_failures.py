"""Every exception of the layers below is mapped, and none of their words get out."""

from __future__ import annotations

import inspect
import socket
import ssl
from collections.abc import Iterator

import httpcore
import httpx
import pytest

from console.api.failures import LOWER, Course, NotHttp, explain
from console.domain.errors import ConfigProblem, RepointError, Unreachable, UnreadableAnswer

SECRET = "Bearer hunter2"


def subclasses(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for child in kind.__subclasses__():
        yield from subclasses(child)


def of_httpx() -> list[type[BaseException]]:
    return [
        value
        for name in httpx.__all__
        if inspect.isclass(value := getattr(httpx, name)) and issubclass(value, BaseException)
    ]


def made(kind: type[BaseException]) -> BaseException:
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("GET", "http://x/")
        return httpx.HTTPStatusError(SECRET, request=request, response=httpx.Response(500, request=request))
    if kind in {httpx.StreamConsumed, httpx.StreamClosed, httpx.ResponseNotRead, httpx.RequestNotRead}:
        return kind()
    if kind is UnicodeDecodeError:
        return UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, "bad")
    if kind is UnicodeEncodeError:
        return UnicodeEncodeError("ascii", SECRET, 0, 1, "bad")
    return kind(SECRET)


KINDS = [
    *of_httpx(), ssl.SSLError, ssl.SSLCertVerificationError, ssl.SSLEOFError, ValueError, UnicodeDecodeError,
    UnicodeEncodeError, RecursionError, OverflowError, OSError, TimeoutError, ConnectionResetError,
    BrokenPipeError,
    EOFError, socket.gaierror, NotHttp,
]  # fmt: skip


def test_httpx_has_no_exception_that_is_not_tried_here() -> None:
    assert len(of_httpx()) >= 25
    assert {k for root in (httpx.HTTPError, httpx.StreamError) for k in subclasses(root)} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("sent", [False, True])
def test_every_one_is_mapped(kind: type[BaseException], write: bool, sent: bool) -> None:
    error = made(kind)
    assert isinstance(error, LOWER)
    course = Course("api.example", 15, write, "first byte" if sent else "connect", traced=True, sent=sent)
    found = explain(error, course)
    assert type(found) in {Unreachable, UnreadableAnswer, ConfigProblem}
    assert "hunter2" not in f"{found.title}{found.detail}{found.hint}{found}"
    assert found.title
    assert found.hint
    never_left = isinstance(
        error,
        (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
            httpx.InvalidURL,
        ),
    )
    assert found.applied == ("unknown" if write and sent and not never_left else "no")


@pytest.mark.parametrize(
    ("cause", "phase", "words"),
    [
        (socket.gaierror(-2, "x"), "dns", "was not found"),
        (ConnectionRefusedError(111, "x"), "connect", "refused"),
        (ExceptionGroup("all failed", [ConnectionRefusedError(111, "x")]), "connect", "refused"),
        (ssl.SSLError(1, "wrong version"), "tls", "No safe connection"),
        (ssl.SSLCertVerificationError(1, "x"), "tls", "certificate"),
        (OSError(113, "no route"), "connect", "lost while connecting"),
    ],
)
def test_the_cause_decides_the_words(cause: BaseException, phase: str, words: str) -> None:
    error = httpx.ConnectError("x")
    error.__cause__ = httpcore.ConnectError("x")
    error.__cause__.__context__ = cause
    found = explain(error, Course("api.example", 15))
    assert isinstance(found, Unreachable)
    assert found.phase == phase
    assert words in found.title


def test_a_cause_that_leads_back_to_itself_ends() -> None:
    error = httpx.ReadError("x")
    other = OSError("x")
    error.__context__, other.__context__ = other, error
    assert isinstance(explain(error, Course("h", 1)), RepointError)


async def test_an_untraced_write_may_have_left() -> None:
    course = Course("h", 1, write=True)
    assert explain(httpx.ReadError("x"), course).applied == "unknown"
    await course.trace("connection.connect_tcp.started", {})
    assert explain(httpx.ReadError("x"), course).applied == "no"
    await course.trace("connection.start_tls.started", {})
    assert course.phase == "tls"
    await course.trace("http11.send_request_headers.started", {})
    assert explain(httpx.ReadError("x"), course).applied == "unknown"
    await course.trace("http11.receive_response_body.started", {})
    assert course.phase == "body"
