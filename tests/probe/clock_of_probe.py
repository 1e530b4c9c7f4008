"""A clock that stands still."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from console.domain.moments import Moment

START = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)


class StillClock:
    def now(self) -> Moment:
        return Moment(START, 1000.0, 1000.0, "boot-1")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
