"""The same end state by bulk import: every link compared first, in the fewest requests, each verified after.

A platform may take an import's rows without comparing versions. So the links are locked and read once more
just before the request leaves, what moved is left out as STALE, and afterwards each link's history tells
what became of it.

Source: product.md, section 4.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from cache.journal import LinkBusy, Write
from cache.runs import Item
from console.api.port import ImportAnswer, ImportOrder, RowStatus
from console.domain.batches import RunState
from console.domain.errors import BudgetSpent, NotFound, PlatformRefused, RepointError, Throttled, Unreachable
from console.domain.links import Link, label
from console.domain.outcomes import Outcome, WriteState
from console.domain.plans import Plan
from console.domain.readings import Reading
from console.domain.rewrites import Rewrite
from console.domain.versions import same_version
from console.ops import aftermath, record, settle
from console.ops.batch_chunks import close_chunk, new_chunk, new_row
from console.ops.batch_item import Ended, plan_of
from console.ops.batch_job import Job
from console.ops.batch_values import Stop, StopReason
from console.ops.batch_waves import settle_unknown, together
from console.ops.guard import judge_pause
from console.ops.importing_apply import finished
from console.ops.importing_settle import read_links
from console.ops.planning_cost import import_chunks
from console.ops.review import read_live
from console.ops.rollback import open_write
from console.ops.send import status_of
from console.ops.settle import Found

_PAUSE_SECONDS: Final = 2.0
_STALE_WORDS: Final = frozenset({"conflict", "stale", "version_conflict"})


@dataclass(slots=True)
class _Row:
    """One link of a request: its item, its plan, its journal row, and what the platform said of it."""

    item: Item
    plan: Plan
    write: Write
    said: str = ""
    code: str = ""


async def run_import(job: Job) -> None:
    """Send every waiting item, as far as the rules let it: each request a wave, verified before the next."""
    plans = await _plans(job)
    numbers = iter(list(plans))
    for size in import_chunks(plan.to.snapshot for plan in plans.values()):
        part = list(islice(numbers, size))
        job.wave += 1
        again = True
        while again and not job.stopping():
            await job.pace()
            if job.stopping() or not await job.take():
                return
            waiting = set(job.waiting())
            again = await _chunk(job, {n: plans[n] for n in part if n in waiting})
        await settle_unknown(job)
        if job.stopping():
            return


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
    session, journal = job.session, job.session.store.journal
    charged = False
    try:
        locked = _locked(job, plans)
        if locked is None:
            return False
        chunk, rows = locked
        try:
            session.require_armed()
            rows = await _compared(job, rows)
        except RepointError as error:
            _drop(job, rows, error.title, chunk)
            return (
                not job.ended(Ended(Item(job.run, 0, "", Outcome.SKIPPED), error=error))
                and not job.stopping()
            )
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
        charged = True
        charged, again = await _send(job, chunk, rows)
        return again
    finally:
        job.land(charged=charged)


def _locked(job: Job, plans: dict[int, Plan]) -> tuple[Write, list[_Row]] | None:
    """Lock the links and the import route, all in one transaction; None where nothing is left to send."""
    session, journal = job.session, job.session.store.journal
    chunk = new_chunk(session, job.run, job.plan.reason)
    rows: list[_Row] = []
    busy: list[Ended] = []
    try:
        with journal.together():
            for number, plan in plans.items():
                blank = Item(job.run, number, plan.slug)
                try:
                    rows.append(_Row(blank, plan, journal.prepare(new_row(session, plan, chunk))))
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


async def _compared(job: Job, rows: list[_Row]) -> list[_Row]:
    """Read all the links at once, after they were locked: what is not exactly as planned on is left out."""
    live = await read_links(job.session, [row.plan.slug for row in rows])
    kept: list[_Row] = []
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


def _aimed(row: _Row, live: Link) -> _Row:
    """What is written: the planned version's record; of a rewrite, the live record rewritten."""
    if row.plan.rewrite:
        row.plan = replace(row.plan, record=Rewrite.parse(row.plan.rewrite).apply(live))
    return row


async def _send(job: Job, chunk: Write, rows: list[_Row]) -> tuple[bool, bool]:
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
    await _verify(job, rows, ended=answer.finished, request_id=answer.request_id)
    close_chunk(session, chunk)
    return True, False


def _hear(rows: Sequence[_Row], answer: ImportAnswer) -> None:
    for row, told in zip(rows, answer.rows, strict=True):
        if told.status is RowStatus.FAILED:
            row.said, row.code = told.message or "the platform refused it", told.code or "failed"


