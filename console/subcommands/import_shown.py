"""An import as it is shown: what it would change, what became of it, its document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from cache.imports import RowState
from console.domain.urls import spelt_host
from console.ops.importing.fields import is_ours
from console.ops.importing.values import Preview, Report, Shown
from console.output import Output
from console.output_parts import Styled, Tone
from console.subcommands.history import change_lines

TOLD: Final = 20
"""Rows that a person is told one by one."""
Document = dict[str, Any]


def show_preview(out: Output, preview: Preview) -> None:
    """How the file was understood, and what it would change, for a person."""
    out.note(f"{preview.kind.upper()}, {preview.source.encoding}, {preview.rows:,} rows")
    for header, field in preview.mapped.columns.items():
        guess = "  (guessed; say otherwise with --mapping)" if header in preview.mapped.guessed else ""
        if header != field:
            out.note(f"  column {header} is {field}{guess}")
    ignored = [name for name in preview.mapped.ignored if not is_ours(name)]
    if ignored:
        out.note(f"  ignored: {', '.join(ignored[:TOLD])}")
    for host, rows in preview.foreign.most_common(TOLD):
        out.note(Styled(f"  {host}", Tone.WARN), f" is written {spelt_host(host)}: {rows:,} rows point there")
    for shown in (*preview.rejected, *preview.stale)[:TOLD]:
        for fault in shown.faults:
            out.note(Styled(f"  line {shown.line:<6}", Tone.BAD), f"{shown.slug:<24}  {fault.column}: ",
                     f"{fault.message} ({fault.code})")  # fmt: skip
    left = preview.counts[RowState.REJECTED] + preview.counts[RowState.STALE] - TOLD
    if left > 0:
        out.note(f"  and {left:,} more")
    _show_updates(out, preview)


def _show_updates(out: Output, preview: Preview) -> None:
    for shown in preview.updated:
        out.note(f"  line {shown.line:<6}{shown.slug}")
        for change in shown.changes:
            for line in change_lines(change):
                out.note(*(line if isinstance(line, list | tuple) else (line,)))


def summary(preview: Preview, report: Report | None) -> list[str]:
    """The figures in a few lines."""
    counts = preview.counts if report is None else report.counts
    words = [
        f"{counts.get(state, 0):,} {state.value}"
        for state in RowState
        if counts.get(state, 0) or state in {RowState.CREATED, RowState.UPDATED, RowState.UNCHANGED}
    ]
    if report is None:
        return [f"Nothing was sent. {', '.join(words)}. {cost(preview)}"]
    lines = [f"{', '.join(words)}. {report.writes_spent:,} writes spent. Run {report.run}"]
    if report.stop_reason:
        lines.append(f"Stopped: {report.stop_reason}. Nothing is lost: run the same command again to go on.")
    return lines


def cost(preview: Preview) -> str:
    """What sending it costs, in writes and time."""
    if not preview.writes:
        return "There is nothing to send."
    return f"It takes {preview.writes:,} writes and about {_span(preview.seconds)}."


def _span(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


def import_document(preview: Preview, report: Report | None, rejects: Path | None) -> Document:
    """`import`'s document; its counts add up to `rows`."""
    counts = preview.counts if report is None else report.counts
    return {
        "run": preview.run if report is None else report.run,
        "state": "dry-run" if report is None else report.state,
        "stop_reason": None if report is None else report.stop_reason or None,
        "rows": sum(counts.values()),
        "valid": sum(counts.values()) - counts.get(RowState.REJECTED, 0),
        **{
            state.value: counts.get(state, 0)
            for state in (RowState.CREATED, RowState.UPDATED, RowState.UNCHANGED, RowState.SKIPPED,
                          RowState.STALE, RowState.FAILED)
        },
        "unknown": counts.get(RowState.UNKNOWN, 0) + counts.get(RowState.SENT, 0),
        "pending": counts.get(RowState.PLANNED, 0),
        "rejected_rows": counts.get(RowState.REJECTED, 0),
        "rejected": told(preview.rejected),
        "stale_rows": told(preview.stale),
        "failed_rows": [] if report is None else told([
            Shown(r.number, r.line, r.slug, r.faults) for r in report.handed_back
        ]),
        "updates": [
            {"row": s.row, "line": s.line, "slug": s.slug,
             "changes": [{"field": c.field, "before": c.before, "after": c.after} for c in s.changes]}
            for s in preview.updated
        ],
        "mapping": dict(preview.mapped.columns),
        "guessed": list(preview.mapped.guessed),
        "ignored": list(preview.mapped.ignored),
        "encoding": preview.source.encoding,
        "delimiter": preview.delimiter or None,
        "foreign_hosts": [
            {"host": host, "written": spelt_host(host), "rows": rows}
            for host, rows in preview.foreign.most_common()
        ],
        "writes_needed": preview.writes,
        "seconds_needed": round(preview.seconds, 1),
        "writes_spent": 0 if report is None else report.writes_spent,
        "rejects_file": None if rejects is None else str(rejects),
    }  # fmt: skip


def told(rows: Sequence[Shown]) -> list[Document]:
    """Rows with their faults, one entry a fault. `row` counts the rows, `line` the file's lines."""
    return [
        {
            "row": shown.row,
            "line": shown.line,
            "slug": shown.slug,
            "column": fault.column or None,
            "code": fault.code,
            "message": fault.message,
        }
        for shown in rows
        for fault in shown.faults
    ]
