"""The README's table of JSON keys is what each command prints, in that order, at the practice platform."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from console.document_keys import KEYS
from console.practice.faults import Kind
from console.practice.landing import Page, Site
from console.practice.server import PracticeServer
from console.subcommands.drill import score_document
from tests.support.batch import make_links
from tests.support.inprocess import Done, Here
from tests.support.practice import Serve

SLUG = "spring-launch"
WHY = ("--reason", "shop is down")


class Tried:
    """Runs commands with `--json` and holds the first document of each to the table."""

    def __init__(self, here: Here, server: PracticeServer) -> None:
        self.here, self.names = here.at(server), set[str]()

    def __call__(self, name: str, *argv: str, code: int = 0) -> Done:
        done = self.here(*argv, "--json", code=code)
        document, _ = json.JSONDecoder().raw_decode(done.out)
        assert tuple(document) == KEYS[name], name
        self.names.add(name)
        return done


@pytest.fixture
def tried(here: Here, practice: PracticeServer) -> Tried:
    return Tried(here, practice)


def test_what_looks_and_what_writes_one_link(tried: Tried, practice: PracticeServer, tmp_path: Path) -> None:
    tried("sync", "sync")
    tried("links", "links")
    tried("history", "history", SLUG)
    tried("history -o", "history", SLUG, "-o", str(tmp_path / "h.json"))
    tried("diff", "diff", SLUG, "v8", "v9")
    tried("preview", "preview", SLUG)
    tried("health", "health", f"slug:{SLUG}")
    tried("health --outages", "health", f"slug:{SLUG}", "--outages")
    tried("export", "export")
    tried("export -o", "export", "-o", str(tmp_path / "all.csv"))
    tried("import", "import", str(tmp_path / "all.csv"), "--dry-run")
    done = tried("rollback", "rollback", SLUG, "--to", "v8", *WHY, "--confirm", f"{SLUG} v8").json
    tried("undo (of a rollback)", "undo", done["run"], "--dry-run", code=3)
    practice.platform.edit(SLUG, title="moved again")
    practice.platform.landing.set_site("hang", Site(Page.DEAD))
    tried("watch", "watch", "--once", code=4)
    tried("reconcile", "reconcile")


def test_a_batch(here: Here, serve: Serve, tmp_path: Path) -> None:
    server = serve("calm")
    tried, names, plan = Tried(here, server), tmp_path / "slugs", str(tmp_path / "plan.json")
    slugs = make_links(server, 3)
    names.write_text("\n".join(slugs))
    page = ("--to-url", "https://status.example/", "-o", str(tmp_path / "page.json"))
    tried("plan repoint", "plan", "repoint", f"slug:{slugs[0]}", *page, *WHY)
    tried("plan rollback", "plan", "rollback", "--slugs", str(names), "--previous", *WHY, "-o", plan)
    tried("plan show", "plan", "show", plan)
    server.platform.faults.add(Kind.ANSWER, method="POST", path="/rollback$", status=400, times=1)
    run = tried("run", "run", plan, "--way", "rollback", "--confirm", "rollback 3", code=4).json["run"]
    tried("runs", "runs")
    tried("runs show", "runs", "show", run)
    tried("resume", "resume", run, code=4)
    tried("retry", "retry", run, "--confirm", "rollback 1")
    tried("undo (of a run)", "undo", run, "--confirm", "rollback 2")
    tried("cancel", "cancel", run)


def test_the_record(tried: Tried, tmp_path: Path) -> None:
    bundle, file = str(tmp_path / "e.zip"), str(tmp_path / "INC-1.json")
    tried.here("history", SLUG)
    tried("note", "note", "--incident", "INC-1", "the shop is down")
    tried("status", "status")
    tried("timeline", "timeline")
    tried("evidence -o", "evidence", SLUG, "-o", bundle)
    tried("evidence --check", "evidence", "--check", bundle)
    tried("handoff -o", "handoff", "-o", file)
    tried("handoff --take", "handoff", "--take", file)
    tried("report", "report", "--summary", "s", "--details", "d", "--dry-run")
    tried("journal", "journal")
    tried("journal --verify", "journal", "--verify")


def test_account_settings_and_practice(tried: Tried, practice: PracticeServer, home: Path) -> None:
    here = tried.here
    here.monkeypatch.setattr("sys.stdin", io.StringIO(practice.token))
    tried("login", "login", "--with-token")
    for name in ("whoami", "budget", "config show", "config path", "profile show", "doctor", "cache info",
                 "cache prune", "cache clear", "drill list"):  # fmt: skip
        tried(name, *name.split())
    tried("arm", "arm", "--off")
    where = ("--base-url", "https://api.example", "--handle", "acme", "--token-env", "ACME_TOKEN")
    tried("config init", "config", "init", "--name", "prod", *where)
    tried("profile add", "profile", "add", "other", *where)
    tried("profile list", "profile", "list")
    tried("completion", "completion", "bash")


def test_a_score(here: Here, home: Path) -> None:
    from datetime import UTC, datetime

    from console.ops.incident.drill_board import add
    from console.practice.judging import Judged

    judged = Judged("outage", 61.0, 61.0, 2, 2, (), 2, 2, 1, 1, 90)
    kept = {**score_document(judged, datetime.now(UTC)), "seed": 7, "links": 100}
    assert (*kept, "best_line") == KEYS["drill"]
    add(home, kept)
    assert tuple(json.loads(here("drill", "scores", "--json").out)) == KEYS["drill scores"]
