"""Waiting for the platform: Retry-After, rate limits, and the retries of reads.

Reads are tried again after 429, 5xx and lost connections, with exponential back-off and full jitter, at
most `Patience.tries` times within `Patience.seconds`. Writes never pass through here. Each wait is told
before it starts, so that a screen can count it down, and is cancelled with the task that waits.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
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
    """The request rate that the platform states: `RateLimit-*`, `X-RateLimit-*` and Retry-After on a 429."""

    def __init__(self) -> None:
        self._free_at = 0.0

    def note(self, status: int, headers: Mapping[str, str], now: Moment) -> None:
        """Learn from an answer's headers (names in lower case)."""
        pause = retry_after_of(headers) if status == 429 else None
        if pause is None and _remaining(headers) == 0:
            pause = _reset(headers, now)
        if pause:
            self._free_at = max(self._free_at, now.monotonic + min(pause, LONGEST_WAIT))

    def pause(self, now: Moment) -> float:
        """Seconds to wait before the next request; 0 when it may go at once."""
        return min(max(0.0, self._free_at - now.monotonic), LONGEST_WAIT)


_STRUCTURED: Final = {
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


def _remaining(headers: Mapping[str, str]) -> float | None:
    return _stated(headers, "remaining")


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
