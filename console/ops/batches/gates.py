"""What stands between a plan and its run: the plan itself, the words typed, hour, size, the day's writes.

Source: product.md, sections 3 and 4. Screens and command line pass through the same gates.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from console.domain.batches import BatchKind, BatchPlan, BatchWay, RunState
from console.domain.errors import BudgetSpent, Refused
from console.domain.outcomes import Outcome
from console.domain.peaks import peak_end
from console.domain.plans import Check, CheckStatus
from console.ops import meter
from console.ops.batches.values import Confirmed, Options, Stop, StopReason
from console.ops.planning.cost import may_spend
from console.ops.planning.file import require_ready
from console.ops.rollback import require_checks, require_words
from console.ops.session import Session

PEAK: Final = "peak"
BLAST_RADIUS: Final = "blast_radius"
DESTINATION: Final = "destination"
OVERRIDES: Final = (PEAK, BLAST_RADIUS, DESTINATION)
"""Checks of a batch that a reason lets pass, as `--override` names them."""


def confirm_batch(plan: BatchPlan, typed: str) -> Confirmed:
    """Take the operator's words.

    Args:
        plan: what they confirm.
        typed: exactly `rollback 312`.

    Raises:
        Refused: reason `wrong_confirmation`.
    """
    require_words(plan.phrase, typed)
    return Confirmed(plan.digest, typed)


def batch_checks(session: Session, plan: BatchPlan, options: Options) -> tuple[Check, ...]:
    """What asks for a reason before this plan may be run: its size, and the hour."""
    when = options.hold.until if options.hold is not None else session.clock.now().wall
    found = (_blast_radius(session, plan), _peak(session, when))
    return tuple(check.overridden(options.overrides.get(check.name, "")) for check in found)


def _blast_radius(session: Session, plan: BatchPlan) -> Check:
    links, cap = len(plan.items), session.profile.blast_radius
    text = "number of links"
    if links <= cap:
        return Check(BLAST_RADIUS, text, CheckStatus.OK, f"{links:,}, at most {cap:,} without a reason")
    detail = f"{links:,} links at once, and the profile asks for a reason above {cap:,}"
    return Check(BLAST_RADIUS, text, CheckStatus.FAIL, detail, overridable=True)


def _peak(session: Session, when: datetime) -> Check:
    ends = peak_end(session.profile.peak_windows, when)
    if ends is None:
        return Check(PEAK, "peak window", CheckStatus.OK, "none at that time")
    detail = f"most visitors come until {ends:%H:%M} UTC; to wait for that: --after-peak, or h in the console"
    return Check(PEAK, "peak window", CheckStatus.FAIL, detail, overridable=True)


async def require_start(
    session: Session, plan: BatchPlan, confirmed: Confirmed, options: Options
) -> BatchWay:
    """Refuse what may not begin here and now; the way that it goes.

    Raises:
        Refused: protected, another target, expired, consumed, edited, not confirmed, a check that blocks, or
            another run on the same links.
        BudgetSpent: it does not fit into the day's writes by that way.
    """
    session.require_armed()
    session.online()
    require_ready(session, plan)
    if confirmed.digest != plan.digest or confirmed.typed != plan.phrase:
        raise Refused(
            "The plan is not the one that was confirmed", reason="edited_plan", detail="Nothing was sent."
        )
    if not plan.items:
        raise Refused(
            "The plan has no items", reason="nothing_to_do", hint="repoint plan show PLAN.json says why"
        )
    require_checks(batch_checks(session, plan, options))
    _no_other_run(session, plan)
    if session.identity is None:
        await session.introduce()
    budget = meter.at(await meter.read(session), options.hold.until if options.hold else None)
    return _way(plan, options, budget)


def _no_other_run(session: Session, plan: BatchPlan) -> None:
    """A run that a living process performs keeps its waiting links to itself (hardening, case 16)."""
    ours = {item.slug for item in plan.items}
    for run in session.store.runs.all_of(session.target.key, 200):
        if run.run == plan.plan_id or not run.busy:
            continue
        waiting = {i.slug for i in session.store.runs.items(run.run) if i.outcome is Outcome.SKIPPED}
        if ours & waiting:
            raise Refused(
                f"Run {run.run[:8]} is working on {len(ours & waiting)} of these links",
                reason="run_busy",
                detail=f"Process {run.holder.pid} on {run.holder.host} performs it. Nothing was sent.",
                hint=f"See it: repoint runs show {run.run}. Stop it: repoint cancel {run.run}",
            )


def _way(plan: BatchPlan, options: Options, budget: meter.Budget) -> BatchWay:
    if options.way is None:
        if plan.proposed is not None:
            return plan.proposed.way
        raise BudgetSpent(
            "No way of running this plan fits into the writes that are left",
            detail=" ".join(f"{cost.way.value}: {cost.why_not}." for cost in plan.ways if cost.why_not),
            hint="Name one with --way, or plan again after the reset",
        )
    cost = next((cost for cost in plan.ways if cost.way is options.way), None)
    may = may_spend(plan.kind, budget, named=True)
    if cost is not None and not cost.possible:
        raise Refused(
            f"An import cannot carry this plan: {cost.why_not}",
            reason="way_does_not_fit",
            detail="Nothing was sent.",
            hint="Choose another way: --way rollback or --way split",
        )
    if options.way is BatchWay.SPLIT or cost is None or may is None or options.max_writes is not None:
        return options.way
    if cost.writes > may:
        raise BudgetSpent(
            f"By {options.way.value} it takes {cost.writes:,} writes, and it may spend {may:,} today",
            detail="Nothing was sent.",
            hint="Part now and the rest after the reset: --way split",
        )
    return options.way


def allowance(
    kind: BatchKind, way: BatchWay, budget: meter.Budget, options: Options, run: str
) -> tuple[int | None, Stop]:
    """Writes that a run may spend now, and how it ends when they are used up."""
    named = way is not BatchWay.SPLIT and options.way is not None
    may = may_spend(kind, budget, named=named)
    back = budget.reset
    when = "after the reset at midnight of the account's time zone"
    if back is not None and back.latest is not None:
        when = f"after {back.latest:%Y-%m-%d %H:%M} UTC"
    stop = Stop(
        RunState.PAUSED,
        StopReason.BUDGET,
        f"The writes that it may spend today are used up; {budget.reserve:,} are kept for rollbacks",
        f"Go on {when}: repoint resume {run}",
    )
    cap = options.max_writes
    if cap is not None and (may is None or cap <= may):
        hint = f"Go on: repoint resume {run}"
        return cap, Stop(RunState.PAUSED, StopReason.MAX_WRITES, f"{cap:,} writes were allowed", hint)
    return may, stop


def reasons_given(overrides: Mapping[str, str]) -> dict[str, str]:
    """The reasons that are not empty."""
    return {name: reason.strip() for name, reason in overrides.items() if reason.strip()}
