"""`repoint budget`: writes left today, and what is kept for rollbacks."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = "repoint budget"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def run(args: argparse.Namespace) -> int:
    """Read the meter."""
    return in_session(args, _budget)


async def _budget(session: Session, out: Output, _args: argparse.Namespace) -> int:
    from console import documents

    meter = await session.read_meter()
    document = documents.meter(meter, session.profile.reserve)
    if meter is None or meter.limit is None:
        lines = ["The platform does not say how many writes are left."]
    else:
        lines = [
            f"{meter.left:,} of {meter.limit:,} writes left today (plan {meter.plan or 'unknown'})",
            f"{document['reserve']:,} of them are kept for rollbacks",
        ]
    out.result(document, lines)
    return ExitCode.DONE
