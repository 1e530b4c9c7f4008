"""Running a batch plan, and going on with a run, whatever it was left in: nothing doubled, nothing lost.

    start    through the gates, every row on the disk, then the waves
    resume   settles by reading what was left open, reads again and re-checks what waits, then the waves
    report   what a run came to so far

Source: product.md, section 4; hardening, section 3, recovery points.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Final

from cache.process import this_process
from cache.runs import Item, Run
from console.domain.batches import BatchPlan, BatchWay, RunState
from console.domain.errors import BudgetSpent, Refused, RepointError, Unreachable
from console.domain.links import label
from console.domain.outcomes import Outcome
from console.domain.plans import Check
from console.domain.sightings import DIALOG_MAX_AGE
from console.domain.versions import same_version
from console.ops import meter
from console.ops.batches.by_import import run_import
from console.ops.batches.gates import allowance, batch_checks, reasons_given, require_start
from console.ops.batches.item import expected_sighting, made_by_us
from console.ops.batches.job import Job, spent
from console.ops.batches.rules import StopRules, stop_of
from console.ops.batches.settle import settle_run
from console.ops.batches.values import Confirmed, Control, Hold, Options, Report, Stop, StopReason, Tell
from console.ops.batches.waves import look_at, run_waves
from console.ops.guard import judge_sighting
from console.ops.planning.file import document, from_document
from console.ops.planning.reading import GONE, read_all
from console.ops.rollback import require_checks
from console.ops.session import Session

_ENDS_WITH_THE_ITEMS: Final = frozenset({StopReason.OPERATOR, StopReason.BUDGET, StopReason.MAX_WRITES})
_HOLD_STEP: Final = 10.0
"""Seconds after which a held run looks again: the machine may have slept, and others may ask it to stop."""


async def start(
    session: Session,
    plan: BatchPlan,
    confirmed: Confirmed,
    options: Options | None = None,
    *,
    control: Control | None = None,
    tell: Tell | None = None,
    retries: str = "",
) -> Report:
    """Run a confirmed plan, once.

    Args:
        session: online, and armed where its profile is protected.
        plan: as it was confirmed.
        confirmed: the operator's yes (`confirm_batch`).
        options: how.
        control: pauses or cancels it.
        tell: told of every step.
        retries: id of the run whose failed items these are.

    Raises:
        Refused, BudgetSpent: a gate is closed (`require_start`). Nothing was sent and the plan is not used.
    """
    options = options or Options()
    way = await require_start(session, plan, confirmed, options)
    now, hold = session.clock.now(), options.hold
    run = Run(
        run=plan.plan_id,
        kind=plan.kind.value,
        target_key=session.target.key,
        operator=session.target.operator,
        way=way.value,
        reason=plan.reason,
        plan=json.dumps(document(plan)),
        digest=plan.digest,
        total=len(plan.items),
        created_at=now.wall.isoformat(),
        state=RunState.RUNNING if hold is None else RunState.HELD,
        stop_reason="" if hold is None else hold.why.value,
        hold_until="" if hold is None else hold.until.isoformat(),
        undoes=plan.undoes,
        retries=retries,
        overrides=reasons_given(options.overrides),
    )
    session.store.runs.begin(run, [item.slug for item in plan.items], now)
    return await _perform(session, run, plan, options, control=control, tell=tell, again=False)


async def resume(
    session: Session,
    run_id: str,
    options: Options | None = None,
    *,
    control: Control | None = None,
    tell: Tell | None = None,
) -> Report:
    """Go on with a run: what it left open is settled by reading, what waits is read and compared again.

    Raises:
        Refused: no such run, another target, protected, a check that blocks (`checks_again`), or a living
            process performs it.
    """
    options = options or Options()
    run = known_run(session, run_id)
    plan = plan_of_run(run)
    session.require_armed()
    session.online()
    if not plan.target.same_place(session.target):
        raise Refused(
            "The run was begun for another target or by another operator",
            reason="other_target",
            detail="Nothing was sent.",
            hint="Go back to the target it was made for",
        )
    require_checks(checks_again(session, run, options))
    options = replace(_as_begun(session, run, options), way=options.way or BatchWay(run.way))
    given = reasons_given(options.overrides)
    run = session.store.runs.claim(run.run, session.clock.now(), given)
    return await _perform(session, run, plan, options, control=control, tell=tell, again=True)


def checks_again(session: Session, run: Run, options: Options) -> tuple[Check, ...]:
    """What asks for a reason before a run goes on: the hour may be another one than when it began.

    The reasons that it was begun with still stand; where nothing waits, nothing is asked.

    Raises:
        Refused: reason `edited_plan`.
    """
    if not session.store.runs.counts(run.run)[Outcome.SKIPPED]:
        return ()
    return batch_checks(session, plan_of_run(run), _as_begun(session, run, options))


def _as_begun(session: Session, run: Run, options: Options) -> Options:
    """The options with the reasons that the run was begun with, and the time that it still waits for."""
    overrides = {**(run.overrides or {}), **options.overrides}
    return replace(options, overrides=overrides, hold=options.hold or _hold_of(run, session))


def known_run(session: Session, run_id: str) -> Run:
    """The run by its id, or by the beginning of it.

    Raises:
        Refused: reason `no_such_run`.
    """
    from cache.run_rows import no_such_run

    run = session.store.runs.get(run_id)
    if run is None or run.target_key != session.target.key:
        writes = session.store.journal.writes_of_run(run_id, session.target.key)
        raise no_such_run(run_id, single=bool(writes))
    return run


def plan_of_run(run: Run) -> BatchPlan:
    """The plan as it was begun.

    Raises:
        Refused: reason `edited_plan`: the journal's file was changed.
    """
    found = from_document(json.loads(run.plan), f"The plan of run {run.run[:8]}")
    if not found.intact or found.plan.digest != run.digest:
        raise Refused(
            f"The plan of run {run.run[:8]} was changed in the journal's file",
            reason="edited_plan",
            detail="Nothing was sent.",
            hint="repoint journal --verify says more",
        )
    return found.plan


def _hold_of(run: Run, session: Session) -> Hold | None:
    """What a run still waits for; once it was stopped, what for is no longer known."""
    until = datetime.fromisoformat(run.hold_until) if run.hold_until else None
    if until is None or until <= session.clock.now().wall:
        return None
    return Hold(until, StopReason(run.stop_reason) if run.state is RunState.HELD else StopReason.HELD)


async def _perform(
    session: Session,
    run: Run,
    plan: BatchPlan,
    options: Options,
    *,
    control: Control | None,
    tell: Tell | None,
    again: bool,
) -> Report:
    """Hold, settle, re-check, send; and whatever happens, keep where it stands."""
    runs = session.store.runs
    job: Job | None = None
    changed: tuple[str, ...] = ()
    unwell: tuple[str, ...] = ()
    stop = Stop(RunState.PAUSED, StopReason.OPERATOR, "Interrupted; nothing is lost", _again(run.run))
    try:
        job = await _job(session, run, plan, options)
        job.control, job.tell = control or Control(), tell
        if await _hold(job, options, again=again):
            again = True
            if not job.stopping():  # another day may have begun
                job.allowance, job.ration = await _ration(session, run, plan, options)
        if again and not job.stopping():
            changed = await _recheck(job)
        if not job.stopping():
            await (run_import(job) if job.way is BatchWay.IMPORT else run_waves(job))
        stop = _end(job)
        if stop.state is RunState.DONE and options.look_after and not plan.undoes:
            unwell = tuple(await look_at(job, _applied(session, run.run)))
    except RepointError as error:
        stop = stop_of(error) or _trouble(run.run, error)
    finally:
        stop = _kept(session, run, stop)
    if job is not None:
        job.stop = stop
        job.counts = runs.counts(run.run)
        job.say()
    found = report_of(session, run.run)
    return replace(
        found, message=stop.message, hint=stop.hint, error=stop.error, changed=changed, unwell=unwell
    )


def _kept(session: Session, run: Run, stop: Stop) -> Stop:
    """Keep where the run stands. A disk that fails now hides nothing of what happened."""
    runs, now = session.store.runs, session.clock.now()
    try:
        if stop.reason is StopReason.CANCELLED:
            runs.cancel_waiting(run.run, now)
        runs.release(run.run, stop.state, stop.reason.value, now)
    except RepointError as error:
        return stop_of(error) or stop
    return stop


def _applied(session: Session, run: str) -> list[Item]:
    return [i for i in session.store.runs.items(run) if i.outcome is Outcome.APPLIED]


async def _job(session: Session, run: Run, plan: BatchPlan, options: Options) -> Job:
    way = BatchWay(run.way)
    await settle_run(session, run.run)
    may, ration = await _ration(session, run, plan, options)
    return Job(
        session=session,
        plan=plan,
        way=way,
        control=Control(),
        tell=None,
        overrides=options.overrides,
        allowance=may,
        ration=ration,
        counts=session.store.runs.counts(run.run),
        spent=spent(session.store.journal, run.run),
        rules=StopRules(len(plan.items)),
    )


async def _ration(session: Session, run: Run, plan: BatchPlan, options: Options) -> tuple[int | None, Stop]:
    """What it may spend, by the platform's meter of now."""
    return allowance(plan.kind, BatchWay(run.way), await meter.read(session), options, run.run)


