"""The clocks of this machine, behind one door so that a test can turn them."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Protocol

from console.domain.moments import Moment

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """Tells moments, and waits."""

    def now(self) -> Moment:
        """All clocks, read now."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds; can be cancelled."""
        ...


@cache
def boot_id() -> str:
    """This boot of this machine; empty where the system does not tell."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


class SystemClock:
    """The real clocks."""

    def now(self) -> Moment:
        """All clocks, read now."""
        boottime = time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else 0.0
        return Moment(datetime.now(UTC), time.monotonic(), boottime or time.monotonic(), boot_id())

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds; can be cancelled."""
        await asyncio.sleep(seconds)
