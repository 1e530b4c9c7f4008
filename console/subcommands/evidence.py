"""`repoint evidence (SLUG|RUN) -o FILE.zip`: everything known of a link or a run, with its proof."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from console.domain.errors import UsageProblem
from console.domain.text import safe
from console.exits import ExitCode
from console.output import Output

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = "repoint evidence spring-launch -o spring-launch.zip"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("subject", nargs="?", metavar="SLUG|RUN", help="the link, or the run by its id")
    parser.add_argument("-o", "--output-file", type=Path, metavar="FILE.zip", help="a new file")
    parser.add_argument(
        "--check", type=Path, metavar="FILE.zip", help="name whatever in a bundle is not as it was written"
    )


def run(args: argparse.Namespace) -> int:
    """Write a bundle, or check one: checking needs no profile and no platform."""
    from console.subcommands.common import in_session

    if args.check is not None:
        if args.subject or args.output_file:
            raise UsageProblem("--check stands alone", hint="repoint evidence --check FILE.zip")
        return _check(Output.of(args), args.check)
    if not args.subject or args.output_file is None:
        raise UsageProblem("Say what about, and into which new file", hint=EXAMPLE)
    return in_session(args, _write)


async def _write(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.ops.importing.rejects import refuse_existing
    from console.ops.incident.evidence import collect, write

    refuse_existing(args.output_file)
    bundle = await collect(session, args.subject)
    write(bundle, args.output_file)
    if bundle.stale:
        out.warning(f"The history is the one in the cache: {bundle.stale}")
    document = {
        "file": str(args.output_file),
        "subject": {"kind": bundle.kind, "name": bundle.subject},
        "files": sorted(bundle.files),
        "entries": bundle.entries,
        "held_back": bundle.held_back,
        "from_cache": bundle.stale or None,
    }
    told = (
        f"{safe(args.output_file)}: {len(bundle.files)} files, {bundle.entries} entries of the journal with "
        f"their proof, {bundle.held_back} about other things kept back."
    )
    out.result(document, [told])
    return ExitCode.DONE


def _check(out: Output, path: Path) -> int:
    from console.ops.incident.evidence_check import check

    found = check(path)
    document = {
        "ok": not found.faults,
        "subject": found.subject,
        "made_by": found.made_by,
        "made_at": found.made_at,
        "files": found.files,
        "entries": found.entries,
        "held_back": found.placed,
        "faults": list(found.faults),
    }
    whole = (
        f"Whole: {found.files} files about {safe(found.subject)}, made {safe(found.made_at)} by "
        f"{safe(found.made_by)}; {found.entries} entries proved, {found.placed} by their place only."
    )
    out.result(document, list(found.faults) or [whole])
    return ExitCode.FAILED if found.faults else ExitCode.DONE
