"""`repoint import FILE`: many links from a file, every bad row explained, nothing twice."""

from __future__ import annotations

import argparse

from console.subcommands.common import in_session
from console.subcommands.numbers import count

EXAMPLE = "repoint import links.csv --dry-run --rejects to-mend.csv"
POLICIES = ("skip", "update", "fail")
"""The values of `Existing`, which the parser must not import."""
ROWS, MOST_ROWS = 1000, 5000
"""`CHUNK_ROWS` and `MAX_CHUNK_ROWS`, for the same reason."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("file", metavar="FILE", help="CSV, NDJSON or JSON; - reads standard input")
    parser.add_argument("--mapping", default="", metavar="A=B,...",
                        help="which column fills which field: Address=destinationUrl")  # fmt: skip
    parser.add_argument("--existing", choices=POLICIES, default="update",
                        help="what to do with slugs that exist (update)")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="check and compare; send nothing")
    parser.add_argument("--rejects", metavar="OUT.csv", help="hand the rows with faults back in a new file")
    parser.add_argument("--check-destinations", action="store_true",
                        help="look whether the new destinations answer")  # fmt: skip
    parser.add_argument("--chunk", type=count, default=ROWS, metavar="N",
                        help=f"rows of one request, 1 to {MOST_ROWS:,} ({ROWS:,})")  # fmt: skip
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; kept on the platform and here")
    parser.add_argument("--confirm", metavar='"import N"', help="the words that confirm it, for scripts")


def run(args: argparse.Namespace) -> int:
    """Check every row, show what would change, confirm, send in chunks."""
    from console.subcommands.import_run import run_import

    return in_session(args, run_import)
