"""The course of one destination: it always ends, and within its budget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.health import Phase, Verdict
from console.ops.probe.course import VERDICTS, Course, Pause, pause_asked
from console.ops.probe.values import Answer, Failure, Fault, Probed, ProbeSettings

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)


def test_every_fault_has_a_verdict() -> None:
    assert set(VERDICTS) == set(Fault)


answers = st.builds(
    Answer,
    status=st.sampled_from([200, 204, 301, 302, 304, 403, 404, 405, 416, 429, 500, 501, 503]),
    headers=st.sampled_from(
        [{}, {"Location": "/"}, {"Location": "/a"}, {"Location": "//b.example"}, {"Location": "x:"},
         {"Location": "caf\udce9"}, {"Retry-After": "2"}, {"Retry-After": "999"}, {"Retry-After": "soon"}]
    ),
    body=st.just(b""),
    first_byte=st.just(0.01),
    seconds=st.floats(0.01, 0.5),
)  # fmt: skip
failures = st.builds(
    Failure,
    fault=st.sampled_from(Fault),
    phase=st.sampled_from(Phase),
    detail=st.just(""),
    seconds=st.floats(0.01, 3.0),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(answers, failures), min_size=1, max_size=6), st.sampled_from(["GET", "HEAD"]))
def test_a_course_ends_within_its_budget(outcomes: list[Answer | Failure], method: str) -> None:
    chosen = ProbeSettings(timeout_seconds=3.0, total_seconds=7.0, method=method)  # type: ignore[arg-type]
    course = Course("http://a.example/start", chosen)
    spent, asked = 0.0, 0
    while True:
        request = course.request
        outcome = outcomes[asked % len(outcomes)]
        asked += 1
        spent += min(outcome.seconds, request.seconds)
        step = course.take(outcome, NOW)
        if isinstance(step, Pause):
            spent += step.seconds
        if isinstance(step, Probed):
            break
        assert asked < 80
    assert spent <= chosen.total_seconds + 0.5
    assert step.tries <= 3
    assert step.timeouts <= step.tries
    assert request.seconds <= 3.0


def on_the_way(to: str, seconds: float) -> Answer:
    return Answer(302, {"Location": to}, b"", seconds, seconds)


def test_a_try_has_one_time_limit_over_all_hops() -> None:
    course = Course("http://a.example/", ProbeSettings(timeout_seconds=3.0))
    for hops, left in ((1, 1.75), (2, 0.5)):
        course.take(on_the_way(f"/{hops}", 1.25), NOW)
        assert course.request.seconds == left
    course.take(Failure(Fault.TIMEOUT, Phase.FIRST_BYTE, "", 0.5), NOW)
    assert course.request.seconds == 3.0, "the next try starts afresh"


@pytest.mark.parametrize(("last", "verdict"), [(0.9, Verdict.OK_REDIRECTED), (1.0, Verdict.SLOW)])
def test_slow_is_the_whole_try_not_the_last_hop(last: float, verdict: Verdict) -> None:
    course = Course("http://a.example/", ProbeSettings(slow_seconds=3.0))
    course.take(on_the_way("/end", 2.0), NOW)
    found = course.take(Answer(200, {}, b"", last, last), NOW)
    assert isinstance(found, Probed)
    assert (found.verdict, found.latency_ms) == (verdict, last * 1000)
    assert found.detail == ("took 3.0 s over 2 hops" if verdict is Verdict.SLOW else "")


def test_an_impatient_course_tries_once() -> None:
    course = Course("http://a.example/", ProbeSettings())
    found = course.take(Failure(Fault.REFUSED, Phase.CONNECT, "connection refused", 0.1), NOW, patient=False)
    assert isinstance(found, Probed)
    assert found.tries == 1


def test_pauses_before_another_try_are_never_all_the_same() -> None:
    """Else a host that hiccups gets every waiting destination again in one moment."""
    settings_ = ProbeSettings(backoff_seconds=1.0)
    hiccup = Failure(Fault.BROKEN_OFF, Phase.FIRST_BYTE, "", 0.01)
    steps = [Course(f"http://a.example/{n}", settings_).take(hiccup, NOW) for n in range(40)]
    pauses = [step.seconds for step in steps if isinstance(step, Pause)]
    assert len(pauses) == 40
    assert len(set(pauses)) > 10
    assert all(0.5 <= pause <= 1.5 for pause in pauses)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None), ("0", 0.0), (" 7 ", 7.0), ("-1", None), ("soon", None), ("1.5", None), ("٣", None),
        ("", None),
        ("9" * 400, 999999999.0), ("Tue, 24 Nov 2026 14:02:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 14:00:00 GMT", 0.0),
        ("Tue, 99 Nov 2026 14:00:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after(text: str | None, seconds: float | None) -> None:
    assert pause_asked(text, NOW) == seconds


def test_a_certificate_is_the_earliest_of_all_hops() -> None:
    course = Course("https://a.example/", ProbeSettings())
    soon, late = (NOW + timedelta(days=days) for days in (5, 300))
    course.take(Answer(302, {"Location": "/b"}, b"", 0.1, 0.1, soon.timestamp()), NOW)
    found = course.take(Answer(200, {}, b"", 0.1, 0.1, late.timestamp()), NOW)
    assert isinstance(found, Probed)
    assert found.tls_expires_at == soon
