"""The support report on the wire: an end user's escalation (platform-api, "Routes").

Two routes stand beside it in the platform's pages and are never called: the internal escalation is for the
platform's own staff, the public content report is for strangers who report abuse.
"""

from __future__ import annotations

from typing import Final

from console.api.port import ReportAnswer, ReportOrder
from console.api.wire_values import first, inner_of, name, or_else, text
from console.domain.links import JSON

PATH: Final = "/v2/support/report"


def report_body(order: ReportOrder) -> dict[str, JSON]:
    """What is sent, field by field; empty ones are left out."""
    named: dict[str, JSON] = {
        "summary": order.summary,
        "details": order.details,
        "handle": order.handle,
        "sessionId": order.session_id,
        "requestId": order.request_id,
        "reproArtifact": order.repro_artifact,
    }
    return {key: value for key, value in named.items() if value not in ("", None)}


def report_answer(raw: JSON, request_id: str | None) -> ReportAnswer:
    """The receipt of a support report: `{reportId, status}`; `id` and `ticketId` for the id."""
    around = inner_of(raw, ("report", "data", "ticket"))
    around = around if isinstance(around, dict) else {}
    report_id = or_else(name, first(around, "reportId", "id", "ticketId"), "")
    told = request_id or or_else(text, around.get("requestId"), None)
    return ReportAnswer(report_id, or_else(text, around.get("status"), ""), told)
