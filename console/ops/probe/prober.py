"""The second look: destinations probed from this machine, hundreds at once, each host gently.

What is asked is what a visitor's browser would ask: one GET, of which at most 64 KB are read, because a
soft 404 shows in the page only. Redirects are followed by hand, each hop judged by `addresses` first.
Where a server refuses one method the other is tried. Nothing of ours goes along: no credentials,
cookies, proxies or Referer. A finding is evidence for an operator and never decides a rollback.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from console.domain.health import HealthResult, Vantage
from console.ops.clock import Clock, SystemClock
from console.ops.probe.addresses import OffLimits, hop
from console.ops.probe.course import Course, Pause, for_each_spelling, unaskable
from console.ops.probe.lookup import Lookups, Resolver, SystemResolver
from console.ops.probe.pace import Lane, Turns
from console.ops.probe.values import Answer, Failure, Probed, ProbeSettings, Request, Stats

if TYPE_CHECKING:
    import ssl

    from console.ops.probe.http import Exchanger

_READ_AT_ONCE: Final = 200

__all__ = ["ProbeSettings", "Probed", "Prober", "Stats", "result_for"]


class Prober:
    """Probes destinations. One sweep at a time; single probes may run beside it."""

    def __init__(
        self, settings: ProbeSettings, clock: Clock | None = None, resolver: Resolver | None = None
    ) -> None:
        self.settings = settings
        self._clock = clock if clock is not None else SystemClock()
        self._resolver = resolver if resolver is not None else SystemResolver()
        self._context: ssl.SSLContext | None = None
        self._sweep: _Sweep | None = None
        self._paused = False
        self._holds = 0

    async def probe(self, urls: Iterable[str]) -> AsyncGenerator[Probed]:
        """Findings as they come in, one for each different text; spellings of one URL are asked once.

        Closing the generator, or cancelling who iterates it, ends the sweep and its connections at once.

        Raises:
            OSError: the file of authorities in the settings cannot be read.
        """
        sweep = self._sweep = await self._start()
        if self._paused or self._holds:
            sweep.pause()
        try:
            await sweep.load(urls)
            async for found in sweep.findings():
                yield found
        finally:
            await sweep.close()

    async def probe_one(self, url: str) -> Probed:
        """One finding, apart from any sweep.

        Raises:
            OSError: the file of authorities in the settings cannot be read.
        """
        sweep = await self._start()
        try:
            await sweep.load((url,))
            return await anext(sweep.findings())
        finally:
            await sweep.close()

    async def ask_once(self, url: str) -> Answer | Failure:
        """One GET, redirects not followed, under the same rules of where this machine may look.

        Raises:
            OffLimits: the address is none, or not for this machine.
            OSError: the file of authorities in the settings cannot be read.
        """
        where = hop(url)
        exchanger = await self._exchanger()
        try:
            return await exchanger.exchange(Request("GET", where, self.settings.timeout_seconds))
        finally:
            await exchanger.close()

    def pause(self) -> None:
        """Ask nothing new; what is in flight ends and is reported."""
        self._paused = True
        if self._sweep is not None:
            self._sweep.pause()

    def resume(self) -> None:
        """Go on asking."""
        self._paused = False
        self._go_on()

    @contextmanager
    def held(self) -> Iterator[None]:
        """A sweep asks nothing new meanwhile: something more urgent is under way. Single probes go on."""
        self._holds += 1
        if self._sweep is not None:
            self._sweep.pause()
        try:
            yield
        finally:
            self._holds -= 1
            self._go_on()

    def _go_on(self) -> None:
        if self._sweep is not None and not self._paused and not self._holds:
            self._sweep.resume()

    @property
    def stats(self) -> Stats:
        """How far the newest sweep is."""
        return self._sweep.stats if self._sweep is not None else Stats(paused=self._paused)

    async def _start(self) -> _Sweep:
        return _Sweep(self.settings, self._clock, await self._exchanger())

    async def _exchanger(self) -> Exchanger:
        from console.ops.probe.http import Exchanger, tls_context

        if self._context is None:
            self._context = await asyncio.to_thread(tls_context, self.settings.ca_file)
        return Exchanger(self.settings, Lookups(self._resolver), self._context)


class _Sweep:
    """One run over many destinations: workers take turns, findings queue up for the one who iterates."""

    def __init__(self, settings: ProbeSettings, clock: Clock, exchanger: Exchanger) -> None:
        self._clock = clock
        self._exchanger = exchanger
        self._turns = Turns(settings)
        self._found: deque[Probed] = deque()
        self._news = asyncio.Event()
        self._total = 0
        self._done = 0
        self._began = time.monotonic()
        self._paused_at: float | None = None
        self._rested = 0.0
        self._most_lines = settings.concurrency
        self._settings = settings
        self._workers: list[asyncio.Task[None]] = []

    async def load(self, urls: Iterable[str]) -> None:
        """Read the destinations, with pauses for the rest of the program, and set the workers to work."""
        courses: dict[str, Course] = {}
        for number, url in enumerate(dict.fromkeys(urls)):
            self._load_one(url, courses)
            if number % _READ_AT_ONCE == _READ_AT_ONCE - 1:
                await asyncio.sleep(0)
        for _ in range(min(self._settings.concurrency, len(courses))):
            worker = asyncio.create_task(self._work())
            worker.add_done_callback(self._ended)
            self._workers.append(worker)

    def _load_one(self, url: str, courses: dict[str, Course]) -> None:
        self._total += 1
        try:
            course = Course(url, self._settings)
        except OffLimits as refusal:
            self._report([unaskable(url, refusal, self._clock.now().wall)])
            return
        known = courses.setdefault(course.first.href, course)
        if known is course:
            self._turns.add(course)
        else:
            known.urls.append(url)

    async def findings(self) -> AsyncGenerator[Probed]:
        """Findings as they come in; ends after the last."""
        while True:
            while self._found:
                yield self._found.popleft()
            if self._done == self._total:
                return
            self._news.clear()
            await self._news.wait()
            for worker in self._workers:
                if worker.done() and not worker.cancelled() and worker.exception() is not None:
                    worker.result()

    async def _work(self) -> None:
        while (turn := await self._turns.take()) is not None:
            course, lane = turn
            given_up = lane.given_up
            if given_up is not None:
                verdict, why, phase = given_up
                self._turns.release(lane)
                self._finish(course, course.not_asked(verdict, why, self._clock.now().wall, phase))
                continue
            try:
                step = await self._ask(course, lane)
            finally:
                self._turns.release(lane)
            if isinstance(step, Probed):
                lane.settle(step)
                self._finish(course, step)
            elif step is None:
                self._turns.put_back(course)
            elif step.of_host:
                self._turns.hold_back(lane, step.seconds)
                self._turns.put_back(course, step.seconds)
            else:
                self._turns.put_back(course, step.seconds)

    async def _ask(self, course: Course, lane: Lane) -> Probed | Pause | None:
        """Exchanges at one host until the course ends, pauses, or leads to another host (None)."""
        step: Probed | Pause | None = None
        while step is None and course.host == lane.host:
            outcome: Answer | Failure = await self._exchanger.exchange(course.request)
            lane.learn(outcome)
            step = course.take(outcome, self._clock.now().wall, patient=lane.patient(outcome))
        lines = self._exchanger.lines
        if lane.active == 1 and (not lane.waiting or lines.count > self._most_lines):
            lines.hang_up(lane.host)
        return step

    def _finish(self, course: Course, found: Probed) -> None:
        self._report(for_each_spelling(course, found))
        self._turns.finished()

    def _report(self, found: list[Probed]) -> None:
        self._done += len(found)
        self._found.extend(found)
        self._news.set()

    def _ended(self, _worker: asyncio.Task[None]) -> None:
        self._news.set()

    def pause(self) -> None:
        if self._paused_at is None:
            self._paused_at = time.monotonic()
            self._turns.pause()

    def resume(self) -> None:
        if self._paused_at is not None:
            self._rested += time.monotonic() - self._paused_at
            self._paused_at = None
            self._turns.resume()

    @property
    def stats(self) -> Stats:
        now = time.monotonic() if self._paused_at is None else self._paused_at
        spent = now - self._began - self._rested
        rate = self._done / spent if spent > 0 else 0.0
        return Stats(
            done=self._done,
            total=self._total,
            rate=rate,
            active=self._turns.active,
            seconds_left=(self._total - self._done) / rate if rate else None,
            paused=self._paused_at is not None,
        )

    async def close(self) -> None:
        for worker in self._workers:
            worker.cancel()
        try:
            await asyncio.gather(*self._workers, return_exceptions=True)
        finally:  # also when whoever waits for the end is cancelled once more
            self._turns.close()
            await self._exchanger.close()


def result_for(probed: Probed, slug: str, version: int | str | None) -> HealthResult:
    """The finding as the health of one link, seen from here while `version` was live."""
    return HealthResult(
        slug=slug,
        destination_url=probed.url,
        verdict=probed.verdict,
        vantage=Vantage.HERE,
        checked_at=probed.checked_at,
        phase=probed.phase,
        status_code=probed.status_code,
        latency_ms=probed.latency_ms,
        final_url=probed.final_url,
        detail=probed.detail,
        version=version,
    )
