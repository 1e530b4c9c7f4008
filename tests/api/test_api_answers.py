"""Account, health, preview, import and report answers, in every accepted form."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from console.api import wire
from console.api.port import ImportOrder, RowStatus
from console.api.wire_import import import_body
from console.domain.errors import UnreadableAnswer
from console.domain.health import Phase, Verdict
from console.domain.links import Link, Rule
from console.domain.target import Role

NOW = datetime(2026, 11, 24, tzinfo=UTC)
METER = {"plan": "PRO", "limits": {"writesPerDay": 10}, "usage": {"writesToday": 3, "writesDay": "20261124"}}


@pytest.mark.parametrize(
    "raw",
    [
        METER,
        {"data": METER},
        {"meters": METER},
        {"plan": "PRO", "writesPerDay": 10, "writesToday": 3, "writesDay": 20261124},
    ],
)
def test_meter(raw: Any) -> None:
    meter = wire.meter_from(raw, NOW)
    assert meter is not None
    assert (meter.plan, meter.limit, meter.used, meter.day, meter.left) == ("PRO", 10, 3, "20261124", 7)


@pytest.mark.parametrize(
    "raw", [{}, [], None, {"usage": {"writesToday": True}}, {"usage": {"writesToday": -1}}]
)
def test_a_meter_that_does_not_say_is_none(raw: Any) -> None:
    assert wire.meter_from(raw, NOW) is None


@pytest.mark.parametrize(
    "raw",
    [
        {"user": {"id": "u1", "email": "d@x.example", "name": "Dana"}, "plan": "PRO",
         "handles": [{"handle": "other", "role": "OWNER"}, {"handle": "acme", "role": "operator"}]},
        {"id": "u1", "name": "Dana", "plan": "PRO", "handles": {"acme": "OPERATOR"}},
        {"sub": "u1", "name": "Dana", "plan": "PRO", "handle": "acme", "role": "Operator"},
        {"data": {"userId": "u1", "name": "Dana", "plan": "PRO", "role": "OPERATOR"}},
    ],
)  # fmt: skip
def test_identity(raw: Any) -> None:
    identity = wire.identity_from(raw, "acme")
    assert (identity.operator, identity.name, identity.role, identity.plan) == (
        "u1",
        "Dana",
        Role.OPERATOR,
        "PRO",
    )


def test_the_role_on_another_handle_is_not_ours() -> None:
    raw = {"user": {"id": "u1"}, "handle": "other", "role": "OWNER", "handles": ["acme"]}
    assert wire.identity_from(raw, "acme").role is Role.UNKNOWN


@pytest.mark.parametrize(
    "raw",
    [
        {"collaborators": [{"userId": "kim", "role": "OWNER"}, {"userId": "u1", "role": "CREATOR"}]},
        [{"user": {"id": "u1"}, "role": "creator"}],
        {"items": [{"email": "d@x.example", "role": "CREATOR"}]},
        {"role": "CREATOR"},
    ],
)
def test_own_role_among_collaborators(raw: Any) -> None:
    assert wire.role_from(raw, "u1", "d@x.example") is Role.CREATOR


@pytest.mark.parametrize(
    ("result", "verdict", "phase"),
    [
        ({"status": "healthy", "statusCode": 200}, Verdict.OK, None),
        ({"status": "OK"}, Verdict.OK, None),
        ({"status": "TLS_EXPIRING"}, Verdict.TLS_EXPIRING, None),
        ({"status": "unhealthy", "statusCode": 503}, Verdict.SERVER_ERROR, None),
        ({"status": "down", "statusCode": 404}, Verdict.DEAD, None),
        ({"status": "failed", "statusCode": 403}, Verdict.BLOCKED, None),
        ({"status": "error", "error": "ECONNREFUSED connection refused"}, Verdict.REFUSED, Phase.CONNECT),
        ({"status": "error", "error": {"code": "timeout"}}, Verdict.TIMEOUT, None),
        ({"status": "unhealthy", "error": "getaddrinfo ENOTFOUND"}, Verdict.DEAD, Phase.DNS),
        ({"status": "unhealthy", "error": "certificate has expired"}, Verdict.TLS_BAD, Phase.TLS),
        ({"status": "unhealthy", "error": "too many redirects"}, Verdict.LOOP, None),
        ({"status": "unhealthy", "statusCode": 200}, Verdict.UNKNOWN, None),
        ({"status": "unhealthy"}, Verdict.UNKNOWN, None),
        ({"statusCode": 200}, Verdict.OK, None),
        ({"statusCode": True}, Verdict.UNKNOWN, None),
        ({}, Verdict.UNKNOWN, None),
    ],
)
def test_health_words(result: dict[str, Any], verdict: Verdict, phase: Phase | None) -> None:
    run = wire.health_from({"results": [{"slug": "docs", **result}]}, NOW)
    assert run.finished
    assert (run.results[0].verdict, run.results[0].phase) == (verdict, phase)


@pytest.mark.parametrize(
    ("raw", "status", "run_id", "finished"),
    [
        ({"runId": "r1"}, 202, "r1", False),
        ({"runId": "r1", "status": "running", "results": []}, 200, "r1", False),
        ({"runId": "r1", "finished": False, "results": []}, 200, "r1", False),
        ({"runId": "r1", "status": "finished", "results": []}, 202, "r1", True),
        ({"items": []}, 200, None, True),
        ([], 200, None, True),
    ],
)
def test_health_runs(raw: Any, status: int, run_id: str | None, finished: bool) -> None:
    run = wire.health_from(raw, NOW, status=status)
    assert (run.run_id, run.finished) == (run_id, finished)


def test_a_health_result_in_full() -> None:
    raw = {"checkedAt": "2026-11-24T01:00:00Z", "results": [
        {"slug": "docs", "destinationUrl": "https://d.example/", "status": "down", "statusCode": 503,
         "latencyMs": 12.5, "failingSince": "2026-11-24T00:30:00Z", "version": 4},
    ]}  # fmt: skip
    result = wire.health_from(raw, NOW).results[0]
    assert (result.latency_ms, result.status_code, result.version) == (12.5, 503, 4)
    assert result.checked_at == datetime(2026, 11, 24, 1, tzinfo=UTC)
    assert result.failing_since == datetime(2026, 11, 24, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("under", [None, "decision", "result", "preview"])
@pytest.mark.parametrize("key", ["destinationUrl", "url", "destination"])
def test_preview(under: str | None, key: str) -> None:
    raw = {key: "https://a.example/", "rule": {"id": "r1", "name": "us"}, "redirectType": 307}
    route = wire.preview_from({under: raw} if under else raw)
    assert (route.status, route.destination_url, route.estimate) == (307, "https://a.example/", False)
    assert route.rule == Rule("https://a.example/", rule_id="r1", name="us")


def test_a_preview_may_be_a_dead_end() -> None:
    route = wire.preview_from({"destinationUrl": None, "rule": None, "status": 410})
    assert (route.status, route.destination_url, route.rule) == (410, None, None)


@pytest.mark.parametrize("raw", [{}, {"destinationUrl": None, "redirectType": 302}, [], None, {"url": 7}])
def test_a_preview_that_names_nothing(raw: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        wire.preview_from(raw)


LINKS = [
    Link("aaaa", "https://a.example/"),
    Link("bbbb", "https://b.example/"),
    Link("cccc", "https://c.example/"),
]


def test_an_import_row_by_row() -> None:
    answer = wire.import_from(
        {
            "importId": "imp_1",
            "created": 1,
            "updated": 0,
            "failed": 1,
            "rows": [
                {
                    "row": 2,
                    "slug": "bbbb",
                    "status": "failed",
                    "error": {"code": "invalid_tags", "message": "no"},
                },
                {"row": 1, "slug": "aaaa", "status": "Created", "version": 1},
            ],
        },
        LINKS,
        status=207,
    )
    assert [row.status for row in answer.rows] == [RowStatus.CREATED, RowStatus.FAILED, RowStatus.MAYBE]
    assert (answer.rows[1].code, answer.rows[1].message) == ("invalid_tags", "no")
    assert answer.counts == {RowStatus.CREATED: 1, RowStatus.UPDATED: 0, RowStatus.FAILED: 1}
    assert answer.finished


@pytest.mark.parametrize(
    ("raw", "status", "finished"),
    [
        (None, 202, False),
        ({"importId": "i"}, 202, False),
        ({"importId": "i", "status": "running"}, 200, False),
        ({"importId": "i", "created": 3}, 200, True),
    ],
)
def test_a_count_without_rows_is_maybe(raw: Any, status: int, finished: bool) -> None:
    answer = wire.import_from(raw, LINKS, status=status)
    assert {row.status for row in answer.rows} == {RowStatus.MAYBE}
    assert answer.finished is finished


@pytest.mark.parametrize("row", [{"row": 9}, {"slug": "zzzz"}, {"row": 0}, {"row": True}, 7])
def test_an_import_that_speaks_of_other_rows_is_refused(row: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        wire.import_from({"rows": [row]}, LINKS)


def test_import_bodies() -> None:
    order = ImportOrder(LINKS[:2], "key", {"bbbb": 4}, dry_run=True, reason="why")
    content, kind, query = import_body(order)
    body = json.loads(content)
    assert (kind, query) == ("application/json", {})
    assert (body["mode"], body["dryRun"], body["reason"]) == ("upsert", True, "why")
    assert "expectedVersion" not in body["links"][0]
    assert body["links"][1]["expectedVersion"] == 4

    content, kind, query = import_body(
        ImportOrder([Link("aaaa", "https://a.example/", tags=("x", "y"))], "k"), as_csv=True
    )
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert kind.startswith("text/csv")
    assert query == {"mode": "upsert", "dryRun": "false"}
    assert (rows[0]["slug"], rows[0]["tags"], rows[0]["enabled"], rows[0]["maxClicks"]) == (
        "aaaa",
        "x|y",
        "true",
        "",
    )


@pytest.mark.parametrize("key", ["reportId", "id", "ticketId"])
def test_report(key: str) -> None:
    answer = wire.report_answer({key: "rep_1", "status": "received", "requestId": "r"}, None)
    assert (answer.report_id, answer.status, answer.request_id) == ("rep_1", "received", "r")


@pytest.mark.parametrize("key", ["token", "accessToken", "access_token", "jwt"])
def test_a_new_token(key: str) -> None:
    assert wire.token_from({key: "abc"}) == "abc"
    assert wire.token_from({"data": {key: "abc"}}) == "abc"


@pytest.mark.parametrize("raw", [{}, {"token": ""}, {"token": 5}, []])
def test_no_new_token(raw: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        wire.token_from(raw)


@pytest.mark.parametrize(
    ("raw", "version"),
    [
        ({"slug": "docs", "version": 4}, 4),
        ({"link": {"slug": "docs", "version": "b"}}, "b"),
        ({"newVersion": 5, "requestId": "r"}, 5),
        ({}, None),
        (None, None),
    ],
)
def test_what_a_write_answers(raw: Any, version: object) -> None:
    answer = wire.write_answer(raw, "docs", status=200, request_id=None, compared=True)
    assert answer.new_version == version
    assert answer.compared


@pytest.mark.parametrize(
    "raw", [{"version": 1.0}, {"version": True}, {"slug": "other"}, {"link": {"slug": "o"}}, []]
)
def test_a_write_answer_that_cannot_be_trusted(raw: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        wire.write_answer(raw, "docs", status=200, request_id=None, compared=True)
