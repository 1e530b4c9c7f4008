"""What may follow a run: giving up what waits, trying the failed again, and taking the whole run back.

Each is a plan of its own with the same guards: a link that moved since is left out by name, never rebased.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cache.run_rows import RunBusy
from console.domain.batches import BatchItem, BatchKind, BatchPlan, LeftOut, RunState
from console.domain.errors import Refused
from console.domain.links import VersionId, label
from console.domain.outcomes import Outcome
from console.domain.rewrites import Rewrite
from console.domain.versions import same_version
from console.ops.batches.run import known_run, plan_of_run, report_of
from console.ops.batches.settle import settle_run
from console.ops.batches.values import Report, StopReason
from console.ops.planning.plan import plan_repoint, plan_rollback
from console.ops.planning.rules import named
from console.ops.session import Session

_AGAIN = frozenset({Outcome.FAILED, Outcome.REJECTED})
_ASKED: Final = (
    "It was asked to stop: what is under way ends first, after the pause that the platform may have asked for"
)


def cancel(session: Session, run_id: str) -> Report:
    """Give up what waits. A run that a living process performs is asked to; it ends what is under way first.

    Raises:
        Refused: no such run.
    """
    run, now = known_run(session, run_id), session.clock.now()
    runs = session.store.runs
    if run.busy:
        runs.ask(run.run, "cancel")
        return replace(report_of(session, run.run), message=_ASKED)
    if run.state is RunState.DONE:
        return replace(report_of(session, run.run), message="It is done: nothing waits")
    try:
        runs.claim(run.run, now)
    except RunBusy:
        runs.ask(run.run, "cancel")
        return replace(report_of(session, run.run), message=_ASKED)
    runs.adopt(run.run, now)
    given_up = runs.cancel_waiting(run.run, now)
    runs.release(run.run, RunState.STOPPED, StopReason.CANCELLED.value, now)
    return replace(report_of(session, run.run), message=f"{given_up} waiting items were given up")


async def plan_again(session: Session, run_id: str) -> BatchPlan:
    """A new plan of a run's failed and rejected items, each read again.

    Raises:
        Refused: no such run, a living process performs it, or nothing failed.
    """
    old, report = await _settled(session, run_id)
    failed = [old.items[i.row_no - 1] for i in report.items if i.outcome in _AGAIN]
    if not failed:
        raise Refused(
            f"Nothing failed in run {report.run.run[:8]}",
            reason="nothing_to_retry",
            hint="Items that are STALE moved: review them and make a new plan",
        )
    slugs = [item.slug for item in failed]
    if old.kind is BatchKind.REPOINT:
        plan = await plan_repoint(session, slugs, Rewrite.parse(old.rule), old.reason)
    else:
        versions = {item.slug: item.to for item in failed if item.to is not None}
        plan = await plan_rollback(session, slugs, named(versions, old.rule), old.reason, undoes=old.undoes)
    before = {item.slug: item for item in failed}
    return _only(plan, {slug: item.version for slug, item in before.items()}, before)


async def plan_back(session: Session, run_id: str, reason: str) -> BatchPlan:
    """A plan that takes back what a run applied: each link to the version before, under the same guards.

    Raises:
        Refused: no such run, a living process performs it, or it applied nothing.
    """
    old, report = await _settled(session, run_id)
    made = {i.slug: i.new_version for i in report.items if i.outcome is Outcome.APPLIED}
    known = {slug: version for slug, version in made.items() if version is not None}
    if not known:
        raise Refused(
            f"There is nothing to undo in run {report.run.run[:8]}",
            reason="nothing_to_undo",
            hint="Only what was applied can be undone",
        )
    before = {item.slug: item.version for item in old.items if item.slug in known}
    rule = named(before, f"undo run {report.run.run}")
    plan = await plan_rollback(session, list(known), rule, reason, undoes=report.run.run)
    return _only(plan, known)


async def _settled(session: Session, run_id: str) -> tuple[BatchPlan, Report]:
    run = known_run(session, run_id)
    if run.busy:
        raise RunBusy(run)
    session.online()
    await settle_run(session, run.run)
    return plan_of_run(run), report_of(session, run.run)


def _only(
    plan: BatchPlan, live: Mapping[str, VersionId], before: Mapping[str, BatchItem] | None = None
) -> BatchPlan:
    """The plan without links that are not at the version they are expected at."""

    def moved(item: BatchItem) -> bool:
        same = before is None or before[item.slug].fingerprint == item.fingerprint
        return not (same and same_version(item.version, live[item.slug]))

    gone = tuple(
        LeftOut(i.slug, f"moved since: {label(i.version)} is live, and {label(live[i.slug])} was expected")
        for i in plan.items
        if moved(i)
    )
    kept = tuple(item for item in plan.items if not moved(item))
    return replace(plan, items=kept, left_out=(*plan.left_out, *gone)) if gone else plan
