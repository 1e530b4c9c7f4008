"""`repoint runs`, `repoint runs show RUN`: the runs of this target, and what became of each item."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output
from console.subcommands.common import in_session
from console.subcommands.numbers import count

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = "repoint runs\n  repoint runs show 5f3a9c12"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument(
        "action", nargs="?", choices=["list", "show"], default="list", help="list, or show one"
    )
    parser.add_argument("run_id", nargs="?", metavar="RUN", help="the run, or the beginning of its id")
    parser.add_argument("--limit", type=count, default=50, metavar="N", help="the newest N runs (50)")


def run(args: argparse.Namespace) -> int:
    """Read the journal; the platform is not asked."""
    from console.domain.errors import UsageProblem

    if (args.action == "show") != (args.run_id is not None):
        raise UsageProblem("Which run?", hint="repoint runs lists them; repoint runs show RUN shows one")
    args.offline = True
    return in_session(args, _show if args.action == "show" else _list)


async def _list(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.domain.batches import RunState
    from console.domain.outcomes import Outcome
    from console.ops.batches.run import standing_of

    rows, found = [], []
    for one in session.store.runs.all_of(session.target.key, args.limit):
        counts = session.store.runs.counts(one.run)
        state, reason = standing_of(one)
        found.append(
            {
                "run": one.run, "kind": one.kind, "way": one.way, "state": state.value,
                "stop_reason": reason or None, "total": one.total, "created_at": one.created_at,
                "operator": one.operator, "reason": one.reason, "undoes": one.undoes or None,
                "retries": one.retries or None, "hold_until": one.hold_until or None,
                "outcomes": {outcome.value: counts[outcome] for outcome in Outcome},
            }
        )  # fmt: skip
        done = one.total - counts[Outcome.SKIPPED]
        if state is RunState.HELD:
            reason = f"until {one.hold_until[:16].replace('T', ' ')} UTC"
        rows.append((one.run, one.created_at[:16], state.value, reason, f"{done}/{one.total}", one.reason))
    if out.json:
        out.document({"runs": found})
    elif rows:
        out.table(("run", "begun", "state", "why", "items", "reason"), rows)
    else:
        out.note("There are no runs yet: `repoint plan` makes a plan, `repoint run` runs it.")
    return ExitCode.DONE


async def _show(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.ops.batches.run import report_of
    from console.subcommands.batch_shown import told

    told(out, report_of(session, args.run_id))
    return ExitCode.DONE
