"""Notes, the journal and the cache's files, from the command line."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from console.domain.text import safe
from console.practice.server import PracticeServer
from tests.support.inprocess import Here
from tests.support.practice import Serve

SLUG = "spring-launch"
ROLLBACK = ("rollback", SLUG, "--to", "v8", "--reason", "shop is down", "--confirm", f"{SLUG} v8")
AGAINST = ("--reason", "shop is back", "--confirm", f"{SLUG} v9")


def test_a_note_is_kept_without_platform_and_token_and_read_back(here: Here) -> None:
    here.set(REPOINT_BASE_URL="https://api.example", REPOINT_HANDLE="acme")
    noted = here("note", "INC-204:", "the  shop\n is down", "--json").json
    assert noted["text"] == "INC-204: the shop is down"
    [entry] = here("journal", "--json").lines
    assert (entry["seq"], entry["kind"]) == (noted["seq"], "note")
    assert entry["fields"]["text"] == noted["text"]
    assert "the shop is down" in here("journal").out
    here("note", " ", code=2)


def test_entries_are_chosen_by_time_kind_and_number(here: Here) -> None:
    here.set(REPOINT_BASE_URL="https://api.example", REPOINT_HANDLE="acme")
    for word in ("one", "two", "three"):
        here("note", word)
    assert [e["fields"]["text"] for e in here("journal", "--limit", "2", "--json").lines] == ["two", "three"]
    assert len(here("journal", "--since", "1h", "--json").lines) == 3
    assert here("journal", "--since", "2999-01-01", "--json").lines == []
    assert here("journal", "--kind", "refusal", "--json").lines == []
    assert "an age or a time" in here("journal", "--since", "soon", code=2).err


def test_without_a_journal_none_is_begun(here: Here, home: Path) -> None:
    assert here("journal").out == ""
    assert here("journal", "--verify", "--json").json == {"ok": True, "entries": 0, "faults": []}
    assert not home.exists()


def test_verifying_names_what_was_edited(here: Here, home: Path) -> None:
    here.set(REPOINT_BASE_URL="https://api.example", REPOINT_HANDLE="acme")
    here("note", "the truth")
    assert here("journal", "--verify", "--json").json == {"ok": True, "entries": 1, "faults": []}
    with closing(sqlite3.connect(home / "journal.db")) as connection, connection:
        connection.execute("UPDATE entries SET body = replace(body, 'truth', 'tale')")
    found = here("journal", "--verify", "--json", code=1).json
    assert [(f["damage"], f["seq"]) for f in found["faults"]] == [("edited", 1)]
    assert "edited" in here("journal", "--verify", code=1).out


def test_a_note_is_shown_as_text(here: Here) -> None:
    here.set(REPOINT_BASE_URL="https://api.example", REPOINT_HANDLE="acme")
    hostile = "a\x1b[2Jb\u202ec[/red]"
    here("note", hostile)
    shown = here("journal").out
    assert "\x1b" not in shown
    assert safe(hostile) in shown


def test_the_cache_is_told_pruned_and_cleared(here: Here, practice: PracticeServer, home: Path) -> None:
    here.at(practice)
    before = here("cache", "info", "--json").json
    assert (before["exists"], before["links"]) == (False, None)
    here("history", "spring-launch")
    here("sync")
    info = here("cache", "info", "--json").json
    assert (info["exists"], info["links"], info["timelines"], info["sightings"]) == (True, 12, 1, 1)
    assert info["size_bytes"] > 0
    assert info["synced_at"]
    pruned = here("cache", "prune", "--health-days", "0", "--json").json
    assert pruned["sightings"] == 0
    record = (home / "journal.db").read_bytes()
    assert here("cache", "clear", "--json").json == {"path": info["path"], "cleared": True}
    assert not Path(info["path"]).exists()
    assert (home / "journal.db").read_bytes() == record
    assert here("cache", "clear", "--json").json["cleared"] is False
    assert here("cache", "prune", "--json").json["health_results"] == 0
    here("cache", "prune", "--health-days", "-1", code=2)


def test_a_cache_of_a_newer_program_is_refused_and_can_be_cleared(
    here: Here, practice: PracticeServer
) -> None:
    here.at(practice)
    here("sync")
    path = here("cache", "info", "--json").json["path"]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9999")
    refused = here("links", "--json", code=1).error
    assert "newer repoint" in refused["title"]
    assert "cache clear" in refused["hint"]
    assert here("cache", "clear", "--json").json["cleared"] is True
    assert len(here("links", "--json").lines) == 12


def test_a_journal_of_a_newer_program_stops_everything_that_needs_it(
    here: Here, practice: PracticeServer, home: Path
) -> None:
    here.at(practice)
    here("note", "x")
    with closing(sqlite3.connect(home / "journal.db")) as connection:
        connection.execute("PRAGMA user_version = 9999")
    for argv in (["journal"], ["links"], ["note", "y"]):
        refused = here(*argv, "--json", code=1).error
        assert refused["title"] == "The journal was written by a newer repoint"
        assert refused["hint"] == "Upgrade repoint."


def rolled_back(here: Here) -> str:
    here("history", SLUG)
    return str(here(*ROLLBACK, "--json").json["run"])


def test_one_links_run_is_known_by_the_beginning_of_its_id(
    here: Here, practice: PracticeServer, tmp_path: Path
) -> None:
    run = rolled_back(here.at(practice))
    assert here("undo", run[:8], *AGAINST, "--dry-run", "--json", code=3).json["to"] == 9
    assert "nothing to undo" in here("undo", run[:7], *AGAINST, code=3).err
    here("evidence", run[:8], "-o", str(tmp_path / "run.zip"))
    assert here("report", "--summary", "s", "--run", run[:8], "--dry-run", "--json").json["body"]["requestId"]
    shown = here("runs", "show", run[:8], code=3).err
    assert "is no batch: one link was written to" in shown
    assert f"repoint journal run:{run[:8]}" in shown
    assert len(here("journal", f"run:{run[:8]}", "--json").lines) == 3


def test_a_run_of_another_target_is_none_of_this_one(here: Here, serve: Serve, tmp_path: Path) -> None:
    run = rolled_back(here.at(serve("tiny")))
    here.at(serve("tiny"))
    here("history", SLUG)
    here("note", "of this target")
    undone = here("undo", run, *AGAINST, "--json", code=3).json
    assert undone["refusal"]["reason"] == "nothing_to_undo"
    assert "for this target" in here("undo", run, *AGAINST, code=3).err
    assert "Nothing is known" in here("evidence", run, "-o", str(tmp_path / "run.zip"), code=9).err
    here("evidence", run, "-o", str(tmp_path / "run.zip"), "--offline", code=8)
    assert "no run" in here("report", "--summary", "s", "--run", run, "--dry-run", code=9).err
    assert "There is no run" in here("runs", "show", run, code=3).err
