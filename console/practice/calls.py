"""One request to the practice platform, and how it is answered or refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from starlette.requests import Request
from starlette.responses import Response

from console.domain.links import JSON
from console.practice.problems import Problem
from console.practice.tokens import Caller

MAX_BODY: Final = 10 * 1024 * 1024
PAGE: Final = 100
MAX_PAGE: Final = 1000


@dataclass(slots=True)
class Call:
    """One request, past the gate.

    Attributes:
        body: the decoded JSON object; empty for a GET. `raw` is what was sent.
        key: the `Idempotency-Key`.
    """

    request: Request
    caller: Caller
    request_id: str
    raw: bytes = b""
    body: dict[str, Any] = field(default_factory=dict)
    key: str | None = None

    @property
    def slug(self) -> str:
        """The slug in the path."""
        return str(self.request.path_params["slug"])

    @property
    def limit(self) -> int:
        """The page size asked for.

        Raises:
            Problem: 400 `invalid_limit`.
        """
        text = self.request.query_params.get("limit", str(PAGE))
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MAX_PAGE:
            raise Problem(400, "invalid_limit", f"limit is a whole number from 1 to {MAX_PAGE}")
        return int(text)

    def after(self) -> int | None:
        """Where the page starts: the number in `nextToken`, None for the first page.

        Raises:
            Problem: 400 `invalid_next_token`.
        """
        token = self.request.query_params.get("nextToken")
        if token is None:
            return None
        digits = token.removeprefix("p_")
        if not token.startswith("p_") or not digits.isascii() or not digits.isdigit() or len(digits) > 15:
            raise Problem(400, "invalid_next_token", "nextToken is the one of the page before")
        return int(digits)


def answer(body: JSON, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer. ASCII inside, so that a lone surrogate in a title can be sent back."""
    text = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))
    return Response(text, status, dict(headers or {}), "application/json")


def refusal(problem: Problem, request_id: str) -> Response:
    """A refusal, as `{error, message, requestId}`."""
    body = {"error": problem.code, "message": problem.message, "requestId": request_id, **problem.more}
    return answer(body, problem.status, problem.headers)


async def read_body(request: Request) -> bytes:
    """The whole body.

    Raises:
        Problem: 413 `payload_too_large`.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise Problem(413, "payload_too_large", f"the body is longer than {MAX_BODY} bytes")
        parts.append(part)
    return b"".join(parts)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def decode(raw: bytes) -> dict[str, Any]:
    """A JSON object, strictly.

    Raises:
        Problem: 400 `invalid_payload`.
    """
    try:
        body = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "invalid_payload", "the body is not JSON") from error
    if not isinstance(body, dict):
        raise Problem(400, "invalid_payload", "the body is not a JSON object")
    return body
