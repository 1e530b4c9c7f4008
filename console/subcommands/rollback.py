"""`repoint rollback SLUG`: back to a version that worked, under the guard."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.domain.errors import Refused, RepointError, UsageProblem
from console.exits import ExitCode, exit_code, exit_code_of_outcome
from console.output import Output
from console.output_parts import Line, Styled, Tone
from console.subcommands.common import in_session, known_version
from console.subcommands.history import change_lines

if TYPE_CHECKING:
    from console.domain.links import VersionId
    from console.domain.plans import Check, Plan, Refusal, Result
    from console.domain.versions import Timeline
    from console.ops.checks import Overrides
    from console.ops.session import Session

EXAMPLE = 'repoint rollback spring-launch --to v8 --reason "shop is down"'
WAYS = ("rollback", "put")
"""The values of `Way`, which the parser must not import."""
_SIGNS = {"ok": Tone.GOOD, "warn": Tone.WARN, "fail": Tone.BAD}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("slug", metavar="SLUG", help="the link")
    goal = parser.add_mutually_exclusive_group(required=True)
    goal.add_argument("--to", metavar="V", help="the version to go back to")
    goal.add_argument("--last-healthy", action="store_true", help="the newest earlier version that works")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why; kept on the platform and here")
    parser.add_argument("--seen", metavar="V", help="the version you reviewed as live")
    parser.add_argument("--way", choices=WAYS, default=WAYS[0],
                        help="put writes the whole earlier record")  # fmt: skip
    add_confirmation(parser)


def add_confirmation(parser: argparse.ArgumentParser) -> None:
    """The arguments of every verb that writes to one link."""
    parser.add_argument("--confirm", metavar='"SLUG V"', help="the words that confirm it, for scripts")
    parser.add_argument(
        "--ask-short-link", action="store_true", help="ask the short link afterwards: this costs a click"
    )
    parser.add_argument("--dry-run", action="store_true", help="prepare and check; send nothing")
    parser.add_argument("--override", action="append", default=[], metavar="CHECK=REASON",
                        help="let a failed check pass, with a reason; may be repeated")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Prepare, check, confirm, perform, verify."""
    return in_session(args, _rollback)


