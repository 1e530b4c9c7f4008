"""`repoint journal [FILTER]`: what was intended, sent, refused and noted here, and whether it is whole."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output
from console.output_parts import Part, Styled, Tone
from console.subcommands.numbers import count

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from cache.journal import Entry, Journal
    from console.domain.journal_filter import JournalRow

EXAMPLE = "repoint journal kind:write by:dana --since 2h"
_TONES = {"applied": Tone.GOOD, "refusal": Tone.WARN, "stale": Tone.WARN, "unknown": Tone.BAD}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument(
        "filter",
        nargs="*",
        metavar="FILTER",
        help="words, kind: by: link: incident: run:, a dash for without",
    )
    parser.add_argument("--since", metavar="TIME", help="from then on: 2h, 3d, or 2026-11-24T14:00")
    parser.add_argument("--limit", type=count, metavar="N", help="the newest N entries")
    parser.add_argument("--kind", metavar="KIND", help="entries of one kind: write, refusal, note, ...")
    parser.add_argument("--verify", action="store_true", help="read everything, name what was tampered with")
    parser.add_argument(
        "--prune-before", metavar="TIME", help="drop what is older and settled; a sealed checkpoint stays"
    )
    parser.add_argument("--archive", type=Path, metavar="FILE", help="keep what is dropped in a new file")
    parser.add_argument("--confirm", metavar="'prune N'", help="drop it without being asked")


def run(args: argparse.Namespace) -> int:
    """Print the entries, or verify the chain. It needs no profile and no platform."""
    from cache.database import expected_file, open_journal
    from cache.journal import Journal
    from cache.process import this_process
    from console.ops.profiles.places import journal_path
    from console.ops.times import time_of

    out = Output.of(args)
    since = time_of(args.since, "--since") if args.since else None
    before = time_of(args.prune_before, "--prune-before") if args.prune_before else None
    path = journal_path()
    if not path.exists() and not expected_file(path).exists():
        out.note("There is no journal yet; the first session begins it.")
        if args.verify:
            out.result({"ok": True, "entries": 0, "faults": []}, [])
        return ExitCode.DONE
    with closing(open_journal(path)) as connection:
        journal = Journal(connection, this_process(), read_only=True)
        if before is not None:
            return _prune(out, connection, journal, before, args)
        return _verify(out, journal) if args.verify else _print(out, journal, since, args)


def _print(out: Output, journal: Journal, since: datetime | None, args: argparse.Namespace) -> int:
    from console.domain.journal_filter import journal_filter
    from console.ops.incident.journal_view import journal_rows

    keep = journal_filter(" ".join(args.filter))
    entries = {entry.seq: entry for entry in journal.entries()}
    rows = [
        row
        for row in journal_rows(entries.values())
        if (since is None or row.at >= since) and args.kind in {None, row.kind} and keep(row)
    ]
    for row in rows[-args.limit :] if args.limit else rows:
        if out.json:
            out.record(_document(entries[row.seq], row))
        else:
            out.text(*_line(row))
    return ExitCode.DONE


def _document(entry: Entry, row: JournalRow) -> dict[str, object]:
    from console import documents

    return {
        "seq": entry.seq,
        "at": documents.when(entry.at.wall),
        "kind": entry.kind,
        "incident": row.incident or None,
        "fields": entry.fields,
        "hash": entry.hash,
    }


def _line(row: JournalRow) -> list[Part]:
    from console import documents

    return [
        f"{row.seq:>6}  {documents.when(row.at)}  ",
        Styled(f"{row.state.lower():<16}", _TONES.get(row.state.lower(), Tone.DIM)),
        f"  {row.by or '?'}  {row.words}",
    ]


def _prune(
    out: Output, connection: sqlite3.Connection, journal: Journal, before: datetime, args: argparse.Namespace
) -> int:
    from console.ops.clock import SystemClock
    from console.ops.retention import plan, prune

    now = SystemClock().now()
    cut = plan(connection, journal, before, now.wall)
    out.note(f"{cut.count:,} entries would be dropped, {cut.kept:,} stay. {cut.kept_back}".strip())
    typed = args.confirm
    if typed is None and cut.count and out.interactive:
        typed = out.ask(f"Type {cut.phrase} to drop them; it cannot be undone")
    checkpoint = prune(connection, cut, typed or "", now, args.archive)
    document = {
        "dropped": cut.count,
        "kept": cut.kept,
        "last": cut.last,
        "checkpoint": checkpoint.seq,
        "archive": str(args.archive) if args.archive else None,
    }
    told = f"{cut.count:,} entries up to {cut.last} were dropped; entry {checkpoint.seq} stands for them."
    out.result(document, [told])
    return ExitCode.DONE


def _verify(out: Output, journal: Journal) -> int:
    faults = journal.verify()
    count = len(journal.entries())
    document = {
        "ok": not faults,
        "entries": count,
        "faults": [{"damage": f.damage.value, "seq": f.seq, "detail": f.sentence} for f in faults],
    }
    lines: list[str] = [f"{fault.damage.value}: {fault.sentence}" for fault in faults]
    whole = f"{count:,} entries; the chain is unbroken."
    out.result(document, lines or [whole])
    return ExitCode.FAILED if faults else ExitCode.DONE
