"""What the import screen has the core do: check, look, send. Each on the core's thread, told as it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from console.domain.errors import RepointError
from console.ops.importing import desk as core
from console.ops.session import Session
from screens.importing import lines as import_lines
from screens.importing.actions import Stage
from screens.importing.base import ImportBase
from screens.importing.rows import RowList

T = TypeVar("T")
Work = Callable[[Session], Coroutine[Any, Any, T]]


class ImportWork:
    """One thing at a time for one screen. `sending` is told when requests begin and end."""

    def __init__(self, screen: ImportBase, sending: Callable[[bool], None]) -> None:
        self.screen = screen
        self.desk = screen.desk
        self._sending = sending
        self._future: Future[Any] | None = None

    def check(self) -> None:
        """Read and check every row."""
        self._begin(Stage.CHECKING, self._check())

    def look(self) -> None:
        """Look at the new destinations."""
        self._begin(Stage.LOOKING, self._look())

    def send(self, typed: str, reason: str) -> None:
        """Send what was reviewed."""
        self._begin(Stage.SENDING, self._send(typed, reason))

    def stop(self) -> None:
        """Sending ends after the request that is out; anything else at once."""
        if self.screen.job.stage is Stage.SENDING:
            self.screen.job.follow.brake.pull()
            self.screen.say("Stopping after the request that is out")
        else:
            self.cancel()

    def cancel(self) -> None:
        """Give up what costs nothing."""
        if self._future is not None:
            self._future.cancel()

    def drop(self) -> None:
        """What was reviewed is not to be sent: take it away before something else is checked."""
        checked, ended = self.screen.job.checked, self.screen.job.ended
        self.screen.job.close()
        if checked is not None:
            self.desk.engine.submit(lambda s: core.leave_run(s, checked, ended))

    def _begin(self, stage: Stage, work: Coroutine[Any, Any, None]) -> None:
        self.screen.job.begin(stage, self.desk.now())
        self.screen.run_worker(work, group="import", exclusive=False)
        self.screen.draw()

    async def _core(self, work: Work[T]) -> T | RepointError | None:
        """What the core made of it; None when it was stopped."""
        self._future = future = self.desk.engine.submit(work)
        try:
            return await asyncio.shield(asyncio.wrap_future(future))
        except RepointError as error:
            self.desk.failed(error)
            return error
        except asyncio.CancelledError:
            if future.cancelled():
                return None
            raise
        finally:
            self._future = None

    def _tell(self, turn: int) -> Callable[[int, int], object]:
        screen = self.screen
        return lambda done, total: screen.post_message(screen.Moved(turn, done, total))

    async def _check(self) -> None:
        job = self.screen.job
        asked, tell = job.asked, self._tell(job.turn)
        assert asked is not None
        found = await self._core(lambda s: core.check_file(s, asked, lambda rows: tell(rows, 0)))
        if isinstance(found, core.Checked):
            job.checked, job.stage = found, Stage.REVIEW
        else:
            job.stage = Stage.FAILED
            job.trouble, self.screen.said = import_lines.trouble(found), ""
        self.screen.show_rows()

    async def _look(self) -> None:
        job = self.screen.job
        checked, tell = job.checked, self._tell(job.turn)
        assert checked is not None
        found = await self._core(lambda s: core.look_at(s, checked, tell))
        job.stage = Stage.REVIEW
        if isinstance(found, tuple) and self.screen.stands:
            job.silent = found
            self.screen.query_one(RowList).silent_now(job.silent_words())
            self.screen.show_rows("silent" if found else "")
            self.screen.say(import_lines.looked(found))
        self.screen.draw()

    async def _send(self, typed: str, reason: str) -> None:
        screen, job = self.screen, self.screen.job
        checked, turn = job.checked, job.turn
        assert checked is not None
        job.total = checked.to_send
        job.close()
        job.follow = follow = core.Follow(
            settled=lambda rows: screen.post_message(screen.Moved(turn, rows)),
            spent=lambda writes: screen.post_message(screen.Moved(turn, 0, spent=writes)),
            pausing=lambda wait: screen.post_message(screen.Moved(turn, 0, 0, import_lines.pause(wait))),
        )
        self._sending(True)
        try:
            found = await self._core(lambda s: core.send_checked(s, checked, typed, follow, reason))
        finally:
            self._sending(False)
        if isinstance(found, core.Ended):
            job.ended, job.stage = found, Stage.ENDED
            screen.said = import_lines.after(found, job.faulty)
        else:
            job.stage = Stage.REVIEW
            screen.said = " ".join(import_lines.trouble(found))
        screen.show_rows("rejected" if job.faulty else "")
        await self.desk.refresh()
