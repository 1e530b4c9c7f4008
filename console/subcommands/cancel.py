"""`repoint cancel RUN`: gives up what a run has not sent; what it sent stays."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output
from console.subcommands.batch_shown import told
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = "repoint cancel 5f3a9c12"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("run_id", metavar="RUN", help="the run, or the beginning of its id")


def run(args: argparse.Namespace) -> int:
    """Nothing is sent by this."""
    return in_session(args, _cancel)


async def _cancel(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.ops.batches.follow import cancel

    told(out, cancel(session, args.run_id))
    return ExitCode.DONE
