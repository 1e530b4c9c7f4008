"""The list benchmark runs, and its figures are within wide limits even on a busy machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.e2e
def test_a_small_run_of_the_benchmark() -> None:
    script = Path(__file__).with_name("list_keys.py")
    command = [sys.executable, str(script), "--links", "5000", "--repeats", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    report = json.loads(done.stdout)
    for figures in report.values():
        assert figures["step"]["bytes"] <= 700
        assert figures["scroll"]["bytes"] < figures["scroll"]["bytes_bare"] / 4
        assert figures["page"]["bytes"] < figures["page"]["bytes_bare"]
        assert all(f["cpu_ratio"] < 3 for f in figures.values())
