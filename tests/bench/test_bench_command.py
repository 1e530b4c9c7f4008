"""The one command runs every benchmark at its smallest, and judges ratios as it says."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

from tests.bench.__main__ import BENCHES
from tests.bench.figures import Figure, table

ROOT = Path(__file__).resolve().parents[2]
CORE = ("start", "sync", "timeline", "plan", "rollback", "growth")


def test_the_core_is_measured_at_its_smallest() -> None:
    """Import, probe and the list have a smoke of their own beside them; times are not judged here."""
    command = [sys.executable, "-m", "tests.bench", *CORE, "--smoke", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240, cwd=ROOT)
    found = json.loads(done.stdout)
    names = " ".join(figure["name"] for figure in found["figures"])
    for word in (
        "--version",
        "first, CPU",
        "timeline of 200",
        "plan of 50",
        "one rollback",
        "first screen",
        "a key",
        "filter, a letter",
    ):
        assert word in names
    measured = [figure for figure in found["figures"] if not figure["missing"]]
    nothing = {figure["name"] for figure in measured if figure["ours"] <= 0}
    assert all("refused" in name or name.startswith("memory, ") for name in nothing), nothing


def test_every_benchmark_has_its_module() -> None:
    """The rest has a smoke of its own beside it, or waits too long for one: here it is only loaded."""
    for name in BENCHES:
        assert callable(importlib.import_module(f"tests.bench.measure_{name}").measure)


def test_a_ratio_is_reached_falls_short_or_is_worse_than_it_was() -> None:
    rows = [
        Figure("a", 3.0, "ms", 2.0, "by hand", 2.0, 3.0),
        Figure("b", 5.0, "ms", 2.0, "by hand", 2.0, 3.0),
        Figure("c", 7.0, "ms", 2.0, "by hand", 2.0, 3.0),
        Figure("d", 90.0, "", 100.0, "allowed", 0.95, 0.8, least=True),
        Figure("e", 0, "", missing="not here"),
    ]
    assert [row.word for row in rows] == [
        "reached",
        "falls short",
        "WORSE THAN IT WAS",
        "falls short",
        "not here",
    ]
    assert [row.worse for row in rows] == [False, False, True, False, False]
    assert "1.50 ×" in table(rows)
