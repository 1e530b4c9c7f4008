"""The client's own decisions: routes by token, pages, what is learnt, what is sent once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest

from console.api.asks import Answered
from console.api.client import HttpPlatform
from console.api.port import ImportOrder, Platform, PutOrder, ReportOrder, RollbackOrder, RowStatus
from console.api.settings import ConnectionSettings
from console.api.throttle import Waiting
from console.domain.errors import (
    BudgetSpent,
    Conflict,
    NotFound,
    RepointError,
    SignInNeeded,
    Throttled,
    Unreachable,
    UnreadableAnswer,
)
from console.domain.links import Link
from console.domain.outcomes import GuardLevel
from console.domain.routing import Visitor
from console.domain.target import Role, Secret
from tests.support.clock import START, ManualClock

ORDER = RollbackOrder("docs", 1, 2, "why", "key-1")
PAT = "patv1_abc.def"
Reply = Callable[[httpx.Request], httpx.Response]


def token(seconds: float = 3600, name: str = "t") -> str:
    ends = int((START + timedelta(seconds=seconds)).timestamp())
    key = "a-key-for-tests-that-is-long-enough-for-hs256"
    return jwt.encode({"sub": "dana", "exp": ends, "jti": name}, key, algorithm="HS256")


class Body(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content


class Far:
    """A platform in this process: answers by path, keeps every request."""

    def __init__(self, replies: dict[str, Any], *, secret: str = "", **settings: Any) -> None:
        self.replies = replies
        self.requests: list[httpx.Request] = []
        self.waits: list[Waiting] = []
        self.answers: list[Answered] = []
        self.clock = ManualClock()
        self.secret = secret or token()
        config = ConnectionSettings(
            "https://api.example", "acme", transport=httpx.MockTransport(self.reply), **settings
        )
        self.platform = HttpPlatform(
            config, self, self.clock, on_wait=self.waits.append, on_answer=self.answers.append
        )

    async def get(self) -> Secret | None:
        return Secret(self.secret)

    async def reply(self, request: httpx.Request) -> httpx.Response:
        """As the network gives it: a body that was not read yet."""
        self.requests.append(request)
        whole = self.found(request)
        return httpx.Response(whole.status_code, headers=whole.headers, stream=Body(whole.content))

    def found(self, request: httpx.Request) -> httpx.Response:
        key = f"{request.method} {request.url.path}"
        found = self.replies.get(key, self.replies.get("*"))
        if isinstance(found, list):
            found = found.pop(0)
        if callable(found):
            found = found(request)
        if isinstance(found, BaseException):
            raise found
        if isinstance(found, httpx.Response):
            return found
        assert found is not None, key
        status, body, *more = found if isinstance(found, tuple) else (200, found)
        return httpx.Response(status, json=body, headers=more[0] if more else {})

    @property
    def paths(self) -> list[str]:
        return [request.url.raw_path.decode() for request in self.requests]


HANDLE = "/v2/handles/acme"
LINK = {"slug": "docs", "destinationUrl": "https://www.example/", "version": 2}


def version(number: Any, **more: Any) -> dict[str, Any]:
    return {
        "version": number,
        "snapshot": {"slug": "docs", "destinationUrl": f"https://www.example/{number}"},
        **more,
    }


def test_it_is_the_port() -> None:
    platform: Platform = Far({}).platform
    assert platform


async def test_who_we_are() -> None:
    far = Far({"GET /v2/auth/me": {"user": {"id": "u1", "name": "Dana"}, "plan": "PRO",
                                   "handles": [{"handle": "acme", "role": "OPERATOR"}]}})  # fmt: skip
    identity = await far.platform.whoami()
    assert (identity.operator, identity.role, identity.token_id) == ("u1", Role.OPERATOR, "t")
    assert identity.token_expires_at == START + timedelta(hours=1)
    assert await far.platform.token_seconds_left() == 3600
    assert far.requests[0].headers["authorization"] == f"Bearer {far.secret}"


async def test_a_role_that_is_not_told_is_looked_up_among_the_collaborators() -> None:
    people = {"collaborators": [{"userId": "u1", "role": "OWNER"}]}
    far = Far({"GET /v2/auth/me": {"id": "u1"}, f"GET {HANDLE}/collaborators": people})
    assert (await far.platform.whoami()).role is Role.OWNER
    far = Far({"GET /v2/auth/me": {"id": "u1"}, "*": (403, {"error": "insufficient_role"})})
    assert (await far.platform.whoami()).role is Role.UNKNOWN


async def test_a_pat_takes_the_public_twins_and_is_known_by_its_id() -> None:
    replies = {"GET /v2/auth/me": (401, {"error": "invalid_token"}), "*": {"links": []}}
    far = Far(replies, secret=PAT)
    identity = await far.platform.whoami()
    assert (identity.operator, identity.token_id, identity.role) == ("abc", "abc", Role.UNKNOWN)
    assert far.paths[-1] == "/v2/public/handles/acme/links?limit=1"
    assert not far.platform.capabilities.charges_writes
    assert await far.platform.token_seconds_left() is None


async def test_a_pat_that_is_no_good_is_a_matter_of_signing_in() -> None:
    far = Far({"*": (401, {"error": "token_revoked"})}, secret=PAT)
    with pytest.raises(SignInNeeded, match="revoked"):
        await far.platform.whoami()


async def test_a_meter_that_is_not_offered() -> None:
    assert await Far({"*": (404, {"message": "Not Found"})}).platform.meter() is None
    meter = await Far({"*": {"usage": {"writesToday": 3}}}).platform.meter()
    assert meter is not None
    assert (meter.used, meter.as_of) == (3, START)


async def test_a_history_of_several_pages() -> None:
    pages = {
        "": {"currentVersion": 3, "versions": [version(3), version(2)], "nextToken": "a/b"},
        "a/b": {"currentVersion": 3, "versions": [version(2), version(1)]},
    }
    far = Far({"*": lambda r: httpx.Response(200, json=pages[r.url.params.get("nextToken", "")])})
    timeline = await far.platform.history("docs")
    assert timeline.names == (3, 2, 1)
    assert timeline.complete
    assert timeline.as_of == START
    assert far.paths[1] == f"{HANDLE}/links/docs/history?limit=500&nextToken=a%2Fb"


async def test_a_part_of_a_history_holds_the_live_version() -> None:
    pages = {
        "": {"currentVersion": 3, "versions": [version(1)], "nextToken": "2"},
        "2": {"currentVersion": 3, "versions": [version(2)], "nextToken": "3"},
        "3": {"currentVersion": 3, "versions": [version(3)], "nextToken": "4"},
    }
    far = Far({"*": lambda r: httpx.Response(200, json=pages[r.url.params.get("nextToken", "")])})
    timeline = await far.platform.history("docs", limit=1)
    assert timeline.live == 3
    assert not timeline.complete
    assert len(far.requests) == 3


async def test_history_pages_that_lead_back_end() -> None:
    far = Far({"*": {"currentVersion": 1, "versions": [version(1)], "nextToken": "x"}})
    with pytest.raises(UnreadableAnswer):
        await far.platform.history("docs")
    assert len(far.requests) == 2


async def test_a_history_that_changes_while_it_is_read_is_read_again() -> None:
    first = {"currentVersion": 2, "versions": [version(2)], "nextToken": "x"}
    moved = {"currentVersion": 3, "versions": [version(3), version(2)], "nextToken": "x"}
    rest = {"currentVersion": 3, "versions": [version(1)]}
    far = Far({"*": [first, rest, moved, rest]})
    assert (await far.platform.history("docs")).names == (3, 2, 1)
    far = Far({"*": [first, rest] * 3})
    with pytest.raises(UnreadableAnswer, match="history of docs"):
        await far.platform.history("docs")


async def test_a_bare_history_is_told_what_is_live_by_the_link() -> None:
    far = Far({f"GET {HANDLE}/links/docs/history": (200, [version("b"), version("a")]),
               f"GET {HANDLE}/links/docs": {**LINK, "version": "a"}})  # fmt: skip
    assert (await far.platform.history("docs")).live == "a"


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


async def test_a_read_waits_in_the_open_and_goes_on() -> None:
    far = Far({"*": [(429, {}, {"retry-after": "7"}), (503, {}), (200, LINK)]})
    assert (await far.platform.link("docs")).version == 2
    assert far.clock.slept[0] == 7
    assert [w.what for w in far.waits] == ["the link docs"] * 2
    assert isinstance(far.waits[0].why, Throttled)
    assert isinstance(far.waits[1].why, Unreachable)


async def test_the_days_writes_being_gone_is_not_waited_for() -> None:
    far = Far({"*": (429, {"plan": "FREE", "limits": {}, "usage": {}}, {"retry-after": "7"})})
    with pytest.raises(BudgetSpent):
        await far.platform.link("docs")
    assert not far.waits


async def test_the_stated_rate_is_kept_before_it_is_passed() -> None:
    spent = {"ratelimit-remaining": "0", "ratelimit-reset": "4"}
    far = Far({"*": [(200, LINK, spent), (200, LINK)]})
    await far.platform.link("docs")
    assert far.platform.pause_seconds() == 4
    await far.platform.link("docs")
    assert far.clock.slept == [4]
    assert (far.waits[0].seconds, far.waits[0].why) == (4, None)


@pytest.mark.parametrize("left", [20, -60])
async def test_a_token_about_to_end_starts_no_write(left: float) -> None:
    far = Far({"*": LINK}, secret=token(left))
    with pytest.raises(SignInNeeded) as caught:
        await far.platform.rollback(ORDER)
    assert caught.value.applied == "no"
    assert not far.requests
    assert (await far.platform.link("docs")).version == 2


async def test_an_expired_token_is_renewed_for_a_read_only_where_the_profile_says_so() -> None:
    fresh = token(3600, "fresh")

    def reply(request: httpx.Request) -> httpx.Response:
        good = request.headers["authorization"] == f"Bearer {fresh}"
        return (
            httpx.Response(200, json=LINK) if good else httpx.Response(401, json={"error": "token_expired"})
        )

    replies = {"POST /v2/auth/refresh": {"token": fresh}, "*": reply}
    far = Far(replies, refresh=True, secret=token(-9000))
    assert (await far.platform.link("docs")).version == 2
    assert [r.url.path for r in far.requests].count("/v2/auth/refresh") == 1
    await far.platform.rollback(ORDER)
    assert [r.url.path for r in far.requests].count("/v2/auth/refresh") == 1

    far = Far(replies, secret=token(-9000))
    with pytest.raises(SignInNeeded, match="expired"):
        await far.platform.link("docs")
    assert len(far.requests) == 1


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
    far = Far({f"POST {health}": (202, {"runId": "r1"}),
               f"GET {health}": [(404, {"error": "not_found", "message": "no run"}), {"results": []}]})  # fmt: skip
    await far.platform.check_health([], timeout_seconds=1)
    assert (await far.platform.last_health()).finished


async def test_an_import_is_asked_after() -> None:
    links = [Link("docs", "https://a.example/")]
    far = Far({f"POST {HANDLE}/links/bulk-import": (202, {"importId": "imp_1"}),
               f"GET {HANDLE}/links/bulk-import/imp_1": {
                   "importId": "imp_1", "status": "finished", "rows": [{"row": 1, "status": "created"}]}})  # fmt: skip
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


async def test_whether_the_platform_lives_is_asked_without_a_token_and_once() -> None:
    far = Far({"*": [{"status": "ok"}, (503, {})]})
    assert await far.platform.alive() == {"status": "ok"}
    assert "authorization" not in far.requests[0].headers
    with pytest.raises(Unreachable):
        await far.platform.alive()
    assert len(far.requests) == 2


async def test_a_link_that_is_gone() -> None:
    with pytest.raises(NotFound) as caught:
        await Far({"*": (404, {"error": "not_found", "message": "m"}, {"x-request-id": "r"})}).platform.link(
            "docs"
        )
    assert (caught.value.status, caught.value.platform_code, caught.value.request_id) == (
        404,
        "not_found",
        "r",
    )


async def test_never_called_routes_are_not_in_the_code() -> None:
    import pathlib

    import console.api

    root = pathlib.Path(console.api.__file__).parent
    code = "".join(file.read_text() for file in root.glob("*.py"))
    assert "operator/escalations" not in code
    assert "content-report" not in code
