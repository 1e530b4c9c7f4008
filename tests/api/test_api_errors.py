"""Error bodies of every form, and what each status is to an operator."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.api import wire
from console.domain.errors import (
    BudgetSpent,
    Conflict,
    NotFound,
    PlatformRefused,
    PreconditionRequired,
    RepointError,
    RouteMissing,
    SignInNeeded,
    Throttled,
    Unreachable,
    UnreadableAnswer,
)


def error(
    status: int, body: Any = b"", headers: dict[str, str] | None = None, *, write: bool = False
) -> RepointError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return wire.error_from(status, headers or {}, content, write=write)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"error": "Invalid_Slug", "message": "too short"}, "invalid_slug", "too short"),
        ({"error": {"code": "invalid_slug", "message": "too short"}}, "invalid_slug", "too short"),
        ({"message": "Forbidden"}, "", "Forbidden"),
        ({"code": "x", "detail": "y"}, "x", "y"),
        (b"<html>504</html>", "", ""),
        (b"", "", ""),
        ([1], "", ""),
        (b"\xff\xfe", "", ""),
        ({"error": 5, "message": ["m"]}, "", ""),
        (b"[" * 100_000, "", ""),
    ],
)
def test_one_parser_for_all(body: Any, code: str, message: str) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    problem = wire.problem_of(content)
    assert (problem.code, problem.message) == (code, message)
    assert len(problem.raw) <= 2048


THING = {"error": "not_found", "message": "no link 'x' on this handle"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_slug"}, PlatformRefused),
        (401, {"error": "token_expired"}, SignInNeeded),
        (403, {"error": "insufficient_role"}, SignInNeeded),
        (403, b"<html>", SignInNeeded),
        (404, THING, NotFound),
        (404, {"error": "not_found"}, NotFound),
        (404, {"error": {"code": "handle_not_found", "message": "x"}}, NotFound),
        (404, {"message": "Link not found"}, NotFound),
        (404, {"message": "Not Found"}, RouteMissing),
        (404, {"error": "route_not_found"}, RouteMissing),
        (404, {"error": "not_found", "message": "Cannot POST /v2/x"}, RouteMissing),
        (404, b"<html>", RouteMissing),
        (404, b"", RouteMissing),
        (405, THING, RouteMissing),
        (408, b"", PlatformRefused),
        (409, {"error": "conflict"}, Conflict),
        (410, b"", NotFound),
        (412, b"", Conflict),
        (413, {"error": "payload_too_large"}, PlatformRefused),
        (418, b"", PlatformRefused),
        (422, b"", PlatformRefused),
        (428, b"", PreconditionRequired),
        (500, {"error": "internal_error"}, PlatformRefused),
        (501, b"", RouteMissing),
        (502, b"<html>", Unreachable),
        (503, {"message": "Service Unavailable"}, Unreachable),
        (504, b"", Unreachable),
        (520, b"", Unreachable),
        (600, b"", UnreadableAnswer),
        (999, b"", UnreadableAnswer),
        (101, b"", UnreadableAnswer),
        (302, b"", UnreadableAnswer),
        (304, b"", UnreadableAnswer),
        (206, b"{}", UnreadableAnswer),
    ],
)
def test_status(status: int, body: Any, kind: type[RepointError]) -> None:
    assert type(error(status, body)) is kind


@pytest.mark.parametrize(
    ("status", "body", "applied"),
    [
        (400, b"", "no"),
        (401, b"", "no"),
        (403, b"", "no"),
        (404, b"", "no"),
        (405, b"", "no"),
        (409, {"error": "conflict"}, "no"),
        (409, {"error": "idempotency_conflict", "message": "still running"}, "unknown"),
        (412, b"", "no"),
        (422, {"error": "idempotency_mismatch"}, "no"),
        (428, b"", "no"),
        (429, b"", "no"),
        (408, b"", "unknown"),
        (500, b"", "unknown"),
        (502, b"", "unknown"),
        (504, b"", "unknown"),
        (520, b"", "unknown"),
        (301, b"", "unknown"),
        (303, b"", "unknown"),
        (999, b"", "unknown"),
        (101, b"", "unknown"),
    ],
)
def test_whether_a_write_may_have_been_applied(status: int, body: Any, applied: str) -> None:
    assert error(status, body, write=True).applied == applied
    assert error(status, body).applied == "no"


SPENT = {"error": "rate_limited", "plan": "PRO", "limits": {"writesPerDay": 10}, "usage": {"writesToday": 10}}


@pytest.mark.parametrize(
    "body", [SPENT, {"error": {**SPENT, "code": "rate_limited"}}, {"message": "x", "plan": "PRO"}]
)
def test_the_days_writes_are_gone(body: Any) -> None:
    assert isinstance(error(429, body, {"retry-after": "3"}), BudgetSpent)


def test_how_many_are_gone() -> None:
    assert error(429, SPENT).detail == "10 of 10 writes used, plan PRO"


@pytest.mark.parametrize("body", [b"", {"error": "rate_limited", "message": "slow down"}, b"<html>"])
def test_a_pause(body: Any) -> None:
    found = error(429, body, {"retry-after": "3"})
    assert isinstance(found, Throttled)
    assert found.retry_after == 3


@pytest.mark.parametrize(
    "code",
    [
        "missing_bearer_token", "invalid_token", "invalid_token_format", "token_expired", "token_revoked",
        "insufficient_role", "insufficient_scope", "feature_locked", "forbidden",
    ],
)  # fmt: skip
def test_each_refusal_to_let_us_in_has_its_own_words_and_a_next_step(code: str) -> None:
    plain = {error(401).title, error(403).title}
    found = error(
        403 if code.startswith(("insuff", "feat", "forb")) else 401, {"error": code, "message": "m"}
    )
    assert found.title not in plain
    assert found.hint
    assert "m" in found.detail


def test_a_locked_feature_names_the_plan() -> None:
    found = error(
        403, {"error": "feature_locked", "feature": "links.export", "requiredPlan": "PRO", "message": "m"}
    )
    assert "links.export needs PRO" in found.detail


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({"x-request-id": "a"}, {}, "a"),
        ({"x-amzn-requestid": "b"}, {}, "b"),
        ({"apigw-requestid": "c"}, {}, "c"),
        ({"x-amz-cf-id": "d"}, {}, "d"),
        ({"x-amzn-trace-id": "e"}, {}, "e"),
        ({}, {"requestId": "f"}, "f"),
        ({}, {"error": {"code": "x", "requestId": "g"}}, "g"),
        ({"x-request-id": " "}, {}, None),
        ({}, {"requestId": 5}, None),
    ],
)
def test_request_ids(headers: dict[str, str], body: Any, expected: str | None) -> None:
    assert error(400, body, headers).request_id == expected
    assert error(503, body, headers).request_id == expected
    assert error(401, body, headers).request_id == expected


def test_hostile_text_is_neutral_in_an_error() -> None:
    hostile = "\x1b[2J[/bold]\u202e"
    found = error(400, {"error": hostile, "message": hostile}, {"x-request-id": hostile})
    told = f"{found.title}{found.detail}{found.hint}{found.request_id}"
    assert "\x1b" not in told
    assert "\u202e" not in told
    sent = error(302, b"", {"location": "http://evil.example/\x1b[2J"})
    assert "\x1b" not in sent.detail
    assert "evil.example" in sent.detail


@given(st.integers(100, 1200), st.binary(max_size=200), st.booleans())
def test_nothing_breaks_the_parser(status: int, body: bytes, write: bool) -> None:
    found = wire.error_from(status, {}, body, write=write)
    assert isinstance(found, RepointError)
    assert found.title
