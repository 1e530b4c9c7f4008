"""Histories in every accepted form, and the ones that must not be trusted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from console.api import wire
from console.domain.errors import UnreadableAnswer
from console.domain.versions import Action, Source, Timeline

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SLUG = "spring-launch"


def record(version: Any, key: str = "version", **more: Any) -> dict[str, Any]:
    snapshot = {"slug": SLUG, "destinationUrl": f"https://www.example/{version}"}
    return {key: version, "createdAt": "2026-01-01T00:00:00Z", "snapshot": snapshot, **more}


def read(raw: Any, live: Any = None) -> Timeline:
    items, around = wire.history_page(raw, SLUG)
    stated = wire.live_of(items, around, SLUG)
    return wire.timeline_from([items], slug=SLUG, as_of=NOW, live=live if stated is None else stated)


@pytest.mark.parametrize("key", ["versions", "history", "items", "data", "results"])
@pytest.mark.parametrize("live", ["currentVersion", "currentVersionId", "liveVersion", "current"])
@pytest.mark.parametrize("version", ["version", "versionId", "revision", "id"])
def test_every_accepted_name(key: str, live: str, version: str) -> None:
    timeline = read({"slug": SLUG, live: 2, key: [record(1, version), record(2, version)]})
    assert timeline.names == (2, 1)
    assert timeline.live == 2
    assert timeline.source is Source.PLATFORM
    assert timeline.as_of == NOW


@pytest.mark.parametrize("place", ["snapshot", "link", "after", "data"])
def test_every_place_of_the_snapshot(place: str) -> None:
    snapshot = {"destinationUrl": "https://a.example/", "id": "lnk_7"}
    timeline = read([{"version": 1, place: snapshot}])
    assert timeline.current.snapshot.destination_url == "https://a.example/"
    assert timeline.current.snapshot.slug == SLUG
    assert timeline.current.snapshot.version == 1
    assert timeline.link_id == "lnk_7"


def test_the_snapshot_may_lie_at_the_top() -> None:
    raw = {"versionId": "b", "createdBy": "kim", "note": "n", "destinationUrl": "https://a.example/", "x": 1}
    version = read([raw]).current
    assert version.created_by == "kim"
    assert dict(version.snapshot.extra) == {"x": 1}


def test_an_id_that_names_the_version_does_not_name_the_link() -> None:
    assert read([{"id": 3, "destinationUrl": "https://a.example/"}]).link_id == ""


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_any_order(order: tuple[int, ...]) -> None:
    assert read([record(v) for v in order]).names == (3, 2, 1)


def test_a_bare_list_takes_the_live_version_from_the_link() -> None:
    assert read([record("a"), record("b")], live="b").live == "b"


def test_a_version_may_be_marked_as_live() -> None:
    assert read([record(1, isCurrent=True), record(2)]).live == 1


def test_texts_stay_texts() -> None:
    assert read({"currentVersion": "9", "versions": [record("9"), record("8")]}).live == "9"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ({"currentVersion": 9, "versions": [record("9")]}, "at once"),
        ({"currentVersion": 1, "versions": [record(1), record("2")]}, "at once"),
        ({"currentVersion": 1, "versions": [record(1), record(1)]}, "twice"),
        ({"currentVersion": 3, "versions": [record(1), record(2)]}, "is not in it"),
        ({"currentVersion": 1, "versions": []}, "no version"),
        ({"currentVersion": True, "versions": [record(1)]}, "no whole number"),
        ({"currentVersion": 1.0, "versions": [record(1)]}, "no whole number"),
        ({"currentVersion": 1, "versions": [record(True)]}, "no whole number"),
        ({"currentVersion": 3, "versions": [record(3.0)]}, "no whole number"),
        ({"currentVersion": 3, "versions": [record(2**53 + 1), record(3)]}, "no whole number"),
        ({"currentVersion": 1, "versions": [record(""), record(1)]}, "no whole number"),
        ({"currentVersion": 1, "versions": [record(None), record(1)]}, "missing"),
        ({"currentVersion": 1, "versions": [{"version": 1}]}, "no snapshot"),
        ({"currentVersion": 1, "versions": [7]}, "not an object"),
        ({"currentVersion": 1, "versions": {}}, "None of the fields"),
        ({"slug": "other", "currentVersion": 1, "versions": [record(1)]}, "another link"),
        (
            {"currentVersion": 1, "versions": [record(1, snapshot={"slug": "x", "destinationUrl": "u"})]},
            "another",
        ),
        (
            {"currentVersion": 1, "versions": [record(1, snapshot={"enabled": 3, "destinationUrl": "u"})]},
            "enabled",
        ),
    ],
)
def test_a_history_that_must_not_be_trusted(raw: Any, reason: str) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        read(raw)
    assert reason in caught.value.detail


def test_a_record_that_moved_to_the_next_page_counts_once_and_one_that_differs_is_refused() -> None:
    moved = wire.timeline_from([[record(3), record(2)], [record(2), record(1)]], slug=SLUG, as_of=NOW, live=3)
    assert moved.names == (3, 2, 1)
    with pytest.raises(UnreadableAnswer):
        wire.timeline_from([[record(2)], [record(2, note="other")]], slug=SLUG, as_of=NOW, live=2)


def test_who_when_how_and_why() -> None:
    raw = record(4, action="rolled_back", createdBy={"name": "Kim"}, reason="503s", rolledBackTo=2, parent=3)
    version = read([raw, record(3), record(2)]).current
    assert (version.action, version.created_by, version.note) == (Action.ROLLBACK, "Kim", "503s")
    assert (version.rolled_back_to, version.parent) == (2, 3)


@pytest.mark.parametrize(
    ("word", "action"),
    [
        ("create", Action.CREATE),
        ("UPDATE", Action.UPDATE),
        ("bulk-import", Action.IMPORT),
        ("restored", Action.ROLLBACK),
        ("teleport", Action.OTHER),
        (None, Action.OTHER),
        (7, Action.OTHER),
    ],
)
def test_actions(word: object, action: Action) -> None:
    assert read([record(1, action=word)]).current.action is action
