"""A run of an import from its plan to its end: found again, confirmed, and its file taken away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from cache.imports import ImportTable
from console.domain.errors import Refused
from console.ops.importing.plan import plan_import, refresh, same_job
from console.ops.importing.reader_file import inspect
from console.ops.importing.record import imports_dir, preview_of, resumable, unfinished
from console.ops.importing.values import Options, Preview, Report
from console.ops.session import Session


async def begin_run(
    session: Session,
    path: Path,
    options: Options,
    *,
    name: str = "",
    on_progress: Callable[[int], object] | None = None,
) -> tuple[Preview, ImportTable, bool]:
    """The plan to be applied, its table, and whether it is that of an earlier try that did not end.

    Call it inside `only_one`. Raises as `plan_import`.
    """
    source = await asyncio.to_thread(inspect, path)
    table = unfinished(imports_dir(), same_job(session, source.digest, options))
    if table is not None and resumable(session, str(table.head()["run"])):
        return preview_of(table, source), table, True
    if table is not None:
        table.close(remove=True)
    await refresh(session)
    preview, new = await plan_import(session, path, options, name=name, keep=True, on_progress=on_progress)
    assert new is not None
    return preview, new, False


def end_run(session: Session, table: ImportTable, run: str, report: Report | None) -> None:
    """Close a run's file, and take it away when nothing is to be gone on with.

    A run of which nothing has left is planned anew the next time.
    """
    done = report is not None and report.state == "done"
    table.close(remove=done or not resumable(session, run))


def confirm_import(phrase: str, typed: str | None) -> None:
    """Compare what was typed with the words that confirm a run.

    Raises:
        Refused: reason `not_confirmed`. Nothing was sent.
    """
    if typed is None or typed.strip() != phrase:
        title = "An import has to be confirmed" if typed is None else f"That is not {phrase}"
        hint = f'Add --confirm "{phrase}"'
        raise Refused(title, reason="not_confirmed", detail="Nothing was sent.", hint=hint)
