"""`repoint status`: how the incident stands, as one paragraph to paste into a chat."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.subcommands.common import in_session

if TYPE_CHECKING:
    from console.ops.session import Session
    from console.output import Output

EXAMPLE = "repoint status"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb has none of its own."""
    del parser


def run(args: argparse.Namespace) -> int:
    """Tell it from journal and cache; the writes left are asked for, which is free."""
    return in_session(args, _status)


async def _status(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.domain.errors import RepointError
    from console.ops import meter
    from console.ops.incident.status_words import status

    del args
    if not session.offline:
        try:
            await meter.read(session)
        except RepointError as error:
            out.note(f"Writes left are not known: {error.title}")
    found = await status(session)
    out.result(found, [found["text"]])
    return ExitCode.DONE
