"""`repoint report`: a report to the platform's support, shown whole before it is sent."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from console.domain.errors import Refused, Unreachable, UsageProblem
from console.exits import ExitCode
from console.output import Output
from console.output_parts import Line, Styled, Tone
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.domain.reports import Draft, Report
    from console.ops.session import Session

EXAMPLE = "repoint report --slug spring-launch --summary 'health-check calls a live page down' --dry-run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    from console.domain.reports import WHY_THIS_ROUTE

    parser.description = f"{parser.description}\n\n{_folded(WHY_THIS_ROUTE)}"
    parser.add_argument("--summary", default="", metavar="TEXT", help="one line")
    parser.add_argument("--details", default="", metavar="TEXT", help="what, expected, since when")
    about = parser.add_mutually_exclusive_group()
    about.add_argument("--run", metavar="RUN", help="draft what is missing from this run")
    about.add_argument("--slug", metavar="SLUG", help="draft what is missing from this link")
    parser.add_argument("--request-id", default="", metavar="ID", help="the platform's id of the request")
    parser.add_argument(
        "--session-id",
        default="",
        metavar="ID",
        help="the platform's id of your session; without it the token's sid claim, where it has one",
    )
    parser.add_argument(
        "--artifact",
        type=Path,
        metavar="FILE",
        help="name, hash and size of this file go along, not the file",
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be sent, and send nothing")
    parser.add_argument("--confirm", metavar="report", help="send it without being asked")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--list", action="store_true", help="list reports: sent, saved, not known")
    which.add_argument("--send", metavar="ID", help="send a saved report")
    which.add_argument(
        "--decide", metavar="ID=arrived|lost", help="say what became of a report whose answer was lost"
    )


def _folded(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 79))


def run(args: argparse.Namespace) -> int:
    """Draft, show, ask, send once. Offline it is saved, and listed until it is sent."""
    if args.list or args.decide:
        args.offline = True
    return in_session(args, _report)


async def _report(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.ops.incident import reporting
    from console.ops.incident.report_draft import draft

    if args.list:
        return _list(out, reporting.reports(session))
    if args.decide:
        return _decide(session, out, args.decide)
    if args.send:
        found = reporting.find(session, args.send).draft
    else:
        found = draft(
            session, summary=args.summary, details=args.details, run=args.run or "", slug=args.slug or "",
            request_id=args.request_id, session_id=args.session_id, artifact=args.artifact,
        )  # fmt: skip
    await _show(session, out, found)
    if args.dry_run:
        out.result(_document(found, None, "Dry run: nothing was sent."), ["Dry run: nothing was sent."])
        return ExitCode.DONE
    if session.offline:
        kept = reporting.save(session, found)
        raise Unreachable(
            "You are offline: the report is saved, not sent",
            detail=f"It is report {kept.draft.report_id}.",
            hint=f"When you are online again: repoint report --send {kept.draft.report_id}",
        )
    typed = args.confirm if args.confirm is not None else _asked(session, out, found)
    return _tell(out, await reporting.send(session, found, typed))


async def _show(session: Session, out: Output, found: Draft) -> None:
    """Exactly what is sent, word for word, and what it costs."""
    from console.domain.errors import RepointError
    from console.domain.reports import WHY_THIS_ROUTE
    from console.ops import meter
    from console.ops.incident.reporting import body_of

    for name, value in body_of(found).items():
        out.note(Styled(f"{name}:", Tone.STRONG))
        for line in str(value).splitlines():
            out.note("  ", line)
    out.note(Styled(WHY_THIS_ROUTE, Tone.DIM))
    if session.offline:
        return
    try:
        budget = await meter.read(session)
    except RepointError:
        return
    if budget.charged and budget.left is not None:
        kept = budget.reserve
        out.note(f"It costs one write; {budget.left} are left today, {kept} of them kept for rollbacks.")
        if budget.left <= kept:
            out.warning("This write would come out of what is kept for rollbacks")


def _asked(session: Session, out: Output, found: Draft) -> str:
    from console.domain.reports import PHRASE
    from console.ops.incident.reporting import save

    if not out.interactive:
        kept = save(session, found)
        raise Refused(
            "A report has to be confirmed",
            reason="not_confirmed",
            detail=f"Nothing was sent; it is saved as {kept.draft.report_id}.",
            hint=f"repoint report --send {kept.draft.report_id} --confirm {PHRASE}",
        )
    return out.ask(f"Type {PHRASE} to send it") or ""


def _tell(out: Output, report: Report) -> int:
    from console.domain.reports import ReportState

    told = {
        ReportState.RECEIVED: f"Support has it{f' as {report.receipt}' if report.receipt else ''}.",
        ReportState.UNKNOWN: f"UNKNOWN: {report.detail}. It is not sent again by itself.",
        ReportState.REFUSED: f"The platform refused it: {report.detail}",
        ReportState.NOT_SENT: f"It was not sent: {report.detail} It is saved.",
    }[report.state]
    lines: list[Line] = [told]
    if report.state is ReportState.UNKNOWN:
        name = report.draft.report_id
        lines.append(f"  Find out, then: repoint report --decide {name}=arrived, or {name}=lost")
    if report.request_id:
        lines.append(f"  request id {report.request_id}")
    out.result(_document(report.draft, report, told), lines)
    return {
        ReportState.RECEIVED: ExitCode.DONE,
        ReportState.UNKNOWN: ExitCode.UNKNOWN,
        ReportState.NOT_SENT: ExitCode.UNREACHABLE,
    }.get(report.state, ExitCode.FAILED)


def _document(draft: Draft, report: Report | None, message: str) -> dict[str, object]:
    from console.ops.incident.reporting import body_of

    return {
        "id": draft.report_id,
        "state": report.state.value if report else "dry-run",
        "report_id": (report.receipt or None) if report else None,
        "request_id": (report.request_id or None) if report else None,
        "body": body_of(draft),
        "message": message,
    }


def _list(out: Output, found: list[Report]) -> int:
    if out.json:
        for report in found:
            out.record(_document(report.draft, report, report.detail))
        return ExitCode.DONE
    rows = [(r.draft.report_id, r.state.value, r.receipt, r.draft.summary) for r in found]
    out.table(("id", "state", "support's id", "summary"), rows)
    return ExitCode.DONE


def _decide(session: Session, out: Output, text: str) -> int:
    from console.ops.incident.reporting import decide

    name, _, word = text.partition("=")
    if word not in {"arrived", "lost"}:
        raise UsageProblem("--decide takes ID=arrived or ID=lost", hint="repoint report --list shows the ids")
    report = decide(session, name, arrived=word == "arrived")
    told = f"Taken as {report.state.value}."
    out.result(_document(report.draft, report, told), [told])
    return ExitCode.DONE
