"""Sending one journalled write, once, and settling what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from cache.journal import Write
from console.api.port import PutOrder, RollbackOrder, WriteAnswer
from console.domain.errors import (
    BudgetSpent,
    Conflict,
    NotFound,
    PlatformRefused,
    RepointError,
    RouteMissing,
    StorageProblem,
    Throttled,
    Unreachable,
)
from console.domain.links import VersionId, label
from console.domain.outcomes import GuardLevel, Outcome, WriteState
from console.domain.plans import Plan, Result, Way
from console.domain.sightings import Seen, Stale
from console.ops import aftermath, meter, record, settle
from console.ops.guard import stale
from console.ops.review import read_live, see
from console.ops.session import Session
from console.ops.settle import Finding, Found

_LOOKS: Final = (0.0, 0.5, 1.5)
"""Seconds before each look at the history after a write: a platform may show it a moment late."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """How the platform answered: an answer, or an error that leaves it open."""

    answer: WriteAnswer | None = None
    error: RepointError | None = None

    @property
    def ended(self) -> bool:
        """Whether the platform is done with the request: it answered in full, and not as a gateway."""
        if self.answer is not None:
            return True
        return isinstance(self.error, PlatformRefused) and self.error.status not in {408, 502, 503, 504}

    @property
    def status(self) -> int | None:
        """HTTP status of the answer, where there was one."""
        if self.answer is not None:
            return self.answer.status
        return None if self.error is None else status_of(self.error)

    @property
    def request_id(self) -> str | None:
        """The platform's id of the request."""
        return self.answer.request_id if self.answer else self.error.request_id if self.error else None


@dataclass(frozen=True, slots=True)
class _Looked:
    """The last look at the history: what it showed, or why there was none."""

    finding: Finding | None = None
    trouble: RepointError | None = None


async def send_and_settle(session: Session, plan: Plan, write: Write) -> Result:
    """Send a compared plan and say what became of it. The journal knows first, at every step."""
    session.store.journal.advance(write.key, WriteState.SENT)
    session.lost = None
    return _said(session, await _sent_and_settled(session, plan, write))


async def _sent_and_settled(session: Session, plan: Plan, write: Write) -> Result:
    sent = await _send(session, plan, write)
    error = sent.error
    if error is not None and error.applied == "no" and await _not_taken(session, write, error):
        return await _not_applied(session, plan, write, error)
    session.count_write()
    if sent.error is not None:
        _note(session, write, WriteState.UNKNOWN, sent, detail=sent.error.title)
    return await _settle(session, plan, write, sent)


def _said(session: Session, result: Result) -> Result:
    """With the warning that this machine could not write it down, where that is so."""
    if session.lost is None:
        return result
    hint = f"Then settle it by reading: repoint reconcile. Until then no other write touches {result.slug}"
    why = f"{session.lost.title}: this machine could not write down what became of it."
    return replace(
        result,
        message=f"{result.message} {why}",
        hint=f"{session.lost.hint} {hint}".strip(),
        unrecorded=True,
    )


@contextmanager
def _told_all_the_same(session: Session) -> Iterator[None]:
    """A disk that fails now must not hide what happened on the platform."""
    try:
        yield
    except StorageProblem as problem:
        session.lost = problem


async def _send(session: Session, plan: Plan, write: Write) -> _Sent:
    platform = session.online()
    reason = settle.with_mark(plan.reason, write.key)
    try:
        if plan.way is Way.PUT:
            return _Sent(
                await platform.put(
                    PutOrder(plan.slug, plan.record or plan.to.snapshot, plan.live.version, reason, write.key)
                )
            )
        order = RollbackOrder(plan.slug, plan.to.version, plan.live.version, reason, write.key)
        return _Sent(await platform.rollback(order))
    except RepointError as error:
        return _Sent(error=error)
    except asyncio.CancelledError:
        # The request may have left; the next reader settles it.
        _note(session, write, WriteState.UNKNOWN, _Sent(), detail="interrupted while sending")
        raise


