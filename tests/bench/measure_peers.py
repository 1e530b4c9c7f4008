"""Other link checkers on the same pages, by `probe_peers.py`; those that are not here are said."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.figures import Figure, Options

SCRIPT = str(Path(__file__).with_name("probe_peers.py"))
_TAKEN = {"linkchecker": 15.0, "linkinator": 1.6}
"""Programs that the script knows, and how many times faster than they we are to be."""
_NAMED = ("lychee",)


def measure(options: Options) -> list[Figure]:
    """Wall time against each, and how many behaviours are named right."""
    size = options.sized(5000, 60)
    known = {name: (options.peers or {}).get(name) or shutil.which(name) or "" for name in _TAKEN}
    flags = [word for name, path in known.items() if path for word in (f"--{name}", path)]
    command = [sys.executable, SCRIPT, "--size", str(size), *flags]
    command += ["--timeout", "2"] if options.smoke else []
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    speed, kinds = found["speed"], len(found["behaviours"])
    ours = speed["repoint"]["wall_s"]
    right = found["ratios"]["repoint"]["right"]
    figures = [Figure("behaviours named right", right, f"of {kinds}", reach=kinds, limit=kinds, least=True)]
    for name, times in _TAKEN.items():
        row = f"probe, {size:,} URLs, wall: {name}"
        if name in speed:
            wall = speed[name]["wall_s"]
            figures.append(Figure(row, ours, "s", wall, name, round(1 / times, 3), round(1.5 / times, 3)))
        else:
            figures.append(Figure(row, 0, "", missing="not here"))
    return figures + [
        Figure(f"probe, {size:,} URLs, wall: {name}", 0, "", missing="not here") for name in _NAMED
    ]
