"""`repoint undo RUN`: back to the version before an applied rollback, under the same guard."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.domain.errors import Refused
from console.output import Output
from console.subcommands.common import in_session
from console.subcommands.rollback import add_confirmation, carry_out, refused

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = 'repoint undo 5f3a9c12-... --reason "the shop is back"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("run_id", metavar="RUN", help="the run, as `rollback` printed it")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why")
    add_confirmation(parser)


def run(args: argparse.Namespace) -> int:
    """Plan the way back and carry it out."""
    return in_session(args, _undo)


async def _undo(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.ops.rollback import undo

    try:
        plan = await undo(session, args.run_id, args.reason)
    except Refused as error:
        return refused(out, error, "", None)
    return await carry_out(session, out, args, plan)
