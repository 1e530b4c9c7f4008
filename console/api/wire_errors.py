"""One parser for every error body, and what each status means to an operator (platform-api, "Errors")."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from console.api.throttle import retry_after_of
from console.api.wire_access import sign_in_needed
from console.api.wire_account import meter_from
from console.api.wire_json import FAULTS, decoded
from console.api.wire_values import first
from console.domain.errors import (
    BudgetSpent,
    Conflict,
    Effect,
    NotFound,
    PlatformRefused,
    PreconditionRequired,
    RepointError,
    RouteMissing,
    Throttled,
    Unreachable,
    UnreadableAnswer,
)
from console.domain.links import JSON
from console.domain.redaction import holds_token
from console.domain.text import safe

RAW_LIMIT: Final = 2048
"""Characters of an error body that are kept."""
_ID_HEADERS: Final = ("x-request-id", "x-amzn-requestid", "apigw-requestid", "x-amz-cf-id", "x-amzn-trace-id")
_OF_THE_ROUTE: Final = re.compile(
    r"route|endpoint|method|cannot (get|post|put)|no such (path|url)", re.IGNORECASE
)
_OF_THE_THING: Final = re.compile(r"link|slug|handle|version|import|run", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem:
    """An error answer, taken apart. All text in it is the platform's and untrusted.

    Attributes:
        code: the platform's own word, folded; empty where it gave none.
        message: the platform's sentence.
        fields: the decoded object; empty when the body was none.
        raw: the body as text, cut to `RAW_LIMIT`.
        html: whether the body is a page of something in between.
    """

    code: str = ""
    message: str = ""
    fields: Mapping[str, JSON] = field(default_factory=dict)
    raw: str = ""
    html: bool = False


def request_id_of(headers: Mapping[str, str], body: JSON = None) -> str | None:
    """The platform's id of a request: a header of any known name, else a field of the body."""
    found: JSON = first(headers, *_ID_HEADERS)
    if found is None and isinstance(body, dict):
        found = first(body, "requestId", "request_id")
    if not isinstance(found, str) or not found.strip() or holds_token(found):
        return None  # an id that repeats a token is none to keep in a journal
    return safe(found, 200)


def problem_of(body: bytes) -> Problem:
    """Take an error body apart, whatever it is. Never raises."""
    text = body[: 4 * RAW_LIMIT].decode("utf-8", "replace")[:RAW_LIMIT]
    html = text.lstrip("\ufeff \r\n\t")[:1] == "<"
    try:
        raw = decoded(body.decode("utf-8-sig"))
    except FAULTS:
        return Problem(raw=text, html=html)
    if not isinstance(raw, dict):
        return Problem(raw=text)
    inner = raw.get("error")
    source = inner if isinstance(inner, dict) else raw
    code = first(source, "code", "errorCode", "type") if inner is None or source is inner else inner
    message = first(source, "message", "detail", "title", "description") or first(raw, "message")
    return Problem(
        code=code.strip().lower() if isinstance(code, str) else "",
        message=message if isinstance(message, str) else "",
        fields={**raw, **source},
        raw=text,
    )


def error_from(status: int, headers: Mapping[str, str], body: bytes, *, write: bool = False) -> RepointError:
    """The error that an answer with this status means.

    Args:
        status: any status that is not a success.
        headers: with names in lower case.
        body: as it came; may be cut or empty.
        write: whether the request was a write. Then `applied` is "no" after a 4xx, and "unknown" after
            408, after anything from 500 on, and after a redirect.
    """
    problem = problem_of(body)
    request_id = request_id_of(headers, problem.fields)
    if not 400 <= status <= 599:
        return _no_status_of_ours(status, headers, request_id, write=write)
    if status in {401, 403}:
        return sign_in_needed(status, problem.code, problem.message, problem.fields, request_id)
    if status == 429:
        return _too_many(headers, problem, request_id)
    if status in {502, 503, 504} or status > 510:
        return _gateway(status, problem, request_id, write=write)
    return _refused(status, problem, request_id, write=write)


def _no_status_of_ours(
    status: int, headers: Mapping[str, str], request_id: str | None, *, write: bool
) -> UnreadableAnswer:
    applied: Effect = "unknown" if write else "no"
    if 300 <= status <= 399:
        where = safe(headers.get("location", ""), 120)
        return UnreadableAnswer(
            f"The platform sent us elsewhere ({status}); redirects are not followed",
            detail=f"It names {where}. The token was not sent there." if where else "It does not say where.",
            hint="Check base_url in the profile: it must be the platform's own origin.",
            request_id=request_id,
            applied=applied,
        )
    return UnreadableAnswer(
        f"The answer has the status {status}, which is none of the platform's",
        hint="Check base_url in the profile, and what stands between here and the platform.",
        request_id=request_id,
        applied=applied,
    )


