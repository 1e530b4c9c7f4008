"""Histories in any order, names that keep their type, and differences that are never silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.links import Link, Rule
from console.domain.versions import DECIDING, Action, Version, diff, newest_first, same_version
from tests.support.builders import HISTORY, link, reading

START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = st.sampled_from(["", "a", "b", "a|b", "ad", "AD"])
MANY = st.lists(WORDS, max_size=2).map(tuple)
RULES = st.builds(
    Rule,
    destination_url=st.sampled_from(["https://m.example/", "https://n.example/"]),
    priority=st.integers(0, 2),
    countries=MANY,
    devices=MANY,
    segments=MANY,
    extra_conditions=st.sampled_from([{}, {"browserIn": ["x"]}, {"browserIn": ["y"]}]),
)
TIMES = st.sampled_from([None, START, START + timedelta(days=1)])
LINKS = st.builds(
    Link,
    slug=st.just("spring-launch"),
    destination_url=st.sampled_from(["https://a.example/", "https://b.example/"]),
    title=WORDS,
    description=WORDS,
    tags=MANY,
    categories=MANY,
    enabled=st.booleans(),
    redirect_type=st.sampled_from([302, 307]),
    scheduled_start_at=TIMES,
    scheduled_end_at=TIMES,
    expires_at=TIMES,
    max_clicks=st.sampled_from([None, 1, 2]),
    has_password=st.booleans(),
    rules=st.lists(RULES, max_size=2).map(tuple),
    tracking=st.dictionaries(WORDS, st.none() | WORDS, max_size=2),
    tracking_policy=st.dictionaries(WORDS, st.none() | st.booleans(), max_size=2),
)


@settings(max_examples=200)
@given(LINKS, LINKS)
def test_a_deciding_difference_is_never_silent(a: Link, b: Link) -> None:
    changes = diff(a, b)
    if a.fingerprint != b.fingerprint:
        assert {c.field for c in changes} & DECIDING
    if not changes:
        assert (a.fingerprint, a.title, a.description, a.tags, a.categories) == (
            b.fingerprint, b.title, b.description, b.tags, b.categories
        )  # fmt: skip
    assert [c.field for c in changes] == [c.field for c in diff(b, a)]


@settings(max_examples=100)
@given(LINKS)
def test_nothing_differs_from_itself_nor_by_times_and_counters(a: Link) -> None:
    assert diff(a, a) == ()
    assert diff(a, replace(a, clicks=99, updated_at=START, created_at=START, version=7, updated_by="x")) == ()


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"destination_url": "https://x.example/"}, "destination"),
        ({"enabled": False}, "enabled"),
        ({"redirect_type": 307}, "redirect"),
        ({"rules": (Rule("https://m.example/", devices=("tv",)),)}, "rules"),
        ({"scheduled_start_at": START}, "start"),
        ({"scheduled_end_at": START}, "end"),
        ({"expires_at": START}, "expires"),
        ({"max_clicks": 5}, "max clicks"),
        ({"has_password": True}, "password"),
        ({"tracking": {"utm_source": "x"}}, "tracking"),
        ({"tracking_policy": {"mode": "x"}}, "tracking policy"),
        ({"title": "x"}, "title"),
        ({"description": "x"}, "description"),
        ({"tags": ("x",)}, "tags"),
        ({"categories": ("x",)}, "categories"),
    ],
)
def test_each_field_is_told_by_its_name(fields: dict[str, Any], name: str) -> None:
    changed = replace(link(), **fields)
    assert [c.field for c in diff(link(), changed)] == [name]
    assert (name in DECIDING) is (changed.fingerprint != link().fingerprint)


def test_deciding_changes_come_first() -> None:
    changes = diff(link(), link("other", tags=("x",), has_password=True, title="y"))
    assert [c.field for c in changes] == ["destination", "password", "title", "tags"]
    assert (changes[0].before, changes[0].after) == (
        "https://shop.example/launch",
        "https://shop.example/other",
    )


def test_a_condition_nobody_knows_shows_even_beside_other_changes() -> None:
    plain = link(rules=(Rule("https://m.example/", extra_conditions={"browserIn": ["x"]}),))
    other = link(
        "other", title="x", rules=(Rule("https://m.example/", extra_conditions={"browserIn": ["y"]}),)
    )
    assert [c.field for c in diff(plain, other)] == ["destination", "rules", "title"]


def test_a_rule_with_a_condition_nobody_knows_is_not_said_to_be_for_everybody() -> None:
    (change,) = diff(link(), link(rules=(Rule("https://m.example/", extra_conditions={"browserIn": ["x"]}),)))
    assert "everybody" not in change.after[0]
    (change,) = diff(link(), link(rules=(Rule("https://m.example/"),)))
    assert change.after == ["#0 everybody → https://m.example/"]


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (3, 3, True),
        ("3", "3", True),
        (None, None, True),
        (3, "3", False),
        (1, True, False),
        (0, False, False),
        (3, None, False),
        ("abc", "ABC", False),
        (3, 4, False),
    ],
)
def test_names_keep_their_type(a: Any, b: Any, same: bool) -> None:
    assert same_version(a, b) is same
    assert same_version(b, a) is same


@settings(max_examples=100)
@given(st.sets(st.integers(0, 2**53), max_size=8).flatmap(lambda s: st.permutations(sorted(s))))
def test_numbered_histories_come_newest_first_from_any_order(names: list[int]) -> None:
    # Times that lie: the numbers decide.
    items = [Version(n, link(), START - timedelta(seconds=n % 977)) for n in names]
    assert [v.version for v in newest_first(items)] == sorted(names, reverse=True)


@settings(max_examples=100)
@given(st.permutations(range(6)), st.booleans())
def test_named_histories_come_by_time_from_any_order(order: list[int], mixed: bool) -> None:
    items = [Version(f"n{i}", link(), START + timedelta(seconds=i)) for i in range(6)]
    if mixed:
        items[2] = replace(items[2], version=2)
    assert newest_first(items[i] for i in order) == tuple(reversed(items))


def test_without_numbers_and_times_the_platforms_own_order_stays() -> None:
    items = (Version("b", link()), Version("c", link()), Version("a", link(), START))
    assert newest_first(items) == items


def test_a_timeline_finds_by_name_and_type() -> None:
    timeline = reading().timeline
    assert timeline.find(8) == HISTORY[1]
    assert timeline.find("8") is None
    assert timeline.find(True) is None
    assert timeline.names == (9, 8, 7)
    assert timeline.current == HISTORY[0]
    assert timeline.before(9) == HISTORY[1]
    assert timeline.before(7) is None
    assert [c.field for c in timeline.changes_of(9)] == ["destination"]
    assert timeline.changes_of(7) == ()
    with pytest.raises(LookupError):
        _ = replace(timeline, live=10).current


@pytest.mark.parametrize(
    ("word", "action"),
    [
        (" Rollback ", Action.ROLLBACK),
        ("IMPORT", Action.IMPORT),
        ("merge", Action.OTHER),
        (None, Action.OTHER),
    ],
)
def test_actions_are_read_leniently(word: object, action: Action) -> None:
    assert Action.parse(word) is action
