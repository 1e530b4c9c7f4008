"""`repoint cache info|prune|clear`: what this machine remembers of a target, and throwing it away."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from console.domain.text import safe
from console.exits import ExitCode
from console.output import Output

if TYPE_CHECKING:
    from console.ops.importing.prune import Left

EXAMPLE = "repoint cache info"
_HEALTH_DAYS = 90.0
_SIGHTINGS_DAYS = 30.0
_IMPORTS_DAYS = 30.0
"""`importing.prune.KEEP_DAYS`, which the parser must not import."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="info|prune|clear", required=True)
    actions.add_parser("info", help="where it is, how large, what it holds")
    prune = actions.add_parser("prune", help="drops old health results, sightings, stopped imports")
    prune.add_argument("--health-days", type=_days, default=_HEALTH_DAYS, metavar="N",
                       help=f"keep health results of N days, {_HEALTH_DAYS:g} unless given")  # fmt: skip
    prune.add_argument("--sightings-days", type=_days, default=_SIGHTINGS_DAYS, metavar="N",
                       help=f"keep sightings of N days, {_SIGHTINGS_DAYS:g} unless given")  # fmt: skip
    prune.add_argument("--imports-days", type=_days, default=_IMPORTS_DAYS, metavar="N",
                       help=f"keep stopped imports of N days, {_IMPORTS_DAYS:g} unless given")  # fmt: skip
    actions.add_parser("clear", help="deletes it; the journal stays")


def _days(text: str) -> float:
    days = float(text)
    if not 0 <= days <= 36500:
        raise argparse.ArgumentTypeError("must be days from 0 to 36500")
    return days


def run(args: argparse.Namespace) -> int:
    """Tell, prune or delete the cache of the profile's target."""
    from console.ops.profiles.places import cache_path
    from console.ops.profiles.profile import load_profile

    out = Output.of(args)
    profile = load_profile(args.profile, flags={"handle": args.handle})
    path = cache_path(profile.target().key)
    {"info": _info, "prune": _prune, "clear": _clear}[args.action](out, path, args)
    return ExitCode.DONE


def _info(out: Output, path: Path, _args: argparse.Namespace) -> None:
    from contextlib import closing

    from cache.database import open_reader
    from cache.links import Inventory
    from cache.retention import size
    from console import documents
    from console.ops.profiles.places import journal_path

    document: dict[str, object] = {"path": path, "exists": path.exists()}
    counted = ("size_bytes", "links", "timelines", "health_results", "sightings")
    document |= dict.fromkeys((*counted, "synced_at"))
    if path.exists():
        with closing(open_reader(path)) as connection:
            found = size(connection, path)
            document |= {name: getattr(found, name) for name in counted}
            document["synced_at"] = documents.when(Inventory(connection).synced_at())
    journal = journal_path()
    document["journal"] = journal
    document["journal_bytes"] = journal.stat().st_size if journal.exists() else None
    shown = [(f"{name.replace('_', ' '):<16}", _said(value)) for name, value in document.items()]
    out.result(document, shown)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _prune(out: Output, path: Path, args: argparse.Namespace) -> None:
    from console.documents import when
    from console.ops.importing.prune import prune_imports

    document: dict[str, object] = {"path": path, "health_results": 0, "sightings": 0, "size_bytes": None}
    lines = ["There is no cache yet."]
    if path.exists():
        lines = _prune_cache(out, path, args, document)
    gone, kept = prune_imports(args.imports_days)
    document["imports"] = [
        {"run": left.run, "file": left.name or None, "touched": when(left.touched), "rows_left": left.waiting}
        for left in gone
    ]
    for left in gone:
        lines.append(f"Dropped {_named(left)}: {_rows(left.waiting)} never sent.")
    for left in kept:
        out.warning(f"Kept {_named(left)}: what became of {_rows(left.unsettled)} is not known; "
                    "import the file again, or run `repoint reconcile`")  # fmt: skip
    out.result(document, lines)


def _named(left: Left) -> str:
    name = safe(left.name, 120) if left.name else "a plan that never ended"
    return f"the stopped import of {name}, {left.touched:%Y-%m-%d}"


def _rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"


def _prune_cache(out: Output, path: Path, args: argparse.Namespace, document: dict[str, object]) -> list[str]:
    from cache.database import open_cache
    from cache.retention import prune, size

    opened = open_cache(path)
    try:
        if opened.notice:
            out.warning(opened.notice)
        done = prune(opened.connection, args.health_days, args.sightings_days)
        left = size(opened.connection, path).size_bytes
    finally:
        opened.connection.close()
    document |= {"health_results": done.health, "sightings": done.sightings, "size_bytes": left}
    return [f"Dropped {done.health:,} health results and {done.sightings:,} sightings."]


def _clear(out: Output, path: Path, _args: argparse.Namespace) -> None:
    from cache.retention import clear

    existed = path.exists()
    clear(path)
    line = "The cache is deleted; the next sync begins a new one." if existed else "There was no cache."
    out.result({"path": path, "cleared": existed}, [line])
    if existed:
        out.note("What you had reviewed is forgotten with it: read a link's history again before a rollback.")
