"""`repoint history SLUG`: the timeline; records the sighting of the live version."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from console.domain.text import safe
from console.exits import ExitCode
from console.output import Output
from console.output_parts import Line, Styled, Tone
from console.subcommands.common import age_of, in_session
from console.subcommands.numbers import count

if TYPE_CHECKING:
    from datetime import datetime

    from console.domain.versions import Change
    from console.ops.review import Review
    from console.ops.session import Session

EXAMPLE = "repoint history spring-launch"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("slug", metavar="SLUG", help="the link")
    parser.add_argument("--limit", type=count, metavar="N", help="show the newest N versions")
    parser.add_argument(
        "-o",
        "--output-file",
        type=Path,
        metavar="FILE",
        help="write it whole to a new FILE: JSON, or .md or .csv by its name",
    )


def run(args: argparse.Namespace) -> int:
    """Read and print the timeline; what was printed counts as seen."""
    return in_session(args, _history)


async def _history(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console import documents
    from console.domain.sightings import Seen
    from console.ops.incident.history_file import write_history
    from console.ops.review import read, review, see

    reading = await read(session, args.slug)
    found = review(session, reading)
    document = documents.history(found)
    if args.output_file is not None:
        count = write_history(found, args.output_file)
        out.note(f"Wrote {count} versions to {safe(args.output_file)}")
        if out.json:
            out.document({"file": args.output_file, "slug": args.slug, "versions": count})
    else:
        if args.limit is not None:
            document["versions"] = document["versions"][: max(args.limit, 1)]
        out.result(document, _lines(found, args.limit, session.clock.now().wall))
    see(session, reading, Seen.HISTORY)
    return ExitCode.DONE


def _lines(found: Review, limit: int | None, now: datetime) -> list[Line]:
    from console import documents
    from console.domain.links import label

    timeline = found.timeline
    lines: list[Line] = []
    for version in timeline.versions[: max(limit, 1) if limit else None]:
        name, health = version.version, found.health.get(version.version)
        marks = _marks(found, name)
        verdict = f"{health.verdict.value.lower()}, {age_of(health.checked_at, now)}" if health else ""
        lines.append(
            [
                Styled(f"{label(name):<6}", Tone.STRONG),
                f"  {documents.when(version.created_at) or '':<21}",
                f"  {version.created_by:<12}  {version.action.value:<9}  ",
                f"{verdict:<28}",
                Styled("  ".join(marks), Tone.GOOD if "live" in marks else Tone.WARN),
            ]
        )
        if version.note:
            lines.append(["        ", Styled(version.note, Tone.DIM)])
        lines += [line for change in timeline.changes_of(name) for line in change_lines(change)]
    lines.append("")
    lines.append(
        Styled(
            f"{len(timeline.versions)} versions, {timeline.source.value}, {documents.when(timeline.as_of)}",
            Tone.DIM,
        )
    )
    return lines


def _marks(found: Review, name: object) -> list[str]:
    marks = []
    if name == found.timeline.live:
        marks.append("live")
    if name == found.last_healthy:
        marks.append("last healthy")
    if name in found.bad:
        marks.append("noted bad")
    return marks


def change_lines(change: Change) -> list[Line]:
    """A change as two lines, before and after; one where there is nothing on a side."""
    from console.domain.urls import shown_destination

    lines: list[Line] = []
    for sign, value, tone in (("-", change.before, Tone.BAD), ("+", change.after, Tone.GOOD)):
        if value not in (None, [], {}):
            shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            shown = shown_destination(shown) if change.field == "destination" else shown
            lines.append([f"        {change.field:<13} ", Styled(f"{sign} {shown}", tone)])
    return lines