def _note(
    session: Session,
    write: Write,
    state: WriteState,
    sent: _Sent,
    *,
    made: VersionId | None = None,
    outcome: Outcome | None = None,
    detail: str = "",
) -> None:
    """Advance the journal, if the disk lets us."""
    with _told_all_the_same(session):
        session.store.journal.advance(
            write.key,
            state,
            http_status=sent.status,
            request_id=sent.request_id,
            new_version=made,
            outcome=outcome,
            detail=detail,
        )


async def _not_taken(session: Session, write: Write, error: RepointError) -> bool:
    """Whether a refused request certainly did nothing.

    A gateway that counts answers may say 429 of a request that the platform had already done: a look tells.
    """
    if not isinstance(error, Throttled):
        return True
    try:
        reading = await read_live(session, write.slug)
    except RepointError:
        return False
    return settle.examine(write, reading, session.clock.now(), ended=True).found is Found.NOT_APPLIED


async def _not_applied(session: Session, plan: Plan, write: Write, error: RepointError) -> Result:
    """The platform certainly did nothing: say why, and offer what still can be done."""
    outcome, hint = Outcome.REJECTED, error.hint
    if isinstance(error, Conflict):
        return await _conflict(session, plan, write, error)
    if isinstance(error, NotFound) and plan.way is Way.ROLLBACK and await _still_there(session, plan):
        error = RouteMissing(
            f"The platform has no rollback for {plan.slug}", status=error.status, request_id=error.request_id
        )
    if isinstance(error, RouteMissing):
        hint = (
            f"Restore the whole record of {label(plan.to.version)} instead, under the same guard: --way put "
            "(the platform's history will call it an update)"
        )
    elif isinstance(error, Unreachable):
        outcome = Outcome.FAILED
    elif isinstance(error, BudgetSpent):
        with _told_all_the_same(session):
            meter.refused(session, error)
    _note(session, write, WriteState.REFUSED, _Sent(error=error), outcome=outcome, detail=error.title)
    result = _result(session, plan, outcome, f"{error.title}. {plan.slug} was not changed.")
    return replace(result, hint=hint, error=error, request_id=error.request_id)


def status_of(error: RepointError) -> int | None:
    """The HTTP status that a refusal came with, as the journal keeps it; None where there was none."""
    if isinstance(error, BudgetSpent | Throttled):
        return 429
    return getattr(error, "status", None)


async def _still_there(session: Session, plan: Plan) -> bool:
    try:
        await session.online().link(plan.slug)
    except RepointError:
        return False
    return True


async def _conflict(session: Session, plan: Plan, write: Write, error: Conflict) -> Result:
    """409 or 412: the platform compared. Name who changed what; nothing is tried again."""
    _note(session, write, WriteState.REFUSED, _Sent(error=error), outcome=Outcome.STALE, detail=error.title)
    refusal = None
    try:
        reading = await read_live(session, plan.slug)
        title = f"{label(reading.live)} is live now; you reviewed {label(plan.live.version)}"
        refusal = stale(Stale.VERSION_MOVED, title, reading, plan.live.version)
    except RepointError:
        pass  # the platform's own word stands
    title = refusal.title if refusal else error.title
    message = f"{title}. The platform compared and refused; nothing was applied."
    result = _result(session, plan, Outcome.STALE, message)
    return replace(result, refusal=refusal, error=error, request_id=error.request_id, guard=GuardLevel.STRONG)


async def _settle(session: Session, plan: Plan, write: Write, sent: _Sent, *, resent: bool = False) -> Result:
    """Look at the history until it shows what became of the write, or the looks are used up."""
    looked = _Looked(trouble=sent.error)
    for wait in _LOOKS:
        await session.clock.sleep(wait)
        try:
            reading = await read_live(session, plan.slug)
        except RepointError as error:
            looked = replace(looked, trouble=error)
            continue
        finding = settle.examine(write, reading, session.clock.now(), ended=sent.ended)
        looked = replace(looked, finding=finding)
        if finding.found is Found.APPLIED:
            if finding.overtaken_by is None:  # what slipped in was not reviewed by anybody yet
                with _told_all_the_same(session):
                    see(session, reading, Seen.RESULT)
            return _applied(session, plan, write, sent, finding)
        if finding.found is Found.MOVED:
            break
    if not resent and _may_resend(session, write, sent, looked):
        return await _resend(session, plan, write, sent, looked)
    return _unsettled(session, plan, write, sent, looked)