async def _rollback(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.domain.plans import Way
    from console.ops.health.targets import last_healthy
    from console.ops.review import read_live, review
    from console.ops.rollback import Request, prepare

    try:
        reading = await read_live(session, args.slug)
        seen = stated_version(reading.timeline, args.seen) if args.seen else None
        if args.last_healthy:
            to = (await last_healthy(session, review(session, reading))).version.version
        else:
            to = known_version(reading.timeline, args.to).version
        plan = await prepare(session, Request(args.slug, to, args.reason, seen=seen, way=Way(args.way)))
        return await carry_out(session, out, args, plan)
    except Refused as error:
        return refused(out, error, args.slug, args.to)


def stated_version(timeline: Timeline, text: str) -> VersionId:
    """The version that a caller states to have seen; it need not exist any more."""
    from console.domain.links import named

    known = named(text, timeline.names)
    if known is not None:
        return known
    digits = text.removeprefix("v")
    return int(digits) if digits.isdecimal() and isinstance(timeline.live, int) else text


def refused(out: Output, error: Refused, slug: str, to: object, checks: tuple[Check, ...] = ()) -> int:
    """A guard said no: the document with `--json`, the error otherwise."""
    from console import documents

    if not out.json:
        raise error
    out.document({**documents.refused(error, slug, to), "checks": [documents.check(c) for c in checks]})
    return ExitCode.REFUSED


async def carry_out(session: Session, out: Output, args: argparse.Namespace, plan: Plan | Result) -> int:
    """Check, confirm, perform and verify a plan, and print what became of it."""
    from console.domain.outcomes import Outcome
    from console.domain.plans import Result
    from console.ops.checks import all_checks
    from console.ops.rollback import confirm, perform, require_checks

    if isinstance(plan, Result):
        return tell(out, plan)
    show_plan(out, plan)
    checks = await all_checks(session, plan, overrides_of(args.override))
    show_checks(out, checks)
    if args.dry_run:
        return _dry_run(session, out, plan, checks)
    try:
        require_checks(checks)
        typed = _asked(out, plan) if args.confirm is None else args.confirm
        result = await perform(session, plan, confirm(plan, typed, plan.made_at), checks)
    except Refused as error:
        return refused(out, error, plan.slug, plan.to.version, checks)
    code = tell(out, result)
    if result.outcome is Outcome.APPLIED and result.overtaken_by is None:
        await _look_after(session, out, args, plan, result)
    return code


def _dry_run(session: Session, out: Output, plan: Plan, checks: tuple[Check, ...]) -> int:
    from console.domain.outcomes import Outcome
    from console.domain.plans import Result

    blocked = any(check.blocks for check in checks)
    message = "Dry run: nothing was sent." + (" A check would block it." if blocked else "")
    result = Result(
        Outcome.SKIPPED,
        plan.slug,
        plan.live.version,
        plan.to.version,
        guard=session.online().capabilities.guard,
        checks=checks,
        way=plan.way,
        message=message,
    )
    _print(out, result)
    return ExitCode.REFUSED if blocked else ExitCode.DONE


async def _look_after(
    session: Session, out: Output, args: argparse.Namespace, plan: Plan, result: Result
) -> None:
    """Whether the restored destination answers, and on request what the short link itself says."""
    from console.domain.links import label
    from console.ops.health.short_link import ask_short_link
    from console.ops.review import read_live
    from console.ops.verify import restored_health

    found = await restored_health(session, plan, result)
    took = f" in {found.latency_ms:.0f} ms" if found.latency_ms is not None else ""
    out.note(f"{label(plan.to.version)}'s destination: {found.verdict.value.lower()}{took}")
    if args.ask_short_link:
        reading = await read_live(session, plan.slug)
        if reading.record is not None:
            answer = await ask_short_link(session, reading.record, reading.current)
            out.note(f"the short link answers {answer.status} {answer.location or ''}")
            if answer.warning:
                out.warning(answer.warning)


def _asked(out: Output, plan: Plan) -> str:
    if not out.interactive:
        raise Refused(
            "A rollback has to be confirmed",
            reason="not_confirmed",
            detail="Nothing was sent.",
            hint=f'Add --confirm "{plan.phrase}"',
        )
    return out.ask(f"Type {plan.phrase} to roll back ({plan.target.environment})") or ""


def overrides_of(texts: list[str]) -> Overrides:
    """`CHECK=REASON` pairs.

    Raises:
        UsageProblem: no reason, or no such check.
    """
    from console.ops.checks import NAMES, Overrides

    reasons = {}
    for text in texts:
        name, _, reason = text.partition("=")
        if name not in NAMES or not reason.strip():
            raise UsageProblem(
                f"--override takes CHECK=REASON, not {text[:60]!r}", hint=f"Checks: {', '.join(NAMES)}"
            )
        reasons[name] = reason
    return Overrides(reasons)


def show_plan(out: Output, plan: Plan) -> None:
    """What would be sent, for a person."""
    from console.domain.links import label

    where = f"{plan.target.handle}/{plan.slug} on {plan.target.environment}"
    out.note(f"Roll back {where} from {label(plan.live.version)} to {label(plan.to.version)}")
    for change in plan.changes:
        for line in change_lines(change):
            out.note(*(line if isinstance(line, list | tuple) else (line,)))


def show_checks(out: Output, checks: tuple[Check, ...]) -> None:
    """The checks, for a person."""
    for check in checks:
        tone = _SIGNS.get(check.status.value, Tone.DIM)
        out.note(Styled(f"  {check.status.value:<8}", tone), f"{check.label:<34}  {check.detail}")


def tell(out: Output, result: Result) -> int:
    """Print what became of it; the exit code."""
    from console.domain.outcomes import Outcome

    _print(out, result)
    if result.unrecorded:
        return ExitCode.UNKNOWN
    if result.refusal is not None or result.overtaken_by is not None:
        return ExitCode.REFUSED if result.refusal is not None else ExitCode.PARTLY
    if isinstance(result.error, RepointError) and result.outcome in {Outcome.REJECTED, Outcome.FAILED}:
        return exit_code(result.error) if result.error.applied == "no" else ExitCode.FAILED
    return exit_code_of_outcome(result.outcome)


def _who_and_what(refusal: Refusal) -> Iterator[Line]:
    """Who changed it, when and why, and what differs from what was reviewed."""
    from console.domain.links import label

    if refusal.live is not None and (refusal.changed_by or refusal.changed_at):
        when = f", {refusal.changed_at:%Y-%m-%d %H:%M} UTC" if refusal.changed_at else ""
        why = f": {refusal.note}" if refusal.note else ""
        yield f"  {label(refusal.live)} is by {refusal.changed_by or 'nobody named'}{when}{why}"
    for change in refusal.diff:
        yield from change_lines(change)


def _print(out: Output, result: Result) -> None:
    from console import documents

    lines: list[Line] = [f"{result.outcome.value}  {result.message}"]
    if result.refusal is not None:
        lines += _who_and_what(result.refusal)
        lines += [f"  {way}" for way in result.refusal.next]
    if result.hint:
        lines.append(f"  {result.hint}")
    if result.request_id:
        lines.append(f"  request id {result.request_id}  run {result.run}")
    out.result(documents.result(result), lines)
