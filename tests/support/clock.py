"""A clock that stands still until a test turns it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from console.domain.moments import Moment

START = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)


class ManualClock:
    """Starts at `START`; `advance` moves all clocks, `sleep_machine` all but the monotonic one."""

    def __init__(self, start: datetime = START) -> None:
        self.moment = Moment(start, 1000.0, 1000.0, "boot-1")
        self.slept: list[float] = []

    def now(self) -> Moment:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self.moment = replace(
            self.moment,
            wall=self.moment.wall + timedelta(seconds=seconds),
            monotonic=self.moment.monotonic + seconds,
            boottime=self.moment.boottime + seconds,
        )

    def sleep_machine(self, seconds: float) -> None:
        """The laptop was closed: wall and boot clocks move, the monotonic one does not."""
        self.moment = replace(
            self.moment,
            wall=self.moment.wall + timedelta(seconds=seconds),
            boottime=self.moment.boottime + seconds,
        )

    def set_wall(self, wall: datetime) -> None:
        """Somebody set the clock; time itself went on as before."""
        self.moment = replace(self.moment, wall=wall)

    def reboot(self) -> None:
        self.moment = replace(self.moment, monotonic=1.0, boottime=1.0, boot_id="boot-2")
