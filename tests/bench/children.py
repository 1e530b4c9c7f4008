"""One figure a child process, so that peaks of memory do not add up and no run warms another."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def say(value: object) -> None:
    """One JSON document."""
    sys.stdout.write(json.dumps(value) + "\n")


def peak_mib() -> float:
    """The most memory that this process has had."""
    (line,) = (x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


@contextmanager
def measured() -> Iterator[dict[str, float]]:
    """CPU and wall seconds of what is done meanwhile, and how much the peak of memory grew."""
    found: dict[str, float] = {}
    before = peak_mib()
    cpu, wall = time.process_time(), time.perf_counter()
    yield found
    found["cpu"], found["wall"] = time.process_time() - cpu, time.perf_counter() - wall
    found["mib"] = peak_mib() - before


def medians(
    script: str, kinds: Sequence[str], folder: Path, repeats: int, *more: str
) -> dict[str, dict[str, float]]:
    """The medians of each kind; the kinds take turns, so that a busy minute meets all of them."""
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    for _ in range(repeats):
        for kind in kinds:
            command = [sys.executable, script, "--child", kind, "--folder", str(folder), *more]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{' '.join(command[1:])} failed:\n{done.stderr[-2000:]}")
            found[kind].append(json.loads(done.stdout.splitlines()[-1]))
    return {
        kind: {key: round(statistics.median(f[key] for f in each), 4) for key in ("cpu", "wall", "mib")}
        for kind, each in found.items()
    }
