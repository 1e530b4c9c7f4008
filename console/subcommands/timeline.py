"""`repoint timeline`: what was seen, done, refused and verified, fit to paste into a post-mortem."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.ops.session import Session
    from console.output import Output

EXAMPLE = "repoint timeline --incident INC-204 > INC-204.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("--since", metavar="TIME", help="from then on: 2h, 3d, or 2026-11-24T14:00")
    parser.add_argument("--incident", metavar="ID", help="the incident; by default the current one")
    parser.add_argument("--format", choices=("md", "json"), default="md", help="Markdown, or JSON")


def run(args: argparse.Namespace) -> int:
    """Read journal and cache. It needs no platform."""
    args.offline = True
    return in_session(args, _timeline)


async def _timeline(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.ops.incident.story import tell
    from console.ops.incident.story_text import document, markdown
    from console.ops.times import time_of

    since = time_of(args.since, "--since", session.clock.now().wall) if args.since else None
    story = tell(session, args.incident or "", since)
    if args.format == "json" or out.json:
        out.document(document(story))
        return ExitCode.DONE
    for line in markdown(story).splitlines():
        out.text(line)
    return ExitCode.DONE
