"""Who is let in, to what, how often, and at what cost."""

from __future__ import annotations

import base64
import json

import httpx
import jwt
import pytest

from console.domain.target import Role
from console.practice.server import PracticeServer

LINKS = "/v2/handles/acme/links"
TWIN = "/v2/public/handles/acme/links"
REPORT = {"summary": "shop is down", "details": "since 14:02"}


def ask(practice: PracticeServer, path: str = LINKS, token: str | None = None, method: str = "GET", **more):
    headers = more.pop("headers", {}) | ({} if token is None else {"Authorization": f"Bearer {token}"})
    return httpx.request(method, practice.base_url + path, headers=headers, **more)


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_tokens_are_real_jwts_with_the_claims_that_consoles_read(practice: PracticeServer) -> None:
    claims = jwt.decode(practice.token, options={"verify_signature": False})
    assert jwt.get_unverified_header(practice.token) == {"alg": "HS256", "typ": "JWT"}
    assert (claims["sub"], claims["role"], claims["handle"]) == ("dana", "OPERATOR", "acme")
    assert claims["exp"] - claims["iat"] == 3600


def test_each_bad_token_has_its_own_word(practice: PracticeServer) -> None:
    tokens = practice.platform.tokens
    head, body, sign = practice.token.split(".")
    forged = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged["role"] = "OWNER"
    fake = base64.urlsafe_b64encode(json.dumps(forged).encode()).rstrip(b"=").decode()
    revoked = tokens.jwt("kim")
    tokens.revoke(revoked)
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    assert told(ask(practice)) == (401, "missing_bearer_token")
    assert told(ask(practice, token="abc")) == (401, "invalid_token_format")
    assert told(ask(practice, token=f"{head}.{fake}.{sign}")) == (401, "invalid_token")
    assert told(ask(practice, token=f"{unsigned}.{fake}.x")) == (401, "invalid_token")
    assert told(ask(practice, token=tokens.jwt(lives=-1))) == (401, "token_expired")
    assert told(ask(practice, token=revoked)) == (401, "token_revoked")
    assert told(ask(practice, token=tokens.jwt(handle="other"))) == (403, "forbidden")
    assert told(ask(practice, "/v2/handles/other/links", practice.token)) == (404, "handle_not_found")


def test_a_token_of_another_seed_is_worth_nothing(practice: PracticeServer, serve) -> None:
    other = serve("tiny", seed=8)
    assert told(ask(practice, token=other.token)) == (401, "invalid_token")


def test_time_passes_for_tokens(practice: PracticeServer) -> None:
    practice.platform.advance(3601)
    assert told(ask(practice, token=practice.token)) == (401, "token_expired")
    fresh = practice.platform.tokens.jwt()
    renewed = ask(practice, "/v2/auth/refresh", fresh, "POST").json()["token"]
    assert ask(practice, token=renewed).status_code == 200


def test_each_plane_takes_its_own_kind_of_token(practice: PracticeServer) -> None:
    assert ask(practice, TWIN, practice.pat).status_code == 200
    assert ask(practice, TWIN, headers={"x-api-key": practice.pat}).status_code == 200
    assert told(ask(practice, TWIN, practice.token)) == (401, "invalid_token_format")
    assert told(ask(practice, LINKS, practice.pat)) == (403, "forbidden")
    assert told(ask(practice, TWIN, practice.pat[:-1] + "!")) == (401, "invalid_token")
    assert ask(practice, "/v2/auth/me", practice.pat).json()["user"]["id"] == "dana"
    practice.platform.manners.pat_everywhere = True
    assert ask(practice, LINKS, practice.pat).status_code == 200


def test_scopes_and_roles_are_asked_for(practice: PracticeServer) -> None:
    tokens = practice.platform.tokens
    reader = tokens.pat(scopes=["links.read"])
    creator = tokens.jwt("lee", Role.CREATOR)
    body = {"version": 8}
    path = "/spring-launch/rollback"
    assert told(ask(practice, TWIN + path, reader, "POST", json=body)) == (403, "insufficient_scope")
    assert told(ask(practice, LINKS + path, creator, "POST", json=body)) == (403, "insufficient_role")
    assert told(ask(practice, LINKS + "/bulk-import", creator, "POST", json={})) == (403, "insufficient_role")
    assert told(ask(practice, LINKS + "/health-check", creator, "POST", json={})) == (
        403,
        "insufficient_role",
    )
    assert ask(practice, LINKS + "/docs", creator).status_code == 200
    assert practice.platform.writes_today == 0


def test_collaborators_name_the_callers_role(practice: PracticeServer) -> None:
    token = practice.platform.tokens.jwt("nina", "CREATOR")
    body = ask(practice, "/v2/handles/acme/collaborators", token).json()
    assert {"dana": "OPERATOR", "nina": "CREATOR"}.items() <= {
        c["userId"]: c["role"] for c in body["collaborators"]
    }.items()


