"""Whether the platform still answers while nobody asks anything: a lost line is told before the next key.

One free read, and only after a minute in which nothing else was heard; each quiet answer doubles the pause,
so that a console left open over night asks every quarter of an hour. Nothing is drawn while all is well.
"""

from __future__ import annotations

from typing import Final

from console.domain.errors import RepointError
from console.ops.session import Session
from screens.desk import Desk

LINE_SECONDS: Final = 60.0
LONGEST: Final = 15
"""The longest pause, in times of `LINE_SECONDS`."""


class LineWatch:
    """Asks who we are, seldom."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._heard = -1
        self._pause = 1
        self._left = 1
        self._looking = False

    async def look(self) -> None:
        """One turn: nothing where the line was used since the last one, or is known to be lost."""
        desk = self._desk
        if desk.standing is None or desk.offline or self._looking:
            return
        if desk.heard != self._heard:
            self._heard, self._pause, self._left = desk.heard, 1, 1
            return
        self._left -= 1
        if self._left > 0:
            return
        self._looking = True
        try:
            await desk.engine.call(_hello)
        except RepointError as error:
            desk.failed(error)
            return
        finally:
            self._looking = False
        self._pause = min(self._pause * 2, LONGEST)
        self._left = self._pause


async def _hello(session: Session) -> None:
    await session.introduce()
