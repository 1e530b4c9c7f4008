"""`repoint retry RUN`: a new run of the items that failed, each read again."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.output import Output
from console.subcommands.batch_shown import add_confirm, carry_out
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = 'repoint retry 5f3a9c12 --confirm "rollback 3"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("run_id", metavar="RUN", help="the run, or the beginning of its id")
    add_confirm(parser)


def run(args: argparse.Namespace) -> int:
    """Plan the failed items anew, confirm, run."""
    return in_session(args, _retry)


async def _retry(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.ops.batches.follow import plan_again
    from console.ops.batches.run import known_run

    run = known_run(session, args.run_id)
    plan = await plan_again(session, run.run)
    return await carry_out(session, out, args, plan, retries=run.run)
