"""What became of the links of one import request: by the platform's word of each, or by its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cache.journal import Write
from cache.runs import Item
from console.domain.errors import RepointError
from console.domain.outcomes import Outcome, WriteState
from console.domain.plans import Plan
from console.domain.readings import Reading
from console.ops import aftermath, settle
from console.ops.batches.item import Ended
from console.ops.batches.job import Job
from console.ops.batches.waves import together
from console.ops.importing.values import STALE_CODES
from console.ops.review import read_live
from console.ops.settle import Found


@dataclass(slots=True)
class Row:
    """One link of a request: its item, its plan, its journal row, and what the platform said of it."""

    item: Item
    plan: Plan
    write: Write
    said: str = ""
    code: str = ""


async def verify(
    job: Job,
    rows: Sequence[Row],
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


async def _read(job: Job, row: Row) -> Reading | RepointError:
    try:
        return await read_live(job.session, row.plan.slug)
    except RepointError as trouble:
        return trouble


def _looked(
    job: Job, row: Row, reading: Reading | RepointError | None, *, ended: bool, error: RepointError | None
) -> Ended:
    """What became of one link, by its row of the answer, or by its history."""
    session, key = job.session, row.write.key
    journal = session.store.journal
    refused = error is not None and error.applied == "no"
    if reading is None:
        stale = row.code in STALE_CODES
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
