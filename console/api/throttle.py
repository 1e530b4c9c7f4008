"""Waiting for the platform: Retry-After, rate limits, and the retries of reads.

Reads are tried again after 429, 5xx and lost connections, with exponential back-off and full jitter, at
most `Patience.tries` times within `Patience.seconds`. Writes never pass through here. Each wait is told
before it starts, so that a screen can count it down, and is cancelled with the task that waits.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from console.domain.errors import PlatformRefused, RepointError, RouteMissing, Throttled, Unreachable
from console.domain.moments import Moment, utc

if TYPE_CHECKING:
    from tenacity import RetryCallState

LONGEST_WAIT: Final = 60.0
"""Seconds; whatever a Retry-After asks for, no single wait is longer (hardening, case 38)."""
LONGEST_TOLD: Final = 86400.0
"""Seconds; a longer request is reported as a day."""
_FIRST_WAIT: Final = 0.25
_LONGEST_BACK_OFF: Final = 20.0
_NUMBER: Final = re.compile(r"[+-]?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?\Z", re.ASCII)

T = TypeVar("T")


class Clock(Protocol):
    """What the far side needs of a clock; `console.ops.clock` has the real one."""

    def now(self) -> Moment:
        """All clocks, read now."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds; can be cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wait that is about to start.

    Attributes:
        seconds: how long it lasts.
        what: what is waited for, in the operator's words.
        why: the failure that led to it; None when the platform's rate limit asks for it beforehand.
        tries: how many tries were made so far.
        asked: seconds that the platform asked for; None when it did not say.
    """

    seconds: float
    what: str
    why: RepointError | None = None
    tries: int = 0
    asked: float | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a read keeps trying.

    Attributes:
        tries: at most, the first included.
        seconds: no try starts later than this after the first, but for a wait that the platform asked
            for: of those, this is the most in sum.
    """

    tries: int = 5
    seconds: float = 60.0


def retry_after_of(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks for; None when it is absent or cannot be understood.

    A date is compared with the answer's own `Date`, so that a clock that is off changes nothing. Of
    several values the longest counts. Never negative, never above `LONGEST_TOLD`.
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    sent_at = _date(headers.get("date", "")) or datetime.now(UTC)
    moment = _date(value)
    if moment is not None:
        return _bounded((moment - sent_at).total_seconds())
    asked = [seconds for part in value.split(",") if (seconds := _number(part.strip())) is not None]
    return _bounded(max(asked)) if asked else None


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.match(text) else None


def _date(text: str) -> datetime | None:
    if not any(c.isalpha() for c in text):
        return None
    from email.utils import parsedate_to_datetime

    try:
        return utc(parsedate_to_datetime(text))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _bounded(seconds: float) -> float:
    return 0.0 if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_TOLD)


class Pace:
    """The request rate that the platform states: `RateLimit-*`, `X-RateLimit-*` and Retry-After on a 429.

    What is on its way counts: the platform may not have seen it when it said how many remain. Whoever is
    let in (`pause` is 0, `crowded` is not) enters `flight` before anything else is awaited.
    """

    def __init__(self) -> None:
        self._free_at = 0.0
        self._stated = _Stated(None, None, 0.0, 0.0)
        self._drips: bool | None = None
        self._flying = 0
        self._sent = 0
        self._alone = False
        self._landed = asyncio.Event()

    @contextmanager
    def flight(self) -> Iterator[None]:
        """A request is on its way."""
        self._flying += 1
        self._sent += 1
        try:
            yield
        finally:
            self._flying -= 1
            self._stated = self._stated.less_one()
            self._landed.set()
            self._landed = asyncio.Event()

    def note(self, status: int, headers: Mapping[str, str], now: Moment) -> None:
        """Learn from an answer's headers (names in lower case), after its flight."""
        left, limit = _stated(headers, "remaining"), _stated(headers, "limit")
        reset = _reset(headers, now)
        pause = retry_after_of(headers) if status == 429 else None
        if pause is not None:
            # It says when one request may come, not how many: those that waited do not all go at once.
            left, limit, reset = 0.0, 1.0, pause
            self._drips = False
        elif left == 0:
            pause = reset
        stated = _Stated(left, limit, now.monotonic, now.monotonic + min(reset, LONGEST_WAIT))
        if self._alone and self._sent == 1:
            self._drips = self._stated.drips(stated, self._drips)
        self._stated, self._alone, self._sent = stated, not self._flying, 0
        if pause and not self._drips:
            self._free_at = max(self._free_at, now.monotonic + min(pause, LONGEST_WAIT))

    def pause(self, now: Moment) -> float:
        """Seconds to wait before the next request; 0 when none is asked for."""
        free_at = self._free_at
        if not self._flying:
            free_at = max(free_at, self._stated.free_at(self._drips))
        return min(max(0.0, free_at - now.monotonic), LONGEST_WAIT)

    def crowded(self, now: Moment) -> bool:
        """Whether what is on its way may use up what remains: its answers are to be heard first."""
        return self._flying > 0 and self._stated.full(self._flying, self._drips, now.monotonic)

    async def landing(self) -> None:
        """Wait until one of the requests on their way has ended."""
        await self._landed.wait()


