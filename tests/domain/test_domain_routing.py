"""Where a visitor goes: the rule order, AND, folded devices, and the schedule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.links import Link, Rule
from console.domain.routing import SAMPLE_VISITORS, Route, Visitor, beyond_us, route, same_page, visitors_for

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
TICK = timedelta(microseconds=1)
LINK = Link("spring-launch", "https://own.example/")
AD = Visitor("US", "mobile", "ad", "spring", "vip")


def to(name: str, priority: int = 0, **conditions: Any) -> Rule:
    return Rule(f"https://{name}.example/", priority, name, **conditions)


def goes(rules: tuple[Rule, ...], visitor: Visitor = AD, handle_rules: tuple[Rule, ...] = ()) -> str:
    way = route(replace(LINK, rules=rules), visitor, NOW, handle_rules)
    assert way.status == 302
    assert way.destination_url
    return way.destination_url.removeprefix("https://").removesuffix(".example/")


def test_without_rules_everybody_gets_the_links_own_destination() -> None:
    assert goes(()) == "own"
    assert route(LINK, AD, NOW).rule is None
    assert route(LINK, AD, NOW).estimate


@settings(max_examples=50)
@given(st.permutations([to("first", -1), to("second", 3), to("third", 20)]))
def test_the_lowest_priority_number_is_tried_first(rules: list[Rule]) -> None:
    assert goes(tuple(rules)) == "first"


def test_ties_are_tried_in_the_order_given() -> None:
    assert goes((to("a", 1), to("b", 1))) == "a"
    assert goes((to("b", 1), to("a", 1))) == "b"


def test_the_links_rules_come_before_the_handles_whatever_the_numbers() -> None:
    assert goes((to("link", 99),), handle_rules=(to("handle", 0),)) == "link"
    assert goes((to("link", 0, countries=("DE",)),), handle_rules=(to("handle", 9),)) == "handle"
    assert goes((), handle_rules=(to("handle", 0, countries=("DE",)),)) == "own"


ALL = {"countries": ("DE", "US"), "devices": ("mobile",), "sources": ("ad",), "campaigns": ("spring",),
       "segments": ("vip",)}  # fmt: skip


@pytest.mark.parametrize("field", [None, *ALL])
def test_all_conditions_of_a_rule_must_hold(field: str | None) -> None:
    conditions = ALL if field is None else ALL | {field: ("other",)}
    assert goes((to("rule", **conditions),)) == ("rule" if field is None else "own")


@pytest.mark.parametrize(
    ("conditions", "visitor", "meets"),
    [
        ({"devices": ("MOBILE",)}, Visitor(device="mobile"), True),
        ({"devices": ("mobile",)}, Visitor(device="Mobile"), True),
        ({"countries": ("us",)}, Visitor(country="US"), True),
        ({"sources": ("AD",)}, Visitor(source="ad"), False),
        ({"devices": ("mobile",)}, Visitor(), False),
        ({"countries": ("US",)}, Visitor(device="mobile"), False),
        ({"segments": ("vip",)}, Visitor(), False),
        ({"extra_conditions": {"browserIn": ["x"]}}, AD, False),
        ({}, Visitor(), True),
    ],
)
def test_how_a_condition_is_met(conditions: dict[str, Any], visitor: Visitor, meets: bool) -> None:
    assert goes((to("rule", **conditions),), visitor) == ("rule" if meets else "own")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"enabled": False}, 404),
        ({"scheduled_start_at": NOW + TICK}, 404),
        ({"scheduled_start_at": NOW}, 302),
        ({"scheduled_end_at": NOW}, 410),
        ({"scheduled_end_at": NOW + TICK}, 302),
        ({"expires_at": NOW}, 410),
        ({"expires_at": NOW + TICK}, 302),
        ({"scheduled_end_at": NOW + TICK, "expires_at": NOW}, 410),
        ({"scheduled_end_at": NOW, "expires_at": NOW + TICK}, 410),
        ({"enabled": False, "expires_at": NOW}, 404),
        ({"redirect_type": 307}, 307),
    ],
)
def test_the_schedule(fields: dict[str, Any], status: int) -> None:
    way = route(replace(LINK, rules=(to("rule"),), **fields), AD, NOW)
    assert way.status == status
    assert (way.destination_url is None) is (status in {404, 410})


def test_a_password_is_told() -> None:
    assert route(replace(LINK, has_password=True), AD, NOW).password
    assert route(replace(LINK, has_password=True, rules=(to("rule"),)), AD, NOW).password


CONDITION = st.lists(st.sampled_from(["A", "b", "C"]), max_size=2).map(tuple)
RULES = st.lists(
    st.builds(
        Rule,
        destination_url=st.sampled_from(["https://a.example/", "https://b.example/"]),
        priority=st.integers(0, 3),
        countries=CONDITION,
        devices=CONDITION,
        sources=CONDITION,
        segments=CONDITION,
    ),
    max_size=4,
).map(tuple)


@settings(max_examples=100)
@given(RULES)
def test_a_visitor_of_each_rule_is_among_the_samples(rules: tuple[Rule, ...]) -> None:
    visitors = visitors_for([replace(LINK, rules=rules)])
    assert visitors[: len(SAMPLE_VISITORS)] == SAMPLE_VISITORS
    assert len(set(visitors)) == len(visitors)
    for rule in rules:
        assert any(route(replace(LINK, rules=(rule,)), v, NOW).rule == rule for v in visitors)


def test_visitors_have_names() -> None:
    assert Visitor().name == "anybody"
    assert Visitor("US", "mobile", "ad").name == "US mobile ad"
    assert Visitor(segment="vip").name == "segment vip", "else it would be taken for anybody"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/p?q=1", "https://a.example/p?q=1&ctx=abc", True),
        ("https://a.example", "https://a.example/?ctx=abc", True),
        ("https://a.example/p?q=1", "https://a.example/p?q=2", False),
        ("https://a.example/p", "http://a.example/p", False),
        ("https://[", "https://[", True),
        ("https://[", "https://a.example/", False),
    ],
)
def test_a_context_that_the_platform_adds_makes_no_other_page(one: str, other: str, same: bool) -> None:
    assert same_page(one, other) is same
    assert Route(302, one, None).leads_as(Route(307, other, None)) is same


def test_visitors_who_are_turned_away_get_the_same_only_with_the_same_status() -> None:
    gone, missing = Route(410, None, None), Route(404, None, None)
    page = Route(302, "https://a.example/", None)
    assert gone.leads_as(Route(410, None, None, estimate=False))
    assert not gone.leads_as(missing)
    assert not gone.leads_as(page)
    assert not page.leads_as(gone)


def test_rules_that_only_the_platform_can_judge_are_named_and_never_taken() -> None:
    odd = (
        replace(to("rain", extra_conditions={"weatherIn": ["rain"]}), name="wet"),
        to("snow", extra_conditions={"x": 1}),
    )
    link = replace(LINK, rules=(*odd, to("plain")))
    assert goes(link.rules) == "plain"
    assert beyond_us((link, link)).endswith("only the platform knows: snow, wet.")
    assert beyond_us((LINK, replace(LINK, rules=(to("plain"),)))) == ""
