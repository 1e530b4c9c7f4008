"""Every benchmark by one command: figure, ours, peer or limit in the same run, ratio, what is to be reached.

    python -m tests.bench                        all of them (some minutes)
    python -m tests.bench sync start             those
    python -m tests.bench --list                 their names
    python -m tests.bench --links 10000 --rounds 3
    python -m tests.bench peers --peer linkinator=PATH

Ratios are of the same run and of CPU or bytes, so that a busy machine changes little; medians of `--rounds`.
A ratio past its stated limit (what it was when it was last looked into, and room) ends it with 1.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.figures import Figure, Options, machine, table

BENCHES = {
    "start": "what --version and --help cost",
    "screen": "the console's first screen, in a real terminal",
    "keys": "a key in a long list",
    "filter": "each letter of a filter",
    "idle": "the console left alone",
    "line": "the console over a slow line",
    "sync": "the export into the cache",
    "timeline": "a history of ten thousand versions",
    "import": "the dry run of an import",
    "plan": "the plan of a large batch",
    "rollback": "rollbacks, one and a thousand",
    "probe": "looking at destinations",
    "peers": "other link checkers on the same pages",
    "growth": "how cost grows from a thousand links to a million",
}
"""By name; each is `measure` in the module `measure_<name>`."""


def say(text: str) -> None:
    """One line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def arguments(argv: list[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        "python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; all when none is named")
    parser.add_argument("--list", action="store_true", help="the names")
    parser.add_argument("--links", type=int, default=100_000, help="in the long list (default: 100,000)")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median counts (default: 5)")
    parser.add_argument("--smoke", action="store_true", help="as small as can be: only whether it runs")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PATH", help="another program")
    parser.add_argument("--json", action="store_true", help="one document instead of the table")
    args = parser.parse_args(argv)
    unknown = sorted(set(args.names) - set(BENCHES))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    return args


def main(argv: list[str]) -> int:
    """Measure and print; 1 when something is worse than it was."""
    args = arguments(argv)
    if args.list:
        say("\n".join(f"{name:<10}{what}" for name, what in BENCHES.items()))
        return 0
    os.environ["LC_ALL"] = "C.UTF-8"
    # Compiling anew at every start is not what an installed program does.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    links, rounds = (2000, 1) if args.smoke else (args.links, args.rounds)
    peers = dict(entry.partition("=")[::2] for entry in args.peer)
    options = Options(links, rounds, args.smoke, peers)
    found: list[Figure] = []
    before = machine()
    for name in args.names or BENCHES:
        began = time.monotonic()
        found += importlib.import_module(f"tests.bench.measure_{name}").measure(options)
        if not args.json:
            sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    if args.json:
        rows = [{**asdict(figure), "judged": figure.judged, "worse": figure.worse} for figure in found]
        say(json.dumps({"machine": before, "links": links, "rounds": rounds, "figures": rows}))
    else:
        say(f"{table(found)}\n\n{before}; {links:,} links, medians of {rounds}")
    return int(not args.smoke and any(figure.worse for figure in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
