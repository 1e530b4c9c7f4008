"""What the verbs of a run share: asking for words, progress, Ctrl-C, its document, its exit code."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from console.domain.errors import Refused, UsageProblem
from console.exits import ExitCode, exit_code, exit_code_of_outcomes
from console.output import Output
from console.output_parts import Styled, Tone
from console.subcommands.numbers import count
from console.subcommands.signals import ending

if TYPE_CHECKING:
    from console.domain.batches import BatchPlan
    from console.domain.plans import Check
    from console.ops.batches.values import Control, Options, Progress, Report, Tell
    from console.ops.session import Session

WAYS = ("auto", "rollback", "import", "split")
_TONES = {"APPLIED": Tone.GOOD, "NOOP": Tone.GOOD, "UNKNOWN": Tone.BAD, "FAILED": Tone.BAD,
          "REJECTED": Tone.BAD, "STALE": Tone.WARN, "SKIPPED": Tone.DIM, "CANCELLED": Tone.DIM}  # fmt: skip
_TOLD = 20


def add_limits(parser: argparse.ArgumentParser) -> None:
    """What every verb that sends a batch takes."""
    parser.add_argument("--max-writes", type=count, metavar="N", help="spend at most N writes now")
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--at", metavar="TIME",
                      help="hold it until then, read again, start: 23:30, 2026-11-24T23:30Z")  # fmt: skip
    when.add_argument("--after-peak", action="store_true", help="hold it until the peak window is over")
    when.add_argument("--after-reset", action="store_true", help="hold it until the day's writes are back")
    parser.add_argument("--override", action="append", default=[], metavar="CHECK=REASON",
                        help="peak, blast_radius or destination, with a reason; may be repeated")  # fmt: skip


def add_way(parser: argparse.ArgumentParser) -> None:
    """How a new run is sent."""
    parser.add_argument("--way", choices=WAYS, default="auto",
                        help="one write a link, by import, or part now and part later (auto)")  # fmt: skip


def add_confirm(parser: argparse.ArgumentParser) -> None:
    """The words for scripts."""
    add_way(parser)
    parser.add_argument("--confirm", metavar='"rollback N"', help="the words that confirm it, for scripts")
    add_limits(parser)


async def options_of(session: Session, args: argparse.Namespace) -> Options:
    """The options of the command line.

    Raises:
        UsageProblem: a value that cannot be meant.
        Refused: it is not known when the writes come back.
    """
    from console.domain.batches import BatchWay
    from console.ops.batches import when as batch_when
    from console.ops.batches.values import Options

    way = getattr(args, "way", "auto")
    overrides, hold = _overrides(args.override), None
    if args.at:
        hold = batch_when.at_time(args.at, session.clock.now().wall)
    elif args.after_peak:
        hold = batch_when.after_peak(session)
    elif args.after_reset:
        hold = await batch_when.require_reset(session)
    return Options(None if way == "auto" else BatchWay(way), args.max_writes, hold, overrides)


def _overrides(texts: list[str]) -> dict[str, str]:
    from console.ops.batches.gates import OVERRIDES

    found = {}
    for text in texts:
        name, _, reason = text.partition("=")
        if name not in OVERRIDES or not reason.strip():
            raise UsageProblem(
                f"--override takes CHECK=REASON, not {text[:60]!r}", hint=f"Checks: {', '.join(OVERRIDES)}"
            )
        found[name] = reason.strip()
    return found


async def carry_out(
    session: Session, out: Output, args: argparse.Namespace, plan: BatchPlan, retries: str = ""
) -> int:
    """Confirm a plan, run it, and print what became of it; the exit code."""
    from console.ops.batches.gates import batch_checks, confirm_batch
    from console.ops.batches.run import start
    from console.ops.planning.file import require_ready
    from console.ops.rollback import require_checks

    session.require_armed()
    require_ready(session, plan)
    options = await options_of(session, args)
    options = with_reasons(out, options, batch_checks(session, plan, options))
    require_checks(batch_checks(session, plan, options))
    typed = _asked(session, out, plan, options) if args.confirm is None else args.confirm
    confirmed = confirm_batch(plan, typed)
    with hands(out, len(plan.items)) as (control, tell):
        report = await start(session, plan, confirmed, options, control=control, tell=tell, retries=retries)
    return told(out, report)


def with_reasons(out: Output, options: Options, checks: Sequence[Check]) -> Options:
    """The options with a reason for each check that blocks, asked for where somebody sits there."""
    from dataclasses import replace

    for check in checks:
        if check.blocks and out.interactive:
            out.warning(f"{check.label}: {check.detail}")
            reason = out.ask("Why now, and why all of them? (empty to leave)") or ""
            options = replace(options, overrides={**options.overrides, check.name: reason})
    return options


def _asked(session: Session, out: Output, plan: BatchPlan, options: Options) -> str:
    from console.ops import meter
    from console.subcommands.plan_shown import cost_line

    if not out.interactive:
        raise Refused(
            "A batch has to be confirmed",
            reason="not_confirmed",
            detail="Nothing was sent.",
            hint=f'Add --confirm "{plan.phrase}"',
        )
    out.note(f"{len(plan.items):,} links of {plan.target.handle} on {plan.target.environment}: {plan.rule}")
    for one in plan.left_out[:_TOLD]:
        out.note(f"  left out  {one.slug:<24}  {one.reason}")
    if len(plan.left_out) > _TOLD:
        out.note(f"  and {len(plan.left_out) - _TOLD:,} more: repoint plan show has all")
    out.note(cost_line(plan, options.way, meter.known(session)))
    return out.ask(f"Type {plan.phrase} ({plan.target.environment})") or ""


@contextmanager
def hands(out: Output, total: int) -> Iterator[tuple[Control, Tell]]:
    """Progress on a terminal, and a Ctrl-C that pauses: what is under way ends first. A second breaks off."""
    from console.ops.batches.values import Control

    control = Control()
    with (
        ending(out, "Pausing: what is under way ends first. Again: break off", control.pause),
        out.progress("items", total) as bar,
    ):
        done, held = 0, False

        def tell(progress: Progress) -> None:
            nonlocal done, held
            if progress.hold is not None and not held:
                held = True
                until = f"{progress.hold.until:%Y-%m-%d %H:%M} UTC"
                out.note(f"Held until {until}: then every link is read again. Ctrl-C pauses it")
            bar.advance(progress.done - done, _how_far(progress))
            done = progress.done

        yield control, tell


def _how_far(progress: Progress) -> str:
    """What stands beside the bar: what it waits for, or wave and writes."""
    if progress.hold is not None:
        return f"held until {progress.hold.until:%H:%M} UTC"
    if progress.waiting >= 1:
        return f"waits {progress.waiting:.0f} s as the platform asks"
    step = "request" if progress.way.value == "import" else "wave"
    left = "" if progress.writes_left is None else f", {progress.writes_left:,} left"
    return f"{step} {progress.wave}  {progress.writes_spent:,} writes{left}"


def document(report: Report) -> dict[str, Any]:
    """What `run`, `retry`, `undo`, `resume`, `cancel` and `runs show` print."""
    from console.domain.outcomes import Outcome
    from console.ops.batches.run import standing_of

    state, reason = standing_of(report.run)
    return {
        "run": report.run.run,
        "kind": report.run.kind,
        "way": report.run.way,
        "state": state.value,
        "stop_reason": reason or None,
        "hold_until": report.run.hold_until or None,
        "outcomes": {outcome.value: report.counts.get(outcome, 0) for outcome in Outcome},
        "total": len(report.items),
        "writes_spent": report.writes_spent,
        "items": [
            {
                "slug": item.slug,
                "outcome": item.outcome.value,
                "from": planned.version,
                "to": planned.to,
                "to_destination": planned.to_destination or None,
                "new_version": item.new_version,
                "overtaken_by": item.overtaken_by,
                "request_id": item.request_id,
                "detail": item.detail or None,
            }
            for item, planned in zip(report.items, report.plan.items, strict=True)
        ],
        "changed": list(report.changed),
        "unwell": list(report.unwell),
        "undoes": report.run.undoes or None,
        "retries": report.run.retries or None,
        "message": report.message or None,
        "hint": report.hint or None,
    }


def told(out: Output, report: Report) -> int:
    """Print what a run came to; the exit code."""
    shown = document(report)
    counts = ", ".join(f"{count:,} {name}" for name, count in shown["outcomes"].items() if count)
    until = f" until {report.run.hold_until[:16].replace('T', ' ')} UTC" if shown["state"] == "held" else ""
    first = f"{shown['state']}{until}  {counts} of {shown['total']:,}; {report.writes_spent:,} writes spent"
    lines: list[Any] = [first]
    lines += [f"  {text}" for text in (report.message, report.hint) if text]
    lines += [f"  changed meanwhile: {text}" for text in report.changed[:_TOLD]]
    lines += [f"  does not answer: {text}" for text in report.unwell[:_TOLD]]
    failed = [item for item in report.items if item.outcome.value not in {"APPLIED", "NOOP", "SKIPPED"}]
    lines += [
        (Styled(f"  {i.outcome.value:<10}", _TONES[i.outcome.value]), f"{i.slug:<24}  {i.detail}")
        for i in failed[:_TOLD]
    ]
    if len(failed) > _TOLD:
        lines.append(f"  and {len(failed) - _TOLD:,} more: repoint runs show {report.run.run}")
    lines.append(f"  run {report.run.run}")
    out.result(shown, lines)
    return code_of(report)


def code_of(report: Report) -> int:
    """The exit code of a run: what stopped it, UNKNOWN before that, and else its outcomes.

    A run that stopped by itself did not end as asked, even where every item was applied.
    """
    from console.domain.outcomes import Outcome
    from console.ops.batches.values import StopReason

    reason = StopReason(report.run.stop_reason)
    if reason is StopReason.OPERATOR:
        return ExitCode.INTERRUPTED
    if report.counts.get(Outcome.UNKNOWN):
        return ExitCode.UNKNOWN
    known = {
        StopReason.BUDGET: ExitCode.BUDGET,
        StopReason.THROTTLED: ExitCode.BUDGET,
        StopReason.SIGN_IN: ExitCode.SIGN_IN,
        StopReason.FORBIDDEN: ExitCode.SIGN_IN,
        StopReason.UNREACHABLE: ExitCode.UNREACHABLE,
        StopReason.PROTECTED: ExitCode.REFUSED,
    }
    if reason in known:
        return known[reason]
    if reason is StopReason.STORAGE and report.error is not None:
        return exit_code(report.error)
    if reason is StopReason.NONE and set(report.counts) == {Outcome.STALE}:
        return ExitCode.REFUSED
    code = exit_code_of_outcomes(report.counts)
    stopped = reason is not StopReason.NONE and code == ExitCode.DONE
    return ExitCode.PARTLY if stopped else code
