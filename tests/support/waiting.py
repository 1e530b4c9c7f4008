"""Waiting for what another thread or process is about to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 60.0
"""Seconds until a wait counts as failed: far more than a loaded machine needs."""


def until(what: Callable[[], object], why: str = "", seconds: float = PATIENCE) -> None:
    """Wait until something is so.

    Raises:
        AssertionError: it never came.
    """
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"never came: {why or what}"
        time.sleep(0.01)
