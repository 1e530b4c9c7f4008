"""`repoint plan rollback|repoint|show`: a batch for review, with what it costs. Costs no write."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console.domain.errors import Refused, UsageProblem
from console.exits import ExitCode
from console.output import Output
from console.subcommands.common import add_query, in_session
from console.subcommands.plan_shown import show_left_out, show_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.domain.batches import BatchPlan
    from console.domain.query import Query
    from console.domain.rewrites import Rewrite
    from console.ops.planning.plan import Step
    from console.ops.planning.rules import Rule
    from console.ops.planning.selection import Selection
    from console.ops.session import Session
    from console.ops.sync import Progress

EXAMPLE = (
    'repoint plan rollback "host:shop.example status:down" --last-healthy --reason "shop down" -o p.json\n'
    '  repoint plan rollback --slugs broken.txt --as-of 2h --reason "bad import" -o p.json\n'
    "  repoint plan repoint --from-host shop.example --to-host eu.shop.example --reason move -o p.json\n"
    "  repoint plan repoint host:shop.example --to-url https://status.example/ --reason down -o p.json\n"
    "  repoint plan show p.json"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="rollback|repoint|show", required=True)
    rollback = actions.add_parser("rollback", help="each link goes back to a version of its own history")
    _about(rollback)
    goal = rollback.add_mutually_exclusive_group(required=True)
    goal.add_argument("--last-healthy", action="store_true", help="the newest earlier version that works")
    goal.add_argument("--previous", action="store_true", help="the version before the live one")
    goal.add_argument("--as-of", metavar="TIME", help="what was live then: 2h, 3d, or 2026-11-24T14:00")
    repoint = actions.add_parser("repoint", help="finds and replaces in destinations, rules included")
    _about(repoint)
    repoint.add_argument("--from-host", metavar="A", help="destinations at this host")
    repoint.add_argument("--to-host", metavar="B", help="go to this one")
    repoint.add_argument("--from-prefix", metavar="URL", help="destinations that begin like this")
    repoint.add_argument("--to-prefix", metavar="URL", help="begin like this instead")
    repoint.add_argument("--to-url", metavar="URL", help="all go to this one page, until you undo the run")
    show = actions.add_parser("show", help="reads any plan, also a spent or expired one")
    show.add_argument("plan", type=Path, metavar="PLAN.json", help="a plan file")


def _about(parser: argparse.ArgumentParser) -> None:
    add_query(parser)
    parser.add_argument("--slugs", metavar="FILE",
                        help="one slug a line, or CSV with a slug column; - is standard input")  # fmt: skip
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why; kept on the platform and here")
    parser.add_argument("-o", "--output-file", type=Path, required=True, metavar="PLAN.json",
                        help="write the plan to this new file")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Plan, or show a plan."""
    if args.action == "show":
        return _show(args)
    _check_words(args)
    return in_session(args, _rollback if args.action == "rollback" else _repoint)


def _check_words(args: argparse.Namespace) -> None:
    """What can be said of the words before anything is asked."""
    if args.slugs is not None and args.query:
        raise UsageProblem("Take a filter or --slugs, not both", hint="Put the filter's links into the file")
    by_host = args.action == "repoint" and (args.from_host or args.from_prefix)
    if args.slugs is None and not args.query and not by_host:
        raise UsageProblem(
            "Say which links: a filter, or --slugs FILE",
            hint='Like "host:shop.example status:down"; `repoint links FILTER` shows what matches',
        )


