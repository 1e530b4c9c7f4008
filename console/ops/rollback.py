"""The rollback guard: prepare, confirm, perform. Never stale, never twice, never silent.

    prepare  reads the history now, needs a sighting of the live version, makes a single-use plan
    check    `console.ops.checks`
    confirm  takes the typed words and what was on screen when they were typed
    perform  locks the link in the journal, reads again, compares, sends once, settles, verifies

Source: product.md, section 3. Screens and command line call these functions and no others.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from cache.journal import LinkBusy, Write
from cache.process import is_alive
from console.domain.errors import Refused, StorageProblem
from console.domain.links import VersionId, label
from console.domain.moments import Moment
from console.domain.outcomes import Outcome, WriteState
from console.domain.plans import PLAN_SECONDS, Check, Plan, Refusal, Result, Way
from console.domain.readings import Reading
from console.domain.sightings import Sighting, Stale
from console.domain.versions import Version, diff, same_version
from console.ops import record
from console.ops.guard import (
    aimed,
    at_target,
    judge_age,
    judge_context,
    judge_pause,
    judge_send,
    judge_sighting,
    stale,
)
from console.ops.recovery import settle_one
from console.ops.review import read_live, stated
from console.ops.send import send_and_settle
from console.ops.session import Session

_NOT_STALE = {Stale.NOT_SEEN.value, Stale.WRITE_OPEN.value, Stale.TARGET_VERSION_GONE.value}
"""Refusals that say nothing of a link that moved."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an operator asks for.

    Attributes:
        to: the version to go back to; always explicit.
        seen: the version the caller states to have reviewed; None to use the remembered sighting.
        undoes: id of the run that this undoes.
    """

    slug: str
    to: VersionId
    reason: str
    seen: VersionId | None = None
    way: Way = Way.ROLLBACK
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The operator's yes: the plan's digest, the words typed, and when what they saw was read."""

    digest: str
    typed: str
    shown_at: Moment


async def prepare(session: Session, request: Request) -> Plan | Result:
    """Make a plan, or say why there is none: a refused `Result`, or a NOOP.

    Raises:
        Refused: the profile is protected and not armed, or no reason was given.
        NotFound, Unreachable, ...: what the platform or the line said.
    """
    session.require_armed()
    if not request.reason.strip():
        raise Refused("A rollback needs a reason", reason="no_reason", hint="Say why in a few words")
    session.online()
    busy = await open_write(session, request.slug)
    if busy is not None:
        return refused(session, request, busy)
    with session.first():
        reading = await read_live(session, request.slug)
    sighting = _sighting(session, request, reading)
    refusal = judge_sighting(sighting, reading, session.clock.now(), session.profile.sighting_max_age)
    if refusal is not None or sighting is None:
        return refused(session, request, refusal, reading)
    to = reading.timeline.find(request.to)
    if to is None:
        title = f"{request.slug} has no version {label(request.to)}"
        return refused(
            session, request, stale(Stale.TARGET_VERSION_GONE, title, reading, sighting.version), reading
        )
    changes = diff(reading.current.snapshot, to.snapshot)
    if same_version(to.version, reading.live) or not changes:
        return _noop(request, reading, f"{request.slug} already is at {label(to.version)}")
    return _plan(session, request, reading, sighting, to)


def _plan(session: Session, request: Request, reading: Reading, sighting: Sighting, to: Version) -> Plan:
    now = session.clock.now()
    return Plan(
        plan_id=str(uuid.uuid4()),
        target=session.target,
        slug=request.slug,
        link_id=reading.identity,
        live=reading.current,
        live_fingerprint=reading.fingerprint,
        to=to,
        changes=diff(reading.current.snapshot, to.snapshot),
        reason=request.reason.strip(),
        sighting=sighting,
        made_at=now,
        expires_at=now.wall + timedelta(seconds=PLAN_SECONDS),
        way=request.way,
        undoes=request.undoes,
    )


def _sighting(session: Session, request: Request, reading: Reading) -> Sighting | None:
    if request.seen is not None:
        return stated(session, reading, request.seen)
    return session.store.sightings.latest(session.target.operator, request.slug)


