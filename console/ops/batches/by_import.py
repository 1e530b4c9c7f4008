"""The same end state by bulk import: every link compared first, in the fewest requests, each verified after.

A platform may take an import's rows without comparing versions. So the links are locked and read once more
just before the request leaves, what moved is left out as STALE, and afterwards each link's history tells
what became of it.

Source: product.md, section 4.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cache.journal import LinkBusy, Write
from cache.runs import Item
from console.api.port import ImportAnswer, ImportOrder, RowStatus
from console.domain.batches import RunState
from console.domain.errors import BudgetSpent, NotFound, PlatformRefused, RepointError, Throttled, Unreachable
from console.domain.links import Link, label
from console.domain.outcomes import Outcome, WriteState
from console.domain.plans import Plan
from console.domain.rewrites import Rewrite
from console.domain.versions import same_version
from console.ops import record, settle
from console.ops.batches.chunks import close_chunk, new_chunk, new_row
from console.ops.batches.import_rows import Row, verify
from console.ops.batches.item import Ended, plan_of
from console.ops.batches.job import Job
from console.ops.batches.values import Stop, StopReason
from console.ops.batches.waves import settle_unknown, together
from console.ops.guard import judge_pause
from console.ops.importing.apply import finished
from console.ops.importing.settle import read_links
from console.ops.importing.values import TOO_LARGE, fewer_rows, is_too_large
from console.ops.planning.cost import import_chunks
from console.ops.rollback import open_write
from console.ops.send import status_of

_PAUSE_SECONDS: Final = 2.0


async def run_import(job: Job) -> None:
    """Send every waiting item, as far as the rules let it: each request a wave, verified before the next."""
    plans = await _plans(job)
    todo = list(plans)
    while todo and not job.stopping():
        size = next(import_chunks((plans[number].to.snapshot for number in todo), job.rows))
        part, todo, rows = todo[:size], todo[size:], job.rows
        job.wave += 1
        again = True
        while again and not job.stopping():
            await job.pace()
            if job.stopping() or not await job.take():
                return
            waiting = set(job.waiting())
            again = await _chunk(job, {n: plans[n] for n in part if n in waiting})
        await settle_unknown(job)
        if job.rows < rows:  # it was too large: what it carried goes in smaller ones
            waiting = set(job.waiting())
            todo = [number for number in part if number in waiting] + todo


async def _plans(job: Job) -> dict[int, Plan]:
    """A plan for every waiting item; items that cannot have one any more end here."""
    found: dict[int, Plan] = {}
    session = job.session
    waiting = iter(job.waiting())

    async def work() -> None:
        for number in waiting:
            if job.stopping():
                return
            blank = Item(job.run, number, job.plan.items[number - 1].slug)
            try:
                refusal = await open_write(session, blank.slug)
                plan = refusal or await plan_of(session, job.plan, number)
            except NotFound:
                text = f"{blank.slug} does not exist any more"
                job.ended(Ended(replace(blank, outcome=Outcome.STALE, detail=text)))
                continue
            except RepointError as error:
                job.ended(Ended(replace(blank, detail=f"{error.title}. Nothing was sent."), error=error))
                continue
            if isinstance(plan, Plan):
                if not (plan.to.snapshot.has_password or plan.live.snapshot.has_password):
                    found[number] = plan
                    continue
                text = "It has a password, which an import cannot bring back. Nothing was sent."
                job.ended(Ended(replace(blank, outcome=Outcome.REJECTED, detail=text)))
                continue
            record.refusal(session, blank.slug, plan)
            outcome = Outcome.STALE if refusal is None else Outcome.REJECTED
            job.ended(Ended(replace(blank, outcome=outcome, detail=f"{plan.title}. Nothing was sent.")))

    await together(work() for _ in range(job.at_once))
    return {number: found[number] for number in sorted(found)}


async def _chunk(job: Job, plans: dict[int, Plan]) -> bool:
    """Lock, read, compare, send, verify one request. Whether it is to be tried again at once."""
    sent = False
    try:
        ready = await _ready(job, plans)
        if isinstance(ready, bool):
            return ready
        job.land(charged=True)
        sent = True
        job.say()
        charged, again = await _send(job, *ready)
        if not charged:
            job.refund()
        return again
    finally:
        if not sent:
            job.land(charged=False)


async def _ready(job: Job, plans: dict[int, Plan]) -> tuple[Write, list[Row]] | bool:
    """Everything before the request leaves, on the disk; where it is not to leave, whether to try again."""
    session, journal = job.session, job.session.store.journal
    locked = _locked(job, plans)
    if locked is None:
        return False
    chunk, rows = locked
    try:
        session.require_armed()
        rows = await _compared(job, rows)
    except RepointError as error:
        _drop(job, rows, error.title, chunk)
        end = Ended(Item(job.run, 0, "", Outcome.SKIPPED), error=error)
        return not job.ended(end) and not job.stopping()
    if not rows:
        close_chunk(session, chunk)
        return False
    if judge_pause(rows[0].plan, record.made_at(chunk), session.clock.now()) is not None:
        _drop(job, rows, "reading the links took too long", chunk)
        hint = f"Go on: repoint resume {job.run}"
        job.halt(Stop(RunState.STOPPED, StopReason.UNREACHABLE, "Reading the links took too long", hint))
        return False
    with journal.together():
        journal.advance(chunk.key, WriteState.SENT)
        for row in rows:
            journal.advance(row.write.key, WriteState.SENT)
    return chunk, rows


def _locked(job: Job, plans: dict[int, Plan]) -> tuple[Write, list[Row]] | None:
    """Lock the links and the import route, all in one transaction; None where nothing is left to send."""
    session, journal = job.session, job.session.store.journal
    chunk = new_chunk(session, job.run, job.plan.reason)
    rows: list[Row] = []
    busy: list[Ended] = []
    try:
        with journal.together():
            for number, plan in plans.items():
                blank = Item(job.run, number, plan.slug)
                try:
                    rows.append(Row(blank, plan, journal.prepare(new_row(session, plan, chunk))))
                except LinkBusy as error:
                    text = f"{error.title}. {error.detail}"
                    busy.append(Ended(replace(blank, outcome=Outcome.REJECTED, detail=text)))
            if rows:
                chunk = journal.prepare(chunk)
    except LinkBusy as error:
        title = "Another import of this target is not settled"
        job.halt(Stop(RunState.STOPPED, StopReason.REFUSED, title, "Settle it: repoint reconcile", error))
        return None
    for end in busy:
        job.ended(end)
    return (chunk, rows) if rows else None


async def _compared(job: Job, rows: list[Row]) -> list[Row]:
    """Read all the links at once, after they were locked: what is not exactly as planned on is left out."""
    live = await read_links(job.session, [row.plan.slug for row in rows])
    kept: list[Row] = []
    ends: list[Ended] = []
    with job.session.store.journal.together():
        for row in rows:
            found = _differs(row.plan, live.get(row.plan.slug))
            if found is None:
                kept.append(row)
                continue
            outcome, text = found
            detail = f"{text}. Nothing was sent."
            job.session.store.journal.advance(
                row.write.key, WriteState.REFUSED, outcome=outcome, detail=detail
            )
            ends.append(Ended(replace(row.item, outcome=outcome, detail=detail)))
    for end in ends:
        job.ended(end)
    return [_aimed(row, live[row.plan.slug]) for row in kept]


def _differs(plan: Plan, live: Link | None) -> tuple[Outcome, str] | None:
    if live is None:
        return Outcome.STALE, f"{plan.slug} does not exist any more"
    if _another(plan, live):
        return Outcome.STALE, "This is another link: the slug was deleted and made again"
    if same_version(live.version, plan.live.version):
        if live.fingerprint == plan.live_fingerprint:
            return None
        return Outcome.STALE, f"The content of {label(plan.live.version)} changed under the same version"
    if live.fingerprint == plan.to.fingerprint:
        return Outcome.NOOP, f"{plan.slug} already is at {plan.aim}"
    who = f" by {live.updated_by}" if live.updated_by else ""
    text = f"{label(live.version)}{who} is live now; the plan was made on {label(plan.live.version)}"
    return Outcome.STALE, text


def _another(plan: Plan, live: Link) -> bool:
    """Whether the slug is another link's now: by the platform's id, else by when it was made."""
    if live.link_id and plan.link_id:
        return live.link_id != plan.link_id
    born = plan.live.snapshot.created_at
    return born is not None and live.created_at is not None and live.created_at != born


def _aimed(row: Row, live: Link) -> Row:
    """What is written: the planned version's record; of a rewrite, the live record rewritten."""
    if row.plan.rewrite:
        row.plan = replace(row.plan, record=Rewrite.parse(row.plan.rewrite).apply(live))
    return row


