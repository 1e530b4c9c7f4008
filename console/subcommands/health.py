"""`repoint health [QUERY]`: which destinations are broken, seen from here and from the platform."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output, Styled, Tone
from console.subcommands.common import add_query, in_session, sync_first

if TYPE_CHECKING:
    from console.domain.health import HealthResult
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
    parser.add_argument("--timeout", type=float, metavar="S", help="seconds for one destination")
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
    everything = query.empty
    results: list[HealthResult] = []
    with out.progress("checked", len(slugs)) as progress:
        async for result in _results(session, args, [] if everything else slugs, slugs):
            results.append(result)
            progress.advance()
            if not args.outages:
                _print(out, result)
    if args.outages:
        _print_outages(session, out, results)
    return ExitCode.DONE


async def _results(
    session: Session, args: argparse.Namespace, selection: list[str], slugs: list[str]
) -> AsyncIterator[HealthResult]:
    from console.ops.sweep import check_from_here, check_from_platform, from_cache

    if args.vantage in {"platform", "both"} and slugs:
        wanted = set(slugs)
        for result in await check_from_platform(session, selection):
            if result.slug in wanted:
                yield result
    if args.vantage in {"here", "both"}:
        async for result in check_from_here(session, from_cache(session, slugs), args.timeout):
            yield result


def _print(out: Output, result: HealthResult) -> None:
    from console import documents
    from console.domain.urls import without_scheme

    if out.json:
        out.record(documents.health(result))
        return
    tone = _TONES.get(result.verdict.band.value, Tone.DIM)
    took = f"{result.latency_ms:.0f} ms" if result.latency_ms is not None else ""
    out.text(
        f"{result.slug:<24}  ",
        Styled(f"{result.verdict.value.lower():<14}", tone),
        f"  {result.status_code or '':<4} {took:>9}  {result.vantage.value:<8}  ",
        without_scheme(result.destination_url),
    )


def _print_outages(session: Session, out: Output, results: list[HealthResult]) -> None:
    from console import documents
    from console.domain.outages import cluster

    since = session.store.health.failing_since
    dated = [replace(r, failing_since=since(r.slug) or r.failing_since) for r in results]
    outages = cluster(dated)
    if out.json:
        for outage in outages:
            out.record(documents.outage(outage))
        return
    rows = [
        [
            outage.host,
            Styled(f"{outage.count:,} {outage.band.value}", _TONES.get(outage.band.value, Tone.DIM)),
            "  ".join(f"{kind} ×{count}" for kind, count in outage.kinds.most_common()),
            documents.when(outage.since),
        ]
        for outage in outages
    ]
    out.table(["HOST", "LINKS", "KINDS", "SINCE"], rows)
    if not rows:
        out.note("No outage: nothing that was looked at is broken.")
