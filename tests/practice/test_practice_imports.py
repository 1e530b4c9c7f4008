"""Bulk import: each row for itself, one write for all."""

from __future__ import annotations

import time

import httpx
import pytest

from console.practice.server import PracticeServer

PAGE = "https://example.com/a"


def send(api: httpx.Client, links: list, **more) -> httpx.Response:
    return api.post("/links/bulk-import", json={"links": links, **more})


def outcomes(answer: httpx.Response) -> list[tuple]:
    return [(r["row"], r["slug"], r["status"], r.get("error", {}).get("code")) for r in answer.json()["rows"]]


def test_rows_are_taken_and_refused_one_by_one(api, practice: PracticeServer) -> None:
    docs = practice.platform.link("docs")
    answer = send(
        api,
        [
            {"slug": "fresh-one", "destinationUrl": PAGE},
            {**docs, "title": "Docs"},
            practice.platform.link("wall-page"),
            {"slug": "export", "destinationUrl": PAGE},
            {"slug": "abc", "destinationUrl": PAGE},
            {"slug": "fresh-two", "destinationUrl": "http//x"},
            {"slug": "fresh-one", "destinationUrl": PAGE},
            {**practice.platform.link("old-page"), "title": "x", "expectedVersion": 1},
            17,
        ],
    )
    assert answer.status_code == 207
    assert outcomes(answer) == [
        (1, "fresh-one", "created", None),
        (2, "docs", "updated", None),
        (3, "wall-page", "unchanged", None),
        (4, "export", "failed", "invalid_slug"),
        (5, "abc", "failed", "invalid_slug"),
        (6, "fresh-two", "failed", "invalid_destination_url"),
        (7, "fresh-one", "failed", "duplicate_slug"),
        (8, "old-page", "failed", "conflict"),
        (9, None, "failed", "invalid_payload"),
    ]
    body = answer.json()
    assert [body[name] for name in ("created", "updated", "unchanged", "failed")] == [1, 1, 1, 6]
    assert practice.platform.writes_today == 1
    assert [(e.slug, e.action) for e in practice.platform.events] == [
        ("fresh-one", "import"),
        ("docs", "import"),
    ]
    assert practice.platform.history("docs")[0]["note"] == "import #1"


def test_an_import_restores_a_snapshot_exactly(api, practice: PracticeServer) -> None:
    history = practice.platform.history("spring-launch")
    snapshot = history[1]["snapshot"]
    answer = send(api, [{**snapshot, "expectedVersion": 9}], reason="shop is down")
    assert answer.status_code == 200
    newest = practice.platform.history("spring-launch")[0]
    same = {"version", "updatedAt", "updatedBy", "createdAt"}
    assert {k: v for k, v in newest["snapshot"].items() if k not in same} == {
        k: v for k, v in snapshot.items() if k not in same
    }
    assert (newest["action"], newest["note"], newest["createdBy"]) == ("import", "shop is down", "dana")


def test_a_dry_run_changes_nothing_and_costs_a_write(api, practice: PracticeServer) -> None:
    answer = send(api, [{"slug": "fresh-one", "destinationUrl": PAGE}], dryRun=True)
    assert outcomes(answer) == [(1, "fresh-one", "created", None)]
    assert practice.platform.events == []
    assert practice.platform.writes_today == 1


@pytest.mark.parametrize(("mode", "code"), [("create", "conflict"), ("update", "not_found")])
def test_modes_refuse_what_they_are_not_for(api, mode: str, code: str) -> None:
    slug = {"create": "docs", "update": "fresh-one"}[mode]
    assert outcomes(send(api, [{"slug": slug, "destinationUrl": PAGE}], mode=mode)) == [
        (1, slug, "failed", code)
    ]


def test_a_password_survives_an_import_that_does_not_name_it(api, practice: PracticeServer) -> None:
    practice.platform.edit("docs", password="s3cret")
    link = practice.platform.link("docs")
    send(api, [{**{k: v for k, v in link.items() if k != "hasPassword"}, "title": "Docs"}])
    assert practice.platform.link("docs")["hasPassword"] is True


def test_an_export_in_csv_comes_back_unchanged(api) -> None:
    sheet = api.get("/links/export", params={"format": "csv"}).content
    answer = api.post("/links/bulk-import", content=sheet, headers={"Content-Type": "text/csv"})
    assert {status for _, _, status, _ in outcomes(answer)} == {"unchanged"}


def test_a_long_import_goes_on_in_the_background(api, practice: PracticeServer) -> None:
    practice.platform.manners.imports_in_background = 10
    rows = [{"slug": f"fresh-{n:03}", "destinationUrl": PAGE} for n in range(120)]
    answer = send(api, rows)
    assert (answer.status_code, answer.json()["status"]) == (202, "running")
    state = httpx.get(practice.base_url + answer.headers["location"], headers=api.headers)
    patience = time.monotonic() + 60
    while state.json()["status"] != "finished" and time.monotonic() < patience:
        state = httpx.get(practice.base_url + answer.headers["location"], headers=api.headers)
    assert state.json()["created"] == 120


def test_a_platform_may_answer_with_counts_alone(api, practice: PracticeServer) -> None:
    practice.platform.manners.imports_without_rows = True
    body = send(api, [{"slug": "fresh-one", "destinationUrl": PAGE}]).json()
    assert body["created"] == 1
    assert "rows" not in body


def test_an_export_may_be_a_signed_address(api, practice: PracticeServer) -> None:
    practice.platform.manners.export_by_url = True
    url = api.get("/links/export").json()["url"]
    assert len(httpx.get(url).text.splitlines()) == 12
    assert httpx.get(url, headers={"Authorization": "Bearer x"}).status_code == 400
    assert httpx.get(url.replace("/exports/", "/exports/0")).status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_links"),
        ({"links": []}, 400, "invalid_links"),
        ({"links": [{}], "mode": "replace"}, 400, "invalid_mode"),
        ({"links": [{}], "dryRun": "yes"}, 400, "invalid_dry_run"),
        ({"links": [1] * 5001}, 413, "payload_too_large"),
    ],
)
def test_what_is_no_import_is_refused(api, body: dict, status: int, code: str) -> None:
    answer = api.post("/links/bulk-import", json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, code)
