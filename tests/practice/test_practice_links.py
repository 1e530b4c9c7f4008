"""The routes of single links, over real sockets."""

from __future__ import annotations

import httpx
import pytest

from console.practice.server import PracticeServer


def roll(api: httpx.Client, version: int = 8, **more):
    headers = {k.replace("_", "-"): v for k, v in more.pop("headers", {}).items()}
    return api.post("/links/spring-launch/rollback", json={"version": version, **more}, headers=headers)


def test_paging_walks_every_link_once(api: httpx.Client) -> None:
    seen, params = [], {"limit": 5}
    while True:
        page = api.get("/links", params=params).json()
        seen += [link["slug"] for link in page["links"]]
        if "nextToken" not in page:
            break
        params["nextToken"] = page["nextToken"]
    assert len(seen) == 12
    assert len(set(seen)) == 12


def test_the_history_tells_the_story_of_the_pictures(api: httpx.Client) -> None:
    body = api.get("/links/spring-launch/history").json()
    versions = body["versions"]
    assert [v["version"] for v in versions] == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert body["currentVersion"] == 9
    assert (versions[0]["createdBy"], versions[2]["action"], versions[2]["rolledBackTo"]) == (
        "dana",
        "rollback",
        5,
    )
    assert versions[0]["snapshot"]["destinationUrl"].endswith("/launch")
    assert versions[1]["snapshot"]["destinationUrl"].endswith("/launch-old")
    assert set(versions[1]["snapshot"]["tags"]) - set(versions[2]["snapshot"]["tags"]) == {"promo"}
    assert versions[2]["snapshot"]["destinationUrl"] == versions[4]["snapshot"]["destinationUrl"]


def test_every_history_ends_in_its_live_link(api: httpx.Client) -> None:
    for link in api.get("/links").json()["links"]:
        history = api.get(f"/links/{link['slug']}/history").json()["versions"]
        assert history[0]["snapshot"] == link
        assert history[-1]["createdAt"] == link["createdAt"]
        times = [v["createdAt"] for v in history]
        assert times == sorted(times, reverse=True)
        assert [v["version"] for v in history] == list(range(link["version"], 0, -1))


def test_a_rollback_adds_a_version_on_top(api: httpx.Client, practice: PracticeServer) -> None:
    before = api.get("/links/spring-launch/history").json()["versions"]
    answer = roll(
        api, 8, expectedVersion=9, reason="shop is down", headers={"If_Match": '"9"', "Idempotency_Key": "k1"}
    )
    assert answer.status_code == 200
    assert (answer.json()["version"], answer.json()["rolledBackTo"]) == (10, 8)
    after = api.get("/links/spring-launch/history").json()["versions"]
    assert after[1:] == before
    assert (after[0]["action"], after[0]["rolledBackTo"], after[0]["note"]) == ("rollback", 8, "shop is down")
    live = api.get("/links/spring-launch")
    assert live.headers["etag"] == '"10"'
    assert live.json()["link"]["destinationUrl"].endswith("/launch-old")
    event = practice.platform.events[-1]
    assert (event.slug, event.before_version, event.after_version, event.key) == (
        "spring-launch",
        9,
        10,
        "k1",
    )
    assert event.request_id == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("body", "headers", "refusal"),
    [
        ({"expectedVersion": 8}, {}, (409, "conflict")),
        ({}, {"If_Match": '"8"'}, (412, "precondition_failed")),
        ({"expectedVersion": "9"}, {}, (400, "invalid_expected_version")),
    ],
)
def test_a_stale_rollback_is_refused(api, practice, body, headers, refusal) -> None:
    answer = roll(api, 8, **body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == refusal
    assert practice.platform.events == []


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [
        (99, 404, "not_found"),
        (9, 409, "conflict"),
        ("8", 400, "invalid_version"),
        (True, 400, "invalid_version"),
    ],
)
def test_a_rollback_names_an_earlier_version(api, version, status, code) -> None:
    answer = roll(api, version)
    assert (answer.status_code, answer.json()["error"]) == (status, code)


def test_a_platform_may_ignore_preconditions(api, practice) -> None:
    practice.platform.faults.ignore_preconditions = True
    assert roll(api, 8, expectedVersion=3, headers={"If_Match": '"3"'}).status_code == 200


def test_the_same_key_is_answered_again_and_costs_nothing(api, practice) -> None:
    first = roll(api, 8, headers={"Idempotency_Key": "one"})
    again = roll(api, 8, headers={"Idempotency_Key": "one"})
    assert again.headers["idempotent-replay"] == "true"
    assert again.json() == first.json()
    assert len(practice.platform.events) == 1
    assert practice.platform.writes_today == 1
    other = roll(api, 7, headers={"Idempotency_Key": "one"})
    assert (other.status_code, other.json()["error"]) == (422, "idempotency_key_reused")


def test_without_keys_honoured_the_write_is_done_twice(api, practice) -> None:
    practice.platform.faults.ignore_idempotency = True
    for _ in range(2):
        assert roll(api, 8, headers={"Idempotency_Key": "one"}).status_code == 200
    assert len(practice.platform.events) == 2


