"""Health, timelines, sightings, marks and what is thrown away: each says what was known, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cache.database import open_cache, open_journal
from cache.health import HealthLog
from cache.links import Inventory
from cache.marks import Hold, Marks, Note
from cache.problems import Damaged, Store
from cache.retention import Pruned, clear, prune, size
from cache.sightings import Sightings
from cache.timelines import Timelines
from console.domain.health import HealthResult, Phase, Vantage, Verdict, newest_by_vantage, speaking
from console.domain.links import Link, VersionId
from console.domain.moments import Moment
from console.domain.outages import cluster
from console.domain.sightings import Seen, Sighting
from console.domain.versions import Action, Source, Timeline, Version

T = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
URL = "https://shop.example/launch"
SILENT = {Verdict.NOT_CHECKED, Verdict.UNKNOWN}


def result(
    verdict: Verdict, minute: float = 0, vantage: Vantage = Vantage.HERE, **more: object
) -> HealthResult:
    values: dict[str, object] = {"slug": "spring-launch", "destination_url": URL, **more}
    return HealthResult(verdict=verdict, vantage=vantage, checked_at=T + timedelta(minutes=minute), **values)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "place" / "links.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    connection = open_cache(path).connection
    Inventory(connection).put(Link("spring-launch", URL), 1.0)
    yield connection
    connection.close()


@pytest.fixture
def log(store: Store) -> HealthLog:
    return HealthLog(store)


@pytest.fixture
def marks(tmp_path: Path) -> Iterator[Marks]:
    connection = open_journal(tmp_path / "state" / "journal.db")
    yield Marks(connection)
    connection.close()


def test_a_result_comes_back_as_it_went(log: HealthLog) -> None:
    whole = result(
        Verdict.TIMEOUT, phase=Phase.FIRST_BYTE, status_code=503, latency_ms=12.25, final_url="https://x/\ud800",
        detail="says \0 nothing", failing_since=T - timedelta(hours=1), version="9",
    )  # fmt: skip
    log.add([whole])
    assert log.of("spring-launch") == [replace(whole, final_url="https://x/\ufffd")]
    assert type(log.of("spring-launch")[0].version) is str


RESULTS = st.lists(
    st.builds(
        result,
        st.sampled_from(
            [Verdict.OK, Verdict.DEAD, Verdict.SLOW, Verdict.UNKNOWN, Verdict.NOT_CHECKED, Verdict.BLOCKED]
        ),
        st.integers(0, 30),
        st.sampled_from(Vantage),
    ),
    max_size=8,
    unique_by=lambda r: (r.checked_at, r.vantage),
)


@settings(max_examples=60, deadline=None)
@given(RESULTS, st.lists(st.integers(0, 8), max_size=3))
def test_the_link_shows_the_better_informed_newest_result_in_whatever_order_they_came(
    shared: Store, results: list[HealthResult], cuts: list[int]
) -> None:
    for table in ("health", "health_now"):
        shared.execute(f"DELETE FROM {table}")
    shared.execute("UPDATE links SET rank = 3, verdict = NULL, vantage = NULL, checked_at = NULL")
    log, inventory = HealthLog(shared), Inventory(shared)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(results)], strict=True):
        log.add(results[start:end])
    loud = newest_by_vantage(r for r in results if r.verdict not in SILENT)
    quiet = newest_by_vantage(r for r in results if r.verdict in SILENT)
    best = speaking(*(loud.get(v) or quiet.get(v) for v in (Vantage.HERE, Vantage.PLATFORM)))
    [row] = inventory.rows([1])
    assert row.verdict == (best.verdict if best else None)
    assert row.checked_at == (best.checked_at.timestamp() if best else None)
    assert [(r.verdict, r.vantage, r.checked_at) for r in log.latest()] == (
        [(best.verdict, best.vantage, best.checked_at)] if best else []
    )
    assert log.latest(["another"]) == []
    assert log.of("spring-launch", 99) == sorted(
        log.of("spring-launch", 99), key=lambda r: r.checked_at, reverse=True
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    connection = open_cache(tmp_path_factory.mktemp("health") / "place" / "links.db").connection
    Inventory(connection).put(Link("spring-launch", URL), 1.0)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("here", "platform", "speaks"),
    [
        ((Verdict.OK, 0), (Verdict.DEAD, 10), Vantage.HERE),
        ((Verdict.OK, 0), (Verdict.DEAD, 10.1), Vantage.PLATFORM),
        ((Verdict.OK, 0), (Verdict.UNKNOWN, 60), Vantage.HERE),
        ((Verdict.UNKNOWN, 60), (Verdict.DEAD, 0), Vantage.PLATFORM),
        ((Verdict.NOT_CHECKED, 0), (Verdict.UNKNOWN, 5), Vantage.HERE),
    ],
)
def test_which_of_two_vantage_points_speaks(
    here: tuple[Verdict, float], platform: tuple[Verdict, float], speaks: Vantage
) -> None:
    chosen = speaking(result(*here), result(*platform, Vantage.PLATFORM))
    assert chosen is not None
    assert chosen.vantage is speaks


def test_a_row_of_failures_began_with_its_first_and_ends_with_a_success(log: HealthLog) -> None:
    log.add(
        [result(Verdict.OK, 0), result(Verdict.DEAD, 1), result(Verdict.SLOW, 2), result(Verdict.UNKNOWN, 3)]
    )
    log.add([result(Verdict.SERVER_ERROR, 4, status_code=503)])
    assert log.failing_since("spring-launch") == T + timedelta(minutes=1)
    [outage] = cluster(log.latest())
    assert (outage.since, outage.count) == (T + timedelta(minutes=1), 1)
    log.add([result(Verdict.BLOCKED, 5)])  # alive: turns checks away
    assert log.failing_since("spring-launch") is None
    log.add([result(Verdict.DEAD, 6)])
    assert log.failing_since("spring-launch") == T + timedelta(minutes=6)
    log.add([result(Verdict.DEAD, 7, failing_since=T - timedelta(days=1))])
    assert log.failing_since("spring-launch") == T - timedelta(days=1)
    assert log.failing_since("nothing") is None


def test_each_version_has_the_newest_health_of_its_time(log: HealthLog) -> None:
    log.add(
        [
            result(Verdict.DEAD, 0, version=8),
            result(Verdict.OK, 1, version=8),
            result(Verdict.UNKNOWN, 2, version=8),
            result(Verdict.DEAD, 3, version=9),
            result(Verdict.SLOW, 4, version="9"),
            result(Verdict.OK, 5),
            result(Verdict.UNKNOWN, 6, version=7),
        ]
    )
    found = log.by_version("spring-launch")
    assert {(type(v), v): r.verdict for v, r in found.items()} == {
        (int, 8): Verdict.OK,
        (int, 9): Verdict.DEAD,
        (str, "9"): Verdict.SLOW,
        (int, 7): Verdict.UNKNOWN,
    }


def test_samples_count_failures_in_equal_parts_of_the_time(log: HealthLog) -> None:
    log.add([result(Verdict.DEAD, m) for m in (0, 1, 9.9, 10, 39.9, 40, 41)])
    log.add(
        [
            result(Verdict.OK, 5),
            result(Verdict.UNKNOWN, 6),
            result(Verdict.DEAD, 7, destination_url="https://b.example"),
        ]
    )
    until = T + timedelta(minutes=40)
    assert log.samples("shop.example", T, 4, until) == [3, 1, 0, 2]
    assert log.samples("shop.example", until, 4, T) == [0, 0, 0, 0]
    assert log.samples("shop.example", T, 0, until) == []


def test_pruning_never_forgets_what_is_known_now(log: HealthLog, store: Store, path: Path) -> None:
    log.add([result(Verdict.DEAD, m) for m in range(3)] + [result(Verdict.OK, 1, Vantage.PLATFORM)])
    sightings = Sightings(store)
    for version in (1, 2):
        sightings.record(sighting(version))
    sightings.record(replace(sighting(1), operator="kim"))
    assert size(store, path).health_results == 4
    assert prune(store, 90, 30, T + timedelta(days=91)) == Pruned(2, 1)
    assert [r.checked_at for r in log.latest()] == [T + timedelta(minutes=2)]
    assert log.failing_since("spring-launch") == T
    latest = sightings.latest("dana", "spring-launch")
    assert latest is not None
    assert latest.version == 2
    counted = size(store, path)
    assert (counted.links, counted.health_results, counted.sightings, counted.timelines) == (1, 2, 2, 0)
    assert counted.size_bytes > 4096


def test_clearing_deletes_the_cache_and_nothing_else(store: Store, path: Path) -> None:
    store.close()
    beside = path.with_name("journal.db")
    beside.touch()
    clear(path)
    clear(path)
    assert {p.name for p in path.parent.iterdir()} == {"journal.db", "links.db.lock"}


def sighting(version: VersionId) -> Sighting:
    at = Moment(T, 10.0, 20.0, "boot")
    return Sighting("t", "dana", "spring-launch", "id", version, "f", Seen.TIMELINE, Source.PLATFORM, at)


def test_the_sighting_recorded_last_is_the_latest_whatever_the_clock_says(store: Store) -> None:
    sightings = Sightings(store)
    assert sightings.latest("dana", "spring-launch") is None
    first, second = sighting(9), replace(sighting("9"), at=Moment(T - timedelta(days=3650), 1.0, 2.0, ""))
    sightings.record(first)
    sightings.record(second)
    sightings.record(replace(sighting(7), operator="kim"))
    assert sightings.latest("dana", "spring-launch") == second
    assert sightings.all_of("dana", "spring-launch") == [second, first]
    assert [type(s.version) for s in sightings.all_of("dana", "spring-launch")] == [str, int]


def version(n: int, url: str = URL) -> Version:
    return Version(n, Link("spring-launch", f"{url}/{n}", version=n), T, "dana", Action.UPDATE)


def timeline(*numbers: int, complete: bool, link_id: str = "id", url: str = URL) -> Timeline:
    versions = tuple(version(n, url) for n in numbers)
    return Timeline("spring-launch", numbers[0], versions, complete, T, Source.PLATFORM, link_id)


def test_a_timeline_comes_from_the_cache_with_its_age(store: Store) -> None:
    kept = Timelines(store)
    assert kept.load("spring-launch") is None
    kept.save(timeline(3, 2, 1, complete=True))
    assert kept.load("spring-launch") == replace(timeline(3, 2, 1, complete=True), source=Source.CACHE)
    kept.forget("spring-launch")
    assert kept.load("spring-launch") is None


@pytest.mark.parametrize(
    ("fresh", "names", "complete"),
    [
        (timeline(5, 4, 3, complete=False), (5, 4, 3, 2, 1), True),
        (timeline(6, 5, complete=False), (6, 5), False),
        (timeline(5, 4, 3, complete=True), (5, 4, 3), True),
        (timeline(5, 4, 3, complete=False, link_id="another"), (5, 4, 3), False),
        (timeline(5, 4, 3, complete=False, url="https://other.example"), (5, 4, 3), False),
        (timeline(2, complete=False), (2, 1), True),
    ],
    ids=["meets", "gap", "whole", "another link", "rewritten", "went back"],
)
def test_a_partial_reading_keeps_the_older_versions_that_it_meets(
    store: Store, fresh: Timeline, names: tuple[int, ...], complete: bool
) -> None:
    kept = Timelines(store)
    kept.save(timeline(4, 3, 2, 1, complete=True))
    kept.save(fresh)
    back = kept.load("spring-launch")
    assert back is not None
    assert (back.names, back.complete, back.live) == (names, complete, fresh.live)


def test_a_record_that_was_damaged_is_said_and_no_crash(store: Store) -> None:
    Timelines(store).save(timeline(1, complete=True))
    store.execute("UPDATE timelines SET body = substr(body, 1, 40)")
    store.execute("UPDATE records SET record = '{}'")
    with pytest.raises(Damaged):
        Timelines(store).load("spring-launch")
    with pytest.raises(Damaged):
        Inventory(store).get("spring-launch")


def test_bad_versions_are_told_apart_by_type_and_can_be_taken_back(marks: Marks) -> None:
    at = Moment(T, 1.0, 1.0, "boot")
    marks.note_bad("t", "s", 9, "503", "dana", T)
    marks.note_bad("t", "s", "9", "404", "kim", at)
    marks.note_bad("t", "s", 9, "503 again", "dana", T)
    assert marks.bad("t", "s") == {9: Note(9, "503 again", "dana", T), "9": Note("9", "404", "kim", T)}
    marks.clear_bad("t", "s", "9")
    assert list(marks.bad("t", "s")) == [9]
    assert marks.bad("t", "another") == {}


def test_a_link_is_held_once_and_released(marks: Marks) -> None:
    marks.hold("t", "b", 8, "f", "dana", T)
    marks.hold("t", "a", 7, "f", "dana", T)
    marks.hold("t", "b", "9", "g", "kim", T + timedelta(minutes=1))
    assert marks.holds("t") == [
        Hold("t", "a", 7, "f", "dana", T),
        Hold("t", "b", "9", "g", "kim", T + timedelta(minutes=1)),
    ]
    marks.release("t", "a")
    assert [hold.slug for hold in marks.holds("t")] == ["b"]
    assert marks.holds("u") == []


def test_arming_ends_by_the_clock_that_counts_sleep_and_with_the_boot(marks: Marks) -> None:
    now = Moment(T, 100.0, 1000.0, "boot")
    marks.arm("prod", Moment(T + timedelta(minutes=15), 1000.0, 1900.0, "boot"), "dana", "outage")
    assert marks.armed("prod", now) == 900.0
    assert marks.armed("prod", replace(now, wall=T - timedelta(days=3650), boottime=1899.0)) == 1.0
    assert marks.armed("prod", replace(now, boottime=1900.0)) == 0.0
    assert marks.armed("prod", replace(now, boot_id="next")) == 0.0
    assert marks.armed("another", now) == 0.0
    marks.disarm("prod")
    assert marks.armed("prod", now) == 0.0


def test_small_settings_are_kept_whole(marks: Marks) -> None:
    assert marks.recall("filter") is None
    marks.remember("filter", {"text": "host:\ud800", "sort": ["a", 1, None]})
    marks.remember("filter", {"text": "host:\ud800", "sort": ["b", 1, None]})
    assert marks.recall("filter") == {"text": "host:\ud800", "sort": ["b", 1, None]}
