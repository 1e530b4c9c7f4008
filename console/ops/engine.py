"""The core's own thread: a terminal that stalls never holds up a deadline or the journal.

Textual's writer blocks its event loop when the terminal stops reading. So the core runs on a loop of its
own; screens hand it work and get frozen values back.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Final, TypeVar

from console.domain.errors import Refused
from console.domain.sightings import Stale
from console.ops.session import Session

T = TypeVar("T")
_STOP_SECONDS: Final = 5.0


class Engine:
    """Runs a session on a loop in a daemon thread."""

    def __init__(self, open_session: Callable[[], Awaitable[Session]]) -> None:
        self._open = open_session
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="repoint-core", daemon=True)
        self._session: Session | None = None
        self._stopped = False

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        if pending:  # what was being sent notes that it was interrupted, so the files are closed after it
            self._loop.run_until_complete(asyncio.wait(pending, timeout=_STOP_SECONDS / 2))
        if self._session is not None:  # also one that was still being opened when `stop` came
            closing = asyncio.wait_for(self._session.close(), _STOP_SECONDS / 2)
            with suppress(TimeoutError):
                self._loop.run_until_complete(closing)
        self._loop.close()

    def start(self) -> Future[Session]:
        """Start the thread and open the session on it; the future fails as opening does."""
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._opened(), self._loop)

    async def _opened(self) -> Session:
        self._session = await self._open()
        return self._session

    def submit(self, work: Callable[[Session], Coroutine[Any, Any, T]]) -> Future[T]:
        """Run `work` on the core's loop. Cancelling the future cancels the work.

        Raises:
            Refused: reason `context_changed`, the engine was stopped: its target was left.
        """
        session = self._session
        if self._stopped:
            raise Refused("This target was left; nothing was sent", reason=Stale.CONTEXT_CHANGED.value)
        if session is None:
            raise RuntimeError("the engine has no session yet")
        return asyncio.run_coroutine_threadsafe(work(session), self._loop)

    async def call(self, work: Callable[[Session], Coroutine[Any, Any, T]]) -> T:
        """Run `work` on the core's loop and await it from another."""
        return await asyncio.wrap_future(self.submit(work))

    def stop(self) -> None:
        """End what goes on, close the session and end the thread, within a few seconds whatever hangs."""
        self._stopped = True
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_SECONDS)
