"""`repoint demo`: practice platform, landing pages and console in one, nothing to set up."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from console.domain.errors import StorageProblem
from console.exits import exit_code_of_outcome
from console.output import Output
from console.practice.names import SCENARIO_NAMES
from console.subcommands.numbers import count, whole

if TYPE_CHECKING:
    from console.domain.plans import Result
    from console.ops.profiles.profile import Profile
    from console.ops.session import Session
    from console.practice.server import PracticeServer

EXAMPLE = "repoint demo"
_SLUG = "spring-launch"
_PORT = 7311


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("--links", type=count, metavar="N", help="how many links")
    parser.add_argument(
        "--scenario", choices=sorted(SCENARIO_NAMES), default="outage", help="what has gone wrong"
    )
    parser.add_argument("--seed", type=whole, default=7, metavar="N", help="the same seed, the same links")
    parser.add_argument(
        "--headless",
        action="store_true",
        help="no screen: run the incident, print the result",
    )


def run(args: argparse.Namespace) -> int:
    """Start the practice platform, then the console or the headless incident. Everything goes with it."""
    import asyncio
    import tempfile

    from console.ops.profiles.profile import Profile

    out = Output.of(args)
    with tempfile.TemporaryDirectory(prefix="repoint-demo-") as home, _server(args) as server:
        os.environ["REPOINT_HOME"] = str(Path(home) / "home")
        os.environ["REPOINT_TOKEN"] = server.token
        profile = Profile(
            name="demo",
            base_url=server.base_url,
            handle=server.handle,
            token_env="REPOINT_TOKEN",  # noqa: S106 - the variable's name
            environment="practice",
            probe_allow_private=True,
        )
        if args.headless:
            return asyncio.run(_headless(profile, out))
        from console.app import run_console

        return run_console(profile)


def _server(args: argparse.Namespace) -> PracticeServer:
    from console.practice.server import PracticeServer

    def made(landing_port: int) -> PracticeServer:
        return PracticeServer(args.scenario, links=args.links, seed=args.seed, landing_port=landing_port)

    try:
        return made(_PORT)
    except OSError:
        pass  # somebody else has the pleasant port
    try:
        return made(0)
    except OSError as error:
        raise StorageProblem(
            "The practice platform cannot listen on this machine",
            detail=error.strerror or "",
            hint="It needs free ports on 127.0.0.1",
        ) from error


async def _headless(profile: Profile, out: Output) -> int:
    from console import documents
    from console.ops.connect import connect

    session = await connect(profile)
    try:
        result = await _incident(session, out)
    finally:
        await session.close()
    out.document(documents.result(result))
    return exit_code_of_outcome(result.outcome)


async def _incident(session: Session, out: Output) -> Result:
    """One incident as an operator works through it: sync, review, roll back, verify."""
    from console.domain.health import Vantage
    from console.domain.links import label
    from console.domain.plans import Plan
    from console.domain.sightings import Seen
    from console.ops.checks import all_checks
    from console.ops.health.targets import last_healthy
    from console.ops.review import read_live, review, see
    from console.ops.rollback import Request, confirm, perform, prepare
    from console.ops.sync import sync
    from console.ops.verify import restored_health

    done = await sync(session)
    failing = sum(r.verdict.broken for r in session.store.health.latest())
    out.note(f"{done.total:,} links, {failing:,} failing for the platform")
    reading = await read_live(session, _SLUG)
    see(session, reading, Seen.HISTORY)
    before = session.store.health.latest_by_vantage(_SLUG).get(Vantage.PLATFORM)
    out.note(
        f"{_SLUG} {label(reading.live)} is live: {before.verdict.value.lower() if before else 'unchecked'}"
    )
    choice = await last_healthy(session, review(session, reading))
    out.note(f"{label(choice.version.version)} is the last version that works")
    plan = await prepare(session, Request(_SLUG, choice.version.version, "demo: the shop is down"))
    if not isinstance(plan, Plan):
        return plan
    checks = await all_checks(session, plan)
    result = await perform(session, plan, confirm(plan, plan.phrase, plan.made_at), checks)
    after = await restored_health(session, plan, result)
    out.note(f"{result.message} Its destination is {after.verdict.value.lower()}.")
    return result