async def _send(job: Job, chunk: Write, rows: list[Row]) -> tuple[bool, bool]:
    """Send one request. Whether it is charged, and whether what was not taken is tried again at once."""
    session = job.session
    order = ImportOrder(
        links=[row.plan.record or row.plan.to.snapshot for row in rows],
        idempotency_key=chunk.key,
        expected={row.plan.slug: row.plan.live.version for row in rows},
        reason=settle.with_mark(chunk.reason, chunk.key),
    )
    try:
        answer = await session.online().bulk_import(order)
        session.count_write()
        answer = await finished(session, answer, order)
    except asyncio.CancelledError:
        _unknown(job, chunk, rows, "interrupted while sending")
        raise
    except RepointError as error:
        return await _failed(job, chunk, rows, error)
    _hear(rows, answer)
    await verify(job, rows, ended=answer.finished, request_id=answer.request_id)
    close_chunk(session, chunk)
    return True, False


def _hear(rows: Sequence[Row], answer: ImportAnswer) -> None:
    for row, told in zip(rows, answer.rows, strict=True):
        if told.status is RowStatus.FAILED:
            row.said, row.code = told.message or "the platform refused it", told.code or "failed"


async def _failed(job: Job, chunk: Write, rows: list[Row], error: RepointError) -> tuple[bool, bool]:
    """No answer that can be used. Whatever was said, reading tells what became of each link."""
    session, lost = job.session, error.applied == "unknown"
    if lost:
        session.count_write()
        _unknown(job, chunk, rows, error.title)
        await verify(job, rows, ended=False, error=error)
        close_chunk(session, chunk)
        return True, False
    fewer = fewer_rows(len(rows)) if is_too_large(error) else 0
    if fewer:
        job.rows = fewer
        _drop(job, rows, error.title)
    elif isinstance(error, PlatformRefused):
        refused = (error.platform_code or "refused", error.detail or error.title)
        for row in rows:
            row.code, row.said = TOO_LARGE if is_too_large(error) else refused
        await verify(job, rows, ended=True, error=error)
    else:
        untouched = await _untouched(job, rows, error)
        _drop(job, untouched, error.title)
        job.ended(Ended(Item(job.run, 0, ""), error=error))
        await verify(job, [row for row in rows if row not in untouched], ended=True, error=error)
    session.store.journal.advance(
        chunk.key,
        WriteState.REFUSED,
        http_status=status_of(error),
        request_id=error.request_id,
        outcome=Outcome.REJECTED,
        detail=error.title,
    )
    if isinstance(error, Unreachable) and not job.stopping():
        await job.control.rest(session.clock, _PAUSE_SECONDS)
    return isinstance(error, PlatformRefused), not fewer and not job.stopping()


async def _untouched(job: Job, rows: list[Row], error: RepointError) -> list[Row]:
    """The rows whose links are exactly as they were: nothing was applied to them.

    A gateway may ask for a pause after the platform has acted, so that a 429 alone proves nothing.
    """
    if not isinstance(error, BudgetSpent | Throttled):
        return rows
    try:
        live = await read_links(job.session, [row.plan.slug for row in rows])
    except RepointError:
        return []
    return [row for row in rows if _differs(row.plan, live.get(row.plan.slug)) is None]


def _unknown(job: Job, chunk: Write, rows: Sequence[Row], why: str) -> None:
    journal = job.session.store.journal
    with journal.together():
        for write in (chunk, *(row.write for row in rows)):
            journal.advance(write.key, WriteState.UNKNOWN, detail=why)


def _drop(job: Job, rows: Sequence[Row], why: str, chunk: Write | None = None) -> None:
    """Nothing was applied to these links: their rows are closed, and they wait."""
    journal = job.session.store.journal
    with journal.together():
        for write in (*(row.write for row in rows), *([chunk] if chunk else [])):
            known = journal.write(write.key)
            if known is not None and known.state.open:
                journal.advance(write.key, WriteState.DROPPED, outcome=Outcome.CANCELLED, detail=why)
