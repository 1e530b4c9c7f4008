"""`repoint arm`: lets a protected profile write for 15 minutes."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = 'repoint arm --reason "shop is down, INC-204"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--reason", metavar="TEXT", help="why; kept in the journal")
    what.add_argument("--off", action="store_true", help="protect it again now")


def run(args: argparse.Namespace) -> int:
    """Arm or disarm."""
    return in_session(args, _arm)


async def _arm(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.ops.access.arming import ARMED_SECONDS, arm, disarm

    name = session.profile.name
    if args.off:
        disarm(session)
        out.result({"profile": name, "armed": False, "seconds": 0}, [f"{name} is read-only again."])
        return ExitCode.DONE
    if not session.profile.protected:
        text = f"{name} is not protected: it may write anyway. Nothing was changed."
        out.result({"profile": name, "armed": True, "seconds": None}, [text])
        return ExitCode.DONE
    arm(session, args.reason)
    text = f"{name} may write for {ARMED_SECONDS / 60:.0f} minutes."
    out.result({"profile": name, "armed": True, "seconds": ARMED_SECONDS}, [text])
    return ExitCode.DONE
