"""The platform's stated rate is used to the full and never passed, however many calls are made at once."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

import httpx
import pytest

from console.api.throttle import Pace
from tests.support.clock import ManualClock
from tests.support.farside import LINK, Body, Far


class Allowed:
    """A rate of `rate` a second and `limit` at once, in windows or dripping back; what it refused."""

    def __init__(self, clock: ManualClock, rate: float, limit: int, *, drips: bool) -> None:
        self.clock, self.rate, self.limit, self.drips = clock, rate, limit, drips
        self.left, self.seen = float(limit), clock.now().monotonic
        self.let_in = self.refused = 0

    def __call__(self) -> tuple[int, dict[str, str]]:
        now, window = self.clock.now().monotonic, self.limit / self.rate
        if self.drips:
            self.left = min(float(self.limit), self.left + (now - self.seen) * self.rate)
            self.seen = now
        elif now - self.seen >= window:
            self.left, self.seen = float(self.limit), now
        status = 200 if self.left >= 1 else 429
        self.let_in += status == 200
        self.refused += status == 429
        self.left -= status == 200
        reset = (self.limit - self.left) / self.rate if self.drips else self.seen + window - now
        return status, {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(int(self.left)),
            "ratelimit-reset": str(math.ceil(reset)),
            **({"retry-after": "1"} if status == 429 else {}),
        }


@pytest.mark.parametrize(("drips", "used"), [(True, 0.95), (False, 0.6)])
@pytest.mark.parametrize(("rate", "limit"), [(20.0, 20), (100.0, 100), (5.0, 50)])
def test_one_after_the_other_uses_what_is_allowed(
    rate: float, limit: int, used: float, *, drips: bool
) -> None:
    """Of windows what is kept for writes goes, and what a reset in whole seconds costs."""
    clock, pace = ManualClock(), Pace()
    allowed = Allowed(clock, rate, limit, drips=drips)
    began = clock.now().monotonic
    for _ in range(int(rate * 60)):
        for _ in range(3):
            clock.advance(pace.pause(clock.now()))
        assert pace.pause(clock.now()) == 0
        with pace.flight():
            clock.advance(0.25 / rate)
            status, headers = allowed()
        pace.note(status, headers, clock.now())
    spent = clock.now().monotonic - began
    assert allowed.refused == 0
    assert allowed.let_in >= used * (rate * spent)


class Throttling(Far):
    """Answers some turns of the loop later, at a rate."""

    def __init__(self, rate: float, limit: int, *, drips: bool) -> None:
        super().__init__({"*": LINK})
        self.allowed = Allowed(self.clock, rate, limit, drips=drips)

    async def reply(self, request: httpx.Request) -> httpx.Response:
        for _ in range(5):
            await asyncio.sleep(0)
        self.requests.append(request)
        status, headers = self.allowed()
        self.clock.advance(0.1 / self.allowed.rate)
        for _ in range(5):
            await asyncio.sleep(0)
        whole = httpx.Response(status, headers=headers, json=LINK)
        return httpx.Response(status, headers=whole.headers, stream=Body(whole.content))


@pytest.mark.parametrize("drips", [True, False])
async def test_calls_side_by_side_count_each_other(*, drips: bool) -> None:
    """Each alone was told that some remain; together they were more than that."""
    far = Throttling(20.0, 12, drips=drips)
    waiting = iter(range(100))

    async def work() -> None:
        for _ in waiting:
            await far.platform.link("docs")

    await asyncio.gather(*(work() for _ in range(8)))
    assert (far.allowed.let_in, far.allowed.refused) == (100, 0)


def _stated(pace: Pace, clock: ManualClock, status: int = 200, **stated: str) -> None:
    pace.note(status, {f"ratelimit-{name}": value for name, value in stated.items()}, clock.now())


def test_what_is_on_its_way_is_heard_before_more_is_sent() -> None:
    clock, pace = ManualClock(), Pace()
    _stated(pace, clock, remaining="2", reset="30")
    with pace.flight():
        assert not pace.crowded(clock.now())
        with pace.flight():
            assert pace.crowded(clock.now())
            assert pace.pause(clock.now()) == 0, "its answer tells, not the reset"
    assert pace.pause(clock.now()) == 30, "nothing was heard of both: they count"


def test_reads_leave_some_to_writes() -> None:
    clock, pace = ManualClock(), Pace()
    _stated(pace, clock, limit="20", remaining="6", reset="30")
    assert pace.pause(clock.now()) == 0
    _stated(pace, clock, limit="20", remaining="5", reset="30")
    assert pace.pause(clock.now()) == 15, "to see then whether more has come back"
    _stated(pace, clock, limit="20", remaining="0", reset="30")
    assert pace.pause(clock.now()) == 30


def test_after_a_refusal_one_goes_first() -> None:
    clock, pace = ManualClock(), Pace()
    pace.note(429, {"retry-after": "3"}, clock.now())
    assert pace.pause(clock.now()) == 3
    clock.advance(3)
    assert pace.pause(clock.now()) == 0
    with pace.flight():
        assert pace.crowded(clock.now())
    _stated(pace, clock)
    with pace.flight():
        assert not pace.crowded(clock.now()), "no rate is stated any more"


@pytest.mark.parametrize("unpaced", [lambda pace: pace.crowded, lambda pace: pace.pause])
def test_without_a_stated_rate_nothing_waits(unpaced: Callable[[Pace], Callable[..., float]]) -> None:
    clock, pace = ManualClock(), Pace()
    with pace.flight():
        assert not unpaced(pace)(clock.now())
