"""Verdicts, two vantage points, outages by host, and the day's writes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.domain.budget import Meter
from console.domain.health import (
    Band,
    Difference,
    HealthResult,
    Phase,
    Vantage,
    Verdict,
    compare,
    newest_by_vantage,
    verdict_of_status,
    verdict_word,
)
from console.domain.outages import cluster, kind_of

AT = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
BROKEN = {Verdict.DEAD, Verdict.SERVER_ERROR, Verdict.REFUSED, Verdict.TLS_BAD, Verdict.LOOP}


def result(
    slug: str, host: str, verdict: Verdict, status: int | None = None, **fields: object
) -> HealthResult:
    values: dict[str, object] = {"vantage": Vantage.HERE, "checked_at": AT, "status_code": status} | fields
    return HealthResult(slug, f"https://{host}/x", verdict, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("verdict", Verdict)
def test_only_what_certainly_fails_is_broken_and_down(verdict: Verdict) -> None:
    assert verdict.broken is (verdict in BROKEN)
    assert (verdict.band is Band.DOWN) is verdict.broken
    assert (verdict.band is Band.OK) is verdict.healthy


def test_worst_comes_first() -> None:
    assert sorted(Band, key=lambda b: b.rank) == [
        Band.DOWN, Band.SLOW, Band.BLOCKED, Band.UNCHECKED, Band.OK
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ((200, 204, 299), Verdict.OK),
        ((401, 403, 429, 451, 999), Verdict.BLOCKED),
        ((400, 404, 410, 418, 499), Verdict.DEAD),
        ((500, 503, 504, 599), Verdict.SERVER_ERROR),
        ((0, 100, 199, 301, 304, 600, 998, 1000), Verdict.UNKNOWN),
    ],
)
def test_statuses(statuses: tuple[int, ...], verdict: Verdict) -> None:
    assert {verdict_of_status(s) for s in statuses} == {verdict}


@pytest.mark.parametrize(
    ("here", "platform", "difference"),
    [
        (Verdict.OK, Verdict.OK_REDIRECTED, Difference.AGREE_OK),
        (Verdict.DEAD, Verdict.SERVER_ERROR, Difference.AGREE_DOWN),
        (Verdict.OK, Verdict.DEAD, Difference.PLATFORM_ONLY),
        (Verdict.DEAD, Verdict.OK, Difference.HERE_ONLY),
        (Verdict.SLOW, Verdict.DEAD, Difference.SLOW_NOT_DOWN),
        (Verdict.OK, Verdict.TIMEOUT, Difference.SLOW_NOT_DOWN),
        (Verdict.BLOCKED, Verdict.DEAD, Difference.BLOCKED_NOT_DOWN),
        (Verdict.OK, Verdict.BLOCKED, Difference.BLOCKED_NOT_DOWN),
    ],
)
def test_two_vantage_points(here: Verdict, platform: Verdict, difference: Difference) -> None:
    assert compare(here, platform) is difference


@pytest.mark.parametrize("nothing", [None, Verdict.UNKNOWN, Verdict.NOT_CHECKED])
def test_who_did_not_look_has_said_nothing(nothing: Verdict | None) -> None:
    for verdict in Verdict:
        assert compare(nothing, verdict) is Difference.INCONCLUSIVE
        assert compare(verdict, nothing) is Difference.INCONCLUSIVE


def test_down_is_never_said_of_what_nobody_found_broken() -> None:
    for here, platform in itertools.product(Verdict, Verdict):
        said = compare(here, platform)
        assert said is not Difference.AGREE_DOWN or (here.broken and platform.broken)
        assert said is not Difference.AGREE_OK or (here.healthy and platform.healthy)


@pytest.mark.parametrize(
    ("verdict", "status", "latency", "word"),
    [
        (None, None, None, "unchecked"),
        (Verdict.NOT_CHECKED, 200, 5.0, "unchecked"),
        (Verdict.SERVER_ERROR, 503, 9.0, "503"),
        (Verdict.DEAD, None, None, "dead"),
        (Verdict.REFUSED, None, 3.0, "refused"),
        (Verdict.SLOW, 200, 8149.0, "slow 8.1 s"),
        (Verdict.OK, 200, 120.4, "120 ms"),
        (Verdict.OK, 200, None, "ok"),
        (Verdict.TLS_BAD, None, None, "tls bad"),
    ],
)
def test_words_of_a_list(
    verdict: Verdict | None, status: int | None, latency: float | None, word: str
) -> None:
    assert verdict_word(verdict, status, latency) == word


@settings(max_examples=50)
@given(st.permutations(range(6)))
def test_newest_of_each_vantage_from_any_order(order: list[int]) -> None:
    results = [
        result("a", "h", Verdict.OK, vantage=tuple(Vantage)[i % 2], checked_at=AT + timedelta(seconds=i))
        for i in range(6)
    ]
    newest = newest_by_vantage(results[i] for i in order)
    assert newest == {Vantage.HERE: results[4], Vantage.PLATFORM: results[5]}


def test_outages_cluster_by_host_worst_and_largest_first() -> None:
    early = AT - timedelta(minutes=9)
    found = cluster(
        [
            result("a", "slow.example", Verdict.TIMEOUT, phase=Phase.DNS),
            result("b", "slow.example", Verdict.SLOW),
            result("c", "slow.example", Verdict.TIMEOUT),
            result("d", "dead.example", Verdict.DEAD, 404),
            result("e", "shop.example", Verdict.SERVER_ERROR, 503),
            result("f", "shop.example:8443", Verdict.REFUSED, failing_since=early),
            result("g", "SHOP.example", Verdict.TIMEOUT),
            result("h", "shop.example", Verdict.OK),
            result("i", "wall.example", Verdict.BLOCKED),
            result("j", "new.example", Verdict.NOT_CHECKED),
        ]
    )
    assert [(o.host, o.band, o.count) for o in found] == [
        ("shop.example", Band.DOWN, 3),
        ("dead.example", Band.DOWN, 1),
        ("slow.example", Band.SLOW, 3),
    ]
    assert found[0].since == early
    assert found[0].slugs == ("e", "f", "g")
    assert found[0].kinds == {"503": 1, "refused": 1, "timeout": 1}
    assert found[1].since == AT
    assert found[2].kinds == {"timeout (dns)": 1, "slow": 1, "timeout": 1}
    assert kind_of(result("x", "h", Verdict.DEAD)) == "dead"


@settings(max_examples=100)
@given(st.integers(0, 10**6), st.integers(0, 100), st.integers(0, 10**6))
@example(100, 7, 0)
def test_the_reserve_is_the_share_rounded_up_and_never_touched(limit: int, percent: int, used: int) -> None:
    meter = Meter("PRO", limit, used, "20261124", AT)
    reserve = meter.reserve(percent / 100)
    assert reserve == -(-limit * percent // 100)
    free, left = meter.free_for_other_work(percent / 100), meter.left
    assert free is not None
    assert left == max(0, limit - used)
    assert free == max(0, left - reserve)
    assert meter.spent(3).left == max(0, limit - used - 3)


def test_an_unknown_limit_leaves_an_unknown_rest() -> None:
    meter = Meter("", None, 5, "20261124", AT)
    assert (meter.left, meter.reserve(0.2), meter.free_for_other_work(0.2)) == (None, 0, None)
