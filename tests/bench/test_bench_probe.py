"""The benchmark itself runs, and judges every page right; times are not judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_a_small_run_of_the_benchmark() -> None:
    script = Path(__file__).with_name("probe.py")
    command = [sys.executable, str(script), "--size", "300", "--rounds", "1", "--hanging", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
    report = json.loads(done.stdout)
    assert report["cpu_ratio"] > 0


def test_every_behaviour_is_named_right_and_every_url_looked_at() -> None:
    """The comparison with other programs, which need not be here: ours alone, by the same command."""
    script = Path(__file__).with_name("probe_peers.py")
    command = [sys.executable, str(script), "--size", "100", "--hanging", "0.02", "--timeout", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
    report = json.loads(done.stdout)
    assert report["speed"]["repoint"]["looked_at"] == 100
    assert report["ratios"]["repoint"]["right"] == len(report["behaviours"]) == 12
