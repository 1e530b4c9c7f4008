"""The platform's list of events, which tells a test of each write at the moment that it takes effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Ledger(list[Any]):
    """The platform's ledger; calls `struck` at the moment that a write takes effect."""

    struck: Callable[[], None] | None = None

    def append(self, event: Any) -> None:
        super().append(event)
        if event.key is not None and self.struck is not None:
            self.struck()
