"""What the practice platform answers when it says no, in the platform's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Problem(Exception):
    """A refusal. Becomes `{error, message, requestId, ...}` with `status`.

    Source of the codes: platform-api, "Errors".
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.more = dict(more or {})
        self.headers = dict(headers or {})


def no_such_link(slug: str) -> Problem:
    """404 for a slug nobody holds."""
    return Problem(404, "not_found", f"no link {slug!r} on this handle")
