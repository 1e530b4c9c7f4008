"""`repoint run PLAN.json`: performs a reviewed plan in waves, under the guard."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from console.output import Output
from console.subcommands.batch_shown import add_confirm, carry_out
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = (
    'repoint run p.json --confirm "rollback 312" --override blast_radius="shop is down"\n'
    "  repoint run p.json --way split --max-writes 100\n"
    "  repoint run p.json --after-peak\n"
    "  repoint run p.json --way rollback --after-reset"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("plan", metavar="PLAN.json", help="as `plan` wrote it; single use")
    add_confirm(parser)


def run(args: argparse.Namespace) -> int:
    """Confirm it, send it in waves, verify each item."""
    return in_session(args, _run)


async def _run(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.ops.planning.file import read

    return await carry_out(session, out, args, read(Path(args.plan)))
