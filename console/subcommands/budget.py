"""`repoint budget`: writes left today, what is kept for rollbacks, and when they come back."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.ops.meter import Budget
    from console.ops.session import Session

EXAMPLE = "repoint budget"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def run(args: argparse.Namespace) -> int:
    """Read the meter; offline, what is known of it."""
    return in_session(args, _budget)


async def _budget(session: Session, out: Output, _args: argparse.Namespace) -> int:
    from contextlib import suppress

    from console import documents
    from console.domain.errors import NotCached, NotFound, RouteMissing, UnreadableAnswer
    from console.ops import meter

    if not session.offline:
        # Whether our writes are counted depends on the token that the platform answers to.
        with suppress(NotFound, RouteMissing, UnreadableAnswer):
            await session.introduce()
        budget = await meter.read(session)
    else:
        budget = meter.known(session)
        if budget.meter is None:
            raise NotCached("The day's writes were never read here today", hint="Read them while online")
    out.result(documents.budget(budget), list(lines_of(budget)))
    return ExitCode.DONE


def lines_of(budget: Budget) -> list[str]:
    """The budget as an operator reads it."""
    told = budget.meter
    if told is None or told.limit is None:
        return ["The platform does not say how many writes are left."]
    lines = [
        f"{told.left:,} of {told.limit:,} writes left today (plan {told.plan or 'unknown'})",
        f"{budget.reserve:,} of them are kept for rollbacks, {budget.free or 0:,} may go to anything else",
    ]
    if (told.left or 0) < budget.reserve:
        lines[1] = f"all of them are kept for rollbacks (of {budget.reserve:,} kept a day)"
    if budget.told is not None and budget.told.value != "platform":
        since = f", {budget.since:,} sent from here since counted in" if budget.since else ""
        lines.append(f"as of {told.as_of:%Y-%m-%d %H:%M} UTC ({budget.told.value}{since})")
    lines.append(_reset(budget))
    if not budget.charged:
        lines.append("the platform does not count the writes of this token (a PAT)")
    return lines


def _reset(budget: Budget) -> str:
    reset = budget.reset
    if reset is None:
        return "they come back at the account's midnight"
    if reset.known:
        return f"they come back at {reset.latest:%Y-%m-%d %H:%M} UTC"
    return (
        "they come back at the account's midnight, unknown zone: "
        f"between {reset.earliest:%Y-%m-%d %H:%M} and {reset.latest:%Y-%m-%d %H:%M} UTC"
    )
