"""`repoint watch`: rolled-back links that moved again, and outages, one line a change."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.domain.words import counted
from console.exits import ExitCode
from console.output import Output
from console.subcommands.common import add_query, in_session, sync_first
from console.subcommands.numbers import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.domain.errors import RepointError
    from console.ops.health.watch import Moved
    from console.ops.health.watch_outages import Change
    from console.ops.session import Session

EXAMPLE = "repoint watch host:shop.example --every 30"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    add_query(parser)
    parser.add_argument(
        "--every",
        type=seconds(1),
        default=30.0,
        metavar="S",
        help="seconds from the end of a look to the next; each look is at every link that the filter had at "
        "the start, each host asked gently, opted-out ones never",
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="look once; exit 4 when there is something to tell, or a rolled-back link could not be read",
    )


def run(args: argparse.Namespace) -> int:
    """Look at every held link, and at the filter's destinations from here, again and again. It is free."""
    return in_session(args, _watch)


async def _watch(session: Session, out: Output, args: argparse.Namespace) -> int:
    from cache.links import Sort
    from console.domain.query import parse
    from console.ops.health.watch import moved_holds
    from console.ops.health.watch_outages import OutageWatch

    session.online()
    query = parse(" ".join(args.query))
    await sync_first(session, out)
    inventory = session.store.inventory
    slugs = inventory.slugs(inventory.select(query, Sort.SLUG, session.clock.now().wall.timestamp()))
    held = session.store.marks.holds(session.target.key)
    destinations = counted(len(slugs), "link")
    out.note(f"Watching {counted(len(held), 'rolled-back link')}, and the destinations of {destinations}")
    watch, told = OutageWatch(session, slugs), dict[str, str]()
    news, blind = False, 0
    while True:
        unread: dict[str, RepointError] = {}
        for moved in await moved_holds(session, unread):
            if told.get(moved.hold.slug) != moved.sentence:
                told[moved.hold.slug] = moved.sentence
                news = True
                _tell_moved(out, moved)
        if len(unread) != blind:
            blind = len(unread)
            _tell_unread(out, unread)
        for change in await watch.look():
            news = True
            _tell_change(out, change)
        if args.once:
            return ExitCode.PARTLY if news or unread else ExitCode.DONE
        out.require_reader()  # hours may pass before there is a line to write
        await session.clock.sleep(args.every)


def _tell_unread(out: Output, unread: Mapping[str, RepointError]) -> None:
    """Say whose moves would go unnoticed; the data lines stay what happened."""
    if not unread:
        out.note("Every rolled-back link can be read again")
        return
    first, error = next(iter(unread.items()))
    more = f" and {len(unread) - 1:,} more" if len(unread) > 1 else ""
    out.warning(f"{first}{more} could not be read, so a move would go unnoticed: {error.title}")


def _tell_moved(out: Output, moved: Moved) -> None:
    from console import documents

    if out.json:
        out.record(documents.moved(moved))
    else:
        out.line(moved.sentence)


def _tell_change(out: Output, change: Change) -> None:
    from console import documents

    if out.json:
        out.record(documents.outage_change(change))
    else:
        out.line(change.sentence)
