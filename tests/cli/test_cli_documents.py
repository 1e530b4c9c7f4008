"""The JSON of every command: keys are a contract. They may be added to; none may go or be renamed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from console.document_keys import KEYS
from console.practice.landing import Page, Site
from console.practice.server import PracticeServer
from tests.support.inprocess import Done, Here

SLUG = "spring-launch"
WHY = ("--reason", "shop is down")
LINK = ("slug", "destination_url", "host", "title", "version", "enabled", "health", "verdict", "status_code",
        "latency_ms", "checked_at", "updated_at", "clicks", "held", "bad")  # fmt: skip
HEALTH = ("slug", "destination_url", "verdict", "phase", "status_code", "latency_ms", "final_url", "from",
          "checked_at", "detail")  # fmt: skip
WRITE = ("outcome", "slug", "from", "to", "new_version", "overtaken_by", "guard", "request_id", "run",
         "checks", "refusal", "message")  # fmt: skip
REFUSAL = ("reason", "seen", "live", "changed_by", "changed_at", "diff", "next")
VERSION = ("version", "live", "created_at", "created_by", "action", "note", "rolled_back_to", "fingerprint",
           "health", "bad", "changes")  # fmt: skip
HISTORY = ("slug", "live", "versions", "as_of", "source")
METER = ("plan", "limit", "used", "left", "reserve", "free_for_other_work", "day", "as_of")
WHOAMI = ("operator", "name", "role", "handle", "plan", "profile", "environment", "base_url", "token_id",
          "token_expires_at", "token_signature", "handles")  # fmt: skip
LOGIN = ("operator", "name", "role", "plan", "profile", "handle", "base_url", "token_kind", "token_id",
         "token_expires_at", "token_signature", "warnings", "stored", "next")  # fmt: skip
CACHE = ("path", "exists", "size_bytes", "links", "timelines", "health_results", "sightings", "synced_at",
         "journal", "journal_bytes")  # fmt: skip
ROUTE = ("status", "destination_url", "rule", "estimate")
ERROR = ("code", "title", "detail", "hint", "request_id")

LOOKS: list[tuple[str, str, tuple[str, ...]]] = [
    ("sync", "", ("links", "new", "changed", "removed", "health_results", "as_of")),
    ("links --limit 3", "*", LINK),
    (f"history {SLUG}", "", HISTORY),
    (f"history {SLUG}", "versions", VERSION),
    (f"diff {SLUG} v8 v9", "", ("slug", "before", "after", "changes", "visitors_affected", "source")),
    (f"diff {SLUG} v8 v9", "changes", ("field", "before", "after")),
    (f"preview {SLUG}", "", ("slug", "live", "version", "routes", "platform", "platform_agrees", "source")),
    (f"preview {SLUG}", "routes", ("visitor", "before", "after")),
    (f"preview {SLUG} --ask-platform", "platform", ROUTE),
    (f"health slug:{SLUG}", "*", HEALTH),
    (f"health slug:{SLUG} --outages", "*", ("host", "band", "links", "kinds", "since", "slugs")),
    ("reconcile", "", ("settled",)),
    ("arm --off", "", ("profile", "armed", "seconds")),
    ("note hello", "", ("seq", "at", "text")),
    ("journal", "*", ("seq", "at", "kind", "fields", "hash")),
    ("journal --verify", "", ("ok", "entries", "faults")),
    ("whoami", "", WHOAMI),
    ("login --with-token", "", LOGIN),
    ("budget", "", METER),
    ("config show", "", ("profile", "config", "settings")),
    ("config path", "", ("config", "cache", "state")),
    ("profile list", "", ("profiles", "config")),
    ("doctor", "", ("ok", "profile", "counts", "checks", "repaired")),
    ("doctor", "checks", ("name", "status", "detail", "remedy")),
    ("cache info", "", CACHE),
    ("cache prune", "", ("path", "health_results", "sightings", "size_bytes", "imports")),
    ("cache clear", "", ("path", "cleared")),
]  # fmt: skip

NAMED = {word for name in KEYS for word in name.split()}


def keys(value: Any) -> list[str]:
    """The keys of a document, or those that all documents of a list have."""
    assert value, "nothing was printed to look at"
    return list(value) if isinstance(value, dict) else [k for k in value[0] if all(k in row for row in value)]


def found(done: Done, where: str) -> list[str]:
    assert done.out.isascii()
    if where == "*":
        return keys(done.lines)
    return keys(done.json[where] if where else done.json)


def test_what_looks_has_its_keys_in_their_order(here: Here, practice: PracticeServer) -> None:
    here.at(practice)
    for line, where, wanted in LOOKS:
        here.monkeypatch.setattr("sys.stdin", io.StringIO(practice.token))
        done = here(*line.split(), "--json", code=None)
        assert done.code in {0, 4}, (line, done)
        has = found(done, where)
        name = " ".join(word for word in line.split() if word in NAMED)
        if where in {"", "*"} and name in KEYS:
            assert tuple(has) == KEYS[name], line
        assert [key for key in has if key in wanted] == list(wanted), line


def test_a_rollback_its_undo_a_refusal_and_an_error(here: Here, practice: PracticeServer) -> None:
    here.at(practice)
    rollback = ("rollback", SLUG, "--to", "v8", *WHY, "--json")
    unseen = here(*rollback, "--confirm", f"{SLUG} v8", code=3).json
    assert [k for k in unseen if k in WRITE] == list(WRITE)
    assert [k for k in unseen["refusal"] if k in REFUSAL] == list(REFUSAL)
    here("history", SLUG)
    dry = here(*rollback, "--dry-run").json
    done = here(*rollback, "--confirm", f"{SLUG} v8").json
    for document in (dry, done):
        assert [k for k in document if k in WRITE] == list(WRITE)
    assert {tuple(check)[:3] for check in done["checks"]} == {("name", "status", "detail")}
    assert {check["status"] for check in done["checks"]} <= {"ok", "warn", "fail", "skipped"}
    assert done["guard"] in {"STRONG", "BEST_EFFORT"}
    error = here("history", "no-such-link", "--json", code=1).error
    assert tuple(error) == ERROR
    assert error["request_id"]


def test_whoami_says_what_is_known_of_the_signature(here: Here, practice: PracticeServer) -> None:
    here.at(practice)
    assert here("whoami", "--json").json["token_signature"] == "unchecked"
    assert "no jwt_key or jwks_file" in here("whoami").out
    here.set(REPOINT_TOKEN=practice.pat)
    assert "A PAT carries no signature" in here("whoami").out


def test_offline_documents_are_the_same_with_their_source(here: Here, practice: PracticeServer) -> None:
    here.at(practice)
    online = here("history", SLUG, "--json").json
    offline = here("history", SLUG, "--offline", "--json").json
    assert list(online) == list(offline)
    assert (online["source"], offline["source"]) == ("platform", "cache")


def test_files_of_links_and_watching_have_the_keys_of_the_readme(
    here: Here, practice: PracticeServer, tmp_path: Path
) -> None:
    here.at(practice)
    out = tmp_path / "out.csv"
    assert tuple(here("export", "-o", str(out), "--json").json) == KEYS["export -o"]
    assert tuple(here("import", str(out), "--dry-run", "--json").json) == KEYS["import"]
    assert tuple(here("import", str(out), "--json").json) == KEYS["import"]
    here("history", SLUG)
    here("rollback", SLUG, "--to", "v8", *WHY, "--confirm", f"{SLUG} v8", "--json")
    practice.platform.edit(SLUG, title="moved again")
    moved, *outages = here("watch", "--once", "--json", f"slug:{SLUG}", code=4).lines
    assert [tuple(line) for line in (moved, *outages)] == [KEYS["watch"]] * (1 + len(outages))
    assert (moved["slug"], moved["live"], moved["host"]) == (SLUG, 11, None)
    assert outages == []
    practice.platform.landing.set_site("www", Site(Page.DOWN))
    outages = here("watch", "--once", "--json", f"slug:{SLUG}", code=4).lines[1:]
    assert [(o["host"], o["change"], o["links"], o["slug"]) for o in outages] == [
        ("www.localhost", "began", 1, None)
    ]
    practice.platform.faults.add("answer", method="GET", path=f"links/{SLUG}/history", status=403, times=2)
    blind = here("watch", "--once", "--json", f"slug:{SLUG}x", code=4)
    assert blind.lines == []
    assert f"{SLUG} could not be read, so a move would go unnoticed" in blind.err


def test_a_plain_terminal_line_never_replaces_the_document(here: Here, practice: PracticeServer) -> None:
    here.at(practice)
    for line in ("whoami", "budget", "doctor", "cache info", "config show"):
        plain = here(*line.split()).out
        with pytest.raises(json.JSONDecodeError):
            json.loads(plain)


def test_files_are_written_whole_and_never_over_another(
    here: Here, practice: PracticeServer, tmp_path: Path
) -> None:
    here.at(practice)
    file = tmp_path / "timeline.json"
    here("history", SLUG, "-o", str(file))
    assert [k for k in json.loads(file.read_text()) if k in HISTORY] == list(HISTORY)
    assert "exists already" in here("history", SLUG, "-o", str(file), code=1).err
    here("history", SLUG, "-o", str(tmp_path / "timeline.md"))
    assert (tmp_path / "timeline.md").read_text().startswith(f"# History of `{SLUG}`")


def test_the_doctor_ends_with_1_when_something_fails(here: Here, practice: PracticeServer) -> None:
    here.at(practice, REPOINT_TOKEN=practice.platform.tokens.jwt(lives=-10))
    done = here("doctor", "--json", code=1).json
    assert done["ok"] is False
    assert done["counts"]["fail"] == sum(check["status"] == "fail" for check in done["checks"])
    assert all(check["remedy"] for check in done["checks"] if check["status"] == "fail")
    assert here("doctor", "--renew-journal", "--json", code=3).error["title"].startswith("The journal is not")