async def _rollback(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.domain.query import parse
    from console.ops.importing.rejects import refuse_existing
    from console.ops.planning.plan import plan_rollback

    query, rule = parse(" ".join(args.query)), _rule(session, args)
    refuse_existing(args.output_file)
    chosen = await _chosen(session, out, args, query)
    with out.progress("links", len(chosen.slugs)) as progress:
        plan = await plan_rollback(
            session, chosen.slugs, rule, args.reason, listed=chosen.listed,
            on_progress=lambda step: _moved(progress.advance, step),
        )  # fmt: skip
    return _finish(session, out, args, plan)


async def _repoint(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.domain.query import parse
    from console.ops.importing.rejects import refuse_existing
    from console.ops.planning.plan import plan_repoint

    query, rewrite = parse(" ".join(args.query)), _rewrite(args)
    refuse_existing(args.output_file)
    chosen = await _chosen(session, out, args, query, rewrite)
    with out.progress("links", len(chosen.slugs)) as progress:
        plan = await plan_repoint(
            session, chosen.slugs, rewrite, args.reason, listed=chosen.listed,
            on_progress=lambda step: _moved(progress.advance, step),
        )  # fmt: skip
    return _finish(session, out, args, plan)


def _moved(advance: Callable[[int, str], None], step: Step) -> None:
    advance(1 if step.what == "reading" else 0, step.what)


def _rule(session: Session, args: argparse.Namespace) -> Rule:
    from console.ops.planning.rules import LAST_HEALTHY, PREVIOUS, as_of_words

    if args.as_of is None:
        return LAST_HEALTHY if args.last_healthy else PREVIOUS
    return as_of_words(args.as_of, session.clock.now().wall, "--as-of")


def _rewrite(args: argparse.Namespace) -> Rewrite:
    """The one rewrite that the flags name.

    Raises:
        UsageProblem: none, half of one, or several; or what they name cannot be a destination.
    """
    from console.domain.rewrites import Rewrite
    from console.domain.urls import UrlProblem

    host, prefix = (args.from_host, args.to_host), (args.from_prefix, args.to_prefix)
    given = [any(host), any(prefix), bool(args.to_url)]
    if given.count(True) != 1 or (any(host) and not all(host)) or (any(prefix) and not all(prefix)):
        raise UsageProblem(
            "Say what goes where, in one way",
            hint="--from-host A --to-host B, or --from-prefix URL --to-prefix URL, or --to-url URL",
        )
    try:
        if all(host):
            return Rewrite.of_host(*host)
        return Rewrite.of_prefix(*prefix) if all(prefix) else Rewrite.of_page(args.to_url)
    except UrlProblem as problem:
        raise UsageProblem(f"That cannot be a destination: {problem.message}") from problem


async def _chosen(
    session: Session, out: Output, args: argparse.Namespace, query: Query, rewrite: Rewrite | None = None
) -> Selection:
    """The links that were asked for, from an up-to-date list."""
    from console.ops.planning.selection import by_query, by_rewrite, by_slugs

    slugs = None if args.slugs is None else _slugs(args.slugs)
    with out.progress("list", session.store.inventory.count() or None) as progress:
        before = 0

        def moved(step: Progress) -> None:
            nonlocal before
            progress.advance(step.done - before)
            before = step.done

        if slugs is not None:
            return await by_slugs(session, slugs, moved)
        if rewrite is not None:
            return await by_rewrite(session, query, rewrite, moved)
        return await by_query(session, query, moved)


def _slugs(name: str) -> list[str]:
    import io

    from cache.paths import private_dir
    from console.ops.importing.record import imports_dir
    from console.ops.planning.slug_file import read_slugs

    stdin = sys.stdin.buffer if sys.stdin is not None else io.BytesIO()
    return read_slugs(name, stdin, private_dir(imports_dir()))


def _finish(session: Session, out: Output, args: argparse.Namespace, plan: BatchPlan) -> int:
    """Write the plan and show it; without an item there is none to write."""
    from console import documents
    from console.ops import meter
    from console.ops.planning import file as plan_file
    from console.ops.planning.facts import facts
    from console.ops.planning.file import PlanState

    reach, budget = facts(session, plan), meter.known(session)
    document = {
        **documents.batch_plan(plan, PlanState.READY),
        "file": args.output_file if plan.items else None,
        "reach": documents.reach(reach),
        "budget": documents.budget(budget),
    }
    if not plan.items:
        if out.json:
            out.document(document)
            return ExitCode.REFUSED
        show_left_out(out, plan)
        raise Refused(
            f"None of the {len(plan.left_out):,} links can be planned"
            if len(plan.left_out) > 1
            else "The link cannot be planned",
            reason="nothing_planned",
            detail="No plan was written, and nothing was sent.",
            hint="Each is listed above with its reason",
        )
    plan_file.write(args.output_file, plan)
    if out.json:
        out.document(document)
    else:
        show_plan(out, plan, PlanState.READY, reach)
        out.note(f"Wrote {args.output_file}. Run it within 15 minutes: repoint run {args.output_file}")
    return ExitCode.DONE


def _show(args: argparse.Namespace) -> int:
    """Show a plan, whatever its state. It needs no profile and no platform."""
    from contextlib import closing

    from cache.database import open_journal
    from cache.journal import Journal
    from cache.process import this_process
    from console import documents
    from console.ops.clock import SystemClock
    from console.ops.planning import file as plan_file
    from console.ops.planning.file import PlanState
    from console.ops.profiles.places import journal_path

    out = Output.of(args)
    found = plan_file.load(args.plan)
    now, path = SystemClock().now(), journal_path()
    if not found.intact:
        state = PlanState.EDITED
    elif path.exists():
        with closing(open_journal(path)) as connection:
            journal = Journal(connection, this_process(), read_only=True)
            state = plan_file.state_of(found.plan, journal, now)
    else:
        state = plan_file.state_of(found.plan, None, now)
    if out.json:
        out.document(documents.batch_plan(found.plan, state))
    else:
        show_plan(out, found.plan, state, None)
    return ExitCode.REFUSED if state is PlanState.EDITED else ExitCode.DONE
