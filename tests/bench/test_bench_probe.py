"""The benchmark itself runs, and its figures are within wide limits even at a small size."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_a_small_run_of_the_benchmark() -> None:
    script = Path(__file__).with_name("probe.py")
    command = [sys.executable, str(script), "--size", "600", "--rounds", "1", "--timeout", "0.5"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    report = json.loads(done.stdout)
    assert report["cpu_ratio"] < 4
    assert report["prober"]["lag_p99_ms"] < 100
