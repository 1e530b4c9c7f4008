"""A link record from the wire and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.api import wire
from console.domain.errors import RepointError, UnreadableAnswer
from console.domain.links import Link, Rule

FULL: dict[str, Any] = {
    "slug": "spring-launch",
    "destinationUrl": "https://shop.example/launch",
    "title": "Spring",
    "description": "All of it",
    "tags": ["promo"],
    "categories": ["campaign"],
    "enabled": False,
    "redirectType": 307,
    "scheduledStartAt": "2026-03-01T09:00:00.000Z",
    "scheduledEndAt": "2026-04-01T09:00:00+02:00",
    "expiresAt": 1780000000000,
    "maxClicks": 100,
    "hasPassword": True,
    "routingRules": [
        {
            "id": "r1",
            "name": "us",
            "priority": 2,
            "conditions": {"countryIn": ["US"], "deviceIn": ["Mobile"], "weatherIn": ["rain"]},
            "destinationUrl": "https://shop.example/us",
            "weight": 3,
        }
    ],
    "tracking": {"utmSource": "mail"},
    "trackingPolicy": {"mode": "DIRECT"},
    "version": 9,
    "createdAt": "2026-01-01T00:00:00Z",
    "updatedAt": "2026-02-01T00:00:00Z",
    "updatedBy": {"id": "u1", "email": "dana@example.org"},
    "id": "lnk_1",
    "url": "https://go.example/spring-launch",
    "clicks": 5,
    "ownerTeam": {"name": "growth"},
}


def test_every_field_is_read() -> None:
    assert wire.link_from(FULL) == Link(
        slug="spring-launch",
        destination_url="https://shop.example/launch",
        title="Spring",
        description="All of it",
        tags=("promo",),
        categories=("campaign",),
        enabled=False,
        redirect_type=307,
        scheduled_start_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
        scheduled_end_at=datetime(2026, 4, 1, 7, tzinfo=UTC),
        expires_at=datetime.fromtimestamp(1780000000, UTC),
        max_clicks=100,
        has_password=True,
        rules=(
            Rule(
                "https://shop.example/us",
                priority=2,
                rule_id="r1",
                name="us",
                countries=("US",),
                devices=("Mobile",),
                extra={"weight": 3},
                extra_conditions={"weatherIn": ["rain"]},
            ),
        ),
        tracking={"utmSource": "mail"},
        tracking_policy={"mode": "DIRECT"},
        version=9,
        link_id="lnk_1",
        url="https://go.example/spring-launch",
        clicks=5,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        updated_at=datetime(2026, 2, 1, tzinfo=UTC),
        updated_by="dana@example.org",
        extra={"ownerTeam": {"name": "growth"}},
    )


def test_a_write_passes_on_what_we_do_not_know_and_leaves_out_what_is_the_platforms() -> None:
    sent = wire.link_to_wire(wire.link_from({**FULL, "password": "****"}))
    assert sent["ownerTeam"] == {"name": "growth"}
    assert sent["routingRules"] == FULL["routingRules"]
    assert sent["hasPassword"] is True
    assert not sent.keys() & {
        "version",
        "id",
        "url",
        "clicks",
        "createdAt",
        "updatedAt",
        "updatedBy",
        "password",
    }


def test_what_is_the_platforms_stays_out_even_when_it_is_odd() -> None:
    odd = wire.link_from({**FULL, "version": 1.5, "clicks": -1, "createdAt": "soon"}, strict=False)
    assert odd.extra["version"] == 1.5
    assert not wire.link_to_wire(odd).keys() & {"version", "clicks", "createdAt"}


def test_what_visitors_get_survives_the_way_out_and_back() -> None:
    link = wire.link_from(FULL)
    assert wire.link_from(wire.link_to_wire(link)).fingerprint == link.fingerprint
    assert wire.link_from(json.loads(json.dumps(wire.link_to_wire(link)))).rules == link.rules


@pytest.mark.parametrize("nothing", ["scheduledStartAt", "scheduledEndAt", "expiresAt", "maxClicks"])
def test_a_write_names_what_is_not_set(nothing: str) -> None:
    sent = wire.link_to_wire(Link("slug", "https://a.example/"))
    assert nothing in sent
    assert sent[nothing] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", 2**53),
        ("version", 3.0),
        ("version", True),
        ("version", ""),
        ("version", -1),
        ("version", [1]),
        ("enabled", 1),
        ("enabled", "true"),
        ("redirectType", 200),
        ("redirectType", "moved"),
        ("redirectType", True),
        ("scheduledStartAt", "soon"),
        ("expiresAt", 1e30),
        ("expiresAt", True),
        ("scheduledEndAt", "9999-12-31T23:59:59-10:00"),
        ("maxClicks", 1.5),
        ("maxClicks", 10**30),
        ("routingRules", {}),
        ("routingRules", [{"conditions": {}}]),
        ("routingRules", [None]),
        ("tracking", []),
        ("destinationUrl", 7),
        ("slug", None),
    ],
)
def test_an_odd_field_that_decides_is_refused_before_a_write_and_kept_in_a_list(
    field: str, value: object
) -> None:
    raw = {**FULL, field: value}
    with pytest.raises(UnreadableAnswer):
        wire.link_from(raw)
    if field != "slug":
        link = wire.link_from(raw, strict=False)
        assert link.slug == "spring-launch"
        assert link.extra[field] == value


@pytest.mark.parametrize(
    ("field", "value"), [("title", 5), ("tags", "a,b"), ("clicks", 1.5), ("updatedBy", [])]
)
def test_an_odd_field_that_does_not_decide_is_passed_through(field: str, value: object) -> None:
    assert wire.link_from({**FULL, field: value}).extra[field] == value


@pytest.mark.parametrize("wrap", ["link", "data", "item", None])
def test_the_answer_about_one_link(wrap: str | None) -> None:
    raw = {wrap: FULL} if wrap else FULL
    assert wire.link_answer(raw, "spring-launch").version == 9


def test_an_answer_about_another_link_is_refused() -> None:
    with pytest.raises(UnreadableAnswer, match="spring-lunch"):
        wire.link_answer({"link": FULL}, "spring-lunch")


@pytest.mark.parametrize(("raw", "expected"), [("7", "7"), (7, 7)])
def test_versions_keep_their_type(raw: object, expected: object) -> None:
    version = wire.link_from({**FULL, "version": raw}).version
    assert version == expected
    assert type(version) is type(expected)


@pytest.mark.parametrize("value", ["secret", "****", True])
def test_a_password_is_never_kept(value: object) -> None:
    raw = {k: v for k, v in FULL.items() if k != "hasPassword"} | {"password": value}
    link = wire.link_from(raw)
    assert link.has_password
    assert "secret" not in repr(link)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from([*FULL, "extra", "password", "versionId"]), JSONS))
def test_no_record_breaks_the_reader(raw: dict[str, Any]) -> None:
    for strict in (True, False):
        try:
            link = wire.link_from(raw, slug="fallback", strict=strict)
        except UnreadableAnswer:
            continue
        _ = link.fingerprint
        wire.link_to_wire(link)


@given(JSONS)
def test_no_value_breaks_a_reader_of_answers(raw: Any) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for read in (
        lambda: wire.link_answer(raw, "slug"),
        lambda: wire.links_page(raw),
        lambda: wire.history_page(raw, "slug"),
        lambda: wire.version_from(raw, "slug"),
        lambda: wire.meter_from(raw, now),
        lambda: wire.identity_from(raw, "acme"),
        lambda: wire.role_from(raw, "dana"),
        lambda: wire.health_from(raw, now),
        lambda: wire.preview_from(raw),
        lambda: wire.import_from(raw, [Link("slug", "https://a.example/")]),
        lambda: wire.report_answer(raw, None),
        lambda: wire.write_answer(raw, "slug", status=200, request_id=None, compared=False),
        lambda: wire.token_from(raw),
    ):
        try:
            read()
        except RepointError as error:
            assert isinstance(error, UnreadableAnswer)  # noqa: PT017 - which one it is, if any