def _may_resend(session: Session, write: Write, sent: _Sent, looked: _Looked) -> bool:
    """Whether the same key may be sent once more.

    The platform is known to honour keys, the link was just read and is where it was, and the second answer
    is due before "still there" counts as proof that nothing was applied.
    """
    age = record.made_at(write).age_at(session.clock.now())
    return (
        sent.error is not None
        and looked.finding is not None
        and looked.finding.found is Found.NOT_YET
        and session.online().capabilities.honours_idempotency
        and age is not None
        and age + session.profile.timeout < settle.SETTLE_SECONDS
    )


async def _resend(session: Session, plan: Plan, write: Write, first: _Sent, looked: _Looked) -> Result:
    """Send the same order with the same key once more.

    Whatever is said against it now (the first may still be running) leaves the first one's fate open, so
    only an answer counts.
    """
    with _told_all_the_same(session):
        session.store.journal.attempt(write.key)
    if session.lost is not None:  # what cannot be written down is not sent
        return _unsettled(session, plan, write, first, looked)
    second = await _send(session, plan, write)
    return await _settle(session, plan, write, second if second.answer else first, resent=True)


def _applied(session: Session, plan: Plan, write: Write, sent: _Sent, finding: Finding) -> Result:
    made = settle.new_version(finding)
    message = settle.sentence(write, finding)
    _note(session, write, WriteState.APPLIED, sent, made=made, outcome=Outcome.APPLIED, detail=message)
    if finding.overtaken_by is None and finding.step is not None:
        with _told_all_the_same(session):
            aftermath.keep(session, write, finding.step, undoes=bool(plan.undoes))
    other = finding.overtaken_by
    result = _result(session, plan, Outcome.APPLIED, message)
    if sent.answer is not None and sent.answer.compared:
        result = replace(result, guard=GuardLevel.STRONG)
    return replace(
        result,
        new_version=made,
        overtaken_by=other.version if other else None,
        verified=other is None and settle.as_planned(write, finding),
        request_id=sent.request_id,
    )


def _unsettled(
    session: Session,
    plan: Plan,
    write: Write,
    sent: _Sent,
    looked: _Looked,
) -> Result:
    """Not found in the history: not applied, moved by somebody else, or not known yet."""
    finding, trouble = looked.finding, looked.trouble
    result = replace(
        _result(session, plan, Outcome.UNKNOWN, ""), request_id=sent.request_id, error=sent.error
    )
    why = trouble.title if trouble else "The platform said yes, but its history does not show it"
    rest = settle.sentence(write, finding) if finding else "The link could not be read since."
    closed = _closed_as(sent, finding)
    if closed is not None:
        message = f"{why}. {rest}"
        _note(session, write, WriteState.DROPPED, sent, outcome=closed, detail=message)
        hint = "Review the link and try again if you still want it"
        return replace(result, outcome=closed, message=message, hint=hint)
    if sent.error is None:
        _note(session, write, WriteState.UNKNOWN, sent, detail=why)
    return replace(
        result,
        message=f"Outcome unknown: {why}. {rest}",
        hint=f"Settle it by reading: repoint reconcile. Until then no other write touches {plan.slug}",
    )


def _closed_as(sent: _Sent, finding: Finding | None) -> Outcome | None:
    """The outcome when the platform is done with the request and the write is not in the history."""
    if finding is None or sent.error is None:
        return None
    if finding.found is Found.NOT_APPLIED:
        return Outcome.FAILED
    return Outcome.STALE if finding.found is Found.MOVED and sent.ended else None


def _result(session: Session, plan: Plan, outcome: Outcome, message: str) -> Result:
    return Result(
        outcome=outcome,
        slug=plan.slug,
        from_version=plan.live.version,
        to_version=plan.goal,
        guard=session.online().capabilities.guard,
        way=plan.way,
        message=message,
    )
