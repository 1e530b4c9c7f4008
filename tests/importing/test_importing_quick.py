"""Looking at many rows at once comes to the same as looking at each, whatever stands in them."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cache.database import open_cache
from cache.imports import RowState
from cache.links import Inventory
from cache.raw_links import RawLinks
from console.domain.errors import InputRejected
from console.domain.links import SLUG, Link, Rule
from console.domain.rows import BadCell, are_plain_slugs, read_slug
from console.domain.urls import (
    UrlProblem,
    are_destinations,
    bad_destinations,
    foreign_host,
    foreign_hosts,
    require_destination,
)
from console.ops.importing.fields import map_columns
from console.ops.importing.quick import QuickPlanner
from console.ops.importing.reader import inspect, open_sheet
from console.ops.importing.reader_batches import batches
from console.ops.importing.rows import Planner
from console.ops.importing.values import SHOWN, Existing
from tests.support.importing import sheet

TIME = datetime(2026, 3, 1, 9, tzinfo=UTC)
LIVE = [
    Link("live-1", "https://a.example/1", title="One", tags=("x", "y"), version=3),
    Link("live-2", "https://a.example/2", description="two", categories=("c|d",), version="v7"),
    Link("Live-3", "https://a.example/3", enabled=False, redirect_type=307, max_clicks=5, version=1),
    Link("live-4", "https://a.example/4", scheduled_start_at=TIME, tracking={"utmSource": "m"}, version=2),
    Link("live-5", "ftp://odd", rules=(Rule("https://r.example/", countries=("DE",)),), extra={"shelf": 1}),
    Link("live-6", "https://m\u00fcnchen.example/", title="'=1", tags=("a", " b"), version=2),
]  # fmt: skip
POOLS = {
    "slug": ["live-1", "live-2", "Live-3", "LIVE-1", "live-3", "live-4", "live-5", "live-6", "new-1", "new-2",
             "New-1", "new-3", "new-4", "new-5", "new-6", "new-7", "x", "export", "a b c", "p\u0430y1",
             "'new-8"],
    "destinationUrl": ["https://a.example/1", "https://a.example/2", "https://a.example/3", "https://b.example/",
                       "http://b.example:8080/x?y#z", "https://m\u00fcnchen.example/",
                       "https://XN--mnchen-3ya.example/",
                       "", "ftp://odd", "https://u:p@a.example/", "https://a.example/\\x", "https://a b/", "https:///",
                       "https://a.example/\u00e4", "https://a.example/4", "https://a.example/\nx"],
    "title": ["", "One", "Two", "'=1", "'it", "\u00e4", "a\nb", "'\\u001b"],
    "description": ["", "two", "three"],
    "tags": ["", "x|y", "x | y", '["x","y"]', "a", '["a"," b"]', "[broken", "\u00e4|b"],
    "categories": ["", "c|d", '["c|d"]', "c"],
    "enabled": ["", "true", "false", "no", "maybe"],
    "redirectType": ["", "302", "307", "301"],
    "scheduledStartAt": ["", "2026-03-01T09:00:00Z", "2026-03-01T10:00:00+01:00", "soon"],
    "scheduledEndAt": ["", "2026-02-01T09:00:00Z"],
    "maxClicks": ["", "5", "0"],
    "routingRules": ["", '[{"destinationUrl":"https://r.example/","conditions":{"countryIn":["DE"]}}]',
                     '[{"destinationUrl":"ftp://r"}]', "[1]"],
    "tracking": ["", '{"utmSource":"m"}', '{"utmSource":"n"}', "{"],
    "extra": ["", '{"shelf":1}', '{"shelf":2}'],
    "version": ["", "3", "v3", " 3 ", "v7", "1"],
    "clicks": ["", "7"],
}  # fmt: skip
MOSTLY = {"slug": 16, "destinationUrl": 4}


@st.composite
def sheets(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """A header and its rows. Most are plain, as in real files; one in some is not."""
    others = draw(
        st.lists(st.sampled_from([name for name in POOLS if name != "slug"]), unique=True, max_size=7)
    )
    header = draw(st.permutations(["slug", *others]))
    odd = draw(st.booleans())
    cells = [
        st.sampled_from(pool if odd else pool[: MOSTLY.get(name, 3)])
        for name in header
        for pool in [POOLS[name]]
    ]
    rows = draw(st.lists(st.tuples(*cells).map(list), min_size=1, max_size=40))
    if not odd:
        at = header.index("slug")
        rows = list({row[at].lower(): row for row in rows}.values())
    return list(header), rows


def as_told(outcome: object) -> tuple[object, ...]:
    """What a row comes to, in the same words for both ways."""
    if outcome is None:
        return ("unchanged",)
    if isinstance(outcome, int):
        return ("create" if outcome > 0 else "update", abs(outcome)) if outcome else ("skipped",)
    record, changes = outcome  # type: ignore[misc]  # a `Planned`
    if record.state in {RowState.UNCHANGED, RowState.SKIPPED}:
        return (record.state.value,)
    if record.state is RowState.PLANNED:
        assert (record.kind == "update") == bool(changes)
        return (record.kind, record.weight)
    return (record.state, record.faults)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory):
    with closing(open_cache(tmp_path_factory.mktemp("cache") / "c.db").connection) as connection:
        inventory = Inventory(connection)
        inventory.put_many(LIVE, inventory.begin_sync(), 1.0)
        yield connection


@settings(max_examples=250, deadline=None)
@given(
    sheets(), st.sampled_from(Existing), st.booleans(), st.booleans(), st.sets(st.sampled_from(POOLS["slug"]))
)
def test_both_ways_come_to_the_same(  # noqa: PLR0917
    tmp_path_factory, cache, made, existing, keep, shown, unreadable
) -> None:
    header, rows = made
    path = sheet(tmp_path_factory.mktemp("sheet"), rows, header)
    inventory = Inventory(cache)
    opened = open_sheet(inspect(path))
    mapped = map_columns(opened.header, {})

    def planner() -> Planner:
        odd = inventory.slugs_spelt_oddly()
        return Planner(
            opened, mapped, existing, inventory.fields_of, odd, unreadable=frozenset(unreadable), keep=keep
        )

    slow, quick = planner(), planner()
    expected = [as_told(item) for row in opened.rows() for item in slow.plan([row])]
    at_once = QuickPlanner(quick, RawLinks(cache).values_of, keep=keep)
    at_once._shown = SHOWN if shown else 0
    found = [item for batch in batches(opened, 25) for item in at_once.outcomes(batch)]
    assert [as_told(item) for item in found] == expected
    assert quick.foreign == slow.foreign
    if keep:
        kept = [item for item in found if isinstance(item, tuple)]
        assert all(item.record.link for item in kept if item.record.state is RowState.PLANNED)
        assert not any(item for item in found if isinstance(item, int)), "made without its link"


async def test_plain_rows_are_not_looked_at_one_by_one(tmp_path, cache, monkeypatch) -> None:
    """Were they, the other tests would pass and a hundred thousand rows would take ten times as long."""
    inventory = Inventory(cache)
    rows = [(f"new-{n}", f"https://a.example/{n}", "x|y") for n in range(60)]
    rows += [("live-1", "https://a.example/1", "x|y"), ("live-2", "https://b.example/", "")]
    opened = open_sheet(inspect(sheet(tmp_path, rows, ("slug", "destinationUrl", "tags"))))
    mapped = map_columns(opened.header, {})
    planner = Planner(opened, mapped, Existing.UPDATE, inventory.fields_of, keep=False)
    quick = QuickPlanner(planner, RawLinks(cache).values_of, keep=False)
    quick._shown = SHOWN
    monkeypatch.setattr(planner, "_planned", None)
    (batch,) = batches(opened, 100)
    found = quick.outcomes(batch)
    assert [type(item) for item in found] == [int] * 60 + [type(None), int]
    assert found[-1] < 0 < min(found[:60])


PIECES = st.lists(
    st.sampled_from(
        ["a,b", "a,b,c", '"x\ny",z', '"x\r\ny",z', '"x\ry","\n\n"', "", '"a', 'a"b,c', '"a"b,c', ","]
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(PIECES, st.sampled_from(["\n", "\r\n"]), st.integers(1, 5), st.booleans())
def test_batches_are_the_rows_with_their_lines(tmp_path_factory, pieces, end, size, sep) -> None:
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    path.write_bytes(end.join([*(["sep=,"] if sep else []), "", "slug,title", *pieces]).encode())

    def told(read) -> object:
        try:
            return [row for part in read() for row in part]
        except InputRejected as error:
            return error.title

    opened = open_sheet(inspect(path))
    assert told(lambda: [batch.rows() for batch in batches(opened, size)]) == told(lambda: [opened.rows()])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(POOLS["slug"]) | st.text(max_size=6) | st.from_regex(SLUG), min_size=1, max_size=4
    )
)
def test_good_slugs_are_good_one_by_one(slugs: list[str]) -> None:
    def good(slug: str) -> bool:
        try:
            return read_slug(slug) == slug
        except BadCell:
            return False

    assert are_plain_slugs(slugs) == all(map(good, slugs))


URLS = st.sampled_from(POOLS["destinationUrl"]) | st.text(max_size=5).map(
    lambda text: f"https://a.example/{text}"
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(URLS | st.text(max_size=8) | st.just("https://a.example/" + "x" * 8200), min_size=1, max_size=4)
)
def test_good_destinations_are_good_one_by_one(urls: list[str]) -> None:
    def good(url: str) -> bool:
        try:
            require_destination(url)
        except UrlProblem:
            return False
        return True

    bad = [place for place, url in enumerate(urls) if not good(url)]
    assert are_destinations(urls) == (not bad)
    assert bad_destinations(urls) == bad
    taken = [url for url in urls if good(url)]
    assert foreign_hosts(taken) == Counter(filter(None, map(foreign_host, taken)))
