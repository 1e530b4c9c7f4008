"""`repoint export [QUERY]`: links to CSV, NDJSON or JSON; an import reads them back as they are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console.domain.text import safe
from console.exits import ExitCode
from console.output import Output
from console.subcommands.common import add_query, in_session, sync_first

if TYPE_CHECKING:
    from console.ops.session import Session

EXAMPLE = 'repoint export "tag:promo" --format csv -o promo.csv'
FORMATS = ("csv", "ndjson", "json")
"""The values of `Format`, which the parser must not import."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    add_query(parser)
    parser.add_argument("--format", choices=FORMATS,
                        help="as the file's name ends; csv otherwise")  # fmt: skip
    parser.add_argument("--columns", default="", metavar="A,B",
                        help="only these: slug,destinationUrl,tags; all otherwise")  # fmt: skip
    parser.add_argument("-o", "--out", metavar="FILE", help="a new file; standard output otherwise")


def run(args: argparse.Namespace) -> int:
    """Write the links that match."""
    return in_session(args, _export)


async def _export(session: Session, out: Output, args: argparse.Namespace) -> int:
    from console.domain.query import parse
    from console.ops.importing.exporting import Format, columns_named, export, export_to, format_of
    from console.ops.importing.rejects import refuse_existing

    query = parse(" ".join(args.query))
    columns = columns_named(args.columns)
    path = Path(args.out) if args.out else None
    if path is None:
        form = Format(args.format or ("json" if out.json else "csv"))
    else:
        form = format_of(path, args.format or "")
    if path is not None:
        refuse_existing(path)
    if not session.offline:
        await sync_first(session, out)
    if path is None:
        write = out.verbatim if not _seen() else lambda text: out.verbatim(_for_eyes(text))
        export(session, query, form, write, columns=columns)
        return ExitCode.DONE
    with out.progress("links") as progress:
        count = export_to(session, query, form, path, progress.advance, columns=columns)
    document = {"file": str(path), "format": form.value, "links": count}
    out.result(document, [f"{count:,} links in {safe(path)}"])
    return ExitCode.DONE


def _seen() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _for_eyes(text: str) -> str:
    """A piece of the file with nothing in it that a terminal would obey."""
    return "\n".join(safe(line, 8 * len(line) + 1) for line in text.replace("\r\n", "\n").split("\n"))
