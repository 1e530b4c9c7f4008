"""The measurement of a dry run works, and its memory does not follow the rows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_it_measures_every_kind() -> None:
    command = [
        sys.executable,
        str(Path(__file__).with_name("importing.py")),
        "--rows",
        "2000",
        "--repeats",
        "1",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found = json.loads(done.stdout)
    assert set(found["figures"]) == {"csv", "new", "live", "moved", "faulty", "csv-full", "full"}
    assert all(figure["mib"] < 60 for figure in found["figures"].values())
