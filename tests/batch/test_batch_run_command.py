"""`run`, `runs`, `resume`, `retry`, `cancel`, `undo`: their documents, and each exit code they reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from console.practice.faults import Kind
from console.practice.server import PracticeServer
from tests.support.batch import Swift, make_links, ours
from tests.support.inprocess import Done, Here, here
from tests.support.practice import Serve

__all__ = ["here"]
POST = {"method": "POST", "path": "/rollback$"}
KEYS = {"run", "way", "state", "stop_reason", "outcomes", "total", "writes_spent", "items"}


class Desk:
    """One operator with a plan of some links."""

    def __init__(self, here: Here, server: PracticeServer, folder: Path, count: int = 6) -> None:
        self.here, self.server = here.at(server), server
        self.slugs = make_links(server, count)
        self.file = folder / "plan.json"
        self.names = folder / "slugs.txt"
        self.names.write_text("\n".join(self.slugs) + "\n")

    def plan(self) -> str:
        self.file.unlink(missing_ok=True)
        self.here(
            "plan",
            "rollback",
            "--slugs",
            str(self.names),
            "--previous",
            "--reason",
            "down",
            "-o",
            str(self.file),
        )
        return str(self.file)

    def run(self, *more: str, code: int = 0, confirm: str = "") -> Done:
        words = confirm or f"rollback {len(self.slugs)}"
        return self.here(
            "run", self.plan(), "--way", "rollback", "--confirm", words, "--json", *more, code=code
        )


@pytest.fixture
def desk(here: Here, serve: Serve, tmp_path: Path) -> Desk:
    return Desk(here, serve("calm"), tmp_path)


def counted(document: dict[str, Any]) -> dict[str, int]:
    assert sum(document["outcomes"].values()) == document["total"] == len(document["items"])
    return {name: count for name, count in document["outcomes"].items() if count}


def test_a_run_is_done_shown_listed_and_undone(desk: Desk) -> None:
    done = desk.run().json
    assert done.keys() >= KEYS
    assert (done["state"], done["stop_reason"], counted(done)) == ("done", None, {"APPLIED": 6})
    assert done["writes_spent"] == 6
    assert {(i["from"], i["to"], i["new_version"]) for i in done["items"]} == {(2, 1, 3)}
    assert all(item["request_id"] for item in done["items"])
    assert desk.here("runs", "show", done["run"][:8], "--json").json["items"] == done["items"]
    assert [one["run"] for one in desk.here("runs", "--json").json["runs"]] == [done["run"]]
    words = ("--reason", "shop is back", "--confirm", "rollback 6", "--json")
    assert len(desk.here("undo", done["run"], *words, "--dry-run").json["items"]) == 6
    assert len(ours(desk.server)) == 6, "a dry run sends nothing"
    back = desk.here("undo", done["run"], *words).json
    assert (back["undoes"], counted(back)) == (done["run"], {"APPLIED": 6})
    assert {(i["from"], i["to"], i["new_version"]) for i in back["items"]} == {(3, 2, 4)}
    assert desk.here("runs").out.count("\n") == 3


def test_the_guards_end_with_3_and_nothing_is_sent(desk: Desk) -> None:
    file = desk.plan()
    words = ("--confirm", "rollback 6", "--json")
    assert desk.run(confirm="rollback 7", code=3).error["code"] == "refused"
    desk.here.set(REPOINT_BLAST_RADIUS="5")
    wide = desk.here("run", file, *words, code=3)
    assert "reason above 5" in wide.error["title"]
    desk.here.set(REPOINT_BLAST_RADIUS="50", REPOINT_PEAK_WINDOWS="00:00-24:00 UTC")
    assert "peak" in desk.here("run", file, *words, code=3).error["title"].lower()
    desk.here.set(REPOINT_PEAK_WINDOWS="")
    text = Path(file).read_text()
    Path(file).write_text(text.replace('"down"', '"up"'))
    assert "edited" in desk.here("run", file, *words, code=3).error["title"]
    Path(file).write_text(text)
    assert ours(desk.server) == []
    desk.here("run", file, *words, "--override", "blast_radius=all fail", "--override", "peak=now")
    used = desk.here("run", file, *words, code=3)
    assert "already" in used.error["title"]
    assert len(ours(desk.server)) == 6
    assert desk.here("runs", "show", "nothing-here", "--json", code=3).error["code"] == "refused"


def test_items_that_moved_or_were_refused_end_with_4_and_the_failed_are_tried_again(desk: Desk) -> None:
    file = desk.plan()
    desk.server.platform.edit(desk.slugs[3], by="kim", title="mine")
    desk.server.platform.faults.add(
        Kind.ANSWER, **{**POST, "path": f"{desk.slugs[4]}/rollback$"}, status=422, body={"error": "no"}
    )
    done = desk.here("run", file, "--way", "rollback", "--confirm", "rollback 6", "--json", code=4).json
    assert (done["state"], counted(done)) == ("done", {"APPLIED": 4, "STALE": 1, "REJECTED": 1})
    assert "by kim" in done["items"][3]["detail"] or "v3 is live" in done["items"][3]["detail"]
    again = desk.here("retry", done["run"], "--confirm", "rollback 1", "--json").json
    assert (again["retries"], again["total"], counted(again)) == (done["run"], 1, {"APPLIED": 1})
    assert desk.here("retry", again["run"], "--confirm", "rollback 1", "--json", code=3).error


def test_all_moved_ends_with_3(desk: Desk) -> None:
    file = desk.plan()
    for slug in desk.slugs:
        desk.server.platform.edit(slug, by="kim", title="mine")
    done = desk.here("run", file, "--way", "rollback", "--confirm", "rollback 6", "--json", code=3).json
    assert counted(done) == {"STALE": 6}
    assert ours(desk.server) == []


def test_a_platform_that_turns_us_away_ends_with_6_and_the_run_goes_on_later(desk: Desk) -> None:
    desk.server.platform.faults.add(
        Kind.ANSWER, **POST, skip=2, times=None, status=401, body={"error": "token_expired"}
    )
    done = desk.run(code=6).json
    assert (done["state"], done["stop_reason"]) == ("stopped", "signed_out")
    assert counted(done) == {"APPLIED": 2, "SKIPPED": 4}
    desk.server.platform.faults.clear()
    assert counted(desk.here("resume", done["run"], "--json").json) == {"APPLIED": 6}
    assert len(ours(desk.server)) == 6


@pytest.mark.parametrize(
    ("code", "body", "stopped"),
    [
        (6, {"error": "insufficient_role"}, "forbidden"),
        (4, {"error": "forbidden"}, None),
    ],
)
def test_a_403_is_the_runs_or_one_links(
    desk: Desk, code: int, body: dict[str, str], stopped: str | None
) -> None:
    desk.server.platform.faults.add(Kind.ANSWER, **POST, skip=3, status=403, body=body)
    done = desk.run(code=code).json
    assert done["stop_reason"] == stopped
    assert done["outcomes"]["REJECTED"] == (0 if stopped else 1)


def test_a_428_stops_everything(desk: Desk) -> None:
    desk.server.platform.faults.add(Kind.ANSWER, **POST, skip=1, status=428, body={"error": "x"})
    done = desk.run(code=4).json
    assert (done["stop_reason"], counted(done)) == ("precondition_required", {"APPLIED": 1, "SKIPPED": 5})


def test_the_days_writes_end_with_7_before_and_during(desk: Desk) -> None:
    desk.server.platform.set_used(497)
    refused = desk.run(code=7)
    assert "takes 6 writes" in refused.error["title"]
    assert ours(desk.server) == []
    desk.server.platform.set_used(398)
    part = desk.here("run", desk.plan(), "--way", "split", "--confirm", "rollback 6", "--json", code=7).json
    assert (part["state"], part["stop_reason"]) == ("paused", "budget")
    assert counted(part) == {"APPLIED": 2, "SKIPPED": 4}
    assert part["writes_spent"] == 2, "100 of 500 are kept for rollbacks"
    desk.server.platform.set_used(0)
    assert counted(desk.here("resume", part["run"], "--json").json) == {"APPLIED": 6}


def test_a_429_of_the_day_stops_the_run_and_one_that_asks_for_a_pause_does_not(desk: Desk) -> None:
    desk.server.platform.faults.add(Kind.THROTTLE, **POST, retry_after="1")
    desk.server.platform.faults.add(Kind.DAY_SPENT, **POST, skip=3, times=None)
    spent = desk.run(code=7).json
    assert (spent["state"], spent["stop_reason"]) == ("stopped", "budget")
    assert counted(spent) == {"APPLIED": 3, "SKIPPED": 3}
    assert spent["writes_spent"] == 3


def test_max_writes_pauses_and_cancel_gives_up_the_rest(desk: Desk) -> None:
    part = desk.run("--max-writes", "2", code=4).json
    assert (part["state"], part["stop_reason"], counted(part)) == (
        "paused", "max_writes", {"APPLIED": 2, "SKIPPED": 4},
    )  # fmt: skip
    gone = desk.here("cancel", part["run"], "--json").json
    assert (gone["state"], counted(gone)) == ("stopped", {"APPLIED": 2, "CANCELLED": 4})
    assert counted(desk.here("resume", part["run"], "--json", code=4).json) == {"APPLIED": 2, "CANCELLED": 4}
    assert len(ours(desk.server)) == 2


def test_an_outcome_that_cannot_be_read_ends_with_5_and_reconcile_settles_the_item(desk: Desk) -> None:
    desk.here.monkeypatch.setattr("console.ops.connect.SystemClock", Swift)
    file, slug = desk.plan(), desk.slugs[2]
    platform = desk.server.platform
    platform.faults.add(Kind.COMMIT_THEN_CLOSE, method="POST", path=f"{slug}/rollback$")
    platform.faults.add(Kind.ANSWER, method="GET", path=f"{slug}/history$", skip=1, times=None, status=503)
    done = desk.here("run", file, "--way", "rollback", "--confirm", "rollback 6", "--json", code=5).json
    assert counted(done) == {"APPLIED": 5, "UNKNOWN": 1}
    platform.faults.clear()
    settled = desk.here("reconcile", "--json").json["settled"]
    assert [(one["slug"], one["outcome"]) for one in settled] == [(slug, "APPLIED")]
    shown = desk.here("runs", "show", done["run"], "--json").json
    assert counted(shown) == {"APPLIED": 6}
    assert shown["items"][2]["new_version"] == 3
    assert len(ours(desk.server)) == 6
