"""What the tests of the cache's files share."""

from __future__ import annotations

import stat
import subprocess
import sys
import textwrap
from pathlib import Path

from cache.database import (
    open_cache,
)
from cache.links import Inventory
from console.domain.links import Link


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def child(code: str, *arguments: object) -> str:
    """What a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def filled(path: Path, links: int = 300) -> None:
    connection = open_cache(path).connection
    Inventory(connection).put_many(
        [Link(f"slug-{n:04}", f"https://h.example/{n}") for n in range(links)], 1, 1.0
    )
    connection.close()
