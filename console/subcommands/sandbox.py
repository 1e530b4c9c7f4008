"""`repoint sandbox`: the practice platform alone, on loopback, until it is told to stop."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from types import FrameType
from typing import Final

from console.domain.budget import DAILY_WRITES
from console.domain.errors import ConfigProblem
from console.exits import ExitCode
from console.practice.names import SCENARIO_NAMES
from console.subcommands.numbers import count, whole

EXAMPLE = "repoint sandbox --scenario outage --links 200"
_STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument(
        "--port", type=whole, default=0, metavar="N", help="port of the API; any free one by default"
    )
    parser.add_argument(
        "--links", type=count, metavar="N", help="how many links; the scenario's own number by default"
    )
    parser.add_argument("--scenario", choices=SCENARIO_NAMES, default="outage", help="what goes wrong")
    parser.add_argument("--seed", type=whole, default=7, metavar="N", help="the same seed, the same links")
    parser.add_argument("--plan", choices=tuple(DAILY_WRITES), help="the account's plan")
    parser.add_argument(
        "--requests-log", metavar="FILE", help="append one JSON line a request, without tokens"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT (exit 130), SIGTERM or SIGHUP (exit 0).

    The first line of standard output is JSON: base_url, handle, token, pat, landing_base.

    Raises:
        ConfigProblem: the port is taken, or the log cannot be written.
    """
    told = threading.Event()
    got: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        got.append(number)
        told.set()

    # A SIGHUP that is ignored was ignored on purpose (nohup); the others are how one stops us.
    stops = [n for n in _STOPS if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in stops}
    try:
        _serve(args, told)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return ExitCode.INTERRUPTED if signal.SIGINT in got else ExitCode.DONE


def _serve(args: argparse.Namespace, told: threading.Event) -> None:
    from console.practice.server import PracticeServer

    try:
        server = PracticeServer(
            args.scenario, links=args.links, seed=args.seed, plan=args.plan, port=args.port,
            requests_log=args.requests_log,
        )  # fmt: skip
    except OSError as error:
        raise ConfigProblem(
            "The practice platform cannot start",
            detail=str(error),
            hint="Choose another --port or --requests-log.",
        ) from error
    except OverflowError as error:
        raise ConfigProblem("The practice platform cannot start", detail="a port is 0 to 65535") from error
    with server:
        first = {
            "base_url": server.base_url,
            "handle": server.handle,
            "token": server.token,
            "pat": server.pat,
            "landing_base": server.landing_base,
        }
        print(json.dumps(first), flush=True)
        told.wait()
