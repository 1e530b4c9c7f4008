"""`repoint undo RUN`: back to the versions before an applied rollback, or a whole run; the same guard."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.domain.errors import Refused, UsageProblem
from console.exits import ExitCode
from console.output import Output
from console.subcommands.batch_shown import add_limits, add_way
from console.subcommands.batch_shown import carry_out as carry_out_batch
from console.subcommands.common import in_session
from console.subcommands.rollback import add_confirmation, carry_out, refused

if TYPE_CHECKING:
    from console.domain.batches import BatchPlan
    from console.ops.session import Session

EXAMPLE = (
    'repoint undo 5f3a9c12-... --reason "the shop is back"\n'
    '  repoint undo 5f3a9c12 --way import --confirm "rollback 312"'
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("run_id", metavar="RUN", help="the run, as `rollback` or `run` printed it")
    parser.add_argument("--reason", metavar="TEXT", help="why; else that it undoes the run")
    add_confirmation(parser)
    add_way(parser)
    add_limits(parser)


def run(args: argparse.Namespace) -> int:
    """Plan the way back and carry it out."""
    return in_session(args, _undo)


async def _undo(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.ops.rollback import undo

    reason = args.reason or f"undo of run {args.run_id[:8]}"
    known = session.store.runs.get(args.run_id)
    if known is not None:
        from console.ops.batches.follow import plan_back

        plan_of_run = await plan_back(session, known.run, reason)
        if args.dry_run:
            return _shown(out, plan_of_run)
        return await carry_out_batch(session, out, args, plan_of_run)
    if args.way not in {"auto", "rollback"}:
        raise UsageProblem(
            f"--way {args.way} is for runs of many links, and {args.run_id[:40]!r} is none",
            detail="Nothing was sent.",
            hint="Leave --way out",
        )
    try:
        plan = await undo(session, args.run_id, reason)
    except Refused as error:
        return refused(out, error, "", None)
    return await carry_out(session, out, args, plan)


def _shown(out: Output, plan: BatchPlan) -> int:
    """A dry run: what the way back of a whole run would be. Nothing is sent, and nothing kept."""
    from console.ops.planning.file import PlanState, document
    from console.subcommands.plan_shown import show_plan

    if out.json:
        out.document(document(plan))
    else:
        show_plan(out, plan, PlanState.READY, None)
    return ExitCode.DONE