async def _failed(job: Job, chunk: Write, rows: list[_Row], error: RepointError) -> tuple[bool, bool]:
    """No answer that can be used. Whatever was said, reading tells what became of each link."""
    session, lost = job.session, error.applied == "unknown"
    if lost:
        session.count_write()
        _unknown(job, chunk, rows, error.title)
        await _verify(job, rows, ended=False, error=error)
        close_chunk(session, chunk)
        return True, False
    if isinstance(error, PlatformRefused):
        for row in rows:
            row.said, row.code = error.detail or error.title, error.platform_code or "refused"
        await _verify(job, rows, ended=True, error=error)
    else:
        untouched = await _untouched(job, rows, error)
        _drop(job, untouched, error.title)
        job.ended(Ended(Item(job.run, 0, ""), error=error))
        await _verify(job, [row for row in rows if row not in untouched], ended=True, error=error)
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
    return isinstance(error, PlatformRefused), not job.stopping()


async def _untouched(job: Job, rows: list[_Row], error: RepointError) -> list[_Row]:
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


def _unknown(job: Job, chunk: Write, rows: Sequence[_Row], why: str) -> None:
    journal = job.session.store.journal
    with journal.together():
        for write in (chunk, *(row.write for row in rows)):
            journal.advance(write.key, WriteState.UNKNOWN, detail=why)


def _drop(job: Job, rows: Sequence[_Row], why: str, chunk: Write | None = None) -> None:
    """Nothing was applied to these links: their rows are closed, and they wait."""
    journal = job.session.store.journal
    with journal.together():
        for write in (*(row.write for row in rows), *([chunk] if chunk else [])):
            known = journal.write(write.key)
            if known is not None and known.state.open:
                journal.advance(write.key, WriteState.DROPPED, outcome=Outcome.CANCELLED, detail=why)


async def _verify(
    job: Job,
    rows: Sequence[_Row],
    *,
    ended: bool,
    request_id: str | None = None,
    error: RepointError | None = None,
) -> None:
    """Read each link's history: the new version on top, with what was planned, on what was expected."""
    left = iter(rows)

    async def work() -> None:
        for row in left:
            found = None if row.code else await _read(job, row)
            with job.session.store.journal.together():  # the row, the hold and the item's outcome: one commit
                end = _looked(job, row, found, ended=ended, error=error)
                job.ended(replace(end, item=replace(end.item, request_id=request_id)))

    await together(work() for _ in range(job.at_once))


async def _read(job: Job, row: _Row) -> Reading | RepointError:
    try:
        return await read_live(job.session, row.plan.slug)
    except RepointError as trouble:
        return trouble


def _looked(
    job: Job, row: _Row, reading: Reading | RepointError | None, *, ended: bool, error: RepointError | None
) -> Ended:
    """What became of one link, by its row of the answer, or by its history."""
    session, key = job.session, row.write.key
    journal = session.store.journal
    refused = error is not None and error.applied == "no"
    if reading is None:
        stale = row.code in _STALE_WORDS
        outcome = Outcome.STALE if stale else Outcome.REJECTED
        detail = f"The platform compared and refused: {row.said}" if stale else f"{row.said} ({row.code})"
        journal.advance(key, WriteState.REFUSED, outcome=outcome, detail=detail)
        return Ended(replace(row.item, outcome=outcome, detail=detail))
    if isinstance(reading, RepointError):
        text = f"Outcome unknown: {reading.title}"
        _note_unknown(job, key, text)
        return Ended(replace(row.item, outcome=Outcome.UNKNOWN, detail=text))
    finding = settle.examine(row.write, reading, session.clock.now(), ended=ended)
    text = settle.sentence(row.write, finding)
    if finding.found is Found.APPLIED:
        made = settle.new_version(finding)
        journal.advance(key, WriteState.APPLIED, outcome=Outcome.APPLIED, new_version=made, detail=text)
        other = finding.overtaken_by
        if other is None and finding.step is not None:
            aftermath.keep(session, row.write, finding.step, undoes=bool(row.plan.undoes))
        item = replace(
            row.item,
            outcome=Outcome.APPLIED,
            detail=text,
            new_version=made,
            overtaken_by=other.version if other else None,
        )
        return Ended(item, sound=other is not None or settle.as_planned(row.write, finding))
    if finding.found is Found.NOT_YET or (finding.found is Found.MOVED and not ended):
        _note_unknown(job, key, text)
        return Ended(replace(row.item, outcome=Outcome.UNKNOWN, detail=text))
    if refused:
        journal.advance(key, WriteState.DROPPED, outcome=Outcome.CANCELLED, detail="refused as a whole")
        return Ended(replace(row.item, detail=text), error=error)
    outcome = Outcome.STALE if finding.found is Found.MOVED else Outcome.FAILED
    journal.advance(key, WriteState.DROPPED, outcome=outcome, detail=text)
    return Ended(replace(row.item, outcome=outcome, detail=text))


def _note_unknown(job: Job, key: str, why: str) -> None:
    journal = job.session.store.journal
    known = journal.write(key)
    if known is not None and known.state is WriteState.SENT:
        journal.advance(key, WriteState.UNKNOWN, detail=why)
