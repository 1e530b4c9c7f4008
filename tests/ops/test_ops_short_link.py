"""The short link's own redirect: asked once, judged against the version, warned about when it is kept."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from console.domain.errors import Unreachable
from console.ops.health.short_link import ask_short_link, judge
from console.ops.probe.values import Answer
from console.ops.review import read_live
from console.practice.server import PracticeServer
from tests.support.desk import at, confirmed, planned

SLUG = "spring-launch"


async def test_after_a_rollback_the_short_link_leads_to_the_old_page(
    practice: PracticeServer,
) -> None:
    async with at(practice) as session:
        await confirmed(session, await planned(session))
        reading = await read_live(session, SLUG)
        assert reading.record is not None
        found = await ask_short_link(session, reading.record, reading.current)
        assert (found.status, found.as_planned, found.warning) == (302, True, "")
        assert found.location is not None
        assert found.location.startswith("http://www.localhost")


async def test_a_short_link_that_may_not_be_looked_at_says_so(practice: PracticeServer) -> None:
    async with at(practice, probe_allow_private=False) as session:
        reading = await read_live(session, SLUG)
        assert reading.record is not None
        with pytest.raises(Unreachable):
            await ask_short_link(session, reading.record, reading.current)


@pytest.mark.parametrize(
    ("status", "headers", "seconds", "words"),
    [
        (302, {}, 0, ""),
        (301, {}, 0, "permanent"),
        (308, {"cache-control": "no-store"}, 0, "permanent"),
        (302, {"Cache-Control": "public, max-age=600"}, 600, "600 s"),
        (302, {"Cache-Control": "max-age=600, no-cache"}, 0, ""),
        (307, {"Cache-Control": "s-maxage=60"}, 60, "60 s"),
    ],
)
async def test_what_keeps_old_visitors_is_warned_about(
    practice: PracticeServer, status: int, headers: dict[str, str], seconds: int, words: str
) -> None:
    async with at(practice) as session:
        version = (await read_live(session, SLUG)).current
    where = version.snapshot.destination_url + "?ctx=abc"
    found = judge(
        "http://go/x", Answer(status, CIMultiDict({"Location": where, **headers}), b"", 0, 0), version
    )
    assert found.as_planned, "a ctx that the platform adds is not a difference"
    assert found.cached_seconds == seconds
    assert words in found.warning
    assert bool(words) == bool(found.warning)


async def test_a_page_instead_of_a_redirect_is_not_as_planned(practice: PracticeServer) -> None:
    async with at(practice) as session:
        version = (await read_live(session, SLUG)).current
    found = judge("http://go/x", Answer(404, CIMultiDict(), b"", 0, 0), version)
    assert (found.location, found.as_planned) == (None, False)
