"""Planning an import: every row read and checked, and what it would change, before anything is sent.

A dry run ends here. What is to be applied is planned into the run's table (`cache.imports`) at the same
time, so that what was shown and confirmed is what is sent.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from cache.imports import ImportTable, Record, RowState, new_table
from console.domain.health import Verdict
from console.domain.links import canonical
from console.ops.importing.fields import map_columns
from console.ops.importing.quick import Outcome, QuickPlanner
from console.ops.importing.reader import Row, Sheet, open_sheet
from console.ops.importing.reader_batches import batches
from console.ops.importing.reader_file import inspect
from console.ops.importing.record import imports_dir
from console.ops.importing.rejects import Rejects
from console.ops.importing.rows import Planner
from console.ops.importing.time import seconds_for
from console.ops.importing.values import SHOWN, Chunks, Options, Planned, Preview, Shown
from console.ops.session import Session
from console.ops.sync import sync

_BATCH: Final = 500
REJECTS_TOLD: Final = 10_000
"""Rejected rows that are told one by one; the rejects file has all of them."""


async def refresh(session: Session) -> None:
    """Read the live links, so that the plan is made against them; offline the cache has to do."""
    if not session.offline:
        await sync(session)


async def plan_import(
    session: Session,
    path: Path,
    options: Options,
    *,
    name: str = "",
    keep: bool = False,
    rejects: Path | None = None,
    on_progress: Callable[[int], object] | None = None,
) -> tuple[Preview, ImportTable | None]:
    """Read and check every row of a file. Sends nothing.

    Args:
        session: its cache knows the live links: `refresh` first.
        path: a regular file; `name` is how the operator named it.
        options: as the operator said.
        name: see `path`.
        keep: keep the plan in a table, to be applied; returned beside the preview.
        rejects: write the rejected rows there. A new file, whole or not at all.
        on_progress: told how many more rows were looked at.

    Raises:
        InputRejected: the file cannot be read as rows; the line is named.
        StorageProblem: the table or the rejects file cannot be written.
    """
    name = name or path.name
    source = await asyncio.to_thread(inspect, path)
    sheet = open_sheet(source, name)
    mapped = map_columns(sheet.header, options.mapping)
    preview = Preview(str(uuid.uuid4()), source, sheet.kind, sheet.header, mapped, sheet.delimiter)
    table = new_table(imports_dir(), preview.run) if keep else None
    try:
        if table is not None:
            table.begin(_head(session, preview, options, name))
        with Rejects.to(rejects, sheet.header) as back:
            await _all_rows(
                session, sheet, preview, options, table=table, handed_back=back, on_progress=on_progress
            )
        if table is not None:
            table.tell("phrase", preview.phrase)
            table.tell("columns", dict(mapped.columns))
            table.tell("foreign", dict(preview.foreign))
            table.planned()
    except BaseException:
        if table is not None:
            table.close(remove=True)
        raise
    return preview, table


async def _all_rows(
    session: Session,
    sheet: Sheet,
    preview: Preview,
    options: Options,
    *,
    table: ImportTable | None,
    handed_back: Rejects,
    on_progress: Callable[[int], object] | None,
) -> None:
    inventory, unread = session.store.inventory, session.store.unread
    keep = table is not None or options.check_destinations
    odd = inventory.slugs_spelt_oddly()
    unreadable = unread.unsure(sorted(unread.last().slugs))
    planner = Planner(
        sheet, preview.mapped, options.existing, inventory.fields_of, odd, unreadable=unreadable, keep=keep
    )
    quick = QuickPlanner(planner, session.store.raw.values_of, keep=keep)
    chunks = Chunks(options.rows)
    for batch in batches(sheet, _BATCH):
        planned = quick.outcomes(batch)
        if table is not None:
            table.add(_record_of(planner, batch.row(at), item) for at, item in enumerate(planned))
        for item in note_plain(preview, planned, chunks):
            _note(preview, item, chunks, options)
            if item.record.faults:
                handed_back.add(item.record)
        if on_progress is not None:
            on_progress(len(planned))
        await asyncio.sleep(0)
    preview.foreign.update(planner.foreign)
    preview.writes = chunks.count
    preview.seconds = seconds_for(session, preview.writes, preview.to_send)


def _record_of(planner: Planner, row: Row, outcome: Outcome) -> Record:
    """A row for the table. What is to be sent comes from the planner; the others need nothing."""
    if isinstance(outcome, Planned):
        return outcome.record
    state = RowState.UNCHANGED if outcome is None else RowState.SKIPPED
    return Record(row.number, row.line, planner.slug_of(row), "", state)


def note_plain(preview: Preview, outcomes: Sequence[Outcome], chunks: Chunks) -> Iterator[Planned]:
    """Count the outcomes that say all there is to say; the others are given back, in their order."""
    counts = preview.counts
    if same := outcomes.count(None):
        counts[RowState.UNCHANGED] += same
    if same == len(outcomes):
        return
    weights = [outcome for outcome in outcomes if type(outcome) is int]
    if weights:
        made, skipped = sum(1 for weight in weights if weight > 0), weights.count(0)
        counts[RowState.CREATED] += made
        counts[RowState.UPDATED] += len(weights) - made - skipped
        if skipped:
            counts[RowState.SKIPPED] += skipped
    if len(weights) + same == len(outcomes):
        chunks.add(*map(abs, filter(None, weights)))
        return
    for outcome in outcomes:
        if isinstance(outcome, Planned):
            yield outcome
        elif outcome:
            chunks.add(abs(outcome))


def _note(preview: Preview, item: Planned, chunks: Chunks, options: Options) -> None:
    record = item.record
    if record.state is RowState.PLANNED:
        chunks.add(record.weight)
        preview.counts[RowState.CREATED if record.kind == "create" else RowState.UPDATED] += 1
        if item.changes and len(preview.updated) < SHOWN:
            preview.updated.append(Shown(record.number, record.line, record.slug, (), item.changes))
        if options.check_destinations and record.link is not None:
            preview.destinations.setdefault(record.link.destination_url, record.slug)
        return
    preview.counts[record.state] += 1
    if record.faults:
        told = preview.stale if record.state is RowState.STALE else preview.rejected
        if len(told) < REJECTS_TOLD:
            told.append(Shown(record.number, record.line, record.slug, record.faults))


def _head(session: Session, preview: Preview, options: Options, name: str) -> dict[str, object]:
    return {
        "run": preview.run,
        "name": name,
        "made_at": session.clock.now().wall.isoformat(),
        "header": list(preview.header),
        "digest": preview.source.digest,
        "same": same_job(session, preview.source.digest, options),
    }


def same_job(session: Session, digest: str, options: Options) -> str:
    """What two imports have in common when the second goes on with the first."""
    return canonical([session.target.key, digest, dict(options.mapping), options.existing.value])


async def check_destinations(session: Session, preview: Preview) -> list[tuple[str, str, Verdict]]:
    """Look at the new destinations from here: those that do not answer, as slug, address and verdict.

    Those that the profile says never to look at are left out.
    """
    never = session.profile.never_looks_at
    asked = [url for url, slug in preview.destinations.items() if not never(slug, url)]
    failing = [
        (preview.destinations[probed.url], probed.url, probed.verdict)
        async for probed in session.prober.probe(asked)
        if not probed.verdict.healthy
    ]
    return sorted(failing, key=lambda found: found[:2])
