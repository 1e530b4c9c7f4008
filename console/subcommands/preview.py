"""`repoint preview SLUG`: where visitors go, now and at another version."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output
from console.subcommands.common import in_session, known_version

if TYPE_CHECKING:
    from console.domain.routing import Route
    from console.ops.health.route_check import RouteCheck
    from console.ops.health.short_link import ShortLink
    from console.ops.session import Session

EXAMPLE = "repoint preview spring-launch --version v8 --matrix"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.conflict_handler = "resolve"  # here --version names a version of the link
    parser.add_argument("slug", metavar="SLUG", help="the link")
    parser.add_argument(
        "--version", dest="at_version", metavar="V", help="compare the live version with this one"
    )
    known = {"country": "US", "device": "mobile", "source": "ad", "campaign": "spring", "segment": "vip"}
    for name, what in known.items():
        parser.add_argument(
            f"--{name}", default="", metavar=name.upper(), help=f"the visitor's {name}, like {what}"
        )
    parser.add_argument("--matrix", action="store_true", help="sample visitors, and one for each rule")
    parser.add_argument(
        "--ask-platform", action="store_true", help="ask the platform too: this costs a write"
    )
    parser.add_argument(
        "--ask-short-link", action="store_true", help="ask the short link itself: this costs a click"
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate the routes here, and ask the platform where that was asked for."""
    return in_session(args, _preview)


async def _preview(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console import documents
    from console.domain.routing import Visitor, beyond_us, route, visitors_for
    from console.domain.urls import without_scheme
    from console.ops.health.route_check import ask_route, cost_of_route
    from console.ops.review import read

    timeline = (await read(session, args.slug)).timeline
    live = timeline.current
    other = known_version(timeline, args.at_version) if args.at_version else live
    one = Visitor(args.country, args.device, args.source, args.campaign, args.segment)
    visitors = visitors_for((live.snapshot, other.snapshot)) if args.matrix else (one,)
    now = session.clock.now().wall
    rows = [(v, route(live.snapshot, v, now), route(other.snapshot, v, now)) for v in visitors]
    told: RouteCheck | None = None
    if args.ask_platform:
        out.note(f"{(await cost_of_route(session)).sentence}.")
        told = await ask_route(session, live.snapshot, one)
    asked = await _short_link(session, args.slug) if args.ask_short_link else None
    document = {
        "slug": args.slug,
        "live": live.version,
        "version": other.version,
        "routes": documents.routes(rows),
        "platform": documents.route(told.answer) if told else None,
        "platform_agrees": told.agrees if told else None,
        "short_link": None if asked is None else documents.short_link(asked),
        "as_of": documents.when(timeline.as_of),
        "source": timeline.source.value,
    }
    if unjudged := beyond_us((live.snapshot, other.snapshot)):
        out.warning(unjudged)
    if out.json:
        out.document(document)
        return ExitCode.DONE
    out.table(
        ["VISITOR", "NOW", f"AT {args.at_version or 'LIVE'}"],
        ([v.name, _shown(before), _shown(after)] for v, before, after in rows),
    )
    if asked is not None:
        out.text("the short link answers  ", f"{asked.status} {without_scheme(asked.location or '')}")
        if asked.warning:
            out.warning(asked.warning)
    if told is not None:
        word = "as estimated" if told.agrees else f"the estimate was {_shown(told.estimate)}"
        out.text(f"the platform's answer for {one.name}  ", _shown(told.answer), f"  ({word})")
    out.note("Visitors above: an estimate from the documented rule order.")
    return ExitCode.DONE


async def _short_link(session: Session, slug: str) -> ShortLink | None:
    from console.ops.health.short_link import ask_short_link
    from console.ops.review import read_live

    reading = await read_live(session, slug)
    if reading.record is None:
        return None
    return await ask_short_link(session, reading.record, reading.current)


def _shown(value: Route) -> str:
    from console.domain.urls import without_scheme

    where = without_scheme(value.destination_url) if value.destination_url else f"{value.status}"
    rule = f"  (rule {value.rule.name or value.rule.rule_id})" if value.rule else ""
    return where + rule
