"""`repoint note TEXT`: puts a sentence of yours into the journal."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.domain.errors import UsageProblem
from console.exits import ExitCode

if TYPE_CHECKING:
    from console.ops.session import Session
    from console.output import Output

EXAMPLE = 'repoint note "INC-204: shop team says the deploy is rolled back"'
_LONGEST = 4000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("text", nargs="+", metavar="TEXT", help="what to remember")


def run(args: argparse.Namespace) -> int:
    """Append the note. It needs no platform."""
    from console.subcommands.common import in_session

    args.offline = True
    return in_session(args, _note)


async def _note(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console import documents

    text = " ".join(" ".join(args.text).split())
    if not text or len(text) > _LONGEST:
        raise UsageProblem(f"A note has 1 to {_LONGEST:,} characters", hint=EXAMPLE)
    fields = {
        "profile": session.profile.name,
        "target": session.target.key,
        "operator": session.target.operator,
        "text": text,
    }
    entry = session.store.journal.append("note", fields, session.clock.now())
    document = {"seq": entry.seq, "at": documents.when(entry.at.wall), "text": text}
    out.result(document, [f"Noted as entry {entry.seq}."])
    return ExitCode.DONE
