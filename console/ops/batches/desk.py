"""What the batch screens have the core do: plan, review, confirm, run, go on, pause, cancel, and look back.

Everything is decided by the rooms behind it; here it is put together for a screen, in frozen values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cache.runs import Run
from console.domain.batches import BatchPlan, BatchWay, RunState
from console.domain.errors import Refused
from console.domain.outcomes import Outcome
from console.domain.plans import Check
from console.domain.rewrites import Rewrite
from console.ops import meter
from console.ops.batches import follow as batch_follow
from console.ops.batches import run as batch_run
from console.ops.batches import when as batch_when
from console.ops.batches.gates import batch_checks, confirm_batch
from console.ops.batches.values import Control, Hold, Options, Report, StopReason, Tell
from console.ops.incident.notes import mirror_holds
from console.ops.planning.file import require_ready
from console.ops.planning.plan import Tell as TellPlanning
from console.ops.planning.plan import plan_repoint, plan_rollback
from console.ops.planning.preview import Preview, preview
from console.ops.planning.reading import require_line
from console.ops.planning.rules import Rule, as_of_words
from console.ops.session import Session

RUNS_SHOWN: Final = 200
Make = Callable[[Session, TellPlanning], Awaitable[BatchPlan]]
"""Makes a plan, and tells how far it is."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A plan as it is looked through.

    Attributes:
        checks: what asks for a reason before it may be run.
        left: writes left today, `reserve` of which are kept for rollbacks; None when not known.
    """

    plan: BatchPlan
    checks: tuple[Check, ...]
    left: int | None
    reserve: int


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in the list of runs.

    Attributes:
        counts: items by outcome; they add up to `total`.
        busy: whether a process that lives performs it.
        created_at, hold_until: ISO 8601, UTC; `hold_until` is empty when it never waited for a time.
    """

    run: str
    kind: str
    way: str
    state: RunState
    stop_reason: str
    total: int
    counts: Mapping[Outcome, int]
    busy: bool
    created_at: str
    operator: str
    reason: str
    undoes: str
    hold_until: str = ""

    @property
    def waiting(self) -> int:
        """Items that were not sent."""
        return self.counts.get(Outcome.SKIPPED, 0)

    @property
    def unfinished(self) -> bool:
        """Whether it can go on, and nobody performs it."""
        return bool(self.waiting) and not self.busy


def to_roll_back(slugs: Sequence[str], rule: Rule, reason: str) -> Make:
    """A plan that brings links back; they count as listed as the cache shows them."""

    async def make(session: Session, tell: TellPlanning) -> BatchPlan:
        require_line(session)
        mirror_holds(session)
        return await plan_rollback(session, slugs, rule, reason, on_progress=tell)

    return make


def to_repoint(slugs: Sequence[str], rewrite: Rewrite, reason: str) -> Make:
    """A plan that rewrites the destinations of links; they count as listed as the cache shows them."""

    async def make(session: Session, tell: TellPlanning) -> BatchPlan:
        require_line(session)
        mirror_holds(session)
        return await plan_repoint(session, slugs, rewrite, reason, on_progress=tell)

    return make


async def look_ahead(session: Session, rewrite: Rewrite, slugs: Sequence[str] | None) -> Preview:
    """What a rewrite would do, by the cache. Sends nothing."""
    return preview(session, rewrite, slugs)


def to_retry(run: str) -> Make:
    """A plan of a run's failed items, each read again."""
    return lambda session, _: batch_follow.plan_again(session, run)


def to_undo(run: str, reason: str) -> Make:
    """A plan that takes back what a run applied."""
    return lambda session, _: batch_follow.plan_back(session, run, reason)


async def reviewed(session: Session, make: Make, tell: TellPlanning) -> Reviewed:
    """Make a plan and say what stands before it. Errors as those of the maker."""
    plan = await make(session, tell)
    budget = meter.known(session)
    return Reviewed(plan, batch_checks(session, plan, Options()), budget.left, budget.reserve)


async def holds(session: Session) -> tuple[Hold, ...]:
    """What a start can wait for now, beside a time that is named: the end of the peak, the day's writes."""
    found = (batch_when.after_peak(session), batch_when.after_reset(session))
    return tuple(hold for hold in found if hold is not None)


async def hold_at(session: Session, text: str) -> Hold:
    """A time that was typed. Errors as `batches.when.at_time`."""
    return batch_when.at_time(text, session.clock.now().wall, "The start")


async def rule_at(session: Session, text: str) -> Rule:
    """The rule `as of` a time that was typed. Errors as `planning.rules.as_of_words`."""
    return as_of_words(text, session.clock.now().wall, "The rule")


async def checks_at(session: Session, plan: BatchPlan, hold: Hold | None) -> tuple[Check, ...]:
    """What asks for a reason where it starts then."""
    return batch_checks(session, plan, Options(hold=hold))


async def checks_now(session: Session, plan: BatchPlan, hold: Hold | None = None) -> tuple[Check, ...]:
    """What asks for a reason, at the hour that it starts, before the words are typed.

    Raises:
        Refused: protected, or the plan has expired, was used, or is another target's.
    """
    session.require_armed()
    require_ready(session, plan)
    return batch_checks(session, plan, Options(hold=hold))


