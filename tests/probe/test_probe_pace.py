"""How a host is asked more gently when it shows strain, and how it recovers."""

from __future__ import annotations

from console.domain.health import Phase
from console.ops.probe.pace import Lane
from console.ops.probe.values import Answer, Failure, Fault, ProbeSettings

GOOD = Answer(200, {}, b"", 0.01, 0.01)
DOWN = Answer(503, {}, b"", 0.01, 0.01)
WAIT = Answer(503, {"Retry-After": "9"}, b"", 0.01, 0.01)
THROTTLED = Answer(429, {}, b"", 0.01, 0.01)
SILENT = Failure(Fault.TIMEOUT, Phase.CONNECT, "", 10.0)


def after(*outcomes: Answer | Failure) -> Lane:
    lane = Lane("shop.example", ProbeSettings())
    for outcome in outcomes:
        lane.learn(outcome)
    return lane


def test_a_host_that_asks_for_a_pause_gets_fewer_and_rarer_requests() -> None:
    fresh = after()
    for outcome in (WAIT, THROTTLED):
        once, often = after(outcome), after(*[outcome] * 9)
        assert (once.limit, once.gap) == (2.0, 0.1)
        assert (often.limit, often.gap) == (1.0, 1.0)
    assert (fresh.limit, fresh.gap) == (4.0, 0.02)


def test_it_recovers_bit_by_bit() -> None:
    lane = after(*[THROTTLED] * 9, *[GOOD] * 5)
    assert 1.0 < lane.limit < 4.0
    assert 0.02 < lane.gap < 1.0
    recovered = after(*[THROTTLED] * 9, *[GOOD] * 30)
    assert (recovered.limit, recovered.gap) == (4.0, 0.02)


def test_an_outage_is_no_reason_to_go_slow() -> None:
    lane = after(*[DOWN] * 20)
    assert (lane.limit, lane.gap, lane.given_up) == (4.0, 0.02, None)


def test_silence_keeps_two_requests_until_the_host_is_given_up() -> None:
    lane = after(*[SILENT] * 7)
    assert (lane.limit, lane.gap, lane.given_up) == (2.0, 0.02, None)
    assert after(*[SILENT] * 8).given_up is not None
    assert after(*[SILENT] * 7, GOOD, SILENT).given_up is None
    assert Lane("a.example", ProbeSettings(per_host=1)).limit == 1.0
