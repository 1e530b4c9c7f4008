"""Applying a planned import: chunk by chunk, each on the disk before it leaves, nothing twice.

Every row is in the run's table as sent, and the chunk in the journal, before the request goes out. A chunk
whose answer was lost is settled by reading (`importing.settle`). Whatever stops the work, the table keeps
what is left, and the same command goes on from there.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cache.imports import Fate, ImportTable, Record, RowState
from cache.journal import LinkBusy, Write
from console.api.port import ImportAnswer, ImportOrder, ImportRow, RowStatus
from console.domain.errors import (
    BudgetSpent,
    PlatformRefused,
    Refused,
    RepointError,
    Throttled,
    Unreachable,
)
from console.domain.outcomes import Outcome, WriteState
from console.ops import meter, settle
from console.ops.health.sweep import require_spare_write
from console.ops.importing.reader_file import digest_of
from console.ops.importing.recheck import recheck
from console.ops.importing.record import WAY, chunk_write, spent
from console.ops.importing.settle import PATIENT, settle_chunk
from console.ops.importing.values import (
    CHUNK_BYTES,
    INTERRUPTED,
    STALE_CODES,
    TOO_LARGE,
    Follow,
    Report,
    fewer_rows,
    is_too_large,
)
from console.ops.recovery import settle_one
from console.ops.session import Session

PATIENCE_SECONDS: Final = 600.0
"""How long the platform may ask for pauses in a row before the import stops, resumable."""
_LOST: Final = 3
"""Requests in a row whose answer is lost, or that do not get through, before the import stops."""
_POLL_SECONDS: Final = 1.0
_POLLS: Final = 300
_STATES: Final = {
    RowStatus.CREATED: RowState.CREATED,
    RowStatus.UPDATED: RowState.UPDATED,
    RowStatus.UNCHANGED: RowState.UNCHANGED,
}


class Stopped(Exception):
    """The import cannot go on now. Everything is kept.

    Attributes:
        why: in words, for the operator.
        error: the failure behind it.
    """

    def __init__(self, why: str, error: RepointError | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.error = error


@dataclass(slots=True)
class _Job:
    """One run being sent, and how that goes.

    Attributes:
        rows: of one request at most; less after a 413.
        waited: seconds that the platform has asked for since its last answer.
        lost: requests in a row without an answer.
    """

    session: Session
    table: ImportTable
    run: str
    reason: str
    rows: int
    follow: Follow
    waited: float = 0.0
    lost: int = 0


async def apply_import(
    session: Session,
    table: ImportTable,
    path: Path | None,
    *,
    rows: int,
    reason: str = "",
    follow: Follow | None = None,
) -> Report:
    """Send what is planned and not sent yet; settle what an earlier try left open.

    Args:
        session: armed where its profile is protected.
        table: the run.
        path: the file, to be compared with what was planned once more; None where it came as a stream.
        rows: rows of one request at most.
        reason: for the platform's history.
        follow: who is told, and who can stop it.

    Raises:
        Refused: reason `file_changed`: the file is not the one that was planned. Nothing was sent.
    """
    session.require_armed()
    head = table.head()
    if path is not None and await asyncio.to_thread(digest_of, path) != head["digest"]:
        raise Refused(
            "The file was changed since it was checked",
            reason="file_changed",
            detail="Nothing was sent.",
            hint="Import it again: it is checked anew",
        )
    run = str(head["run"])
    stopped: Stopped | None = None
    try:
        await _settle_others(session, run)
        await settle_earlier(session, table)
        await recheck(session, table)
        reason = reason or f"import {head['name']}"
        await _send_all(_Job(session, table, run, reason, rows, follow or Follow()))
    except Stopped as stop:
        stopped = stop
    except RepointError as error:
        stopped = Stopped(error.title, error)
    return report_of(session, table, run, stopped)


def report_of(session: Session, table: ImportTable, run: str, stopped: Stopped | None) -> Report:
    """The figures of a run as its table has them."""
    counts = table.counts()
    left = counts[RowState.PLANNED] + counts[RowState.SENT] + counts[RowState.UNKNOWN]
    return Report(
        run=run,
        state="stopped" if stopped or left else "done",
        counts=counts,
        writes_spent=spent(session, run),
        stop_reason=stopped.why if stopped else "",
        error=stopped.error if stopped else None,
        handed_back=[row for row in table.handed_back() if row.state is not RowState.REJECTED],
    )


async def _settle_others(session: Session, run: str) -> None:
    """Chunks of other runs: one a target may be open at a time."""
    for write in session.store.journal.open_writes(session.target.key):
        if write.way == WAY and write.run != run:
            settled = await settle_one(session, write)
            if settled.outcome is Outcome.UNKNOWN:
                raise Stopped(f"An earlier import is not settled. {settled.sentence}")


async def settle_earlier(session: Session, table: ImportTable) -> None:
    """Settle the chunks that an earlier process sent, or was about to send."""
    for key in table.open_chunks():
        write = session.store.journal.write(key)
        if write is None or write.state is WriteState.PREPARED:
            table.take_back(key)  # journalled before it leaves: this one never left
            if write is not None:
                session.store.journal.advance(key, WriteState.DROPPED, outcome=Outcome.CANCELLED)
            continue
        ended = write.state is WriteState.REFUSED
        end = await settle_chunk(session, table, write, ended=ended, waits=PATIENT)
        if end.unknown:
            raise Stopped("What became of some rows cannot be read yet", end.trouble)
    _close_empty(session, table)


def _close_empty(session: Session, table: ImportTable) -> None:
    """Chunks whose rows are all settled, but whose journal entry was not closed before the end came."""
    run = str(table.head()["run"])
    for write in session.store.journal.writes_of_run(run):
        if write.state is WriteState.PREPARED:
            session.store.journal.advance(write.key, WriteState.DROPPED, outcome=Outcome.CANCELLED)
        elif write.state.open:
            session.store.journal.advance(write.key, WriteState.APPLIED, outcome=Outcome.APPLIED)


async def _send_all(job: _Job) -> None:
    session = job.session
    number = len(session.store.journal.writes_of_run(job.run))
    while chunk := job.table.next_chunk(job.rows, CHUNK_BYTES):
        _go_on(job)
        session.require_armed()
        await require_spare_write(session)
        number += 1
        settled = await _send(job, chunk, chunk_write(session, job.run, number, job.reason))
        job.follow.settled(settled)
        job.follow.spent(spent(session, job.run))


def _go_on(job: _Job) -> None:
    if job.follow.brake.pulled:
        raise Stopped(INTERRUPTED)


async def _send(job: _Job, chunk: list[Record], write: Write) -> int:
    """Send one chunk; how many of its rows are settled."""
    session = job.session
    job.table.leave(write.key, [row.number for row in chunk])
    try:
        session.store.journal.prepare(write)
    except RepointError as error:
        job.table.take_back(write.key)
        if isinstance(error, LinkBusy):
            raise Stopped("Another import of this target is not settled", error) from error
        raise
    session.store.journal.advance(write.key, WriteState.SENT)
    order = ImportOrder(
        links=[row.link for row in chunk if row.link is not None],
        idempotency_key=write.key,
        expected={row.slug: row.base for row in chunk if row.base is not None},
        reason=settle.with_mark(write.reason, write.key),
    )
    try:
        answer = await session.online().bulk_import(order)
        session.count_write()
        answer = await finished(session, answer, order)
    except asyncio.CancelledError:
        job.table.unknown(write.key)
        session.store.journal.advance(write.key, WriteState.UNKNOWN, detail="interrupted while sending")
        raise
    except RepointError as error:
        return await _failed(job, chunk, write, error)
    job.waited = 0.0
    return await _answered(job, chunk, write, answer)


async def finished(session: Session, answer: ImportAnswer, order: ImportOrder) -> ImportAnswer:
    """The answer when the platform is done: 202 means that it goes on."""
    for _ in range(_POLLS):
        if answer.finished or not answer.import_id:
            break
        await session.clock.sleep(_POLL_SECONDS)
        try:
            answer = await session.online().import_status(answer.import_id, order.links)
        except RepointError:
            continue  # reading the links tells as well
    return answer


async def _answered(job: _Job, chunk: list[Record], write: Write, answer: ImportAnswer) -> int:
    """Keep what the platform says of each row; what it does not say is read."""
    session = job.session
    job.table.settle(
        fate for row, told in zip(chunk, answer.rows, strict=True) if (fate := _fate(row, told)) is not None
    )
    left = job.table.open_rows(write.key)
    if left:
        end = await settle_chunk(session, job.table, write, ended=answer.finished)
        if end.unknown:
            raise Stopped("What became of some rows cannot be read yet", end.trouble)
        return _went_back(job, len(chunk), end.back)
    job.lost = 0
    session.store.journal.advance(
        write.key,
        WriteState.APPLIED,
        http_status=answer.status,
        request_id=answer.request_id,
        outcome=Outcome.APPLIED,
        detail=f"{len(chunk)} rows answered",
    )
    return len(chunk)


def _fate(row: Record, told: ImportRow) -> Fate | None:
    if told.status in _STATES:
        return Fate(row.number, _STATES[told.status], told.version)
    if told.status is RowStatus.FAILED:
        state = RowState.STALE if told.code in STALE_CODES else RowState.FAILED
        return Fate(row.number, state, None, told.code or "failed", told.message or "the platform refused it")
    return None


async def _failed(job: _Job, chunk: list[Record], write: Write, error: RepointError) -> int:
    """A request without an answer that can be used: what it means for its rows, and whether to go on."""
    session = job.session
    refused = isinstance(error, PlatformRefused) and error.applied == "no"
    state = WriteState.REFUSED if error.applied == "no" else WriteState.UNKNOWN
    session.store.journal.advance(
        write.key,
        state,
        http_status=getattr(error, "status", None),
        request_id=error.request_id,
        outcome=Outcome.REJECTED if refused else None,
        detail=error.title,
    )
    if error.applied == "unknown":
        return await _lost_answer(job, chunk, write)
    if is_too_large(error):
        return _too_large(job, chunk, write)
    if refused:
        words = error.detail or error.title
        code = getattr(error, "platform_code", "") or "refused"
        job.table.settle(Fate(row.number, RowState.FAILED, None, code, words) for row in chunk)
        raise Stopped(error.title, error)
    if isinstance(error, BudgetSpent):
        meter.refused(session, error)
        await _look(job, write)
        raise Stopped(error.title, error)
    if not isinstance(error, Throttled):
        job.table.take_back(write.key)
    try:
        await _pause(job, error)
    except Stopped:
        job.table.take_back(write.key)
        raise
    return await _look(job, write)


async def _look(job: _Job, write: Write) -> int:
    """A gateway may refuse after the platform has acted: read before the rows are sent again.

    Rows that cannot be read now are compared when the import goes on (`importing.recheck`).
    """
    found = (await settle_chunk(job.session, job.table, write, ended=True, waits=(0.0,))).found
    job.table.take_back(write.key)
    return found


def _too_large(job: _Job, chunk: list[Record], write: Write) -> int:
    """413: smaller requests from here on; a single row that is too large is refused for good."""
    rows = fewer_rows(len(chunk))
    if not rows:
        job.table.settle([Fate(chunk[0].number, RowState.FAILED, None, *TOO_LARGE)])
        return 1
    job.table.take_back(write.key)
    job.rows = rows
    return 0


async def _lost_answer(job: _Job, chunk: list[Record], write: Write) -> int:
    session = job.session
    session.count_write()
    end = await settle_chunk(session, job.table, write, ended=False)
    if end.unknown:
        raise Stopped("The answer was lost, and the links cannot be read yet", end.trouble)
    return _went_back(job, len(chunk), end.back)


def _went_back(job: _Job, rows: int, back: int) -> int:
    """Rows that were sent and not taken are sent again, but not for ever."""
    job.lost = job.lost + 1 if back else 0
    if job.lost >= _LOST:
        raise Stopped("The platform does not take the rows, or does not say that it did")
    return rows - back


async def _pause(job: _Job, error: RepointError) -> None:
    """Wait as the platform asks, or a moment where it could not be reached."""
    if isinstance(error, Throttled):
        wait = min(max(error.retry_after or 5.0, 1.0), 60.0)
        job.waited += wait
        if job.waited > PATIENCE_SECONDS:
            raise Stopped(error.title, error)
    elif isinstance(error, Unreachable) and job.lost < _LOST:
        job.lost += 1
        wait = 2.0 * job.lost
    else:
        raise Stopped(error.title, error)
    job.follow.pausing(wait)
    await job.follow.brake.sleep(job.session.clock, wait)
    _go_on(job)
