"""What the command costs before it does anything: `--version`, `--help`."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.figures import Figure, Options

ROOT = Path(__file__).resolve().parents[2]
_TWELVE = """
import argparse
parser = argparse.ArgumentParser(prog="twelve")
below = parser.add_subparsers()
for n in range(12):
    one = below.add_parser(f"verb{n}", help="what it does")
    one.add_argument("--json", action="store_true", help="for scripts")
    one.add_argument("slug", help="which link")
parser.parse_args(["--help"])
"""


def cpu_ms(command: list[str], rounds: int) -> float:
    """CPU of a process, its start included, in milliseconds; the median."""
    found = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(found) * 1000


def measure(options: Options) -> list[Figure]:
    """CPU against the interpreter's own start, and against argparse."""
    rounds = options.sized(4 * options.rounds, 2)
    script = str(ROOT / "console" / "repoint")
    began = time.monotonic()
    found: dict[str, float] = {}
    for name, command in (
        ("pass", ["-c", "pass"]),
        ("version", [script, "--version"]),
        ("argparse", ["-c", _TWELVE]),
        ("help", [script, "--help"]),
    ):
        found[name] = cpu_ms([sys.executable, *command], rounds)
    assert time.monotonic() > began
    return [
        Figure("--version, CPU", found["version"], "ms", found["pass"], "python -c pass", 1.5, 2.2),
        Figure("--help, CPU", found["help"], "ms", found["argparse"], "argparse, 12 commands", 2.0, 2.6),
    ]