async def open_write(session: Session, slug: str) -> Refusal | None:
    """The refusal for a link with an open write, after settling what may be settled by reading.

    A dead holder's lock is taken over that way; a live one's never.
    """
    for write in session.store.journal.open_writes(session.target.key):
        if write.slug != slug:
            continue
        if write.state is WriteState.UNKNOWN or not is_alive(write.holder):
            settled = await settle_one(session, write)
            if settled.outcome.settled:
                continue
        return write_open(session, write)
    return None


def write_open(session: Session, write: Write) -> Refusal:
    """The refusal for a link whose last write is not settled: who holds it, since when, what to do."""
    age = record.age_of(write, session.clock.now())
    held = record.holder_text(write)
    word = "is under way" if write.state is not WriteState.UNKNOWN else "has an unknown outcome"
    return Refusal(
        reason=Stale.WRITE_OPEN.value,
        title=f"A write to {write.slug} {word}: {held}, {age}",
        seen=write.expected_version,
        changed_by=write.operator,
        note=write.reason,
        next=("Settle it: repoint reconcile", "Leave it as it is"),
    )


def refused(
    session: Session, request: Request, refusal: Refusal | None, reading: Reading | None = None
) -> Result:
    """A refusal as a result, written to the journal."""
    assert refusal is not None
    record.refusal(session, request.slug, refusal)
    return Result(
        outcome=Outcome.REJECTED if refusal.reason in _NOT_STALE else Outcome.STALE,
        slug=request.slug,
        from_version=reading.live if reading else refusal.seen,
        to_version=request.to,
        guard=session.online().capabilities.guard,
        refusal=refusal,
        way=request.way,
        message=f"{refusal.title}. Nothing was sent.",
    )


def _noop(request: Request, reading: Reading, message: str) -> Result:
    return Result(
        outcome=Outcome.NOOP,
        slug=request.slug,
        from_version=reading.live,
        to_version=request.to,
        verified=True,
        way=request.way,
        message=f"{message}. Nothing was sent.",
    )


def confirm(plan: Plan, typed: str, shown_at: Moment) -> Confirmation:
    """Take the operator's words.

    Args:
        plan: what they confirm.
        typed: exactly `SLUG VERSION`; nothing is trimmed away or folded.
        shown_at: when what they had on screen was last read from the platform.

    Raises:
        Refused: reason `wrong_confirmation`.
    """
    require_words(plan.phrase, typed)
    return Confirmation(plan.digest, typed, shown_at)


def require_words(phrase: str, typed: str) -> None:
    """Refuse any other words than the plan's own, for one link and for a batch.

    Raises:
        Refused: reason `wrong_confirmation`.
    """
    if typed != phrase:
        raise Refused(
            "That is not what has to be typed",
            reason="wrong_confirmation",
            detail="Nothing was sent.",
            hint=f"Type exactly: {phrase}",
        )


async def perform(
    session: Session, plan: Plan, confirmation: Confirmation, checks: Sequence[Check] = ()
) -> Result:
    """Send the confirmed plan once, and say what became of it.

    The link is locked in the journal first; then it is read again and compared: equal → sent, already at
    the target → NOOP, anything else → STALE and nothing sent. A lost answer is settled by reading.

    Raises:
        Refused: protected, edited plan, or a check that blocks.
        StorageProblem: the journal cannot be written; nothing was sent.
    """
    _require(session, plan, confirmation, checks)
    refusal = judge_context(plan, session.target) or judge_age(
        plan, confirmation.shown_at, session.clock.now()
    )
    if refusal is not None:
        return _close(session, plan, checks, refusal)
    return await lock_and_send(session, plan, checks)


