"""`repoint watch`: rolled-back links that moved again, one line a change."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = "repoint watch --every 30"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("--every", type=float, default=30.0, metavar="S", help="seconds between two looks")
    parser.add_argument("--once", action="store_true", help="look once; exit 4 when a held link moved")


def run(args: argparse.Namespace) -> int:
    """Read every held link, again and again. Reading is free."""
    return in_session(args, _watch)


async def _watch(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.ops.watch import moved_holds

    session.online()
    held = session.store.marks.holds(session.target.key)
    out.note(f"Watching {len(held)} rolled-back links")
    told: dict[str, str] = {}
    while True:
        for moved in await moved_holds(session):
            slug = moved.hold.slug
            if told.get(slug) == moved.sentence:
                continue
            told[slug] = moved.sentence
            live = moved.reading.live if moved.reading else None
            if out.json:
                out.record(
                    {"slug": slug, "held_at": moved.hold.version, "live": live, "detail": moved.sentence}
                )
            else:
                out.text(moved.sentence)
        if args.once:
            return ExitCode.PARTLY if told else ExitCode.DONE
        await session.clock.sleep(max(args.every, 1.0))
