"""`repoint journal [--since] [--verify]`: what was intended, sent, refused and noted on this machine."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import TYPE_CHECKING

from console.exits import ExitCode
from console.output import Output, Part, Styled, Tone

if TYPE_CHECKING:
    from datetime import datetime

    from cache.journal import Entry, Journal

EXAMPLE = "repoint journal --since 2h"
_TONES = {"applied": Tone.GOOD, "refusal": Tone.WARN, "unknown": Tone.BAD}
_HIDDEN = frozenset({"target", "target_key", "base_url", "profile", "key"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("--since", metavar="TIME", help="from then on: 2h, 3d, or 2026-11-24T14:00")
    parser.add_argument("--limit", type=int, metavar="N", help="the newest N entries")
    parser.add_argument("--kind", metavar="KIND", help="entries of one kind: write, refusal, note, ...")
    parser.add_argument("--verify", action="store_true", help="read everything, name what was tampered with")


def run(args: argparse.Namespace) -> int:
    """Print the entries, or verify the chain. It needs no profile and no platform."""
    from cache.database import expected_file, open_journal
    from cache.journal import Journal
    from cache.process import this_process
    from console.ops.profile_places import journal_path
    from console.subcommands.times import time_of

    out = Output.of(args)
    since = time_of(args.since, "--since") if args.since else None
    path = journal_path()
    if not path.exists() and not expected_file(path).exists():
        out.note("There is no journal yet; the first session begins it.")
        if args.verify:
            out.result({"ok": True, "entries": 0, "faults": []}, [])
        return ExitCode.DONE
    with closing(open_journal(path)) as connection:
        journal = Journal(connection, this_process(), read_only=True)
        return _verify(out, journal) if args.verify else _print(out, journal, since, args)


def _print(out: Output, journal: Journal, since: datetime | None, args: argparse.Namespace) -> int:
    for entry in journal.entries(since, args.limit, args.kind):
        if out.json:
            out.record(_document(entry))
        else:
            out.text(*_line(entry))
    return ExitCode.DONE


def _document(entry: Entry) -> dict[str, object]:
    from console import documents

    return {
        "seq": entry.seq,
        "at": documents.when(entry.at.wall),
        "kind": entry.kind,
        "fields": entry.fields,
        "hash": entry.hash,
    }


def _line(entry: Entry) -> list[Part]:
    from console import documents
    from console.domain.redaction import redact

    fields = entry.fields
    state = str(fields.get("state", entry.kind))
    said = _write(fields) if entry.kind == "write" else _other(fields)
    return [
        f"{entry.seq:>6}  {documents.when(entry.at.wall)}  ",
        Styled(f"{(state if entry.kind == 'write' else entry.kind):<16}", _TONES.get(state, Tone.DIM)),
        f"  {redact(said)}",
    ]


def _write(fields: dict[str, object]) -> str:
    def named(name: str) -> str:
        value = fields.get(name)
        return f"v{value}" if isinstance(value, int) else str(value)

    made = f" as {named('new_version')}" if fields.get("new_version") is not None else ""
    text = f"{fields.get('slug')} {named('expected_version')} -> {named('target_version')}{made}"
    return f"{text} by {fields.get('operator') or '?'}: {fields.get('detail') or fields.get('reason')}"


def _other(fields: dict[str, object]) -> str:
    shown = {name: value for name, value in fields.items() if name not in _HIDDEN and value not in ("", None)}
    if set(shown) <= {"text", "operator"}:
        return f"{shown.get('operator', '?')}: {shown.get('text', '')}"
    return "  ".join(f"{name}={value}" for name, value in shown.items())


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
