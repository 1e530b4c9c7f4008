"""Whose call goes first: rollbacks before health checks, syncs and imports (product.md, section 4).

A call made inside `Lanes.first` is of the first lane. While that lasts, the pauses between its calls
included, no other call to the same platform begins; what is already on the line ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_outranks: ContextVar[bool] = ContextVar("repoint_first_lane", default=False)


class Lanes:
    """The two lanes of one platform. One loop, no locks."""

    def __init__(self) -> None:
        self._first = 0
        self._free = asyncio.Event()
        self._free.set()

    async def turn(self) -> None:
        """Wait for the turn of a call: none in the first lane; in the other, until the first is empty."""
        if not _outranks.get():
            await self._free.wait()

    @contextmanager
    def first(self) -> Iterator[None]:
        """Calls made inside, and in tasks started inside, go first; others wait until it is left."""
        token = _outranks.set(True)
        self._first += 1
        self._free.clear()
        try:
            yield
        finally:
            _outranks.reset(token)
            self._first -= 1
            if not self._first:
                self._free.set()
