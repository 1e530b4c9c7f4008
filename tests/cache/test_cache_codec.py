"""Links and timelines survive the cache without loss."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cache.codec import link_from_json, link_to_json, timeline_from_json, timeline_to_json
from cache.problems import Damaged
from console.domain.links import Link, Rule
from console.domain.versions import Action, Source, Timeline, Version, same_version

ANY_TEXT = st.text(st.characters(), max_size=12)  # lone surrogates and NUL too
VERSIONS = st.one_of(st.integers(0, 2**53 - 1), ANY_TEXT, st.sampled_from(["3", "03", "true"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
MAPS = st.dictionaries(ANY_TEXT, JSON, max_size=3)
TIMES = st.none() | st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=9))]),
)
WORDS = st.lists(ANY_TEXT, max_size=3).map(tuple)
RULES = st.builds(
    Rule,
    destination_url=ANY_TEXT,
    priority=st.integers(-5, 5),
    rule_id=ANY_TEXT,
    name=ANY_TEXT,
    countries=WORDS,
    devices=WORDS,
    segments=WORDS,
    extra=MAPS,
    extra_conditions=MAPS,
)
LINKS = st.builds(
    Link,
    slug=ANY_TEXT,
    destination_url=ANY_TEXT,
    title=ANY_TEXT,
    description=ANY_TEXT,
    tags=WORDS,
    categories=WORDS,
    enabled=st.booleans(),
    redirect_type=st.sampled_from([302, 307, 301]),
    scheduled_start_at=TIMES,
    scheduled_end_at=TIMES,
    expires_at=TIMES,
    max_clicks=st.none() | st.integers(0, 10**30),
    has_password=st.booleans(),
    rules=st.lists(RULES, max_size=2).map(tuple),
    tracking=MAPS,
    tracking_policy=MAPS,
    version=st.none() | VERSIONS,
    link_id=ANY_TEXT,
    url=ANY_TEXT,
    clicks=st.none() | st.integers(0, 2**70),
    created_at=TIMES,
    updated_at=TIMES,
    updated_by=ANY_TEXT,
    extra=MAPS,
)


@settings(max_examples=150, deadline=None)
@given(LINKS)
def test_a_link_comes_back_as_it_went(link: Link) -> None:
    back = link_from_json(link_to_json(link))
    assert back == link
    assert same_version(back.version, link.version)
    assert back.fingerprint == link.fingerprint
    assert link_to_json(link).isascii()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(VERSIONS, LINKS, TIMES, st.sampled_from(list(Action))), min_size=1, max_size=4))
def test_a_timeline_comes_back_as_it_went_but_from_the_cache(
    parts: list[tuple[int | str, Link, datetime | None, Action]],
) -> None:
    versions = tuple(
        Version(name, link, at, "dana", action, "why", rolled_back_to=name, parent=parts[0][0])
        for name, link, at, action in parts
    )
    timeline = Timeline(
        "s", parts[0][0], versions, False, datetime(2026, 1, 2, tzinfo=UTC), Source.PLATFORM, "id"
    )
    back = timeline_from_json(timeline_to_json(timeline))
    assert back.versions == versions
    assert all(same_version(a, b) for a, b in zip(back.names, timeline.names, strict=True))
    assert (back.live, back.complete, back.as_of, back.link_id) == (
        timeline.live,
        False,
        timeline.as_of,
        "id",
    )
    assert back.source is Source.CACHE


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{}", '{"slug":"a"}', '["a","b"]', "[" * 5000, "[" * 5000 + "]" * 5000],
)
def test_text_that_we_never_wrote_is_damage(text: str) -> None:
    with pytest.raises(Damaged):
        link_from_json(text)
    with pytest.raises(Damaged):
        timeline_from_json(text)
