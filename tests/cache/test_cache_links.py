"""The inventory: what a sync adds, changes and removes, and what rows say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cache.database import check, open_cache, open_reader
from cache.health import HealthLog
from cache.links import Counts, Inventory, Sort
from cache.problems import Store
from console.domain.errors import StorageProblem
from console.domain.health import Band, HealthResult, Phase, Vantage, Verdict
from console.domain.links import Link
from console.domain.query import parse

T = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def link(n: int, **more: object) -> Link:
    values = {"title": f"Title {n}", "tags": ("promo",), "version": n, "clicks": n, **more}
    return Link(f"slug-{n:03}", f"https://h{n % 3}.example/{n}", **values)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    connection = open_cache(tmp_path / "cache" / "links.db").connection
    yield connection
    assert check(connection) == []
    connection.close()


@pytest.fixture
def inventory(store: Store) -> Inventory:
    return Inventory(store)


def synced(inventory: Inventory, links: list[Link], at: float) -> tuple[Counts, int]:
    generation = inventory.begin_sync()
    counts = Counts()
    for start in range(0, len(links), 7):
        counts += inventory.put_many(links[start : start + 7], generation, at)
    return counts, inventory.finish_sync(generation, at)


def found(inventory: Inventory, text: str) -> list[str]:
    return inventory.slugs(inventory.select(parse(text), Sort.SLUG, 0.0))


def test_a_sync_counts_what_is_new_changed_the_same_and_gone(inventory: Inventory) -> None:
    links = [link(n) for n in range(20)]
    assert inventory.synced_at() is None
    assert synced(inventory, links, 10.0) == (Counts(new=20), 0)
    links[3] = replace(links[3], title="Autumn")
    links[4] = replace(links[4], clicks=4000)
    assert synced(inventory, links[:18], 20.0) == (Counts(changed=1, unchanged=17), 2)
    assert inventory.count() == 18
    assert inventory.synced_at() == 20.0
    assert found(inventory, "autumn") == ["slug-003"]
    assert "slug-003" not in found(inventory, "title")
    assert found(inventory, "slug-019") == []
    assert found(inventory, "clicks:4000") == ["slug-004"]
    cached = inventory.get("slug-004")
    assert cached is not None
    assert (cached.link, cached.fetched_at) == (links[4], 20.0)
    assert inventory.get("slug-019") is None


def test_a_link_read_during_a_sync_is_not_taken_for_gone(inventory: Inventory) -> None:
    synced(inventory, [link(1)], 1.0)
    generation = inventory.begin_sync()
    inventory.put(link(2), 2.0)
    inventory.put_many([link(1)], generation, 2.0)
    assert inventory.finish_sync(generation, 2.0) == 0
    assert inventory.count() == 2


def test_a_sync_of_another_console_does_not_make_ours_remove_what_it_saw(inventory: Inventory) -> None:
    first = inventory.begin_sync()
    second = inventory.begin_sync()
    inventory.put_many([link(1)], second, 1.0)
    inventory.put_many([link(1)], first, 1.0)
    assert inventory.finish_sync(first, 1.0) == 0
    assert inventory.finish_sync(second, 1.0) == 0
    assert inventory.count() == 1


def test_a_sync_that_did_not_end_removes_nothing_and_the_next_one_ends_whole(
    inventory: Inventory, store: Store
) -> None:
    synced(inventory, [link(1), link(2)], 1.0)
    generation = inventory.begin_sync()
    inventory.put_many([link(1)], generation, 2.0)
    assert inventory.count() == 2
    assert inventory.synced_at() == 1.0
    assert synced(inventory, [link(1)], 3.0) == (Counts(unchanged=1), 1)
    names = {row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert {"links_health", "links_host", "links_destination"} <= names


def test_every_order_has_an_index_after_a_sync(inventory: Inventory, store: Store) -> None:
    synced(inventory, [link(n) for n in range(5)], 1.0)
    for columns in (
        "rank, slug",
        "slug",
        "destination, slug",
        "version, slug",
        "updated_at, slug",
        "checked_at, slug",
        "clicks, slug",
    ):
        plan = store.execute(f"EXPLAIN QUERY PLAN SELECT id FROM links ORDER BY {columns}").fetchall()
        assert "COVERING INDEX" in plan[0][3], columns
        assert len(plan) == 1, plan


def test_a_slug_that_comes_twice_counts_once_with_its_last_state(inventory: Inventory) -> None:
    generation = inventory.begin_sync()
    assert inventory.put_many([link(1), link(1, title="Last")], generation, 1.0) == Counts(new=1)
    assert found(inventory, "last") == ["slug-001"]
    assert found(inventory, '"title 1"') == []


def test_what_no_column_can_hold_is_still_kept_whole(inventory: Inventory) -> None:
    odd = Link(
        "odd-\ud800",
        "https://x.example/\ud800",
        title="a\0b\ud800",
        clicks=2**70,
        version="3",
        tags=("\ud800",),
    )
    inventory.put(odd, 1.0)
    cached = inventory.get("odd-\ud800")
    assert cached is not None
    assert replace(cached.link, clicks=None) == replace(odd, clicks=None)
    assert inventory.find("odd-\ud800") == 1
    [row] = inventory.rows([1])
    assert row.version == "3"
    assert row.clicks == 2**63 - 1
    inventory.remove("odd-\ud800")
    assert inventory.count() == 0


def test_versions_keep_their_type_and_texts_are_no_numbers(inventory: Inventory) -> None:
    inventory.put_many([link(1, version=3), link(2, version="3")], 1, 1.0)
    assert found(inventory, "version:3") == ["slug-001"]
    assert found(inventory, "version:>2") == ["slug-001"]
    assert [row.version for row in inventory.rows([1, 2])] == [3, "3"]


def test_rows_come_in_the_order_asked_and_gone_ones_are_left_out(inventory: Inventory) -> None:
    inventory.put_many([link(n) for n in range(1200)], 1, 1.0)
    wanted = [900, 3, 1100, 3, 99999, 1]
    assert [row.rowid for row in inventory.rows(wanted)] == [900, 3, 1100, 3, 1]
    assert inventory.slugs(wanted) == ["slug-899", "slug-002", "slug-1099", "slug-002", "slug-000"]


def test_a_row_says_what_the_newest_check_said(inventory: Inventory, store: Store) -> None:
    inventory.put(link(1), 1.0)
    result = HealthResult(
        "slug-001", "https://h1.example/1", Verdict.TIMEOUT, Vantage.HERE, T, Phase.TLS, None, 12.5
    )
    HealthLog(store).add([result])
    inventory.set_marks("slug-001", bad=True)
    inventory.set_marks("slug-001", held=True)
    [row] = inventory.rows([1])
    assert (row.band, row.verdict, row.latency_ms, row.checked_at) == (
        Band.SLOW,
        Verdict.TIMEOUT,
        12.5,
        T.timestamp(),
    )
    assert (row.detail, row.held, row.bad, row.host) == ("tls", True, True, "h1.example")
    inventory.set_marks("slug-001", held=False)
    assert not inventory.rows([1])[0].held
    assert inventory.rows([1])[0].bad


def test_a_verdict_on_an_earlier_destination_says_nothing_of_the_new_one(
    inventory: Inventory, store: Store
) -> None:
    inventory.put(link(1), 1.0)
    log = HealthLog(store)
    down = HealthResult("slug-001", "https://h1.example/1", Verdict.DEAD, Vantage.HERE, T, status_code=404)
    log.add([down])
    inventory.put(link(1, title="only the title"), 2.0)
    assert found(inventory, "status:down") == ["slug-001"]
    inventory.put(replace(link(1), destination_url="https://new.example/"), 3.0)
    assert found(inventory, "status:unchecked") == ["slug-001"]
    assert log.latest() == []
    log.add([replace(down, checked_at=T.replace(minute=5))])  # a late answer about the old place
    assert found(inventory, "status:unchecked") == ["slug-001"]
    assert len(log.of("slug-001")) == 2
    log.add([replace(down, destination_url="https://new.example")])
    assert found(inventory, "status:down") == ["slug-001"]


def test_hosts_count_links_down_and_slow_worst_first(inventory: Inventory, store: Store) -> None:
    inventory.put_many([link(n) for n in range(9)], 1, 1.0)
    verdicts = {1: Verdict.DEAD, 4: Verdict.REFUSED, 2: Verdict.SLOW, 0: Verdict.OK}
    HealthLog(store).add(
        HealthResult(f"slug-{n:03}", f"https://h{n % 3}.example/{n}", verdict, Vantage.HERE, T)
        for n, verdict in verdicts.items()
    )
    assert inventory.hosts(parse(""), 0.0) == [
        ("h1.example", 3, 2, 0),
        ("h2.example", 3, 0, 1),
        ("h0.example", 3, 0, 0),
    ]
    assert inventory.hosts(parse("status:down slug"), 0.0) == [("h1.example", 2, 2, 0)]


def test_an_order_that_is_remembered_never_hides_a_change(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "links.db"
    writer = open_cache(path).connection
    reader = open_reader(path)
    inventory, view = Inventory(writer), Inventory(reader)
    inventory.put_many([link(n) for n in range(3)], 1, 1.0)
    for someone in (view, inventory):
        assert len(someone.select(parse(""), Sort.HEALTH, 0.0)) == 3
    inventory.put(link(9), 1.0)
    HealthLog(writer).add([HealthResult("slug-009", "https://h0.example/9", Verdict.DEAD, Vantage.HERE, T)])
    for someone in (view, inventory):
        ids = someone.select(parse(""), Sort.HEALTH, 0.0)
        assert someone.slugs(ids)[0] == "slug-009"
        assert len(someone.select(parse("-status:slow"), Sort.HEALTH, 0.0)) == 4
        ids.append(77)
        assert 77 not in someone.select(parse(""), Sort.HEALTH, 0.0)
    with pytest.raises(StorageProblem, match="read-only"):
        view.put(link(5), 1.0)
    reader.close()
    writer.close()


def test_many_matches_are_walked_as_few_are(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    inventory.put_many([link(n, title="odd" if n % 2 else "even") for n in range(50)], 1, 1.0)
    few = inventory.select(parse("odd"), Sort.CLICKS, 0.0, descending=True)
    monkeypatch.setattr("cache.orders._MANY", 0)
    assert inventory.select(parse("odd"), Sort.CLICKS, 0.0, descending=True) == few
    assert list(few) == list(range(50, 0, -2))


def test_a_million_links_are_not_read_to_show_forty(inventory: Inventory, store: Store) -> None:
    """Reading a page takes as many steps of SQLite among many links as among few."""

    def steps() -> int:
        counted = [0]
        store.set_progress_handler(lambda: counted.__setitem__(0, counted[0] + 1), 1)
        inventory.rows(inventory.select(parse(""), Sort.HEALTH, 0.0, 40))
        store.set_progress_handler(None, 1)
        return counted[0]

    synced(inventory, [link(n) for n in range(60)], 1.0)
    few = steps()
    synced(inventory, [link(n) for n in range(3000)], 2.0)
    assert steps() <= few * 1.1


def test_the_first_screen_does_not_wait_for_what_only_a_migration_needs() -> None:
    rooms = "cache.database, cache.links, cache.journal, cache.health, cache.marks, cache.retention"
    code = f"import sys, {rooms}; print('sqlite_utils' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
