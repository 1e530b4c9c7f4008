"""What SECURITY and the README promise is tried where they say, as often as they say."""

from __future__ import annotations

import re
from pathlib import Path

from console.practice.platform import ROUTES
from tests.hardening.test_hardening_faults import MODES
from tests.ops import test_ops_hypothesis, test_ops_interleavings, test_ops_kills, test_ops_machine
from tests.ops import test_ops_processes as processes
from tests.support.hostile_cells import OPERATIONS
from tests.support.hostile_modes import COMMIT
from tests.support.hostile_strings import STRINGS
from tests.support.parsers import PARSERS

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (P\d+) \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)
SEEDS = 8 * test_ops_machine.RUNS
SPOKEN = sum(2 if route.twin else 1 for route in ROUTES) - 1
"""Operations of the practice platform, but for reading the document itself."""


def told(name: str) -> str:
    """How many the prober's test says that there are: it holds itself to that."""
    text = (ROOT / "tests/probe/test_probe_ssrf.py").read_text(encoding="utf-8")
    (found,) = re.findall(rf"assert len\({name}\) == (\d+)", text)
    return str(found)


FIGURES = {
    "P1": [f"{2 * len(test_ops_kills.CASES)} real kills", f"{len(range(1, 1400, 37))} inside SQLite"],
    "P3": [
        f"{SEEDS:,} seeded runs",
        f"{4 * test_ops_hypothesis.RUNS} of a state machine",
        f"{len(COMMIT)} ways",
    ],
    "P4": [f"{4 * test_ops_interleavings.EACH} orders"],
    "P5": [f"{len(COMMIT)} lost", f"{2 * len(test_ops_kills.CASES)} kills"],
    "P6": [f"{3 * processes.ROUNDS} rollbacks"],
    "P8": [f"{len(MODES)} modes", f"{len(OPERATIONS)} pieces", f"({len(MODES) * len(OPERATIONS)} cells)"],
    "P10": [f"{SPOKEN} operations"],
    "P11": [f"{len(PARSERS)} parsers"],
    "P12": [f"{len(STRINGS):,} hostile strings"],
    "P15": [f"{told('SPELLINGS')} spellings", f"{told('REDIRECTS')} redirects"],
    "P18": [f"{SEEDS:,} seeds"],
}


def rows(page: str) -> list[tuple[str, ...]]:
    return ROW.findall((ROOT / page).read_text(encoding="utf-8"))


def test_each_promise_is_tried_by_files_that_are_there() -> None:
    promised = rows(".github/SECURITY.md")
    assert [name for name, *_ in promised] == [f"P{n}" for n in range(1, 20)]
    for name, _, where, _ in promised:
        files = re.findall(r"`([^`]+)`", where)
        assert files, name
        assert [file for file in files if not (ROOT / file).is_file()] == [], name


def test_the_figures_are_those_of_the_tests() -> None:
    told = {name: figure for name, _, _, figure in rows(".github/SECURITY.md")}
    wrong = [
        f"{name}: {figure}"
        for name, figures in FIGURES.items()
        for figure in figures
        if figure not in told[name]
    ]
    assert wrong == []


def test_the_readme_says_the_same() -> None:
    assert rows("README.md") == rows(".github/SECURITY.md")
