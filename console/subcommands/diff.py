"""`repoint diff SLUG V1 V2`: what differs between two versions of a link."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output
from console.subcommands.common import in_session, known_version
from console.subcommands.history import change_lines

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = "repoint diff spring-launch v8 v9"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("slug", metavar="SLUG", help="the link")
    parser.add_argument("before", metavar="V1", help="a version, as `history` names it")
    parser.add_argument("after", metavar="V2", help="another version")


def run(args: argparse.Namespace) -> int:
    """Print what differs."""
    return in_session(args, _diff)


async def _diff(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console import documents
    from console.domain.links import label
    from console.domain.versions import DECIDING, diff
    from console.ops.review import read

    timeline = (await read(session, args.slug)).timeline
    before, after = known_version(timeline, args.before), known_version(timeline, args.after)
    changes = diff(before.snapshot, after.snapshot)
    document = {
        "slug": args.slug,
        "before": before.version,
        "after": after.version,
        "changes": [documents.change(c) for c in changes],
        "visitors_affected": any(c.field in DECIDING for c in changes),
        "as_of": documents.when(timeline.as_of),
        "source": timeline.source.value,
    }
    lines = [line for change in changes for line in change_lines(change)]
    same = f"{label(before.version)} and {label(after.version)} are the same"
    out.result(document, lines or [same])
    return ExitCode.DONE
