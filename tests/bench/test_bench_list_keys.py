"""The list benchmark runs, and the bytes that a key sends are what they were; times are not judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.e2e
def test_a_small_run_of_the_benchmark() -> None:
    script = Path(__file__).with_name("list_keys.py")
    command = [sys.executable, str(script), "--links", "5000", "--repeats", "1", "--presses", "4", "--small"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    report = json.loads(done.stdout)
    for figures in report.values():
        assert figures["step"]["bytes"] <= 700
        assert figures["scroll"]["bytes"] < figures["scroll"]["bytes_bare"] / 4
        assert figures["page"]["bytes"] < figures["page"]["bytes_bare"]
        assert all(f["cpu_ratio"] > 0 for f in figures.values())
