"""A report to the platform's support: what it says, and what became of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from console.domain.links import canonical

PHRASE: Final = "report"
"""What must be typed to send one."""
SUMMARY_LIMIT: Final = 200
DETAILS_LIMIT: Final = 8000
"""Characters; the platform's pages state no limit."""
WHY_THIS_ROUTE: Final = (
    "This goes to the platform's support (POST /v2/support/report), the route for users of the platform. "
    "Its internal escalation route is for its own staff, and its public content report is for strangers who "
    "report abuse: repoint never calls either."
)


class ReportState(StrEnum):
    """The life of a report."""

    SAVED = "saved"
    """Drafted and kept; it has not left."""
    SENDING = "sending"
    """It is leaving, or left without an answer and the process is gone."""
    RECEIVED = "received"
    """The platform has it."""
    UNKNOWN = "unknown"
    """It left and the answer was lost. Nothing can be read that would tell: the operator decides."""
    REFUSED = "refused"
    """The platform said no; it has nothing of it."""
    NOT_SENT = "not sent"
    """The platform was not reached; it may be sent again."""
    LOST = "lost"
    """The operator decided that it did not arrive; it may be sent again."""

    @property
    def sendable(self) -> bool:
        """Whether it certainly has not arrived, so that sending it is not sending it twice."""
        return self in {ReportState.SAVED, ReportState.REFUSED, ReportState.NOT_SENT, ReportState.LOST}

    @property
    def open(self) -> bool:
        """Whether the operator has to decide what became of it."""
        return self in {ReportState.SENDING, ReportState.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Draft:
    """A report as it will be sent, word for word.

    Attributes:
        artifact: a reference to a file (its name, hash and size), never the file.
    """

    summary: str
    details: str
    handle: str
    session_id: str = ""
    request_id: str = ""
    artifact: str = ""

    @property
    def report_id(self) -> str:
        """Our own id: the same words are the same report."""
        body = [self.summary, self.details, self.handle, self.session_id, self.request_id, self.artifact]
        return hashlib.sha256(canonical(body).encode("utf-8", "backslashreplace")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Report:
    """A draft with what became of it.

    Attributes:
        key: idempotency key of the last time it was sent.
        receipt: the platform's id of it.
        detail: what was said of it last.
    """

    draft: Draft
    by: str
    at: datetime
    state: ReportState = ReportState.SAVED
    key: str = ""
    receipt: str = ""
    request_id: str = ""
    detail: str = ""

    def moved(self, state: ReportState, **more: str) -> Report:
        """The report in another state."""
        return replace(self, state=state, **more)  # type: ignore[arg-type]  # every other field is text
