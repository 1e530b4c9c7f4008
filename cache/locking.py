"""One process at a time makes, migrates or replaces a file; the others wait."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cache.paths import private_file
from cache.problems import locked

WAIT_SECONDS: Final = 15.0
_PAUSE: Final = 0.02


@contextmanager
def setup_lock(path: Path) -> Iterator[None]:
    """Hold `<path>.lock`. The kernel gives it back when the process dies.

    Raises:
        Locked: another process has held it for 15 s.
    """
    file = path.with_name(path.name + ".lock")
    private_file(file)
    descriptor = os.open(file, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise locked("folder", file) from None
                time.sleep(_PAUSE)
            else:
                break
        yield
    finally:
        os.close(descriptor)