async def checks_to_go_on(session: Session, run: str, hold: Hold | None) -> tuple[Check, ...]:
    """What asks for a reason before a run goes on, at the hour that it does.

    Raises:
        Refused: protected, or no such run.
    """
    session.require_armed()
    return batch_run.checks_again(session, batch_run.known_run(session, run), Options(hold=hold))


async def run_plan(
    session: Session,
    plan: BatchPlan,
    typed: str,
    options: Options,
    *,
    control: Control,
    tell: Tell,
    retries: str = "",
) -> Report:
    """Run a plan that was confirmed by typed words. Arguments and errors as `batches.run.start`."""
    confirmed = confirm_batch(plan, typed)
    return await batch_run.start(
        session, plan, confirmed, options, control=control, tell=tell, retries=retries
    )


def resume_phrase(waiting: int) -> str:
    """What has to be typed to go on with a run: `resume 142`."""
    return f"resume {waiting}"


def confirm_resume(waiting: int, typed: str) -> None:
    """Take the operator's words for going on.

    Raises:
        Refused: reason `wrong_confirmation`.
    """
    if typed != resume_phrase(waiting):
        raise Refused(
            "That is not what has to be typed",
            reason="wrong_confirmation",
            detail="Nothing was sent.",
            hint=f"Type exactly: {resume_phrase(waiting)}",
        )


async def go_on(
    session: Session, run: str, waiting: int, typed: str, options: Options, *, control: Control, tell: Tell
) -> Report:
    """Go on with a run, after typed words. Errors as `batches.run.resume`."""
    confirm_resume(waiting, typed)
    return await batch_run.resume(session, run, options, control=control, tell=tell)


async def pause(session: Session, run: str, control: Control | None) -> None:
    """Ask for a pause: of this process's own run, or of the process that performs it."""
    if control is not None:
        control.pause()
    else:
        session.store.runs.ask(run, "pause")


async def cancel(session: Session, run: str, control: Control | None) -> Report:
    """Give up what waits; what is under way ends first."""
    if control is not None:
        control.cancel()
        return batch_run.report_of(session, run)
    return batch_follow.cancel(session, run)


async def report(session: Session, run: str) -> Report:
    """What a run came to so far, by what is on the disk."""
    return batch_run.report_of(session, run)


async def runs(session: Session, limit: int = RUNS_SHOWN) -> tuple[RunLine, ...]:
    """The runs of this target, newest first."""
    return tuple(_line(session, found) for found in session.store.runs.all_of(session.target.key, limit))


async def unfinished(session: Session) -> RunLine | None:
    """The newest run that can go on; None when every run has its end."""
    return next((line for line in await runs(session) if line.unfinished), None)


def line_of(report: Report) -> RunLine:
    """How a run stands, of what it came to."""
    state, reason = batch_run.standing_of(report.run)
    run = report.run
    return RunLine(
        run=run.run,
        kind=run.kind,
        way=run.way,
        state=state,
        stop_reason=reason,
        total=run.total,
        counts=dict(report.counts),
        busy=run.busy,
        created_at=run.created_at,
        operator=run.operator,
        reason=run.reason,
        undoes=run.undoes,
        hold_until=run.hold_until,
    )


def _line(session: Session, run: Run) -> RunLine:
    state, reason = batch_run.standing_of(run)
    counts = Counter(session.store.runs.counts(run.run))
    return RunLine(
        *(run.run, run.kind, run.way, state, reason, run.total, counts, run.busy),
        *(run.created_at, run.operator, run.reason, run.undoes, run.hold_until),
    )


def ways_to_name(plan: BatchPlan) -> tuple[BatchWay | None, ...]:
    """What may be chosen: first what the plan proposes (None), then each way that can carry it."""
    proposed = plan.proposed
    first: tuple[BatchWay | None, ...] = (None,) if proposed is not None else ()
    return first + tuple(w.way for w in plan.ways if w.possible and w is not proposed)


STOP_WORDS: Final[Mapping[str, str]] = {
    StopReason.NONE: "",
    StopReason.OPERATOR: "by the operator, or interrupted",
    StopReason.CANCELLED: "cancelled",
    StopReason.HELD: "it waits for its time",
    StopReason.HELD_PEAK: "it waits until the peak is over",
    StopReason.HELD_RESET: "it waits until the day's writes are back",
    StopReason.BUDGET: "the writes that it may spend today are used up",
    StopReason.MAX_WRITES: "the writes that were allowed are used up",
    StopReason.SIGN_IN: "the sign-in has ended",
    StopReason.FORBIDDEN: "the platform does not allow it to this role",
    StopReason.PRECONDITION: "the platform asks for a precondition",
    StopReason.IN_A_ROW: "three items in a row did not succeed",
    StopReason.SHARE: "more than 5 % did not succeed",
    StopReason.THROTTLED: "the platform asked for too many pauses",
    StopReason.UNREACHABLE: "the platform is out of reach",
    StopReason.NOT_VERIFIED: "visitors do not get what was planned",
    StopReason.DESTINATION: "a restored destination does not answer",
    StopReason.PROTECTED: "the profile is protected and not armed",
    StopReason.STORAGE: "this machine's disk or journal failed",
    StopReason.REFUSED: "a guard refused it",
}
"""Why a run stopped, in words."""