async def _hold(job: Job, options: Options, *, again: bool) -> bool:
    """Wait for the time that was asked for; whether there was anything to wait for."""
    hold, clock, runs = options.hold, job.session.clock, job.session.store.runs
    if hold is None:
        return False
    job.held, until = hold, hold.until.isoformat()
    if again:  # a run that begins says so already
        runs.stand(job.run, RunState.HELD, hold.why.value, clock.now(), until)
    while not job.stopping() and (left := (hold.until - clock.now().wall).total_seconds()) > 0:
        job.say(waiting=left)
        await job.control.rest(clock, min(left, _HOLD_STEP))
    if not job.stopping():
        job.held = None
        runs.stand(job.run, RunState.RUNNING, "", clock.now(), until)
    return True


async def _recheck(job: Job) -> tuple[str, ...]:
    """Read every waiting item again: those that moved are STALE and left out; what changed, in sentences."""
    session, plan = job.session, job.plan
    waiting = job.waiting()
    readings = await read_all(session, [plan.items[n - 1].slug for n in waiting])
    changed = []
    for number in waiting:
        item = plan.items[number - 1]
        reading = readings[item.slug]
        blank = Item(plan.plan_id, number, item.slug)
        if isinstance(reading, str):
            if reading != GONE:
                continue  # it is read again before it is sent
            end = replace(blank, outcome=Outcome.STALE, detail=f"{item.slug} does not exist any more")
        elif reading.current.fingerprint == item.to_fingerprint and not same_version(
            reading.live, item.version
        ):
            end = made_by_us(
                session, plan, replace(blank, outcome=Outcome.NOOP, detail=f"{item.slug} is in place")
            )
        else:
            sighting = expected_sighting(session, item, reading)
            refusal = judge_sighting(sighting, reading, reading.at, DIALOG_MAX_AGE)
            if refusal is None:
                continue
            who = f" by {reading.current.created_by}" if reading.current.created_by else ""
            at = reading.current.created_at
            when = f" at {at:%Y-%m-%d %H:%M} UTC" if at else ""
            detail = f"{refusal.title} ({label(reading.live)}{who}{when}). Nothing was sent."
            end = replace(blank, outcome=Outcome.STALE, detail=detail)
        if end.outcome is not Outcome.APPLIED:
            changed.append(f"{item.slug}: {end.detail}")
        job.settle([end])
    return tuple(changed)


