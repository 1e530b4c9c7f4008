"""Which answers are successes, and which successes are the platform's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from console.api.asks import Answer
from console.api.wire_errors import error_from
from console.api.wire_json import unreadable
from console.domain.errors import UnreadableAnswer
from console.domain.links import JSON

SUCCESS: Final = frozenset({200, 201, 202, 204, 207})
_JSON_TYPES: Final = ("application/json", "text/json", "text/plain", "application/octet-stream", "")


@contextmanager
def unknown_when_unreadable(request_id: str | None = None) -> Iterator[None]:
    """Marks what cannot be read of a write's success: it may have been applied."""
    try:
        yield
    except UnreadableAnswer as error:
        error.applied = "unknown"
        error.request_id = error.request_id or request_id
        raise


def json_of(answer: Answer, what: str, *, write: bool = False, empty: bool = False) -> JSON:
    """The JSON of a success.

    Args:
        answer: of any status.
        what: what it is about, for the error.
        write: mark what cannot be read with `applied == "unknown"`.
        empty: take 201, 202 and 204 without a body, as None.

    Raises:
        RepointError: any other status than a success; a body that is no JSON of the platform's.
    """
    if answer.status not in SUCCESS:
        raise error_from(answer.status, answer.headers, answer.body, write=write)
    if write:
        with unknown_when_unreadable(answer.request_id):
            return _json_body(answer, what, empty=empty)
    return _json_body(answer, what, empty=empty)


def _json_body(answer: Answer, what: str, *, empty: bool) -> JSON:
    if empty and answer.status != 200 and not answer.body.strip():
        return None
    check_type(answer, what)
    return answer.json(what)


def check_type(answer: Answer, what: str) -> None:
    """Refuse a success that is no answer of the platform's: the page of a captive portal, or nothing.

    Raises:
        UnreadableAnswer: HTML, another type than JSON, or an empty body.
    """
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    page = answer.body[:64].lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<"
    if page or (kind not in _JSON_TYPES and not kind.endswith("+json")):
        raise not_the_api(what)
    if not answer.body.strip():
        raise unreadable(what, f"it is empty ({answer.status})")


def not_the_api(what: str) -> UnreadableAnswer:
    """The error for a page where an answer is due."""
    return UnreadableAnswer(
        f"What answered about {what} is not the platform's API",
        detail="A web page came back: a sign-in page of the network, or another server.",
        hint="Check base_url in the profile, and whether the network asks you to sign in.",
    )