def test_a_low_plan_locks_exports_and_pats(practice: PracticeServer) -> None:
    practice.platform.set_plan("FREE")
    locked = ask(practice, LINKS + "/export", practice.token)
    assert told(locked) == (403, "feature_locked")
    assert (locked.json()["feature"], locked.json()["requiredPlan"]) == ("links.export", "PRO")
    assert told(ask(practice, TWIN, practice.pat)) == (403, "feature_locked")


@pytest.mark.parametrize(("plan", "limit"), [("FREE", 2), ("PRO", 10), ("ENTERPRISE", 500)])
def test_the_days_writes_end_with_the_stated_body(practice: PracticeServer, plan: str, limit: int) -> None:
    platform = practice.platform
    platform.set_plan(plan)
    platform.set_used(limit - 1)
    assert ask(practice, "/v2/support/report", practice.token, "POST", json=REPORT).status_code == 201
    spent = ask(practice, "/v2/support/report", practice.token, "POST", json=REPORT)
    assert told(spent) == (429, "rate_limited")
    assert "retry-after" not in spent.headers
    meter = ask(practice, "/v2/handles/acme/usage-meters", practice.token).json()
    assert {k: spent.json()[k] for k in meter} == meter
    assert meter["limits"] == {"writesPerDay": limit}
    assert meter["usage"]["writesToday"] == limit
    platform.advance(86400)
    assert platform.writes_today == 0


def test_reads_twins_and_refused_requests_cost_nothing(api, pat, practice: PracticeServer) -> None:
    api.get("/links")
    pat.post("/links/docs/route-preview", json={})
    ask(practice, "/v2/support/report", "abc", "POST", json=REPORT)
    assert practice.platform.writes_today == 0
    api.post("/links/docs/route-preview", json={})
    assert practice.platform.writes_today == 1


def test_a_throttle_says_how_long_and_not_how_many(practice: PracticeServer, api) -> None:
    practice.platform.throttle.set(0.25, burst=1)
    first = api.get("/links/docs")
    assert (first.status_code, first.headers["ratelimit-remaining"]) == (200, "0")
    refused = api.get("/links/docs")
    assert told(refused) == (429, "rate_limited")
    assert int(refused.headers["retry-after"]) >= 1
    assert "plan" not in refused.json()
    practice.platform.advance(4)
    assert api.get("/links/docs").status_code == 200


def test_every_answer_has_an_id_and_ids_follow_from_the_seed(serve) -> None:
    ids = []
    for _ in range(2):
        practice = serve("tiny", seed=11)
        ids.append(
            [ask(practice, path).headers["x-request-id"] for path in ("/v2/system/health", "/nowhere", LINKS)]
        )
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 3


def test_the_gateways_own_refusals(practice: PracticeServer, api) -> None:
    assert ask(practice, "/nowhere").json() == {"message": "Not Found"}
    refused = api.patch("/links/docs", json={})
    assert refused.status_code == 405
    assert set(refused.headers["allow"].split(", ")) == {"GET", "PUT"}
    assert told(api.put("/links/docs", content=b"a=b", headers={"Content-Type": "text/plain"})) == (
        415,
        "unsupported_media_type",
    )
    assert told(api.put("/links/docs", content=b" " * (10 * 1024 * 1024 + 1))) == (413, "payload_too_large")


def test_a_support_report_is_kept_and_checked(practice: PracticeServer) -> None:
    body = {**REPORT, "requestId": "req_1", "reproArtifact": {"slug": "docs"}}
    made = ask(practice, "/v2/support/report", practice.token, "POST", json=body)
    assert (made.status_code, made.json()["status"]) == (201, "received")
    assert practice.platform.reports == [body]
    assert told(ask(practice, "/v2/support/report", practice.token, "POST", json={"summary": " "})) == (
        400,
        "validation_error",
    )


def test_the_log_has_every_request_and_no_token(tmp_path, serve) -> None:
    log = tmp_path / "requests.ndjson"
    practice = serve("tiny", requests_log=log)
    practice.platform.faults.add("before_close", path="/export$")
    ask(practice, LINKS + "?limit=1", practice.token)
    with pytest.raises(httpx.RemoteProtocolError):
        ask(practice, LINKS + "/export", practice.token)
    practice.stop()  # a request without an answer is written down when its connection is gone
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(n["method"], n["path"], n["status"], n["fault"]) for n in lines] == [
        ("GET", LINKS, 200, None),
        ("GET", LINKS + "/export", None, "before_close"),
    ]
    assert practice.token not in log.read_text()
    assert [a.request_id for a in practice.platform.requests] == [n["requestId"] for n in lines]


def test_two_that_start_at_once_do_not_take_the_same_port() -> None:
    """The second is told when it is made, so that the demo takes another port, and not when it serves."""
    with PracticeServer("tiny") as first:
        port = int(first.landing_base.rpartition(":")[2])
    made = PracticeServer("tiny", landing_port=port)
    try:
        with pytest.raises(OSError, match="in use"):
            PracticeServer("tiny", landing_port=port)
    finally:
        made.stop()
