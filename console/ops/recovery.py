"""Settling what an earlier process, or a lost answer, left open: by reading, never by sending.

Source: product.md, section 3, point 5; hardening, section 3, recovery points K0 to K5.
"""

from __future__ import annotations

from dataclasses import dataclass

from cache.journal import Write
from cache.process import Holder, is_alive, is_elsewhere, this_process
from cache.writes import ways_on
from console.domain.batches import RunState
from console.domain.errors import NotFound, Refused, RepointError
from console.domain.links import VersionId
from console.domain.outcomes import Outcome, WriteState
from console.ops import aftermath, settle
from console.ops.batches import chunks as batch_chunks
from console.ops.batches.values import StopReason
from console.ops.importing import settle as importing_settle
from console.ops.review import read_live
from console.ops.session import Session
from console.ops.settle import Found


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one open write.

    Attributes:
        outcome: APPLIED, FAILED (not applied), STALE, CANCELLED (nothing had been sent) or UNKNOWN.
        sentence: the same in words.
        busy: a live process still works on it; it was left alone.
    """

    write: Write
    outcome: Outcome
    sentence: str
    new_version: VersionId | None = None
    overtaken_by: VersionId | None = None
    busy: bool = False


async def reconcile(session: Session, *, gone: str = "") -> list[Settled]:
    """Settle every open write of this target. Sends nothing.

    Never raises for one link what would keep the others from being settled: that link stays UNKNOWN with
    the reason.

    Args:
        session: online.
        gone: another machine, sharing this home, of which the operator says that repoint runs there no
            more: what it holds becomes ours to settle. What runs there cannot be seen from here.

    Raises:
        Refused: reason `no_such_holder`: `gone` holds nothing here, or is this machine.
    """
    if gone:
        _take_over(session, gone)
    # A chunk of an import is settled by its rows.
    found = sorted(session.store.journal.open_writes(session.target.key), key=batch_chunks.is_chunk)
    settled = [await settle_one(session, write) for write in found]
    for run in dict.fromkeys(write.run for write in found):
        known = session.store.runs.get(run)
        if known is not None and not known.busy:
            session.store.runs.adopt(run, session.clock.now())
    session.lost = None  # what was open was written down just now
    return settled


def _take_over(session: Session, host: str) -> None:
    journal, runs, now = session.store.journal, session.store.runs, session.clock.now()
    writes = [w for w in journal.open_writes(session.target.key) if _held_by(w.holder, host)]
    held = [run for run in runs.all_of(session.target.key) if _held_by(run.holder, host)]
    if not writes and not held:
        raise Refused(
            "That machine holds nothing here",
            reason="no_such_holder",
            detail="Of this machine's own processes it is known which are gone.",
            hint="`repoint reconcile` names who holds what",
        )
    for write in writes:
        journal.take_over(write.key, now, gone=host)
    for run in held:
        runs.release(run.run, RunState.PAUSED, StopReason.OPERATOR.value, now)


def _held_by(holder: Holder, host: str) -> bool:
    return is_elsewhere(holder) and holder.host == host


async def settle_one(session: Session, write: Write) -> Settled:
    """Settle one open write."""
    mine = write.holder == this_process()
    if write.state is not WriteState.UNKNOWN and not mine and is_alive(write.holder):
        text = f"Process {write.holder.pid} on {write.holder.host} is working on {write.slug}."
        if is_elsewhere(write.holder):
            text += f" {ways_on(write.holder)}."
        return Settled(write, Outcome.UNKNOWN, text, busy=True)
    if batch_chunks.is_chunk(write):
        return await _settle_chunk(session, write)
    if write.state is WriteState.PREPARED:
        text = f"Nothing had been sent for {write.slug}: the plan was dropped."
        _close(session, write, WriteState.DROPPED, Outcome.CANCELLED, text)
        return Settled(write, Outcome.CANCELLED, text)
    try:
        with session.first():
            reading = await read_live(session, write.slug)
    except NotFound:
        text = f"{write.slug} does not exist any more."
        _close(session, write, WriteState.DROPPED, Outcome.STALE, text)
        return Settled(write, Outcome.STALE, text)
    except RepointError as error:
        return Settled(write, Outcome.UNKNOWN, f"{write.slug} could not be read: {error.title}.")
    finding = settle.examine(write, reading, session.clock.now(), ended=False)
    text = settle.sentence(write, finding)
    return _settle(session, write, finding, text)


async def _settle_chunk(session: Session, write: Write) -> Settled:
    if session.store.runs.get(write.run) is not None:
        return Settled(write, *batch_chunks.close_chunk(session, write))
    return Settled(write, *await importing_settle.settle_open(session, write))


def _settle(session: Session, write: Write, finding: settle.Finding, text: str) -> Settled:
    other = finding.overtaken_by.version if finding.overtaken_by else None
    if finding.found is Found.APPLIED:
        made = settle.new_version(finding)
        _close(session, write, WriteState.APPLIED, Outcome.APPLIED, text, made=made)
        if other is None and finding.step is not None:
            aftermath.keep_late(session, write, finding.step)
        return Settled(write, Outcome.APPLIED, text, made, other)
    if finding.found is Found.NOT_APPLIED:
        _close(session, write, WriteState.DROPPED, Outcome.FAILED, text)
        return Settled(write, Outcome.FAILED, text)
    if finding.found is Found.MOVED and settle.is_over(write, session.clock.now()):
        _close(session, write, WriteState.DROPPED, Outcome.STALE, text)
        return Settled(write, Outcome.STALE, text, overtaken_by=other)
    if write.state is WriteState.SENT:
        session.store.journal.advance(write.key, WriteState.UNKNOWN, detail=text)
    return Settled(write, Outcome.UNKNOWN, text, overtaken_by=other)


def _close(
    session: Session,
    write: Write,
    state: WriteState,
    outcome: Outcome,
    text: str,
    *,
    made: VersionId | None = None,
) -> None:
    session.store.journal.advance(write.key, state, outcome=outcome, detail=text, new_version=made)
