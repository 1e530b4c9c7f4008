"""What is asked of a platform and what it answers, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.api.wire_errors import request_id_of
from console.api.wire_json import loads
from console.domain.links import JSON


@dataclass(frozen=True, slots=True)
class Ask:
    """One request.

    Attributes:
        what: what it is about in the operator's words, for messages: `the history of spring-launch`.
        write: sent once, and its failures say whether it may have been applied.
        to: another origin than the platform's (a signed download); goes without credentials.
    """

    method: str
    path: str
    what: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    write: bool = False
    to: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Header names are in lower case; of a repeated header the values are joined."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self, what: str) -> JSON:
        """The body as JSON; raises UnreadableAnswer."""
        return loads(self.body, what)

    @property
    def request_id(self) -> str | None:
        """The platform's id of the request, from the headers."""
        return request_id_of(self.headers)


@dataclass(frozen=True, slots=True)
class Answered:
    """One finished request, for the journal: nothing in it is secret."""

    method: str
    path: str
    status: int
    request_id: str | None
    seconds: float
