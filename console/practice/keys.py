"""Idempotency keys: what the platform remembers of the writes that it was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from console.practice.problems import Problem

KEY_LIVES: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Remembered:
    """The first answer given for an idempotency key; None while it is being worked out."""

    request: str
    at: float
    answer: tuple[int, bytes, dict[str, str]] | None = None


class Keys:
    """Idempotency keys: the same request is answered again, another one under the same key is refused."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Remembered] = {}

    def begin(self, who: tuple[str, str], request: str, now: float) -> Response | None:
        """The first answer again, or None when this is the first time.

        Raises:
            Problem: 422 for another request under the same key, 409 while the first is still running
                (draft-ietf-httpapi-idempotency-key-header-07).
        """
        known = self._known.get(who)
        if known is None or now - known.at > KEY_LIVES:
            self._known[who] = Remembered(request, now)
            return None
        if known.request != request:
            raise Problem(422, "idempotency_key_reused", "this key belongs to another request")
        if known.answer is None:
            raise Problem(409, "idempotency_in_progress", "the first request with this key is still running")
        status, body, headers = known.answer
        return Response(body, status, {**headers, "Idempotent-Replay": "true"})

    def settle(self, who: tuple[str, str], response: Response | None) -> None:
        """Keep the answer of a write that was done; forget the key of one that was refused."""
        known = self._known.pop(who)
        if response is not None and response.status_code < 300:
            headers = {k: v for k, v in response.headers.items() if k != "content-length"}
            kept = (response.status_code, bytes(response.body), headers)
            self._known[who] = Remembered(known.request, known.at, kept)
