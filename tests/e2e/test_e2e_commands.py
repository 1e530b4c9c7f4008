"""The command line as a script uses it: real processes, a real server, documents and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from console.practice.server import PracticeServer

pytestmark = pytest.mark.e2e
SLUG = "spring-launch"


class Shell:
    """Runs `repoint` as a child process, in the test's own home."""

    def __init__(self, server: PracticeServer | None, home: Path) -> None:
        self.env = {**os.environ, "REPOINT_HOME": str(home), "TERM": "dumb"}
        if server is not None:
            self.env |= {
                "REPOINT_BASE_URL": server.base_url,
                "REPOINT_HANDLE": server.handle,
                "REPOINT_TOKEN": server.token,
                "REPOINT_PROBE_ALLOW_PRIVATE": "true",
                "REPOINT_TIMEOUT": "30",
                "REPOINT_PROBE_TIMEOUT": "60",
                "REPOINT_PROBE_SLOW": "600",
            }

    def __call__(self, *words: str, code: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "console", *words],
            env={**self.env, **env},
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stdout + done.stderr
        return done

    def json(self, *words: str, code: int = 0, **env: str) -> Any:
        return json.loads(self(*words, "--json", code=code, **env).stdout)


@pytest.fixture
def shell(practice: PracticeServer, home: Path) -> Shell:
    return Shell(practice, home)


ROLLBACK = ("rollback", SLUG, "--reason", "shop is down")


def test_from_failing_to_verified(shell: Shell, practice: PracticeServer) -> None:
    synced = shell.json("sync")
    assert synced["links"] == 12
    links = [json.loads(line) for line in shell("links", "slug:spring-launch", "--json").stdout.splitlines()]
    assert [(link["slug"], link["version"]) for link in links] == [(SLUG, 9)]
    checked = shell("health", "slug:spring-launch", "--json").stdout
    health = [json.loads(line) for line in checked.splitlines()]
    assert [(h["verdict"], h["status_code"], h["from"]) for h in health] == [("SERVER_ERROR", 503, "here")]
    history = shell.json("history", SLUG)
    assert history["live"] == 9
    assert history["versions"][0]["live"] is True
    diff = shell.json("diff", SLUG, "v8", "9")
    assert "destination" in [c["field"] for c in diff["changes"]]
    done = shell.json(*ROLLBACK, "--last-healthy", "--confirm", f"{SLUG} v8")
    assert (done["outcome"], done["from"], done["to"], done["new_version"]) == ("APPLIED", 9, 8, 10)
    assert done["verified"] is True
    assert done["refusal"] is None
    assert {c["name"] for c in done["checks"]} >= {"live_unchanged", "destination_here", "role", "budget"}
    assert practice.platform.link(SLUG)["version"] == 10
    undone = shell.json("undo", done["run"], "--confirm", f"{SLUG} v9", "--override",
                        "destination_here=known", "--override", "destination_platform=known")  # fmt: skip
    assert undone["new_version"] == 11


def test_refusals_are_documents_with_exit_code_3(shell: Shell, practice: PracticeServer) -> None:
    unseen = shell.json(*ROLLBACK, "--to", "8", "--confirm", f"{SLUG} v8", code=3)
    assert unseen["refusal"]["reason"] == "not_seen"
    stale = shell.json(*ROLLBACK, "--to", "8", "--seen", "7", "--confirm", f"{SLUG} v8", code=3)
    assert stale["refusal"]["reason"] == "version_moved"
    assert (stale["refusal"]["seen"], stale["refusal"]["live"]) == (7, 9)
    wrong = shell.json(*ROLLBACK, "--to", "8", "--seen", "9", "--confirm", "yes", code=3)
    assert wrong["refusal"]["reason"] == "wrong_confirmation"
    nothing = shell.json("undo", "no-such-run", "--reason", "x", "--confirm", "x", code=3)
    assert nothing["refusal"]["reason"] == "nothing_to_undo"
    blocked = shell.json("rollback", "vip-preview", "--to", "2", "--seen", "3", "--reason", "x", code=3)
    assert blocked["refusal"]["reason"] in {"check_failed:destination_here", "not_confirmed"}
    assert blocked["checks"]
    assert practice.platform.link(SLUG)["version"] == 9


def test_a_dry_run_sends_nothing(shell: Shell, practice: PracticeServer) -> None:
    dry = shell.json(*ROLLBACK, "--to", "8", "--seen", "9", "--dry-run")
    assert dry["outcome"] == "SKIPPED"
    assert practice.platform.events == []


def test_a_lost_answer_that_cannot_be_settled_is_exit_code_5(shell: Shell, practice: PracticeServer) -> None:
    practice.platform.faults.add("before_close", method="POST", path="rollback")
    lost = shell.json(*ROLLBACK, "--to", "8", "--seen", "9", "--confirm", f"{SLUG} v8", code=5)
    assert lost["outcome"] == "UNKNOWN"
    settled = shell.json("reconcile", code=5)
    assert [s["outcome"] for s in settled["settled"]] == ["UNKNOWN"]


def test_the_rest_of_the_main_job(shell: Shell) -> None:
    assert shell.json("whoami")["role"] == "operator"
    budget = shell.json("budget")
    assert budget["left"] == budget["limit"] - budget["used"]
    preview = shell.json("preview", SLUG, "--version", "v8", "--matrix")
    assert preview["routes"]
    assert all(r["before"]["estimate"] for r in preview["routes"])
    clicked = shell.json("preview", SLUG, "--ask-short-link")["short_link"]
    assert (clicked["status"], clicked["as_planned"], clicked["warning"]) == (302, True, None)
    assert "no version v77" in shell("diff", SLUG, "v77", "v9", code=9).stderr


def test_offline_reads_the_cache_and_sends_nothing(shell: Shell) -> None:
    assert "not in the cache" in shell("history", SLUG, "--offline", code=8).stderr
    shell("history", SLUG)
    assert shell.json("history", SLUG, "--offline")["source"] == "cache"
    assert shell("rollback", SLUG, "--to", "8", "--reason", "x", "--offline", code=8).stderr


@pytest.mark.parametrize(
    ("env", "code"),
    [
        ({"REPOINT_TOKEN": "patv1_nobody.secret"}, 6),
        ({"REPOINT_TOKEN": "not a token"}, 6),
        ({"REPOINT_BASE_URL": "http://127.0.0.1:9"}, 8),
        ({"REPOINT_BASE_URL": "nonsense"}, 2),
        ({"REPOINT_HANDLE": ""}, 2),
    ],
)
def test_what_cannot_work_says_so_in_one_sentence(shell: Shell, env: dict[str, str], code: int) -> None:
    done = shell("whoami", code=code, **env)
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")


def test_an_unknown_slug_and_a_wrong_server(shell: Shell, practice: PracticeServer) -> None:
    assert shell("history", "no-such-link", code=1).stderr.startswith("error: ")
    wrong = shell("whoami", code=1, REPOINT_BASE_URL=practice.landing_base)
    assert wrong.stderr.startswith("error: ")


def test_the_headless_demo_ends_verified(home: Path) -> None:
    done = Shell(None, home)("demo", "--headless", "--links", "60")
    assert json.loads(done.stdout)["outcome"] == "APPLIED"
    assert not (home / "journal.db").exists(), "a drill never touches the real home"
