"""`repoint handoff`: gives an incident to the next operator as a file; `--take` takes one over."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from console.domain.text import safe
from console.exits import ExitCode
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.ops.session import Session
    from console.output import Output

EXAMPLE = "repoint handoff -o INC-204.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "-o", "--output-file", type=Path, metavar="FILE",
        help="write notes, TODOs, bad versions, holds and open writes to a new file",
    )  # fmt: skip
    way.add_argument("--take", type=Path, metavar="FILE", help="keep what is new in the file of a colleague")
    parser.add_argument("--incident", metavar="ID", help="the incident; the current one by default")


def run(args: argparse.Namespace) -> int:
    """Write or read the file. It needs no platform, and sends nothing."""
    args.offline = True
    return in_session(args, _handoff)


async def _handoff(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.ops.incident.handoff import hand_off, take_over

    if args.output_file is not None:
        body = hand_off(session, args.output_file, args.incident or "")
        counts = {name: len(body[name]) for name in ("said", "bad_versions", "holds", "open_writes")}
        document = {"incident": body["incident"], "file": str(args.output_file), **counts}
        told = (
            f"{body['incident']}: {counts['said']} notes and TODOs, {counts['bad_versions']} bad versions, "
            f"{counts['holds']} watched links in {safe(args.output_file)}."
        )
        warn = [f"{counts['open_writes']} writes are not settled: run `repoint reconcile`."]
        out.result(document, [told, *(warn if counts["open_writes"] else [])])
        return ExitCode.DONE
    taken = take_over(session, args.take)
    document = {
        "incident": taken.incident,
        "from": taken.by or None,
        "notes": taken.notes,
        "todos": taken.todos,
        "bad_versions": taken.bad_versions,
        "holds": taken.holds,
        "open_writes": list(taken.unsettled),
    }
    told = (
        f"{taken.incident} taken over from {taken.by or '?'}: {taken.notes} notes, {taken.todos} TODOs, "
        f"{taken.bad_versions} bad versions and {taken.holds} watched links are new here."
    )
    warn = [f"{taken.by or 'The other operator'} left unsettled: {', '.join(taken.unsettled)}."]
    out.result(document, [told, *(warn if taken.unsettled else [])])
    return ExitCode.DONE
