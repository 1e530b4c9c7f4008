"""What `repoint import` does once its words are read: check every row, show, confirm, send in chunks."""

from __future__ import annotations

import argparse
import io
import sys
from dataclasses import dataclass
from pathlib import Path

from cache.imports import ImportTable, RowState
from cache.paths import private_dir
from console.domain.errors import Refused, UsageProblem
from console.domain.urls import shown_destination
from console.exits import ExitCode, exit_code
from console.ops.importing.apply import apply_import, report_of
from console.ops.importing.fields import given_mapping
from console.ops.importing.plan import check_destinations, plan_import, refresh
from console.ops.importing.reader_file import at_hand
from console.ops.importing.record import imports_dir, only_one
from console.ops.importing.rejects import refuse_existing, write_rejects
from console.ops.importing.runs import begin_run, confirm_import, end_run
from console.ops.importing.values import (
    INTERRUPTED,
    MAX_CHUNK_ROWS,
    Brake,
    Existing,
    Follow,
    Options,
    Preview,
    Report,
)
from console.ops.session import Session
from console.output import Output
from console.subcommands.import_shown import TOLD, Document, import_document, show_preview, summary
from console.subcommands.signals import ending


def _options(args: argparse.Namespace) -> Options:
    if not 1 <= args.chunk <= MAX_CHUNK_ROWS:
        raise UsageProblem(f"--chunk takes 1 to {MAX_CHUNK_ROWS:,}, not {args.chunk:,}")
    return Options(
        mapping=given_mapping(args.mapping),
        existing=Existing(args.existing),
        rows=args.chunk,
        check_destinations=args.check_destinations,
        reason=args.reason,
    )


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of the verb."""

    session: Session
    out: Output
    args: argparse.Namespace
    options: Options
    rejects: Path | None
    path: Path


async def run_import(session: Session, out: Output, args: argparse.Namespace) -> int:
    """Check every row, show what would change, confirm, send in chunks."""
    options = _options(args)
    rejects = Path(args.rejects) if args.rejects else None
    if rejects is not None:
        refuse_existing(rejects)
    if not args.dry_run:
        session.online()
        session.require_armed()
    folder = private_dir(imports_dir())
    stdin = sys.stdin.buffer if sys.stdin is not None else io.BytesIO()
    with at_hand(args.file, stdin, folder) as path:
        if args.dry_run:
            return await _dry_run(_Call(session, out, args, options, rejects, path))
        with only_one(folder):
            return await _apply(_Call(session, out, args, options, rejects, path))


async def _dry_run(call: _Call) -> int:
    await refresh(call.session)
    with call.out.progress("rows") as progress:
        preview, _ = await plan_import(
            call.session, call.path, call.options, name=call.args.file, rejects=call.rejects,
            on_progress=progress.advance,
        )  # fmt: skip
    document = import_document(preview, None, call.rejects)
    document["destinations"] = await _destinations(call, preview)
    show_preview(call.out, preview)
    call.out.result(document, summary(preview, None))
    return dry_code(preview)


async def _destinations(call: _Call, preview: Preview) -> list[Document]:
    if not call.options.check_destinations:
        return []
    failing = await check_destinations(call.session, preview)
    for slug, url, verdict in failing[:TOLD]:
        call.out.warning(f"{slug}: {shown_destination(url)} is {verdict.value.lower()}")
    return [{"slug": s, "destination_url": u, "verdict": v.value} for s, u, v in failing]


async def _apply(call: _Call) -> int:
    preview, table, destinations = await _planned(call)
    report: Report | None = None
    try:
        report = await _send(call, preview, table)
        written = write_rejects(table, preview, call.rejects if report.state == "done" else None)
        document = import_document(preview, report, written)
        document["destinations"] = destinations
    finally:
        end_run(call.session, table, preview.run, report)
    call.out.result(document, summary(preview, report))
    return apply_code(report)


async def _send(call: _Call, preview: Preview, table: ImportTable) -> Report:
    waiting = table.counts()[RowState.PLANNED]
    if not waiting and not table.open_chunks():
        return report_of(call.session, table, preview.run, None)
    _confirm(call, str(table.head()["phrase"]), preview)
    brake, sentence = Brake(), "Stopping after the request that is out. Again: break off"
    with ending(call.out, sentence, brake.pull), call.out.progress("rows", waiting) as progress:
        return await apply_import(
            call.session, table, call.path, rows=call.options.rows, reason=call.args.reason,
            follow=Follow(settled=progress.advance, brake=brake),
        )  # fmt: skip


async def _planned(call: _Call) -> tuple[Preview, ImportTable, list[Document]]:
    """The plan to be applied: of an earlier try that did not come to its end, or a new one."""
    with call.out.progress("rows") as progress:
        preview, table, again = await begin_run(
            call.session, call.path, call.options, name=call.args.file, on_progress=progress.advance
        )
    if again:
        left = table.counts()[RowState.PLANNED]
        call.out.note(f"Going on with run {preview.run}: {left:,} rows are left")
        return preview, table, []
    destinations = await _destinations(call, preview)
    show_preview(call.out, preview)
    return preview, table, destinations


def _confirm(call: _Call, phrase: str, preview: Preview) -> None:
    typed: str | None = call.args.confirm
    if typed is None and call.out.interactive:
        for line in summary(preview, None):
            call.out.note(line)
        typed = call.out.ask(f"Type {phrase} to send it") or ""
    confirm_import(phrase, typed)


def apply_code(report: Report) -> int:
    """The exit code of an import: unknown rows before what stopped it, before rows that were not taken."""
    counts = report.counts
    if counts[RowState.UNKNOWN] or counts[RowState.SENT]:
        return ExitCode.UNKNOWN
    error = report.error
    if isinstance(error, Refused) and error.reason == "reserve":
        return ExitCode.BUDGET
    if error is not None:
        return exit_code(error) if error.applied == "no" else ExitCode.PARTLY
    if report.state == "stopped":
        return ExitCode.INTERRUPTED if report.stop_reason == INTERRUPTED else ExitCode.PARTLY
    written = counts[RowState.CREATED] + counts[RowState.UPDATED] + counts[RowState.UNCHANGED]
    bad = counts[RowState.REJECTED] + counts[RowState.STALE] + counts[RowState.FAILED]
    if not bad:
        return ExitCode.DONE
    return ExitCode.PARTLY if written or bad != counts[RowState.REJECTED] else ExitCode.INPUT


def dry_code(preview: Preview) -> int:
    """The exit code of a dry run: findings are rows with faults, and stale ones."""
    if preview.counts[RowState.REJECTED]:
        return ExitCode.INPUT
    return ExitCode.PARTLY if preview.counts[RowState.STALE] else ExitCode.DONE
