"""The console on a terminal with a cache of many links, offline, and what others are started beside it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import syncing
from tests.bench.wire import NEAR, Line, Wire, python

EMPTY = str(Path(__file__).with_name("empty_app.py"))
APPS = str(Path(__file__).with_name("list_apps.py"))
DOWN, PAGE_DOWN, PAGE_UP = b"\x1b[B", b"\x1b[6~", b"\x1b[5~"


@dataclass(frozen=True, slots=True)
class Home:
    """A home whose cache holds `links` links.

    Attributes:
        sync: what filling it took (`cpu`, `wall`, `mib`).
    """

    folder: Path
    links: int
    base_url: str
    sync: dict[str, float]

    def console(self, size: tuple[int, int] = (120, 36), line: Line = NEAR) -> Wire:
        """The console on it."""
        return Wire(
            python("-m", "console", "--offline"), size, line,
            REPOINT_HOME=str(self.folder / "home"), REPOINT_BASE_URL=self.base_url, REPOINT_HANDLE="acme",
            REPOINT_ENVIRONMENT="practice",
        )  # fmt: skip

    def first_screen(self, wire: Wire) -> float:
        """Wait for the list's rows and their count; the moment they were there."""
        told = f"of {self.links:,}".encode()
        return wire.until(lambda shown: b"camp-" in shown and told in shown)

    @property
    def cache(self) -> Path:
        """The cache file."""
        (found,) = (self.folder / "home").rglob("links/*.db")
        return found


@contextmanager
def home(links: int) -> Iterator[Home]:
    """Fill a home by a sync in a process of its own, so that its memory is measured alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "export.ndjson").open("w") as stream:
            stream.writelines(f"{line}\n" for line in syncing.lines(links))
        command = [sys.executable, syncing.__file__, "--child", "kept", "--folder", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"the cache could not be filled:\n{done.stderr[-2000:]}")
        (folder / "export.ndjson").unlink()
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        yield Home(folder, links, told.pop("base_url"), told)
