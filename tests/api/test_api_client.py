"""What the client reads: routes by token, pages, waits, renewals."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from console.api.port import Platform
from console.domain.errors import (
    BudgetSpent,
    NotFound,
    SignInNeeded,
    Throttled,
    Unreachable,
    UnreadableAnswer,
)
from console.domain.target import Role
from tests.support.clock import START
from tests.support.farside import HANDLE, LINK, ORDER, PAT, Far, token, version


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
