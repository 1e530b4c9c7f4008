"""The client against the practice platform, over real HTTP."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable

import pytest

from console.api.client import HttpPlatform
from console.api.port import ImportOrder, PutOrder, ReportOrder, RollbackOrder, RowStatus
from console.api.settings import ConnectionSettings
from console.api.throttle import Patience
from console.domain.errors import Conflict, NotFound, RepointError, SignInNeeded
from console.domain.links import Link
from console.domain.routing import Visitor
from console.domain.target import Role, Secret
from console.domain.versions import Timeline
from console.ops.clock import SystemClock
from console.practice.server import PracticeServer
from tests.support.practice import Serve

pytest_plugins = ("tests.support.practice",)


class Token:
    def __init__(self, text: str) -> None:
        self.text = text

    async def get(self) -> Secret | None:
        return Secret(self.text)


Connect = Callable[..., HttpPlatform]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Makes clients of a practice server; they are closed with the test."""
    made: list[HttpPlatform] = []

    def connected(server: PracticeServer, token: str | None = None, **more: object) -> HttpPlatform:
        config = ConnectionSettings(
            server.base_url, server.handle, timeout_seconds=60, patience=Patience(3, 60), page_size=5, **more
        )  # type: ignore[arg-type]
        made.append(HttpPlatform(config, Token(token or server.token), SystemClock()))
        return made[-1]

    yield connected
    for platform in made:
        await platform.close()


async def with_a_past(far: HttpPlatform) -> Timeline:
    """The first history with more than one version."""
    links = [link async for batch in far.links() for link in batch]
    histories = [await far.history(link.slug) for link in links]
    return next(history for history in histories if len(history.versions) > 1)


@pytest.mark.parametrize("kind", ["token", "pat"])
async def test_an_incident_from_end_to_end(practice: PracticeServer, connect: Connect, kind: str) -> None:
    far = connect(practice, getattr(practice, kind))
    who = await far.whoami()
    assert who.role is Role.OPERATOR
    meter = await far.meter()
    assert meter is not None
    links = [link async for batch in far.links() for link in batch]
    assert len(links) == 12
    before = await with_a_past(far)
    assert before.complete
    assert before.live == {link.slug: link.version for link in links}[before.slug]
    target = before.versions[-1]
    order = RollbackOrder(before.slug, target.version, before.live, "503s", str(uuid.uuid4()))
    answer = await far.rollback(order)
    after = await far.history(before.slug)
    assert answer.new_version == after.live
    assert after.current.fingerprint == target.fingerprint
    assert after.current.rolled_back_to == target.version
    assert after.current.note == "503s"
    with pytest.raises(Conflict) as caught:
        await far.rollback(
            RollbackOrder(before.slug, target.version, before.live, "again", str(uuid.uuid4()))
        )
    assert caught.value.applied == "no"
    assert caught.value.request_id


async def test_export_and_pages_agree(practice: PracticeServer, connect: Connect) -> None:
    far = connect(practice)
    exported = {link.slug: link async for batch in far.links() for link in batch}
    practice.platform.set_plan("FREE")
    paged = {link.slug: link async for batch in far.links() for link in batch}
    assert exported == paged


async def test_a_whole_record_is_written_back(outage: Serve, connect: Connect) -> None:
    far = connect(outage(links=200))
    slug, *_ = [link.slug async for batch in far.links() for link in batch if link.rules]
    before = await far.link(slug)
    assert before.version is not None
    await far.put(PutOrder(slug, before, before.version, "as it was", str(uuid.uuid4())))
    after = await far.link(slug)
    assert after.version != before.version
    assert after.fingerprint == before.fingerprint
    assert (after.title, after.tags, after.extra) == (before.title, before.tags, before.extra)


async def test_import_preview_health_and_report(practice: PracticeServer, connect: Connect) -> None:
    far = connect(practice)
    links = [Link("new-link", "http://www.localhost/new"), Link("export", "http://www.localhost/x")]
    answer = await far.bulk_import(ImportOrder(links, str(uuid.uuid4())))
    assert [row.status for row in answer.rows] == [RowStatus.CREATED, RowStatus.FAILED]
    assert answer.rows[1].code == "invalid_slug"
    again = await far.import_status(answer.import_id, links)
    assert [row.status for row in again.rows] == [row.status for row in answer.rows]
    assert (await far.preview("new-link", Visitor())).destination_url == "http://www.localhost/new"
    run = await far.check_health(["new-link"], timeout_seconds=1)
    assert [result.slug for result in run.results] == ["new-link"]
    assert (await far.last_health()).finished
    report = await far.report(ReportOrder("s", "d", handle=practice.handle))
    assert report.report_id
    assert await far.alive() == {"status": "ok"}


async def test_an_import_as_csv(practice: PracticeServer, connect: Connect) -> None:
    far = connect(practice, import_csv=True)
    answer = await far.bulk_import(
        ImportOrder([Link("new-link", "http://www.localhost/n", tags=("a", "b"))], "k")
    )
    assert answer.rows[0].status is RowStatus.CREATED
    assert (await far.link("new-link")).tags == ("a", "b")


async def test_a_token_is_renewed_and_a_missing_link_is_said(
    practice: PracticeServer, connect: Connect
) -> None:
    far = connect(practice, refresh=True)
    renewed = await far._calls._renew(Secret(practice.token))
    assert renewed != Secret(practice.token)
    with pytest.raises(NotFound):
        await far.link("nobody-here")
    with pytest.raises(SignInNeeded):
        await connect(practice, "eyJhbGciOiJIUzI1NiJ9.e30.eA").link("docs")


async def test_a_key_sent_twice_acts_once_and_the_replay_is_learnt(
    practice: PracticeServer, connect: Connect
) -> None:
    far = connect(practice)
    before = await with_a_past(far)
    order = RollbackOrder(before.slug, before.versions[1].version, before.live, "x", "key-1")
    first = await far.rollback(order)
    second = await far.rollback(order)
    assert first.new_version == second.new_version
    assert far.capabilities.honours_idempotency
    assert len((await far.history(before.slug)).versions) == len(before.versions) + 1


@pytest.mark.parametrize(
    "fault", ["commit_then_502", "commit_then_html", "commit_then_close", "commit_then_half",
              "commit_then_rst",
              "commit_then_gzip_cut"],
)  # fmt: skip
async def test_a_lost_answer_is_unknown(practice: PracticeServer, connect: Connect, fault: str) -> None:
    far = connect(practice)
    before = await with_a_past(far)
    practice.platform.faults.add(fault, method="POST", path="rollback")
    with pytest.raises(RepointError) as caught:
        await far.rollback(RollbackOrder(before.slug, before.versions[1].version, before.live, "x", "key-1"))
    assert caught.value.applied == "unknown"
    assert len((await far.history(before.slug)).versions) == len(before.versions) + 1
