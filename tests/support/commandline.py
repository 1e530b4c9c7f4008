"""`repoint` as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def repoint(
    *argv: str, env: Mapping[str, str] | None = None, text: str = "", code: str = "", seconds: float = 30.0
) -> subprocess.CompletedProcess[str]:
    """Run it with `argv`, `text` as its input and `env` on top of the test's own environment.

    With `code`, that Python runs instead of `python -m console`.
    """
    start = ["-c", code] if code else ["-m", "console"]
    return subprocess.run(
        [sys.executable, *start, *argv],
        env={**os.environ, **(env or {})},
        input=text,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def helper(folder: Path, body: str) -> Path:
    """An executable Python script."""
    path = folder / "helper"
    path.write_text(f"#!{sys.executable}\n{body}\n")
    path.chmod(0o700)
    return path