async def lock_and_send(session: Session, plan: Plan, checks: Sequence[Check] = ()) -> Result:
    """The part of `perform` that a batch shares, item by item: lock, read again, compare, send, settle.

    Raises:
        RepointError: the link could not be read after it was locked; nothing was sent.
        StorageProblem: the journal cannot be written; nothing was sent.
    """
    started = session.clock.now().monotonic
    try:
        write = session.store.journal.prepare(record.new_write(session, plan))
        record.overrides(session, plan, tuple(checks))
        with session.first():
            result = await _compare_and_send(session, plan, write)
    except LinkBusy as busy:
        return _close(session, plan, checks, write_open(session, busy.existing))
    except StorageProblem as problem:  # none is raised once something was sent
        problem.detail = f"Nothing was sent. {problem.detail}"
        raise
    seconds = session.clock.now().monotonic - started
    return replace(result, checks=tuple(checks), run=write.run, seconds=seconds)


def _require(session: Session, plan: Plan, confirmation: Confirmation, checks: Sequence[Check]) -> None:
    session.require_armed()
    if confirmation.digest != plan.digest or confirmation.typed != plan.phrase:
        raise Refused(
            "The plan is not the one that was confirmed", reason="edited_plan", detail="Nothing was sent."
        )
    if session.store.journal.run_exists(plan.plan_id):
        raise Refused(
            "The plan was used already",
            reason="consumed_plan",
            detail="A plan is single use. Nothing was sent.",
            hint="Review the link and make a new one",
        )
    require_checks(checks)


def require_checks(checks: Sequence[Check]) -> None:
    """Refuse what a check blocks.

    Raises:
        Refused: reason `check_failed:NAME`, of the first check that blocks.
    """
    first = next((check for check in checks if check.blocks), None)
    if first is not None:
        way = f"Override it with a reason: --override {first.name}=REASON" if first.overridable else ""
        raise Refused(
            f"{first.label}: {first.detail}",
            reason=f"check_failed:{first.name}",
            detail="Nothing was sent.",
            hint=way or "Review the link, then try again",
        )


def _close(session: Session, plan: Plan, checks: Sequence[Check], refusal: Refusal) -> Result:
    request = Request(plan.slug, plan.to.version, plan.reason, way=plan.way)
    result = refused(session, request, refusal)
    return replace(result, from_version=plan.live.version, to_version=plan.goal, checks=tuple(checks))


async def _compare_and_send(session: Session, plan: Plan, write: Write) -> Result:
    journal = session.store.journal
    try:
        reading = await read_live(session, plan.slug)
    except BaseException:
        journal.advance(write.key, WriteState.DROPPED, detail="the link could not be read; nothing was sent")
        raise
    if at_target(plan, reading):
        journal.advance(write.key, WriteState.REFUSED, outcome=Outcome.NOOP, detail="already at the target")
        request = Request(plan.slug, plan.to.version, plan.reason, way=plan.way)
        found = _noop(request, reading, f"{plan.slug} already is at {plan.aim}")
        return replace(found, to_version=plan.goal)
    refusal = judge_send(plan, reading) or judge_pause(plan, record.made_at(write), session.clock.now())
    if refusal is not None:
        journal.advance(write.key, WriteState.REFUSED, outcome=Outcome.STALE, detail=refusal.title)
        return _close(session, plan, (), refusal)
    return await send_and_settle(session, aimed(plan, reading), write)


async def undo(session: Session, result_run: str, reason: str) -> Plan | Result:
    """A new plan back to the version before an applied rollback, under the same guards.

    Args:
        session: where.
        result_run: id of the run to undo, or the beginning of it.
        reason: why.

    Raises:
        Refused: this target has no such run, or it did not change anything.
    """
    writes = session.store.journal.writes_of_run(result_run, session.target.key)
    done = [w for w in writes if w.state is WriteState.APPLIED]
    if len(done) != 1 or done[0].expected_version is None:
        raise Refused(
            f"There is nothing to undo in run {result_run[:8]}",
            reason="nothing_to_undo",
            detail="" if writes else "None of that name was begun on this machine for this target.",
            hint="Only an applied rollback can be undone",
        )
    write = done[0]
    assert write.expected_version is not None
    return await prepare(session, Request(write.slug, write.expected_version, reason, undoes=write.run))