@dataclass(frozen=True, slots=True)
class _Stated:
    """What an answer said of the rate; monotonic seconds.

    A platform either counts in windows (nothing comes back before the reset) or lets requests drip back all
    the time. Which of the two it does is seen when one request that went alone, some time after the one
    before, finds more left than that one left behind.
    """

    left: float | None
    limit: float | None
    at: float
    reset_at: float

    @property
    def _spare(self) -> float:
        """What reads leave to writes: a write follows its last look at once, and waits for nobody."""
        return min(6.0, (self.limit or 0.0) // 4)

    @property
    def _rate(self) -> float:
        """Requests a second that come back, if they drip; a reset in whole seconds makes it too low."""
        missing = (self.limit or 0.0) - (self.left or 0.0)
        return max(missing, 0.0) / (self.reset_at - self.at) if self.reset_at > self.at else 0.0

    def less_one(self) -> _Stated:
        """The same after a request that nothing was heard of."""
        return self if self.left is None else replace(self, left=self.left - 1)

    def drips(self, then: _Stated, known: bool | None) -> bool | None:
        """What the next answer tells of how requests come back; `known` where it tells nothing."""
        if self.left is None or then.left is None or then.limit != self.limit or then.at >= self.reset_at:
            return known
        # `self.left` has lost the request that was sent in between.
        enough = (then.at - self.at) * self._rate >= _DRIPS_SEEN
        return then.left > self.left if enough else known

    def free_at(self, drips: bool | None) -> float:
        """When the next request may go, if none is on its way."""
        if self.left is None or self.left > self._spare:
            return 0.0
        if drips and self._rate:
            return min(self.at + (self._spare + 1 - self.left) / self._rate, self.reset_at)
        if drips is None and self.left >= 1:
            return (self.at + self.reset_at) / 2  # to see whether more has come back by then
        return self.reset_at

    def full(self, flying: int, drips: bool | None, now: float) -> bool:
        """Whether those on their way may use up what there is."""
        if now >= self.reset_at:
            left = self.limit
        elif drips and self.left is not None:
            left = self.left + (now - self.at) * self._rate
        else:
            left = self.left
        return left is not None and left - flying <= self._spare


_DRIPS_SEEN: Final = 2.0
"""Requests that have to have come back for it to be seen."""
_STRUCTURED: Final = {
    "limit": re.compile(r"\b(?:limit|q)=(\d{1,15})"),
    "remaining": re.compile(r"\b(?:remaining|r)=(\d{1,15})"),
    "reset": re.compile(r"\b(?:reset|t)=(\d{1,15})"),
}


def _stated(headers: Mapping[str, str], name: str) -> float | None:
    for key in (f"ratelimit-{name}", f"x-ratelimit-{name}"):
        value = _number(headers.get(key, "").strip())
        if value is not None:
            return value
    found = _STRUCTURED[name].search(headers.get("ratelimit", ""))
    return float(found.group(1)) if found else None


def _reset(headers: Mapping[str, str], now: Moment) -> float:
    reset = _stated(headers, "reset")
    if reset is None:
        return 0.0
    if reset > 1e9:  # a Unix time instead of a number of seconds
        reset -= (_date(headers.get("date", "")) or now.wall).timestamp()
    return _bounded(reset)


def worth_retrying(error: BaseException) -> bool:
    """Whether another try of the same read may end better.

    Not after a passed deadline (the operator has waited long enough to be told) and not after a failed
    TLS handshake (it stays failed).
    """
    if isinstance(error, Throttled):
        return True
    if isinstance(error, Unreachable):
        return error.phase not in {"deadline", "tls"}
    if isinstance(error, RouteMissing):
        return False
    return isinstance(error, PlatformRefused) and (error.status == 408 or error.status >= 500)


class Retrying:
    """Tries a read again while that may help. Built on tenacity; the waits are the console's own clock's.

    Attributes:
        on_wait: called before each wait; must not raise.
    """

    def __init__(
        self, clock: Clock, patience: Patience, on_wait: Callable[[Waiting], None] | None = None
    ) -> None:
        self._clock = clock
        self._patience = patience
        self.on_wait = on_wait

    async def __call__(self, read: Callable[[], Awaitable[T]], what: str) -> T:
        """Await `read()`, again where `worth_retrying`; raises what the last try raised."""
        import tenacity

        back_off = tenacity.wait_random_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_BACK_OFF)
        started = self._clock.now().monotonic

        def wait(state: RetryCallState) -> float:
            return min(max(_asked(state) or 0.0, back_off(state)), LONGEST_WAIT)

        def enough(state: RetryCallState) -> bool:
            asked_for = _asked(state) is not None
            spent = state.idle_for if asked_for else self._clock.now().monotonic - started
            out_of_time = spent + state.upcoming_sleep > self._patience.seconds
            return out_of_time or state.attempt_number >= self._patience.tries

        def tell(state: RetryCallState) -> None:
            self.tell(Waiting(state.upcoming_sleep, what, _error(state), state.attempt_number, _asked(state)))

        async def once() -> T:  # tenacity awaits only what is declared a coroutine function
            return await read()

        return await tenacity.AsyncRetrying(
            sleep=self._clock.sleep,
            wait=wait,
            stop=enough,
            retry=tenacity.retry_if_exception(worth_retrying),
            before_sleep=tell,
            reraise=True,
        )(once)

    def tell(self, waiting: Waiting) -> None:
        """Say that a wait starts."""
        if self.on_wait is not None:
            self.on_wait(waiting)


def _error(state: RetryCallState) -> RepointError | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error if isinstance(error, RepointError) else None


def _asked(state: RetryCallState) -> float | None:
    error = _error(state)
    return error.retry_after if isinstance(error, Throttled) else None
