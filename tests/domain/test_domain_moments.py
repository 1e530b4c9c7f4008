"""Ages that a set clock, a closed lid and a restart do not falsify; readings and what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.moments import Freshness, Moment, freshness, utc
from console.domain.versions import Source
from tests.support.builders import HISTORY, NOW, later, link, reading

TEN_YEARS = 10 * 365 * 86400
AWAKE = st.floats(0, 1e6)
ASLEEP = st.floats(0, 1e6)


@settings(max_examples=100)
@given(AWAKE, ASLEEP, st.integers(-TEN_YEARS, TEN_YEARS))
def test_a_set_clock_changes_no_age(awake: float, asleep: float, jump: int) -> None:
    now = later(NOW, awake, slept=asleep)
    lying = replace(now, wall=now.wall + timedelta(seconds=jump))
    assert NOW.age_at(lying) == pytest.approx(awake + asleep, abs=1e-3)
    assert NOW.slept_until(lying) == pytest.approx(asleep, abs=1e-3)


@settings(max_examples=100)
@given(st.integers(-TEN_YEARS, TEN_YEARS), st.floats(0, 1e6))
def test_across_a_restart_the_wall_clock_decides_or_nothing_does(passed: int, uptime: float) -> None:
    now = Moment(NOW.wall + timedelta(seconds=passed), uptime, uptime, "boot-2")
    assert NOW.age_at(now) == (passed if passed >= 0 else None)
    assert NOW.slept_until(now) == 0


def test_without_a_boot_name_the_boot_clock_is_not_trusted() -> None:
    old, now = replace(NOW, boot_id=""), replace(later(NOW, 60), boot_id="", boottime=1.0)
    assert old.age_at(now) == 60
    assert old.age_at(replace(now, wall=NOW.wall - timedelta(seconds=1))) is None


def test_a_boot_clock_never_gives_a_negative_age() -> None:
    assert later(NOW, 5).age_at(NOW) == 0
    assert later(NOW, 5, slept=9).slept_until(NOW) == 0


@pytest.mark.parametrize(
    ("age", "offline", "shown"),
    [
        (0, False, Freshness.LIVE),
        (30, False, Freshness.LIVE),
        (30.1, False, Freshness.RECENT),
        (300, False, Freshness.RECENT),
        (300.1, False, Freshness.OLD),
        (None, False, Freshness.OLD),
        (0, True, Freshness.OFFLINE),
        (None, True, Freshness.OFFLINE),
    ],
)
def test_freshness(age: float | None, offline: bool, shown: Freshness) -> None:
    assert freshness(age, offline=offline) is shown


def test_times_are_utc() -> None:
    naive = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - as some platforms send them
    assert utc(naive) == datetime(2026, 1, 1, 12, tzinfo=UTC)
    there = utc(datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2))))
    assert (there.hour, there.tzinfo) == (10, UTC)


def test_a_reading_prefers_the_record_and_knows_the_link() -> None:
    moved = reading(record=link("elsewhere", version=9))
    assert moved.fingerprint == link("elsewhere").fingerprint != HISTORY[0].fingerprint
    assert replace(moved, record=None).fingerprint == HISTORY[0].fingerprint
    assert moved.identity == "lnk_1"
    by_record = reading(record=link(link_id="lnk_2"), link_id="")
    assert by_record.identity == "lnk_2"
    born = reading(record=link(link_id="", created_at=NOW.wall), link_id="")
    assert born.identity == NOW.wall.isoformat()
    assert reading(record=link(link_id=""), link_id="").identity == ""


@pytest.mark.parametrize(("version", "same"), [(9, True), (8, False), ("9", False), (None, True)])
def test_record_and_history_that_speak_of_other_versions_are_inconsistent(
    version: int | str | None, same: bool
) -> None:
    assert reading(record=link(version=version)).consistent is same


def test_a_cached_reading_is_not_from_the_platform() -> None:
    assert reading().from_platform
    assert not reading(source=Source.CACHE).from_platform
