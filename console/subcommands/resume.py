"""`repoint resume RUN`: goes on with a run that was paused, stopped, or killed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.output import Output
from console.subcommands.batch_shown import add_limits, hands, options_of, told, with_reasons
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = "repoint resume 5f3a9c12 --max-writes 100"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("run_id", metavar="RUN", help="the run, or the beginning of its id")
    add_limits(parser)


def run(args: argparse.Namespace) -> int:
    """Settle what was left open, read and compare what waits, then send it."""
    return in_session(args, _resume)


async def _resume(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.ops.batches.run import checks_again, known_run, resume

    run = known_run(session, args.run_id)
    options = await options_of(session, args)
    options = with_reasons(out, options, checks_again(session, run, options))
    with hands(out, run.total) as (control, tell):
        report = await resume(session, run.run, options, control=control, tell=tell)
    return told(out, report)
