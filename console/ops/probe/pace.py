"""Whose turn it is: few requests a host, paced, fewer when it shows strain, many over all hosts."""

from __future__ import annotations

import asyncio
from collections import deque
from heapq import heappop, heappush
from itertools import count
from typing import Final

from console.domain.health import Phase, Verdict, verdict_of_status
from console.ops.probe.course import VERDICTS, Course
from console.ops.probe.values import Answer, Failure, Fault, Probed, ProbeSettings

_STRAINED_GAP: Final = 0.1
_WIDEST_GAP: Final = 1.0
_PATIENCE: Final = 3
_SIP: Final = 4  # turns begun in one round of the loop, so that keys and frames get their turn in between


class Lane:
    """One host: who waits for it, how fast it may be asked, how it has behaved."""

    def __init__(self, host: str, settings: ProbeSettings) -> None:
        self.host = host
        self.waiting: deque[Course] = deque()
        self.active = 0
        self.queued = False
        self.next_at = 0.0
        self._most = settings.per_host
        self._least_gap = 1.0 / settings.per_host_rate if settings.per_host_rate > 0 else 0.0
        self._give_up_after = settings.give_up_after
        self.limit = float(settings.per_host)
        self.gap = self._least_gap
        self._silent = 0
        self._silent_phase: Phase | None = None
        self._throttled = 0
        self._trouble: Verdict | None = None
        self._troubled = 0

    @property
    def open(self) -> bool:
        """Whether one more request may be in flight."""
        return bool(self.waiting) and self.active < int(self.limit)

    def patient(self, outcome: Answer | Failure) -> bool:
        """Whether such an outcome is worth another try: no longer, once several were confirmed in a row."""
        if isinstance(outcome, Failure):
            verdict = VERDICTS[outcome.fault]
        else:
            verdict = verdict_of_status(outcome.status)
        return verdict is not self._trouble or self._troubled < _PATIENCE

    @property
    def given_up(self) -> tuple[Verdict, str, Phase | None] | None:
        """What the rest of the host's destinations get instead of being asked, or None."""
        if not self._give_up_after:
            return None
        if self._silent >= self._give_up_after:
            why = f"not asked: the last {self._silent} tries at {self.host} timed out"
            return Verdict.TIMEOUT, why, self._silent_phase
        if self._throttled >= self._give_up_after:
            why = f"not asked: {self.host} answered HTTP 429 {self._throttled} times in a row"
            return Verdict.NOT_CHECKED, why, None
        return None

    def learn(self, outcome: Answer | Failure) -> None:
        """Slow down on signs of strain, recover on answers."""
        if isinstance(outcome, Failure):
            silent, throttled, asked_to_wait = outcome.fault is Fault.TIMEOUT, False, False
            self._silent_phase = outcome.phase
        else:
            silent, throttled = False, outcome.status == 429
            asked_to_wait = throttled or (outcome.status == 503 and "Retry-After" in outcome.headers)
        self._silent = self._silent + 1 if silent else 0
        self._throttled = self._throttled + 1 if throttled else 0
        if asked_to_wait:
            self.gap = min(max(self.gap * 2, _STRAINED_GAP), _WIDEST_GAP)
            self.limit = max(1.0, self.limit / 2)
        elif silent:
            # Two at once still find out within a few time-outs whether the whole host hangs.
            self.limit = max(min(2.0, self.limit), self.limit / 2)
        else:
            self.gap = max(self.gap * 0.7, self._least_gap)
            self.limit = min(self.limit + 0.2, float(self._most))

    def settle(self, found: Probed) -> None:
        """Remember whether the destination was in trouble for good."""
        troubled = found.verdict.broken or found.verdict is Verdict.TIMEOUT or found.status_code == 429
        if not troubled:
            self._trouble, self._troubled = None, 0
        elif found.verdict is self._trouble:
            self._troubled += 1
        else:
            self._trouble, self._troubled = found.verdict, 1


class Turns:
    """Hands out courses in an order that is fair to hosts. One loop, no locks."""

    def __init__(self, settings: ProbeSettings) -> None:
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._lanes: dict[str, Lane] = {}
        self._ready: list[tuple[float, int, Lane]] = []
        self._later: list[tuple[float, int, Course]] = []
        self._numbers = count()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._left = 0
        self._paused = False
        self._sip = _SIP
        self.active = 0

    def add(self, course: Course) -> None:
        """A new course, at the end of its host's line."""
        self._left += 1
        lane = self._lane(course.host)
        lane.waiting.append(course)
        self._offer(lane)

    async def take(self) -> tuple[Course, Lane] | None:
        """The next course and its lane; waits for a turn. None when every course is finished."""
        while self._left:
            turn = self._next() if self._sip else None
            if turn is not None:
                if self._sip == _SIP:
                    self._loop.call_soon(self._refill)
                self._sip -= 1
                return turn
            waiter: asyncio.Future[None] = self._loop.create_future()
            self._waiters.append(waiter)
            await waiter
        return None

    def release(self, lane: Lane) -> None:
        """A request at the host has ended."""
        lane.active -= 1
        self.active -= 1
        self._offer(lane)

    def hold_back(self, lane: Lane, seconds: float) -> None:
        """The whole host rests."""
        lane.next_at = max(lane.next_at, self._loop.time() + seconds)

    def put_back(self, course: Course, seconds: float = 0.0) -> None:
        """The course goes on after so many seconds, before others of the host that it now needs."""
        if seconds > 0:
            heappush(self._later, (self._loop.time() + seconds, next(self._numbers), course))
            self._arm()
            return
        lane = self._lane(course.host)
        lane.waiting.appendleft(course)
        self._offer(lane)

    def finished(self) -> None:
        """One course has its finding."""
        self._left -= 1
        if not self._left:
            self._wake(everybody=True)

    def pause(self) -> None:
        """Hand out nothing more; what is in flight ends."""
        self._paused = True

    def resume(self) -> None:
        """Hand out again."""
        self._paused = False
        self._wake()

    def close(self) -> None:
        """Forget the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _lane(self, host: str) -> Lane:
        lane = self._lanes.get(host)
        if lane is None:
            lane = self._lanes[host] = Lane(host, self._settings)
        return lane

    def _offer(self, lane: Lane) -> None:
        if lane.open and not lane.queued:
            lane.queued = True
            heappush(self._ready, (lane.next_at, next(self._numbers), lane))
            if lane.next_at <= self._loop.time():
                self._wake()
            else:
                self._arm()

    def _next(self) -> tuple[Course, Lane] | None:
        if self._paused:
            return None
        now = self._loop.time()
        while self._later and self._later[0][0] <= now:
            self.put_back(heappop(self._later)[2])
        while self._ready and self._ready[0][0] <= now:
            lane = heappop(self._ready)[2]
            lane.queued = False
            if not lane.open:
                continue
            if lane.next_at > now:
                self._offer(lane)
                continue
            course = lane.waiting.popleft()
            lane.active += 1
            self.active += 1
            lane.next_at = now if lane.given_up else now + lane.gap
            self._offer(lane)
            if self._ready and self._ready[0][0] <= now:
                self._wake()
            return course, lane
        self._arm()
        return None

    def _refill(self) -> None:
        self._sip = _SIP
        if self._ready or self._later:
            for _ in range(_SIP):
                self._wake()

    def _arm(self) -> None:
        times = [heap[0][0] for heap in (self._ready, self._later) if heap]
        if not times or self._paused:
            return
        at = min(times)
        if self._timer is not None:
            if not self._timer.cancelled() and self._loop.time() < self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._wake)

    def _wake(self, *, everybody: bool = False) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                if not everybody:
                    return
