"""What the client writes: once, guarded, and what is learnt from the answers."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from console.api.port import ImportOrder, PutOrder, ReportOrder, RowStatus
from console.domain.errors import (
    BudgetSpent,
    Conflict,
    RepointError,
    SignInNeeded,
    Throttled,
    Unreachable,
    UnreadableAnswer,
)
from console.domain.links import Link
from console.domain.outcomes import GuardLevel
from console.domain.routing import Visitor
from tests.support.farside import HANDLE, LINK, ORDER, Far, token


async def test_a_rollback() -> None:
    answer = {"slug": "docs", "version": 3, "link": LINK}
    far = Far({"*": (200, answer, {"x-request-id": "req-1"})})
    found = await far.platform.rollback(ORDER)
    assert (found.new_version, found.request_id, found.status, found.compared) == (3, "req-1", 200, False)
    assert [(a.method, a.status, a.request_id) for a in far.answers] == [("POST", 200, "req-1")]


@pytest.mark.parametrize("status", [201, 202, 204])
async def test_a_write_that_was_taken_without_a_word(status: int) -> None:
    found = await Far({"*": httpx.Response(status)}).platform.rollback(ORDER)
    assert (found.status, found.new_version) == (status, None)


@pytest.mark.parametrize("body", [{"version": True}, {"version": 3.0}, {"slug": "other"}, []])
async def test_a_write_answer_that_cannot_be_read_may_have_been_applied(body: Any) -> None:
    far = Far({"*": (200, body, {"x-request-id": "req-1"})})
    with pytest.raises(UnreadableAnswer) as caught:
        await far.platform.rollback(ORDER)
    assert (caught.value.applied, caught.value.request_id) == ("unknown", "req-1")


@pytest.mark.parametrize(
    ("reply", "kind", "applied"),
    [
        ((429, {"error": "rate_limited"}, {"retry-after": "1"}), Throttled, "no"),
        ((429, {"error": "rate_limited", "plan": "PRO", "usage": {}}), BudgetSpent, "no"),
        ((503, {}), Unreachable, "unknown"),
        (httpx.ReadError("x"), Unreachable, "unknown"),
        (httpx.ConnectError("x"), Unreachable, "no"),
        (httpx.ReadTimeout("x"), Unreachable, "unknown"),
        (httpx.InvalidURL("x"), RepointError, "no"),
        (RecursionError(), UnreadableAnswer, "unknown"),
    ],
)
async def test_a_write_is_sent_once(reply: Any, kind: type[RepointError], applied: str) -> None:
    far = Far({"*": reply})
    for call in (
        far.platform.rollback(ORDER),
        far.platform.put(PutOrder("docs", Link("docs", "https://a.example/"), 2, "why", "key")),
        far.platform.bulk_import(ImportOrder([Link("docs", "https://a.example/")], "key")),
        far.platform.check_health([], timeout_seconds=1),
        far.platform.preview("docs", Visitor()),
        far.platform.report(ReportOrder("s", "d")),
    ):
        before = len(far.requests)
        with pytest.raises(kind) as caught:
            await call
        assert caught.value.applied == applied
        assert len(far.requests) == before + 1
    assert not far.clock.slept


async def test_a_conflict_by_precondition_shows_that_the_platform_compares() -> None:
    far = Far({"*": [(412, {}), (409, {"error": "conflict"}), (200, {"version": 3})]})
    assert far.platform.capabilities.guard is GuardLevel.BEST_EFFORT
    for _ in range(2):
        with pytest.raises(Conflict):
            await far.platform.rollback(ORDER)
    assert far.platform.capabilities.guard is GuardLevel.STRONG
    assert (await far.platform.rollback(ORDER)).compared
    far = Far({"*": (409, {"error": "conflict"})})
    with pytest.raises(Conflict):
        await far.platform.rollback(ORDER)
    assert far.platform.capabilities.guard is GuardLevel.BEST_EFFORT


async def test_a_replayed_answer_shows_that_the_platform_knows_the_key() -> None:
    far = Far({"*": (200, {"version": 3}, {"Idempotent-Replay": "true"})})
    assert not far.platform.capabilities.honours_idempotency
    await far.platform.rollback(ORDER)
    assert far.platform.capabilities.honours_idempotency


async def test_a_put_sends_the_whole_record() -> None:
    far = Far({"*": {"link": {**LINK, "version": 3}}})
    record = Link("docs", "https://a.example/", tags=("x",), version=1, extra={"shelf": "A4"})
    assert (await far.platform.put(PutOrder("docs", record, 2, "why", "key"))).new_version == 3
    body = json.loads(far.requests[0].content)
    assert (body["destinationUrl"], body["tags"], body["shelf"]) == ("https://a.example/", ["x"], "A4")
    assert (body["expectedVersion"], body["reason"], body["maxClicks"]) == (2, "why", None)
    assert "version" not in body
    assert far.requests[0].headers["if-match"] == '"2"'


@pytest.mark.parametrize("left", [20, -60])
async def test_a_token_about_to_end_starts_no_write(left: float) -> None:
    far = Far({"*": LINK}, secret=token(left))
    with pytest.raises(SignInNeeded) as caught:
        await far.platform.rollback(ORDER)
    assert caught.value.applied == "no"
    assert not far.requests
    assert (await far.platform.link("docs")).version == 2


async def test_a_health_run_is_followed_until_it_ends() -> None:
    health = f"{HANDLE}/links/health-check"
    result = {"slug": "docs", "status": "healthy", "statusCode": 200}
    far = Far({f"POST {health}": (202, {"runId": "r/1"}),
               f"GET {health}": [{"runId": "r/1", "status": "running"},
                                 {"status": "done", "results": [result]},
                                 {"results": []}]})  # fmt: skip
    run = await far.platform.check_health(["docs"], timeout_seconds=2.5)
    assert not run.finished
    assert json.loads(far.requests[0].content) == {"timeoutMs": 2500, "slugs": ["docs"]}
    assert not (await far.platform.last_health()).finished
    assert (await far.platform.last_health()).results[0].slug == "docs"
    await far.platform.last_health()
    assert far.paths[1:] == [f"{health}?runId=r%2F1", f"{health}?runId=r%2F1", health]


async def test_a_health_run_that_the_platform_forgot() -> None:
    health = f"{HANDLE}/links/health-check"
    forgot = (404, {"error": "not_found", "message": "no such run"})
    far = Far({f"POST {health}": (202, {"runId": "r1"}), f"GET {health}": [forgot, {"results": []}]})
    await far.platform.check_health([], timeout_seconds=1)
    assert (await far.platform.last_health()).finished


async def test_an_import_is_asked_after() -> None:
    links = [Link("docs", "https://a.example/")]
    route = f"{HANDLE}/links/bulk-import"
    over = {"importId": "imp_1", "status": "finished", "rows": [{"row": 1, "status": "created"}]}
    far = Far({f"POST {route}": (202, {"importId": "imp_1"}), f"GET {route}/imp_1": over})
    order = ImportOrder(links, "key")
    first = await far.platform.bulk_import(order)
    assert (first.import_id, first.finished, first.rows[0].status) == ("imp_1", False, RowStatus.MAYBE)
    last = await far.platform.import_status("imp_1", links)
    assert (last.finished, last.rows[0].status) == (True, RowStatus.CREATED)
    assert far.requests[0].headers["idempotency-key"] == "key"


async def test_a_support_report_sends_what_is_known() -> None:
    far = Far({"POST /v2/support/report": (201, {"ticketId": 7, "status": "open"}, {"x-request-id": "r"})})
    found = await far.platform.report(ReportOrder("s", "d", handle="acme", repro_artifact={"a": 1}))
    assert (found.report_id, found.status, found.request_id) == ("7", "open", "r")
    assert json.loads(far.requests[0].content) == {
        "summary": "s", "details": "d", "handle": "acme", "reproArtifact": {"a": 1}
    }  # fmt: skip
