"""Flapping, and two vantage points read together: the rules, on recorded results."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from console.domain.health import Band, Difference, HealthResult, Vantage, Verdict, flapping
from console.domain.outages import FLAPPING, Outage, cluster

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
OK, DOWN, SLOW, BLOCKED = Verdict.OK, Verdict.SERVER_ERROR, Verdict.SLOW, Verdict.BLOCKED
OTHER = "https://x.example/"
HERE, FAR = Vantage.HERE, Vantage.PLATFORM


def result(
    slug: str, verdict: Verdict, vantage: Vantage = HERE, *, ago: float = 0.0, url: str = ""
) -> HealthResult:
    at = NOW - timedelta(minutes=ago)
    status = 503 if verdict is DOWN else None
    return HealthResult(slug, url or f"https://shop.example/{slug}", verdict, vantage, at, status_code=status)


def row(*verdicts: Verdict, every: float = 5.0, **more: object) -> list[HealthResult]:
    return [result("a", v, ago=every * (len(verdicts) - n), **more) for n, v in enumerate(verdicts)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("results", "flaps"),
    [
        (row(DOWN, OK, DOWN, OK), True),
        (row(OK, SLOW, OK, DOWN), True),
        (row(DOWN, OK, DOWN), False),
        (row(DOWN, DOWN, OK, OK, OK, OK, DOWN, DOWN), False),
        (row(DOWN, Verdict.UNKNOWN, OK, Verdict.NOT_CHECKED, DOWN), False),
        (row(DOWN, OK, DOWN, OK, every=30.0), False),
        ([*row(DOWN, DOWN), *row(OK, OK, vantage=FAR)], False),
        ([result("a", DOWN, ago=9), result("a", OK, ago=8, url=OTHER), result("a", DOWN, ago=7),
          result("a", OK, ago=6, url=OTHER)], False),
    ],
)  # fmt: skip
def test_flapping_is_three_turns_of_one_destination_within_an_hour(
    results: list[HealthResult], flaps: bool
) -> None:
    assert flapping(reversed(results), NOW) == ({"a"} if flaps else frozenset())


def one(*results: HealthResult, flaps: frozenset[str] = frozenset()) -> Outage:
    (found,) = cluster(results, flaps)
    return found


def test_what_fails_for_the_platform_only_is_an_outage_and_says_so() -> None:
    found = one(
        result("a", OK), result("a", DOWN, FAR, ago=1), result("b", OK), result("b", DOWN, FAR, ago=1)
    )
    assert (found.difference, found.band, found.count) == (Difference.PLATFORM_ONLY, Band.SLOW, 2)
    assert found.kinds == {"503": 2}
    assert found.here is not None
    assert found.platform is not None
    assert (found.here.failing, found.here.kind, found.here.checked_at) == (0, "ok", NOW)
    assert (found.platform.failing, found.platform.kind) == (2, "503")


@pytest.mark.parametrize(
    ("here", "far", "means"),
    [
        (DOWN, OK, Difference.HERE_ONLY),
        (DOWN, DOWN, Difference.AGREE_DOWN),
        (SLOW, DOWN, Difference.SLOW_NOT_DOWN),
        (BLOCKED, DOWN, Difference.BLOCKED_NOT_DOWN),
    ],
)
def test_both_vantage_points_are_read_together(here: Verdict, far: Verdict, means: Difference) -> None:
    assert one(result("a", here), result("a", far, FAR)).difference is means


def test_looks_of_two_times_are_not_of_two_places() -> None:
    assert cluster([result("a", OK), result("a", DOWN, FAR, ago=61)]) == ()
    old = one(result("a", DOWN), result("a", OK, FAR, ago=61))
    assert old.difference is Difference.INCONCLUSIVE
    assert old.platform is not None
    assert old.platform.checked_at == NOW - timedelta(minutes=61)


def test_links_looked_at_from_one_side_count_by_those_looked_at_from_both() -> None:
    found = one(*(result(s, DOWN, FAR) for s in "abcd"), result("d", OK))
    assert found.difference is Difference.PLATFORM_ONLY
    assert (found.here.looked, found.platform.looked) == (1, 4)  # type: ignore[union-attr]


def test_a_flapping_link_is_marked_while_it_answers() -> None:
    found = one(result("a", OK), flaps=frozenset("a"))
    assert (found.kinds, found.flapping, found.band) == ({FLAPPING: 1}, 1, Band.SLOW)


def test_an_outage_starts_where_either_vantage_point_saw_it_start() -> None:
    early = NOW - timedelta(hours=7)
    far = replace(result("a", DOWN, FAR, ago=2), failing_since=early)
    assert one(result("a", DOWN), far).since == early
    assert one(result("a", DOWN), replace(far, checked_at=NOW - timedelta(minutes=61))).since == NOW
    assert one(result("a", DOWN), replace(far, verdict=OK)).since == NOW


def test_an_outage_began_when_its_first_link_began_to_fail() -> None:
    early, late = result("a", DOWN, ago=20), result("b", DOWN, ago=3)
    since = [replace(r, failing_since=r.checked_at) for r in (early, late)]
    for order in (since, since[::-1]):
        assert one(*order).since == early.checked_at


def test_a_silent_second_look_is_no_dissent() -> None:
    assert cluster([result("a", OK), result("a", Verdict.NOT_CHECKED, FAR)]) == ()


def test_another_finding_makes_an_old_failure_no_fresher() -> None:
    """One link that refuses now says nothing of the many that answered 503 half an hour ago."""
    many = [result(slug, DOWN, ago=30) for slug in "abc"]
    found = one(*many, result("d", Verdict.REFUSED))
    assert found.here is not None
    assert (found.here.kind, found.here.checked_at) == ("503", NOW - timedelta(minutes=30))
    assert found.checked_at == NOW
