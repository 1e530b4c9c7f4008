"""Watching links: the one in an open dialog, and the held ones that were rolled back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from cache.marks import Hold
from console.domain.errors import NotFound, RepointError
from console.domain.links import label
from console.domain.moments import Moment
from console.domain.plans import Plan, Refusal
from console.domain.readings import Reading
from console.domain.versions import same_version
from console.ops.guard import judge_send
from console.ops.review import read_live
from console.ops.session import Session

DIALOG_PACE: Final = 5.0
"""Seconds between two looks at the link of an open dialog. Reading is free."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One look at the link of an open dialog.

    Attributes:
        at: when it was read; None when it could not be read.
        refusal: why confirming is dead from now on; None while nothing moved.
        trouble: why it could not be read; empty when it was.
    """

    at: Moment | None
    refusal: Refusal | None = None
    trouble: str = ""


async def watch_plan(session: Session, plan: Plan, pace: float = DIALOG_PACE) -> AsyncIterator[Watched]:
    """Look at the plan's link until it moves. Ends after the first refusal; the caller cancels it."""
    while True:
        await session.clock.sleep(pace)
        try:
            reading = await read_live(session, plan.slug)
        except RepointError as error:
            yield Watched(None, trouble=error.title)
            continue
        refusal = judge_send(plan, reading)
        yield Watched(reading.at, refusal)
        if refusal is not None:
            return


@dataclass(frozen=True, slots=True)
class Moved:
    """A held link that is not what the operator left it at."""

    hold: Hold
    reading: Reading | None
    sentence: str


async def moved_holds(session: Session, unread: dict[str, RepointError] | None = None) -> list[Moved]:
    """Read every held link; those that moved since they were rolled back. Costs no write.

    `unread` gets those that could not be read, with what was said: not known is not moved, nor is it unmoved.
    """
    moved = []
    for hold in session.store.marks.holds(session.target.key):
        try:
            reading = await read_live(session, hold.slug)
        except NotFound:
            moved.append(Moved(hold, None, f"{hold.slug} does not exist any more"))
            continue
        except RepointError as error:
            if unread is not None:
                unread[hold.slug] = error
            continue
        same = same_version(reading.live, hold.version)
        if same and reading.current.fingerprint == hold.fingerprint:
            continue
        who = reading.current.created_by
        text = f"{hold.slug} moved from {label(hold.version)} to {label(reading.live)}"
        moved.append(Moved(hold, reading, f"{text} by {who}" if who else text))
    return moved
