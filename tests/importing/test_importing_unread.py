"""A few links of the export that cannot be read: the others are there, and nothing is lost or overwritten."""

from __future__ import annotations

import json

import pytest

from cache.imports import RowState
from console.domain.errors import UnreadableAnswer
from console.ops.doctor.files import unread_findings
from console.ops.importing.settle import read_links
from console.ops.profiles.places import places
from console.ops.sync import sync
from console.practice.faults import Kind
from tests.support.clock import ManualClock
from tests.support.commandline import repoint
from tests.support.desk import at, profile_for
from tests.support.importing import applied, counted, each_once, many, previewed, sheet

NAMED = '{"slug":"docs","destinationUrl":'
"""Cut in its middle: certainly about `docs`."""
NAMELESS = '{"destinationUrl":"https://docs.example/"}'
"""May be any link."""


def garble(practice, record: str, slug: str = "docs") -> None:
    practice.platform.manners.garbled = {slug: record}


def slugs_of(practice) -> list[str]:
    return [held.slug for held in practice.platform.store.page(0, 1000)]


async def test_the_others_are_read_and_the_odd_one_stays_as_it_was(practice) -> None:
    async with at(practice, ManualClock()) as session:
        inventory = session.store.inventory
        whole = await sync(session)
        before = inventory.get("docs")
        garble(practice, NAMED)
        practice.platform.delete("spring-launch")
        read = await sync(session)
        assert (whole.trouble, read.total, read.removed, read.kept) == ("", whole.total - 2, 1, 1)
        assert inventory.get("docs") == before
        assert inventory.get("spring-launch") is None
        assert "1 link could not be read: line" in read.trouble
        assert "docs (it is not JSON" in read.trouble
        practice.platform.manners.garbled = {}
        mended = await sync(session)
        assert (mended.trouble, mended.removed, mended.new, mended.changed) == ("", 0, 0, 0)


async def test_nothing_is_pruned_for_a_record_that_may_be_any_link(practice) -> None:
    async with at(practice, ManualClock()) as session:
        await sync(session)
        garble(practice, NAMELESS)
        practice.platform.delete("spring-launch")
        read = await sync(session)
        assert (read.removed, read.kept) == (0, 2)
        assert session.store.inventory.get("docs") is not None
        assert session.store.inventory.get("spring-launch") is not None
        assert "2 not listed are kept" in read.trouble


async def test_a_list_that_is_none_changes_nothing(practice) -> None:
    async with at(practice, ManualClock()) as session:
        await sync(session)
        before = session.store.inventory.get("docs")
        slugs = slugs_of(practice)
        practice.platform.manners.garbled = dict.fromkeys(slugs, NAMED)
        with pytest.raises(UnreadableAnswer):
            await sync(session)
        assert session.store.inventory.get("docs") == before
        assert session.store.inventory.count() == len(slugs)
        assert session.store.unread.last().count == 0


async def test_no_row_is_sent_for_a_link_that_cannot_be_read(practice, tmp_path) -> None:
    garble(practice, NAMED)
    rows = [*many(2), ("docs", "https://docs.example/moved", "Moved")]
    async with at(practice, ManualClock()) as session:
        preview = await previewed(session, sheet(tmp_path, rows))
        assert [(bad.slug, [f.code for f in bad.faults]) for bad in preview.rejected] == [
            ("docs", ["unreadable_link"])
        ]
        report = await applied(session, sheet(tmp_path, rows))
    assert counted(report.counts) == {"created": 2, "rejected": 1}
    each_once(practice, [row[0] for row in rows[:2]])


async def test_a_new_slug_that_may_be_the_odd_record_is_read_before_it_is_sent(practice, tmp_path) -> None:
    """The cache never saw `docs`: without the look it would be overwritten as if it were new."""
    garble(practice, NAMELESS)
    rows = [*many(2), ("docs", "https://docs.example/moved", "Moved")]
    async with at(practice, ManualClock()) as session:
        report = await applied(session, sheet(tmp_path, rows))
    assert counted(report.counts) == {"created": 2, "stale": 1}
    assert practice.platform.link("docs")["destinationUrl"] != "https://docs.example/moved"
    each_once(practice, [row[0] for row in rows[:2]])


async def test_a_link_that_becomes_unreadable_after_the_check_is_left_alone(practice, tmp_path) -> None:
    rows = [*many(2), ("docs", "https://docs.example/moved", "Moved")]

    def spoil() -> None:
        garble(practice, NAMED)
        practice.platform.faults.add(Kind.ANSWER, path="links/docs$", times=None, status=200, body="{}")

    async with at(practice, ManualClock()) as session:
        report = await applied(session, sheet(tmp_path, rows), before=spoil)
    assert counted(report.counts) == {"created": 2, "stale": 1}
    (stale,) = [row for row in report.handed_back if row.state is RowState.STALE]
    assert stale.faults[0].code == "unreadable"
    each_once(practice, [row[0] for row in rows[:2]])


async def test_what_became_of_an_odd_link_is_read_by_itself(practice) -> None:
    """Its older row in the cache must not settle a lost answer."""
    async with at(practice, ManualClock()) as session:
        await sync(session)
        old = session.store.inventory.get("docs")
        practice.platform.edit("docs", destinationUrl="https://docs.example/new")
        garble(practice, NAMED)
        slugs = slugs_of(practice)
        found = await read_links(session, [*slugs, *(row[0] for row in many(60))])
        assert old is not None
        assert found["docs"].destination_url == "https://docs.example/new" != old.link.destination_url


async def test_the_command_and_the_doctor_say_so(practice, monkeypatch) -> None:
    garble(practice, NAMED)
    for name, value in (
        ("BASE_URL", practice.base_url),
        ("HANDLE", practice.handle),
        ("TOKEN", practice.token),
    ):
        monkeypatch.setenv(f"REPOINT_{name}", value)
    done = repoint("sync", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["unread"], document["kept"]) == (4, 1, 0)
    (odd,) = document["unread_links"]
    assert (odd["slug"], odd["reason"][:14]) == ("docs", "it is not JSON")
    assert odd["place"].startswith("line ")
    assert "could not be read" in done.stderr
    shown = repoint("sync")
    assert shown.returncode == 4
    assert "docs (it is not JSON" in shown.stderr
    listed = repoint("links", "--limit", "1")
    assert listed.returncode == 0
    assert "could not be read" in listed.stderr
    (found,) = unread_findings(places().cache_path(profile_for(practice).target().key))
    assert "docs (it is not JSON" in found.sentence
