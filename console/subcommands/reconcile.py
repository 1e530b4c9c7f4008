"""`repoint reconcile`: settles what is UNKNOWN by reading; sends nothing."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = "repoint reconcile"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument(
        "--gone",
        metavar="HOST",
        default="",
        help="repoint runs no more on that machine: settle what it left open too",
    )


def run(args: argparse.Namespace) -> int:
    """Read every link with an open write, and say what became of it."""
    return in_session(args, _reconcile)


async def _reconcile(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.domain.outcomes import Outcome
    from console.ops.recovery import reconcile

    session.online()
    settled = await reconcile(session, gone=args.gone)
    document = {
        "settled": [
            {
                "slug": s.write.slug,
                "run": s.write.run,
                "outcome": s.outcome.value,
                "from": s.write.expected_version,
                "to": s.write.target_version,
                "new_version": s.new_version,
                "overtaken_by": s.overtaken_by,
                "busy": s.busy,
                "detail": s.sentence,
            }
            for s in settled
        ]
    }
    lines = [f"{s.outcome.value:<10}{s.sentence}" for s in settled]
    out.result(document, lines or ["Nothing is open: every write is settled."])
    unknown = any(s.outcome is Outcome.UNKNOWN for s in settled)
    return ExitCode.UNKNOWN if unknown else ExitCode.DONE
