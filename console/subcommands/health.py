"""`repoint health [QUERY]`: which destinations are broken, seen from here and from the platform."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from console.domain.errors import Refused
from console.exits import ExitCode
from console.output import Output
from console.output_parts import Styled, Tone
from console.subcommands.common import add_query, age_of, in_session, sync_first
from console.subcommands.numbers import seconds

if TYPE_CHECKING:
    from datetime import datetime

    from console.domain.health import HealthResult
    from console.domain.outages import Side
    from console.ops.session import Session

EXAMPLE = "repoint health host:shop.example --outages"
_TONES = {"down": Tone.BAD, "slow": Tone.WARN, "ok": Tone.GOOD}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    add_query(parser)
    parser.add_argument(
        "--from",
        dest="vantage",
        choices=("here", "platform", "both"),
        default="here",
        help="here (free), platform (costs one write), or both",
    )
    parser.add_argument("--yes", action="store_true", help="spend the platform's write without being asked")
    parser.add_argument("--timeout", type=seconds(0.1), metavar="S", help="seconds for one destination")
    parser.add_argument("--outages", action="store_true", help="cluster failures by host")


def run(args: argparse.Namespace) -> int:
    """Check destinations and print results as they come."""
    return in_session(args, _health)


async def _health(session: Session, out: Output, args: argparse.Namespace) -> int:
    from cache.links import Sort
    from console.domain.query import parse

    query = parse(" ".join(args.query))
    if not session.offline:
        await sync_first(session, out)
    now = session.clock.now().wall.timestamp()
    inventory = session.store.inventory
    slugs = inventory.slugs(inventory.select(query, Sort.HEALTH, now))
    far: list[HealthResult] = []
    if args.vantage in {"platform", "both"} and slugs:
        far = await _from_platform(session, out, [] if query.empty else slugs, yes=args.yes)
    wanted = set(slugs)
    with out.progress("checked", len(slugs)) as progress:
        async for result in _results(session, args, [r for r in far if r.slug in wanted], slugs):
            progress.advance()
            if not args.outages:
                _print(out, result, session.clock.now().wall)
    if args.outages:
        _print_outages(session, out, slugs)
    return ExitCode.DONE


async def _from_platform(session: Session, out: Output, slugs: list[str], *, yes: bool) -> list[HealthResult]:
    """The platform's results. What they cost is said first; a person is asked, a script has asked for it.

    Raises:
        Refused: reason `not_confirmed`, or `reserve`.
    """
    from console.ops.health.platform_check import check_from_platform, cost_of

    cost = await cost_of(session, slugs)
    if cost.writes and out.interactive and not yes:
        if (out.ask(f"{cost.sentence}. Spend it? Type yes") or "").strip().lower() not in {"yes", "y"}:
            raise Refused(
                "The platform was not asked",
                reason="not_confirmed",
                detail="Nothing was spent.",
                hint="Check from here, which is free: --from here",
            )
    else:
        out.note(f"{cost.sentence}.")
    with out.progress("checked by the platform") as progress:
        before = 0

        def moved(done: int, _total: int) -> None:
            nonlocal before
            progress.advance(done - before)
            before = done

        return await check_from_platform(session, slugs, moved)


async def _results(
    session: Session, args: argparse.Namespace, far: list[HealthResult], slugs: list[str]
) -> AsyncIterator[HealthResult]:
    from console.ops.health.sweep import Chosen, check_chosen

    for result in far:
        yield result
    if args.vantage in {"here", "both"}:
        async for result in check_chosen(session, Chosen(slugs), args.timeout):
            yield result


def _print(out: Output, result: HealthResult, now: datetime) -> None:
    from console import documents
    from console.domain.urls import without_scheme

    if out.json:
        out.record(documents.health(result))
        return
    tone = _TONES.get(result.verdict.band.value, Tone.DIM)
    took = f"{result.latency_ms:.0f} ms" if result.latency_ms is not None else ""
    seen = f"{result.vantage.value:<8}  {age_of(result.checked_at, now):<10}"
    out.line(
        f"{result.slug:<24}  ",
        Styled(f"{result.verdict.value.lower():<14}", tone),
        f"  {result.status_code or '':<4} {took:>9}  {seen}  ",
        without_scheme(result.destination_url),
    )


def _print_outages(session: Session, out: Output, slugs: list[str]) -> None:
    from console import documents
    from console.ops.health.outages import outages_among

    outages = outages_among(session, slugs)
    if out.json:
        for outage in outages:
            out.record(documents.outage(outage))
        return
    now = session.clock.now().wall
    rows = [
        [
            outage.host,
            Styled(f"{outage.count:,} {outage.band.value}", _TONES.get(outage.band.value, Tone.DIM)),
            "  ".join(f"{kind} ×{count}" for kind, count in outage.kinds.most_common())
            + (f"  ({outage.flapping:,} flapping)" if outage.flapping else ""),
            documents.when(outage.since),
            _side(outage.here, now),
            _side(outage.platform, now),
            outage.difference.value,
        ]
        for outage in outages
    ]
    out.table(["HOST", "LINKS", "KINDS", "SINCE", "HERE", "PLATFORM", "MEANS"], rows)
    if not rows:
        out.note("No outage: nothing that was looked at is broken.")


def _side(side: Side | None, now: datetime) -> str:
    """What one vantage point last saw, with its age: a failure of yesterday is not one of now."""
    if side is None:
        return "not looked"
    return f"{side.kind}, {age_of(side.checked_at, now)}"