def _end(job: Job) -> Stop:
    """How a run stands when nothing more is sent."""
    job.stopping()
    if job.stop is not None:
        # Whoever asks for a pause as the last items end, or spends the last write on the last item, is done.
        if job.stop.reason not in _ENDS_WITH_THE_ITEMS or job.waiting() or job.counts[Outcome.UNKNOWN]:
            return job.stop
        job.stop = None
    waiting = job.waiting()
    if waiting and job.unread:
        error = Unreachable(
            f"{len(waiting)} links could not be read; nothing was sent to them", hint=_again(job.run)
        )
        return Stop(RunState.STOPPED, StopReason.UNREACHABLE, error.title, error.hint, error)
    if waiting:
        return Stop(RunState.PAUSED, StopReason.OPERATOR, f"{len(waiting)} items wait", _again(job.run))
    return Stop(RunState.DONE, StopReason.NONE, "Every item has its outcome")


def _trouble(run: str, error: RepointError) -> Stop:
    reason = StopReason.BUDGET if isinstance(error, BudgetSpent) else StopReason.UNREACHABLE
    return Stop(RunState.STOPPED, reason, error.title, _again(run), error)


def _again(run: str) -> str:
    return f"Go on: repoint resume {run}"


def report_of(session: Session, run_id: str) -> Report:
    """What a run came to so far, by what is on the disk.

    Raises:
        Refused: reason `no_such_run`.
    """
    run = known_run(session, run_id)
    runs = session.store.runs
    return Report(
        run=run,
        plan=plan_of_run(run),
        items=tuple(runs.items(run.run)),
        counts=runs.counts(run.run),
        writes_spent=spent(session.store.journal, run.run),
    )


def standing_of(run: Run) -> tuple[RunState, str]:
    """State and reason as they are to be shown: a run whose process is gone was interrupted."""
    if run.state in {RunState.RUNNING, RunState.HELD} and not run.busy and run.holder != this_process():
        return RunState.PAUSED, StopReason.OPERATOR.value
    return run.state, run.stop_reason