def _too_many(headers: Mapping[str, str], problem: Problem, request_id: str | None) -> RepointError:
    if any(isinstance(problem.fields.get(key), dict) for key in ("limits", "usage")) or (
        isinstance(problem.fields.get("plan"), str)
    ):
        return BudgetSpent(
            "The day's writes are used up",
            meter=meter_from(problem.fields, datetime.now(UTC)),
            retry_after=retry_after_of(headers),
            detail=_budget(problem.fields),
            hint="They come back at midnight of the account's time zone. Reading stays free.",
            request_id=request_id,
        )
    return Throttled(
        "The platform asks for a pause",
        retry_after=retry_after_of(headers),
        detail=_said(problem),
        hint="Wait, then try again.",
        request_id=request_id,
    )


def _budget(fields: Mapping[str, JSON]) -> str:
    limits, usage = fields.get("limits"), fields.get("usage")
    limit = limits.get("writesPerDay") if isinstance(limits, dict) else None
    used = usage.get("writesToday") if isinstance(usage, dict) else None
    plan = fields.get("plan")
    words = [
        f"{safe(used, 20)} of {safe(limit, 20)} writes used"
        if used is not None and limit is not None
        else "",
        f"plan {safe(plan, 40)}" if plan else "",
    ]
    return ", ".join(word for word in words if word)


def _gateway(status: int, problem: Problem, request_id: str | None, *, write: bool) -> Unreachable:
    return Unreachable(
        f"The platform gave no result ({status})",
        phase="first byte",
        detail=_said(problem) or "Something in front of it answered in its place.",
        hint="This says nothing about the links. Try again in a moment.",
        request_id=request_id,
        applied="unknown" if write else "no",
        status=status,
    )


def _refused(status: int, problem: Problem, request_id: str | None, *, write: bool) -> PlatformRefused:
    kind, title, hint = _kind(status, problem)
    in_flight = status == 409 and "idempoten" in f"{problem.code} {problem.message}".lower()
    lost = status == 408 or status >= 500 or in_flight
    return kind(
        f"{title} ({status})",
        status=status,
        platform_code=safe(problem.code, 80),
        detail=_said(problem),
        hint=hint,
        request_id=request_id,
        applied="unknown" if write and lost else "no",
    )


_Kind = tuple[Callable[..., PlatformRefused], str, str]

_KINDS: Final[Mapping[int, _Kind]] = {
    400: (PlatformRefused, "The platform does not accept what was asked", ""),
    405: (
        RouteMissing,
        "The platform does not offer this",
        "Run `repoint doctor` to see which routes answer.",
    ),
    406: (RouteMissing, "The platform does not offer this form", ""),
    407: (PlatformRefused, "The proxy asks for a password", "Check the proxy in the profile."),
    408: (PlatformRefused, "The platform did not wait for the request", "Try again."),
    409: (Conflict, "The link is not in the state that was expected", "Read it again, then decide."),
    410: (NotFound, "It is gone", ""),
    412: (Conflict, "The link was changed in the meantime", "Read it again, then decide."),
    413: (PlatformRefused, "It is too much for one request", "Send fewer at once."),
    422: (PlatformRefused, "The platform cannot act on what was asked", ""),
    428: (
        PreconditionRequired,
        "The platform demands a precondition that is not known here",
        "Nothing more is sent. Run `repoint doctor`.",
    ),
    501: (
        RouteMissing,
        "The platform does not offer this",
        "Run `repoint doctor` to see which routes answer.",
    ),
}


def _kind(status: int, problem: Problem) -> _Kind:
    if status == 404:
        return _missing(problem)
    known = _KINDS.get(status)
    if known is not None:
        return known
    if status >= 500:
        return PlatformRefused, "The platform failed", "Report the request id if it stays."
    return PlatformRefused, "The platform refused", ""


def _missing(problem: Problem) -> _Kind:
    """404 is about the thing when the platform itself says so, else about the route.

    The gateway answers `{message}` alone, a page, or nothing for a path that it does not know.
    """
    told = f"{problem.code} {problem.message}"
    of_the_thing = bool(_OF_THE_THING.search(problem.message)) or bool(problem.code)
    if of_the_thing and not _OF_THE_ROUTE.search(told):
        if "handle" in problem.code:
            return NotFound, "There is no such handle", "Check handle in the profile."
        return NotFound, "There is no such link", "Or the platform hides it from this token."
    hint = "Check base_url and handle in the profile, then run `repoint doctor`."
    return RouteMissing, "The platform does not know this route", hint


def _said(problem: Problem) -> str:
    """What the platform said, safe to show: its sentence, else its code, else that it was a page."""
    if problem.message:
        return f"The platform says: {safe(problem.message, 300)}"
    if problem.code:
        return f"The platform says: {safe(problem.code, 80)}"
    if problem.html:
        return "A web page came back, not an answer of the API."
    return f"The platform says: {safe(json.dumps(problem.raw), 300)}" if problem.raw.strip() else ""
