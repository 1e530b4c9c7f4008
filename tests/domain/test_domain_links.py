"""The fingerprint sees what visitors get, all of it and nothing else; version names keep their type."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.links import SLUG, Link, Rule, canonical, label, named

DAY = datetime(2026, 3, 1, tzinfo=UTC)
RULE = Rule("https://m.example/", 1, "r1", "phones", countries=("DE", "US"), devices=("mobile", "tablet"))
OTHER = Rule("https://x.example/", 2, "r2", sources=("ad",), campaigns=("spring",), segments=("vip",))
BASE = Link("spring-launch", "https://shop.example/", title="Spring", tags=("promo",), rules=(RULE, OTHER))


def of_rule(**fields: Any) -> Link:
    return replace(BASE, rules=(replace(RULE, **fields), OTHER))


DECIDING: list[tuple[str, Link]] = [
    ("destination", replace(BASE, destination_url="https://shop.example/2")),
    ("enabled", replace(BASE, enabled=False)),
    ("redirect type", replace(BASE, redirect_type=307)),
    ("start", replace(BASE, scheduled_start_at=DAY)),
    ("end", replace(BASE, scheduled_end_at=DAY)),
    ("expiry", replace(BASE, expires_at=DAY)),
    ("max clicks", replace(BASE, max_clicks=1)),
    ("password", replace(BASE, has_password=True)),
    ("tracking", replace(BASE, tracking={"utm_source": "x"})),
    ("tracking policy", replace(BASE, tracking_policy={"mode": "off"})),
    ("tracking policy, false", replace(BASE, tracking_policy={"mode": False})),
    ("no rules", replace(BASE, rules=())),
    ("a rule less", replace(BASE, rules=(RULE,))),
    ("a rule twice", replace(BASE, rules=(RULE, OTHER, OTHER))),
    ("rule priority", of_rule(priority=5)),
    ("rule destination", of_rule(destination_url="https://m.example/2")),
    ("rule countries", of_rule(countries=("DE",))),
    ("rule devices", of_rule(devices=("mobile",))),
    ("rule sources", of_rule(sources=("ad",))),
    ("rule campaigns", of_rule(campaigns=("fall",))),
    ("rule segments", of_rule(segments=("vip",))),
    ("rule condition nobody knows", of_rule(extra_conditions={"browserIn": ["x"]})),
]
IDLE: list[tuple[str, Link]] = [
    ("title", replace(BASE, title="Other")),
    ("description", replace(BASE, description="x")),
    ("tags", replace(BASE, tags=())),
    ("categories", replace(BASE, categories=("a",))),
    ("version", replace(BASE, version=12)),
    ("clicks and times", replace(BASE, clicks=9, created_at=DAY, updated_at=DAY, updated_by="kim")),
    ("identity", replace(BASE, link_id="lnk_2", url="https://s.example/x")),
    ("unknown fields", replace(BASE, extra={"x": 1})),
    ("rule order", replace(BASE, rules=(OTHER, RULE))),
    ("rule name and id", of_rule(name="mobiles", rule_id="r9", extra={"note": 1})),
    ("device case", of_rule(devices=("MOBILE", "Tablet"))),
    ("country case", of_rule(countries=("de", "us"))),
    ("order inside a condition", of_rule(countries=("US", "DE"), devices=("tablet", "mobile"))),
    ("empty tracking", replace(BASE, tracking={"utm_source": "", "utm_medium": None})),
]


@pytest.mark.parametrize(("name", "changed"), DECIDING, ids=[n for n, _ in DECIDING])
def test_what_decides_changes_the_fingerprint(name: str, changed: Link) -> None:
    assert changed.fingerprint != BASE.fingerprint


@pytest.mark.parametrize(("name", "changed"), IDLE, ids=[n for n, _ in IDLE])
def test_what_does_not_decide_leaves_it(name: str, changed: Link) -> None:
    assert changed.fingerprint == BASE.fingerprint


def test_every_deciding_state_has_a_fingerprint_of_its_own() -> None:
    states = [BASE, *(changed for _, changed in DECIDING)]
    assert len({s.fingerprint for s in states}) == len(states)


@settings(max_examples=100)
@given(st.permutations([RULE, OTHER, replace(OTHER, priority=7), replace(RULE, priority=0, devices=("TV",))]))
def test_rules_in_any_order_are_one_state(rules: list[Rule]) -> None:
    assert (
        replace(BASE, rules=tuple(rules)).fingerprint == replace(BASE, rules=tuple(rules[::-1])).fingerprint
    )


@settings(max_examples=100)
@given(st.text())
def test_any_destination_has_a_fingerprint(text: str) -> None:
    print_ = replace(BASE, destination_url=text).fingerprint
    assert len(print_) == 32
    assert (print_ == BASE.fingerprint) is (text == BASE.destination_url)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=100)
@given(st.dictionaries(st.text(max_size=4), JSON, max_size=5))
def test_one_text_for_one_value(value: dict[str, Any]) -> None:
    assert canonical(value) == canonical(dict(reversed(value.items())))


def test_canonical_keeps_types_apart() -> None:
    assert len({canonical(v) for v in (1, "1", True, None, [1], 1.5)}) == 6


def test_versions_read_and_are_named_as_an_operator_types_them() -> None:
    assert [label(v) for v in (9, "9", "abc", None, 0)] == ["v9", "9", "abc", "?", "v0"]
    assert named("v9", (8, 9)) == 9
    assert named("9", (8, 9)) == 9
    assert named("abc", ("abc", "def")) == "abc"
    assert named("9", (90, 19)) is None
    assert named("V9x", (9,)) is None


@pytest.mark.parametrize(
    ("slug", "good"),
    [
        ("abcd", True),
        ("A_-9", True),
        ("a" * 24, True),
        ("abc", False),
        ("a" * 25, False),
        ("abcd\n", False),
        ("ab cd", False),
        ("abc/../d", False),
        ("abcdé", False),
        ("", False),
    ],
)
def test_the_documented_slug_pattern(slug: str, good: bool) -> None:
    assert bool(SLUG.match(slug)) is good
