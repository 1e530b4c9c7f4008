"""The prober against a floor made by hand, by `probe.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, Options

SCRIPT = str(Path(__file__).with_name("probe.py"))


def _run(size: int, options: Options, hanging: float, at_once: int) -> Any:
    command = [
        sys.executable, SCRIPT, "--size", str(size), "--rounds", str(options.rounds),
        "--hanging", str(hanging), "--at-once", str(at_once), "--timeout", "2" if options.smoke else "5",
    ]  # fmt: skip
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measure(options: Options) -> list[Figure]:
    """CPU, wall time and the loop's lag."""
    size = options.sized(5000, 100)
    found = _run(size, options, 0.02, 200)
    ours, floor = found["prober"], found["floor"]
    healthy = _run(size, options, 0.0, 100)
    rate, most = (size / healthy[who]["wall_s"] for who in ("prober", "floor"))
    name, by_hand = f"probe, {size:,} URLs, 2 % hanging", "asyncio + h11 by hand"
    return [
        Figure(f"{name}, CPU each", ours["cpu_ms_each"], "ms", floor["cpu_ms_each"], by_hand, 1.6, 4.0),
        Figure(f"{name}, wall", ours["wall_s"], "s", floor["wall_s"], by_hand, 1.43, 3.5),
        Figure(f"{name}, lag of the loop, p99", ours["lag_p99_ms"], "ms", reach=25, limit=200),
        Figure(f"probe, {size:,} healthy URLs", rate, "/s", most, by_hand, 0.7, 0.3, least=True),
    ]
