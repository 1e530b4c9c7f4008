"""What the verbs share: opening a session, syncing first, naming versions, writing files."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from console.domain.errors import InputRejected
from console.domain.text import safe
from console.output import Output

if TYPE_CHECKING:
    from datetime import datetime

    from console.domain.versions import Timeline, Version
    from console.ops.profiles.profile import Profile
    from console.ops.session import Session
    from console.ops.sync import Synced

    Work = Callable[[Session, Output, argparse.Namespace], Awaitable[int]]


def in_session(args: argparse.Namespace, work: Work) -> int:
    """Open a session as the flags and the profile say, run `work` on it, and close it whatever happens."""
    import asyncio

    from console.ops.profiles.profile import load_profile

    out = Output.of(args)
    profile = load_profile(args.profile, flags={"handle": args.handle})
    for notice in profile.notices:
        out.warning(notice)
    return asyncio.run(_run(profile, args, out, work))


async def _run(profile: Profile, args: argparse.Namespace, out: Output, work: Work) -> int:
    from console.ops.connect import connect

    session = await connect(profile, offline=args.offline)
    try:
        if session.store.notice:
            out.warning(session.store.notice)
        return await work(session, out, args)
    finally:
        await session.close()


def age_words(seconds: float) -> str:
    """An age in its largest unit: `12 s`, `4 min`, `3 h`, `9 d`."""
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def age_of(checked_at: datetime, now: datetime) -> str:
    """How old a verdict is: `3 h ago`. A verdict is never printed without it."""
    return f"{age_words((now - checked_at).total_seconds())} ago"


def add_query(parser: argparse.ArgumentParser) -> None:
    """The filter, in words."""
    parser.add_argument(
        "query", nargs="*", metavar="QUERY", help="a filter like `host:shop.example status:down`"
    )


async def sync_first(session: Session, out: Output) -> Synced:
    """Bring the cache up to date; what could not be read is told beside."""
    from console.ops.sync import sync

    with out.progress("links", session.store.inventory.count() or None) as progress:
        before = 0

        def moved(done: int) -> None:
            nonlocal before
            progress.advance(done - before)
            before = done

        done = await sync(session, lambda p: moved(p.done))
    if done.trouble:
        out.warning(done.trouble)
    return done


def known_version(timeline: Timeline, text: str) -> Version:
    """The version that an operator names.

    Raises:
        InputRejected: the history has none of that name; the newest ones are named.
    """
    from console.domain.links import label, named

    name = named(text, timeline.names)
    found = timeline.find(name) if name is not None else None
    if found is None:
        newest = ", ".join(label(v) for v in timeline.names[:8])
        raise InputRejected(
            f"{safe(timeline.slug)} has no version {safe(text, 40)}",
            detail="Nothing was sent.",
            hint=f"Newest first it has {newest}",
        )
    return found
