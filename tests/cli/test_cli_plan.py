"""`repoint plan` and `repoint budget`: documents, files, exit codes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from console.api.throttle import Patience
from console.practice.server import PracticeServer
from tests.support.inprocess import Done, Here

SLUG = "spring-launch"
WHY = ("--reason", "shop is down")
FILE = ("kind", "schema", "id", "target", "created_at", "expires_at", "operator", "reason", "rule", "items",
        "left_out", "ways", "digest")  # fmt: skip
ITEM = ("slug", "from", "from_fingerprint", "to", "to_fingerprint")
WAY = ("way", "writes", "fits", "seconds", "guard", "recorded_as")
SHOWN = ("state", "phrase", "proposed")


def keys(found: dict[str, object], wanted: tuple[str, ...]) -> bool:
    return [key for key in found if key in wanted] == list(wanted)


def planned(here: Here, path: Path, *words: str, code: int = 0) -> Done:
    return here("plan", "rollback", *words, *WHY, "-o", str(path), "--json", code=code)


def test_the_plan_document_is_a_contract(here: Here, practice: PracticeServer, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    document = planned(here.at(practice), path, "host:shop.localhost", "--last-healthy").json
    file = json.loads(path.read_text())
    assert keys(file, FILE)
    assert (file["kind"], file["schema"], file["rule"]) == ("repoint-plan", 1, "last healthy")
    assert keys(file["items"][0], ITEM)
    assert (file["items"][0]["slug"], file["items"][0]["from"], file["items"][0]["to"]) == (SLUG, 9, 8)
    assert [way["way"] for way in file["ways"]] == ["rollback", "import", "split"]
    assert all(keys(way, WAY) for way in file["ways"])
    assert {key: document[key] for key in file} == file, "what is printed is what is written"
    assert keys(document, SHOWN)
    assert (document["state"], document["phrase"], document["proposed"]) == ("ready", "rollback 2", "import")
    assert document["reach"]["cap"] == 100
    shown = here("plan", "show", str(path), "--json").json
    assert {key: shown[key] for key in file} == file
    assert practice.platform.meter.used == len(practice.platform.events) == 0


def test_show_reads_any_plan_and_marks_an_edited_one(
    here: Here, practice: PracticeServer, tmp_path: Path
) -> None:
    path = tmp_path / "plan.json"
    planned(here.at(practice), path, f"slug:{SLUG}", "--previous")
    assert "ready" in here("plan", "show", str(path)).out
    assert "exists already" in planned(here, path, f"slug:{SLUG}", "--previous", code=1).err
    path.write_text(path.read_text().replace('"to": 8', '"to": 6'))
    shown = here("plan", "show", str(path), code=3)
    assert "edited since it was made" in shown.out
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 9'))
    assert "reads schema 1 only" in here("plan", "show", str(path), code=9).err


@pytest.mark.parametrize(
    "case",
    [
        (("bogus:1", "--previous"), 9, "There is no filter bogus:"),
        (("slug:nothing-like-it", "--previous"), 9, "No link matches"),
        (("--previous",), 2, "Say which links"),
        (("docs", "--previous", "--last-healthy"), 2, "not allowed with"),
        (("docs", "--as-of", "soon"), 2, "--as-of takes an age or a time"),
        (("docs", "--as-of", "2099-01-01"), 2, "still to come"),
        (("docs", "--slugs", "x", "--previous"), 2, "not both"),
        (("--slugs", "missing.txt", "--previous"), 9, "cannot be read"),
        (("slug:moved-page", "--previous"), 3, ""),
        (("docs", "--previous", "--offline"), 8, "offline"),
    ],
)
def test_each_refusal_has_its_exit_code(
    here: Here, practice: PracticeServer, tmp_path: Path, case: tuple[tuple[str, ...], int, str]
) -> None:
    words, code, said = case
    path = tmp_path / "plan.json"
    assert said in planned(here.at(practice), path, *words, code=code).err
    assert not path.exists()


def test_a_platform_out_of_reach_is_8(here: Here, practice: PracticeServer, tmp_path: Path) -> None:
    here.at(practice, REPOINT_BASE_URL=practice.refused_base)
    here.monkeypatch.setattr("console.ops.connect.Patience", lambda: Patience(1, 1.0))
    planned(here, tmp_path / "plan.json", "docs", "--previous", code=8)


SHEET = 'id;slug;why\n1;spring-launch;"two\nlines"\n\n2;docs;x\n# 3;gone;x\n4;spring-launch;again\n'
FAULTY = "spring-launch\nab\n\nexport\ndocs\nno blank here\n"


def test_slugs_come_from_lines_or_a_column(here: Here, practice: PracticeServer, tmp_path: Path) -> None:
    here.at(practice)
    for name, content in (("a.txt", "docs\r\nspring-launch\n"), ("b.csv", SHEET)):
        (tmp_path / name).write_bytes(content.encode("utf-16"))
        found = planned(here, tmp_path / f"{name}.json", "--slugs", str(tmp_path / name), "--previous").json
        assert [item["slug"] for item in found["items"]] == [SLUG, "docs"], name
    here.monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FAULTY.encode())))
    error = planned(here, tmp_path / "c.json", "--slugs", "-", "--previous", code=9).error
    assert error["title"] == "3 lines are no slug in standard input"
    assert error["detail"].splitlines()[:3] == [
        "line 2: 'ab' is no slug: 4 to 24 letters, digits, - and _",
        "line 4: export is a route of the platform, not a slug",
        "line 6: 'no blank here' is no slug: 4 to 24 letters, digits, - and _",
    ]


ELSEWHERE = {"destination_url": "https://elsewhere.example/"}


@pytest.mark.parametrize(("read_anew", "edit"), [(False, ELSEWHERE), (True, ELSEWHERE), (True, {})])
def test_a_link_that_changed_after_the_list_is_told_and_left_out(
    here: Here, practice: PracticeServer, tmp_path: Path, *, read_anew: bool, edit: dict[str, str]
) -> None:
    here.at(practice)
    here("links", "host:shop.localhost")
    here.monkeypatch.setattr("console.ops.planning.selection.is_due", lambda _: read_anew)
    practice.platform.edit(SLUG, by="kim", **edit)
    found = planned(here, tmp_path / "plan.json", "host:shop.localhost", "--last-healthy").json
    (left,) = found["left_out"]
    assert left["slug"] == SLUG
    assert left["reason"].startswith("moved since you listed it: v10 by kim")


def test_repoint_takes_one_rewrite(here: Here, practice: PracticeServer, tmp_path: Path) -> None:
    here.at(practice)
    plan = ("plan", "repoint", *WHY, "--json", "-o")
    done = here(
        *plan, str(tmp_path / "a.json"), "--from-host", "shop.localhost", "--to-host", "www.localhost"
    )
    assert [item["slug"] for item in done.json["items"]] == [SLUG, "vip-preview"]
    assert done.json["items"][0]["to"] is None
    assert "//www.localhost:" in done.json["items"][0]["to_destination"]
    page = here(*plan, str(tmp_path / "b.json"), "slug:docs", "--to-url", "https://status.example/").json
    assert [item["to_destination"] for item in page["items"]] == ["https://status.example/"]
    for words in (
        ("--to-url", "https://status.example/"),
        ("docs",),
        ("docs", "--from-host", "a.example"),
        ("docs", "--to-url", "javascript:alert(1)"),
        ("docs", "--from-host", "a.example", "--to-host", "b.example", "--to-url", "https://c.example/"),
    ):
        here(*plan, str(tmp_path / "c.json"), *words, code=2)


def test_the_budget_says_what_is_left_and_when_it_comes_back(here: Here, practice: PracticeServer) -> None:
    practice.platform.meter.used = 212
    here.at(practice)
    found = here("budget", "--json").json
    assert (found["left"], found["reserve"], found["free_for_other_work"]) == (288, 100, 188)
    assert (found["told"], found["charged"], found["resets_at"]) == ("platform", True, None)
    assert found["resets_not_before"] < found["resets_not_after"]
    assert "unknown zone" in here("budget").out
    offline = here("budget", "--offline", "--json").json
    assert (offline["left"], offline["told"]) == (288, "remembered")
    here("budget", "--json", code=0)
    assert here.at(practice, REPOINT_TOKEN=practice.pat)("budget", "--json").json["charged"] is False


def test_a_budget_that_was_never_read_is_not_guessed_offline(here: Here, practice: PracticeServer) -> None:
    assert "never read" in here.at(practice)("budget", "--offline", code=8).err
