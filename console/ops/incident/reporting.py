"""Reporting to the platform's support: shown whole, confirmed, journalled before it leaves, never sent twice.

A lost answer cannot be settled by reading, for nothing shows what support has. It stays UNKNOWN until the
operator says whether it arrived.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from cache.journal import Entry
from console.api.port import ReportOrder
from console.api.wire_report import report_body
from console.domain.errors import (
    BudgetSpent,
    InputRejected,
    Refused,
    RepointError,
    StorageProblem,
    Unreachable,
)
from console.domain.incidents import target_of
from console.domain.links import JSON
from console.domain.reports import PHRASE, Draft, Report, ReportState
from console.ops import meter
from console.ops.incident.incidents import tell
from console.ops.session import Session

DRAFT: Final = "report draft"
SENDING: Final = "report sending"
ANSWERED: Final = "report answered"
DECIDED: Final = "report decided"


def body_of(draft: Draft) -> dict[str, JSON]:
    """Exactly what is sent, field by field."""
    return report_body(_order(draft, ""))


def reports(session: Session) -> list[Report]:
    """Every report of this target, oldest first."""
    return list(_told(session.store.journal.entries(), session.target.key).values())


def find(session: Session, report_id: str) -> Report:
    """A report by its own id.

    Raises:
        InputRejected: there is none.
    """
    for report in reports(session):
        if report.draft.report_id == report_id:
            return report
    raise InputRejected("There is no such report", hint="They are listed by: repoint report --list")


def save(session: Session, draft: Draft) -> Report:
    """Keep a draft, to be sent later; one that is kept already stays as it is."""
    known = _told(session.store.journal.entries(), session.target.key).get(draft.report_id)
    if known is not None:
        return known
    fields = {
        "report": draft.report_id, "summary": draft.summary, "details": draft.details, "handle": draft.handle,
        "session_id": draft.session_id, "about_request": draft.request_id, "artifact": draft.artifact,
    }  # fmt: skip
    tell(session, DRAFT, fields)
    return find(session, draft.report_id)


def decide(session: Session, report_id: str, *, arrived: bool) -> Report:
    """What the operator found out about a report whose answer was lost.

    Raises:
        Refused: nothing is open about it.
    """
    report = find(session, report_id)
    if not report.state.open:
        raise Refused(
            f"This report is {report.state.value}", reason="not_open", detail="Nothing was changed."
        )
    decision = ReportState.RECEIVED if arrived else ReportState.LOST
    tell(session, DECIDED, {"report": report_id, "decision": decision.value})
    return find(session, report_id)


async def send(session: Session, draft: Draft, typed: str) -> Report:
    """Send a draft that was shown, once; what became of it. It is kept first, whatever happens.

    Args:
        session: of the operator.
        draft: as it was shown.
        typed: what was typed to confirm it.

    Raises:
        Refused: not confirmed, not armed, or it may have arrived already. Nothing was sent.
        BudgetSpent: no write is left today. Nothing was sent; it is saved.
        Unreachable: offline was asked for. Nothing was sent; it is saved.
        StorageProblem: the journal cannot be written. Nothing was sent.
    """
    if typed != PHRASE:
        raise Refused(
            "The report was not confirmed",
            reason="not_confirmed",
            detail="Nothing was sent.",
            hint=f"Type {PHRASE}, or give --confirm {PHRASE}",
        )
    report = save(session, draft)
    _require_sendable(report)
    session.require_armed()
    await _require_budget(session)
    key = str(uuid.uuid4())
    _claim(session, draft, key)
    return await _send(session, report.moved(ReportState.SENDING, key=key))


def _require_sendable(report: Report) -> None:
    if report.state.sendable:
        return
    name = report.draft.report_id
    if report.state is ReportState.RECEIVED:
        told = f" as {report.receipt}" if report.receipt else ""
        raise Refused(
            f"This report arrived already{told}", reason="already_sent", detail="Nothing was sent.",
            hint="Change its words if there is more to say",
        )  # fmt: skip
    raise Refused(
        "This report may have arrived: its answer was lost",
        reason="report_unknown",
        detail="Nothing was sent. Nothing can be read that would tell; ask support, or look into your mail.",
        hint=f"Then say so: repoint report --decide {name}=arrived, or {name}=lost to send it again",
    )


async def _require_budget(session: Session) -> None:
    session.online()
    budget = meter.known(session)
    if session.meter is None:
        try:
            budget = await meter.read(session)
        except RepointError:
            return  # the platform will say so itself
    if budget.charged and budget.left == 0:
        raise BudgetSpent(
            "No write is left today, and a report costs one",
            detail="Nothing was sent; the report is saved.",
            hint="After the reset: repoint report --list",
        )


def _claim(session: Session, draft: Draft, key: str) -> None:
    """Say in the journal that it leaves now, if nobody has said so since it was looked at."""
    target = session.target

    def free(entries: list[Entry]) -> bool:
        report = _told(entries, target.key).get(draft.report_id)
        return report is not None and report.state.sendable

    about = {"profile": session.profile.name, "target": target.key, "operator": target.operator}
    fields = {**about, "report": draft.report_id, "key": key}
    if session.store.journal.claim(SENDING, fields, session.clock.now(), free) is None:
        _require_sendable(find(session, draft.report_id))


async def _send(session: Session, report: Report) -> Report:
    try:
        answer = await session.online().report(_order(report.draft, report.key))
    except asyncio.CancelledError:
        _answered(session, report.moved(ReportState.UNKNOWN, detail="interrupted while it was sent"))
        raise
    except RepointError as error:
        if error.applied == "unknown":
            session.count_write()
            state, detail = ReportState.UNKNOWN, f"{error.title}. Whether it arrived is not known"
        else:
            unreached = isinstance(error, Unreachable)
            state = ReportState.NOT_SENT if unreached else ReportState.REFUSED
            detail = f"{error.title}. {error.hint}".strip()
        return _answered(session, report.moved(state, detail=detail, request_id=error.request_id or ""))
    session.count_write()
    words = answer.status or "the platform has it"
    return _answered(
        session,
        report.moved(
            ReportState.RECEIVED, receipt=answer.report_id, request_id=answer.request_id or "", detail=words
        ),
    )


def _answered(session: Session, report: Report) -> Report:
    fields = {
        "report": report.draft.report_id, "state": report.state.value, "receipt": report.receipt,
        "request_id": report.request_id, "detail": report.detail,
    }  # fmt: skip
    try:
        tell(session, ANSWERED, fields)
    except StorageProblem as problem:
        # What happened is told all the same. The journal goes on saying that it left: it never leaves twice.
        session.lost = problem
    return report


def _order(draft: Draft, key: str) -> ReportOrder:
    return ReportOrder(
        summary=draft.summary,
        details=draft.details,
        handle=draft.handle,
        session_id=draft.session_id,
        request_id=draft.request_id,
        repro_artifact=draft.artifact or None,
        idempotency_key=key,
    )


def _told(entries: Iterable[Entry], target_key: str) -> dict[str, Report]:
    """The reports that the journal tells of, by their ids."""
    found: dict[str, Report] = {}
    for entry in entries:
        f = entry.fields
        if "report" not in f or target_of(f) != target_key:
            continue
        name = str(f["report"])
        if entry.kind == DRAFT:
            found[name] = Report(_draft(f), str(f.get("operator", "")), entry.at.wall)
        elif name in found and entry.kind == SENDING:
            found[name] = found[name].moved(ReportState.SENDING, key=str(f["key"]))
        elif name in found and entry.kind == ANSWERED:
            texts = {each: str(f[each]) for each in ("receipt", "request_id", "detail")}
            found[name] = found[name].moved(ReportState(f["state"]), **texts)
        elif name in found and entry.kind == DECIDED:
            found[name] = replace(found[name], state=ReportState(f["decision"]))
    return found


def _draft(fields: dict[str, JSON]) -> Draft:
    return Draft(
        summary=str(fields["summary"]),
        details=str(fields["details"]),
        handle=str(fields["handle"]),
        session_id=str(fields["session_id"]),
        request_id=str(fields["about_request"]),
        artifact=str(fields["artifact"]),
    )
