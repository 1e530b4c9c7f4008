"""Rolled-back links are looked at while the console is open: one that moves again is told once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from console.domain.errors import RepointError
from console.ops.health.watch import Moved, moved_holds
from screens.desk import Desk

HOLD_SECONDS: Final = 30.0
"""Between two looks. Reading is free."""


class HoldWatch:
    """Reads the held links, never twice at the same time."""

    def __init__(self, desk: Desk, tell: Callable[[str], None]) -> None:
        self._desk = desk
        self._tell = tell
        self._looking = False
        self._told: set[tuple[str, str]] = set()

    async def look(self) -> None:
        """One look; quiet where the platform is out of reach, which is told elsewhere."""
        now = self._desk.standing
        if self._looking or now is None or not now.held or self._desk.offline:
            return
        self._looking = True
        try:
            moved = await self._desk.engine.call(moved_holds)
        except RepointError:
            return
        finally:
            self._looking = False
        new = [each for each in moved if self._name(each) not in self._told]
        self._told = {self._name(each) for each in moved}
        if new:
            self._tell("Watched: " + "; ".join(each.sentence for each in new))

    @staticmethod
    def _name(moved: Moved) -> tuple[str, str]:
        return moved.hold.slug, "" if moved.reading is None else repr(moved.reading.live)
