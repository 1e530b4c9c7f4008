"""A batch plan for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.output import Output
from console.output_parts import Part, Styled, Tone

if TYPE_CHECKING:
    from console.domain.batches import BatchPlan, BatchWay, WayCost
    from console.ops.meter import Budget
    from console.ops.planning.facts import Facts
    from console.ops.planning.file import PlanState

_SHOWN: Final = 20
"""Items and left-out links that are shown; `--json` and the file have all."""
_STATES: Final = {
    "ready": ("ready", Tone.GOOD),
    "edited": ("edited since it was made: it is refused by `repoint run`", Tone.BAD),
    "consumed": ("run already: a plan is single use", Tone.WARN),
    "expired": ("expired: make a new one", Tone.WARN),
}


def show_plan(out: Output, plan: BatchPlan, state: PlanState, reach: Facts | None) -> None:
    """The whole plan: what, why, until when, each way and its cost, what needs a second look."""
    words, tone = _STATES[state.value]
    target = plan.target
    where = f"{target.handle} on {target.environment} ({target.base_url})"
    out.text(Styled(plan.phrase, Tone.STRONG), f"  {plan.rule}  {where}")
    out.text(f"  reason   {plan.reason}")
    out.text(f"  by       {plan.operator or 'unknown'}, plan {plan.plan_id}")
    out.text(f"  expires  {plan.expires_at:%Y-%m-%d %H:%M:%S} UTC, ", Styled(words, tone))
    if plan.undoes:
        out.text(f"  undoes   run {plan.undoes}")
    _items(out, plan)
    show_left_out(out, plan)
    _ways(out, plan)
    if reach is not None and reach.above_cap:
        out.text(
            Styled(f"  {reach.links:,} links are more than the cap of {reach.cap:,}", Tone.WARN),
            " (blast_radius): running it asks a second confirmation with a reason",
        )
    if reach is not None and reach.peak_until is not None:
        until = f"{reach.peak_until:%H:%M} UTC"
        out.text(Styled(f"  a peak holds until {until}", Tone.WARN), ": running it now asks for a reason")


def _items(out: Output, plan: BatchPlan) -> None:
    from console.domain.links import label
    from console.domain.urls import without_scheme

    rows: list[list[Part]] = [
        [
            item.slug,
            label(item.version),
            "-" if item.to is None else label(item.to),
            "-" if item.clicks is None else item.clicks,
            without_scheme(item.to_destination),
        ]
        for item in plan.items[:_SHOWN]
    ]
    if rows:
        out.table(("SLUG", "FROM", "TO", "CLICKS", "DESTINATION AFTERWARDS"), rows)
    _more(out, len(plan.items), "links")


def show_left_out(out: Output, plan: BatchPlan) -> None:
    """What was asked for and is not planned, each with its reason."""
    if plan.left_out:
        out.text(f"  {len(plan.left_out):,} left out")
        out.table(("SLUG", "WHY IT IS LEFT OUT"), [[o.slug, o.reason] for o in plan.left_out[:_SHOWN]])
        _more(out, len(plan.left_out), "left out")


def _more(out: Output, count: int, what: str) -> None:
    if count > _SHOWN:
        out.text(Styled(f"  and {count - _SHOWN:,} more {what}; --json has all", Tone.DIM))


def _ways(out: Output, plan: BatchPlan) -> None:
    if not plan.ways:
        return
    proposed = plan.proposed
    rows = [_way(way, proposed=way is proposed) for way in plan.ways]
    out.table(("WAY", "WRITES", "TIME", "GUARD", "RECORDED AS", "FITS"), rows)
    for way in plan.ways:
        if way.why_not:
            out.text(Styled(f"  {way.way.value}: {way.why_not}", Tone.DIM))
    if proposed is None:
        out.text(Styled("  no way fits and keeps the reserve for rollbacks: ", Tone.WARN), _way_on(plan))


def _way_on(plan: BatchPlan) -> str:
    possible = [way for way in plan.ways if way.possible]
    cheapest = min(possible, key=lambda way: way.writes)
    if plan.kind.value == "rollback":
        return f"name one to spend of it (--way {cheapest.way.value}), or plan again after the reset"
    return "plan again after the reset"


def _way(way: WayCost, *, proposed: bool) -> list[Part]:
    fits: Part = Styled("proposed", Tone.GOOD) if proposed else "yes" if way.fits else "no"
    guard = way.guard.value.lower().replace("_", " ")
    return [way.way.value, way.writes, duration(way.seconds), guard, way.recorded_as, fits]


def cost_line(plan: BatchPlan, named: BatchWay | None, budget: Budget) -> str:
    """What sending a plan costs by the way that is named, or proposed, and what is left today."""
    from console.domain.words import counted

    way = next((each for each in plan.ways if each.way is named), plan.proposed)
    if budget.left is None:
        left = "left today: not known"
    else:
        left = f"{budget.left:,} left today, {budget.reserve:,} of them kept for rollbacks"
    if way is None:
        return f"  no way fits and keeps the reserve; {left}"
    guard = way.guard.value.lower().replace("_", " ")
    cost = f"{counted(way.writes, 'write')}, about {duration(way.seconds)}"
    return f"  by {way.way.value}: {cost}, recorded as {way.recorded_as}, guard {guard}; {left}"


def duration(seconds: float) -> str:
    """About how long: `40 s`, `12 min`, `9 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{round(seconds / 3600)} h"
