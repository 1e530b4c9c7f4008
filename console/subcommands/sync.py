"""`repoint sync`: brings the cache up to date."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output
from console.subcommands.common import in_session, sync_first

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = "repoint sync"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument(
        "--full", action="store_true", help="read every link (also what a plain sync does today)"
    )


def run(args: argparse.Namespace) -> int:
    """Read every link and the platform's last health results into the cache."""
    return in_session(args, _sync)


async def _sync(session: Session, out: Output, _args: argparse.Namespace) -> int:
    from console import documents

    done = await sync_first(session, out)
    document = {
        "links": done.total,
        "new": done.new,
        "changed": done.changed,
        "removed": done.removed,
        "health_results": done.health_results,
        "unread": done.unread.count,
        "unread_links": [
            {"place": each.place, "slug": each.slug or None, "reason": each.reason}
            for each in done.unread.kept
        ],
        "kept": done.kept,
        "as_of": documents.when(done.at),
    }
    changed = f"{done.new:,} new, {done.changed:,} changed, {done.removed:,} removed"
    out.result(document, [f"{done.total:,} links: {changed}", f"{done.health_results:,} health results"])
    return ExitCode.PARTLY if done.unread.count else ExitCode.DONE