def test_put_replaces_and_keeps_what_it_does_not_know(api) -> None:
    link = api.get("/links/docs").json()["link"]
    changed = api.put(
        "/links/docs", json={**link, "title": "Docs", "futureField": {"a": [1]}, "expectedVersion": 3}
    )
    assert changed.status_code == 200
    assert changed.json()["link"]["version"] == 4
    assert changed.json()["link"]["futureField"] == {"a": [1]}
    bare = api.put("/links/docs", json={"destinationUrl": link["destinationUrl"]}).json()["link"]
    assert "futureField" not in bare
    assert bare["title"] == ""


def test_put_makes_a_link_and_never_echoes_its_password(api) -> None:
    made = api.put("/links/new-link", json={"destinationUrl": "https://example.com/a", "password": "s3cret"})
    assert made.status_code == 201
    assert made.json()["link"]["hasPassword"] is True
    assert "s3cret" not in made.text
    assert "s3cret" not in api.get("/links/new-link/history").text
    kept = api.put("/links/new-link", json=made.json()["link"]).json()["link"]
    assert kept["hasPassword"] is True
    dropped = api.put("/links/new-link", json={**kept, "password": None}).json()["link"]
    assert dropped["hasPassword"] is False


@pytest.mark.parametrize(
    ("slug", "body", "code"),
    [
        ("abc", {"destinationUrl": "https://example.com"}, "invalid_slug"),
        ("docs", {"destinationUrl": "ftp://example.com"}, "invalid_destination_url"),
        ("docs", {"destinationUrl": "https://malware.example/x"}, "invalid_destination_url"),
        ("docs", {}, "invalid_destination_url"),
        ("docs", {"destinationUrl": "https://example.com", "redirectType": 301}, "invalid_redirect_type"),
        ("docs", {"destinationUrl": "https://example.com", "maxClicks": True}, "invalid_max_clicks"),
        ("docs", {"destinationUrl": "https://example.com", "expiresAt": "soon"}, "invalid_expires_at"),
        ("docs", {"destinationUrl": "https://example.com", "routingRules": [{}]}, "invalid_destination_url"),
    ],
)
def test_put_refuses_what_is_wrong(api, practice, slug, body, code) -> None:
    answer = api.put(f"/links/{slug}", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, code)
    assert practice.platform.events == []


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b'{"version":NaN}',
        b"\xff\xfe",
        b'{"a":' * 100_000,
        b'"x"',
        b"",
        b'{"version":' + b"9" * 5000,
    ],
)
def test_a_body_that_is_no_object_is_refused(api, raw) -> None:
    answer = api.post("/links/docs/rollback", content=raw, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_payload")


def test_a_preview_follows_the_rules_in_order(api) -> None:
    rules = [
        {"id": "b", "name": "all phones", "priority": 20, "conditions": {"deviceIn": ["MOBILE"]},
         "destinationUrl": "https://example.com/phone"},
        {"id": "a", "name": "us phones", "priority": 10,
         "conditions": {"deviceIn": ["mobile"], "countryIn": ["US"]}, "destinationUrl": "https://example.com/us"},
    ]  # fmt: skip
    api.put("/links/docs", json={"destinationUrl": "https://example.com/all", "routingRules": rules})

    def ask(**visitor: str) -> tuple[str, str | None]:
        body = api.post("/links/docs/route-preview", json=visitor).json()
        return body["destinationUrl"].rsplit("/", 1)[1], (body["rule"] or {}).get("id")

    assert ask(country="US", device="mobile") == ("us", "a")
    assert ask(country="DE", device="mobile") == ("phone", "b")
    assert ask(country="DE") == ("all", None)
    api.put("/links/docs", json={"destinationUrl": "https://example.com/all", "enabled": False})
    assert api.post("/links/docs/route-preview", json={}).json()["status"] == 404


def test_a_pat_takes_the_public_twin_for_free(pat: httpx.Client, practice) -> None:
    assert pat.get("/links/docs").status_code == 200
    assert pat.post("/links/spring-launch/rollback", json={"version": 8}).status_code == 200
    assert practice.platform.writes_today == 0


def test_export_speaks_three_languages(api) -> None:
    import csv
    import io
    import json

    links = api.get("/links").json()["links"]
    lines = api.get("/links/export", headers={"Accept": "application/x-ndjson"})
    assert lines.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line) for line in lines.text.splitlines()] == links
    assert api.get("/links/export", params={"format": "json"}).json() == {"handle": "acme", "links": links}
    rows = list(csv.DictReader(io.StringIO(api.get("/links/export", headers={"Accept": "text/csv"}).text)))
    assert [r["slug"] for r in rows] == [link["slug"] for link in links]
    assert rows[0]["tags"] == "spring|launch|promo"
    assert rows[3]["clicks"] == "0"
    assert api.get("/links/export", params={"format": "xml"}).status_code == 400
