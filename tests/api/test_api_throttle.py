"""Retry-After in all its odd forms, rate limits, and what is tried again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.api.throttle import LONGEST_TOLD, Pace, Patience, Retrying, Waiting, retry_after_of
from console.domain.errors import (
    BudgetSpent,
    NotFound,
    PlatformRefused,
    RepointError,
    RouteMissing,
    SignInNeeded,
    Throttled,
    Unreachable,
    UnreadableAnswer,
)
from tests.support.clock import START, ManualClock

DATE = format_datetime(START, usegmt=True)


def at(seconds: float) -> str:
    return format_datetime(START + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1", 1.0), ("0", 0.0), ("-5", 0.0), ("1e20", LONGEST_TOLD), ("1.5", 1.5), (at(30), 30.0),
        (at(-30), 0.0),
        ((START + timedelta(seconds=9)).strftime("%A, %d-%b-%y %H:%M:%S GMT"), 9.0),
        ("soon", None), ("nan", None), ("inf", None), ("1, 9", 9.0), ("", None), (" 7 ", 7.0), ("٣", None),
        ("1_000", None), ("9" * 400, LONGEST_TOLD), ("9" * 5000, None),
        ("Wed, 99 Foo 2099 99:99:99 GMT", None),
        ("soon, 4", 4.0),
    ],
)  # fmt: skip
def test_retry_after(value: str, expected: float | None) -> None:
    assert retry_after_of({"retry-after": value, "date": DATE}) == expected


def test_a_server_clock_that_is_off_changes_nothing() -> None:
    off = timedelta(minutes=10)
    headers = {
        "retry-after": format_datetime(START + off + timedelta(seconds=20), usegmt=True),
        "date": format_datetime(START + off, usegmt=True),
    }
    assert retry_after_of(headers) == 20.0


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_breaks_it(value: str, date: str) -> None:
    asked = retry_after_of({"retry-after": value, "date": date})
    assert asked is None or 0 <= asked <= LONGEST_TOLD


class Platform:
    """Fails with each error in turn, then answers."""

    def __init__(self, *errors: RepointError) -> None:
        self.errors = list(errors)
        self.asked = 0

    async def read(self) -> str:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


async def run(platform: Platform, patience: Patience | None = None) -> tuple[str, list[Waiting], ManualClock]:
    clock, waits = ManualClock(), []
    answer = await Retrying(clock, patience or Patience(), waits.append)(platform.read, "the link docs")
    return answer, waits, clock


@pytest.mark.parametrize("asked", [1.0, 30.0, 60.0])
async def test_a_read_waits_as_long_as_it_was_asked_to_and_says_so(asked: float) -> None:
    answer, waits, clock = await run(Platform(Throttled("t", retry_after=asked)))
    assert answer == "answer"
    assert clock.slept == [asked]
    assert (waits[0].seconds, waits[0].asked, waits[0].what, waits[0].tries) == (
        asked,
        asked,
        "the link docs",
        1,
    )


async def test_a_wait_is_never_longer_than_a_minute() -> None:
    _, waits, clock = await run(Platform(Throttled("t", retry_after=LONGEST_TOLD)))
    assert clock.slept == [60.0]
    assert waits[0].asked == LONGEST_TOLD


async def test_nothing_asked_for_is_no_busy_loop() -> None:
    platform = Platform(*[Throttled("t", retry_after=0.0) for _ in range(20)])
    with pytest.raises(Throttled):
        await run(platform)
    assert platform.asked == 5


async def test_the_waits_in_sum_stay_within_a_minute() -> None:
    platform = Platform(*[Throttled("t", retry_after=40.0) for _ in range(5)])
    with pytest.raises(Throttled):
        await run(platform)
    assert platform.asked == 2


async def test_back_off_grows_and_is_bounded() -> None:
    platform = Platform(*[Unreachable("down", phase="connect") for _ in range(20)])
    clock = ManualClock()
    with pytest.raises(Unreachable):
        await Retrying(clock, Patience())(platform.read, "x")
    assert platform.asked == 5
    assert all(0 <= slept <= 0.25 * 2**n for n, slept in enumerate(clock.slept))
    assert sum(clock.slept) <= 60


@pytest.mark.parametrize(
    "error",
    [
        Throttled("t"), Unreachable("u", phase="connect"), Unreachable("u", phase="first byte", status=503),
        PlatformRefused("p", status=500), PlatformRefused("p", status=408),
    ],
)  # fmt: skip
async def test_tried_again(error: RepointError) -> None:
    platform = Platform(error)
    assert (await run(platform))[0] == "answer"
    assert platform.asked == 2


@pytest.mark.parametrize(
    "error",
    [
        BudgetSpent("b"), SignInNeeded("s"), UnreadableAnswer("u"), NotFound("n", status=404),
        PlatformRefused("p", status=400), RouteMissing("r", status=501), Unreachable("u", phase="deadline"),
        Unreachable("u", phase="tls"),
    ],
)  # fmt: skip
async def test_not_tried_again(error: RepointError) -> None:
    platform = Platform(error)
    with pytest.raises(type(error)) as caught:
        await run(platform)
    assert caught.value is error
    assert platform.asked == 1


async def test_a_wait_can_be_cancelled() -> None:
    class Still(ManualClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    told = asyncio.Event()
    platform = Platform(Throttled("t", retry_after=60))
    retrying = Retrying(Still(), Patience(), lambda _: told.set())
    task = asyncio.ensure_future(retrying(platform.read, "x"))
    await told.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert platform.asked == 1


@pytest.mark.parametrize(
    ("headers", "status", "expected"),
    [
        ({"ratelimit-remaining": "0", "ratelimit-reset": "7"}, 200, 7.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "7"}, 200, 7.0),
        (
            {
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": str(int(START.timestamp()) + 9),
                "date": DATE,
            },
            200,
            9.0,
        ),
        ({"ratelimit": "limit=10, remaining=0, reset=5"}, 200, 5.0),
        ({"ratelimit": '"default";r=0;t=4'}, 200, 4.0),
        ({"ratelimit-remaining": "3", "ratelimit-reset": "7"}, 200, 0.0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "1e9"}, 200, 60.0),
        ({"ratelimit-remaining": "zero", "ratelimit-reset": "7"}, 200, 0.0),
        ({"retry-after": "8"}, 429, 8.0),
        ({"retry-after": "8"}, 200, 0.0),
        ({}, 429, 0.0),
    ],
)
def test_the_stated_rate(headers: dict[str, str], status: int, expected: float) -> None:
    clock, pace = ManualClock(), Pace()
    pace.note(status, headers, clock.now())
    assert pace.pause(clock.now()) == expected
    clock.advance(120)
    assert pace.pause(clock.now()) == 0
