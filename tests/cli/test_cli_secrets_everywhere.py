"""An incident with everything that makes a file: no token in whatever is written, and whatever is drawn.

Hardening, cases 80 to 89 and promise P13. The platform repeats the token in what it says while we work.
"""

from __future__ import annotations

import io
import logging
import shlex
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from console.practice.server import PracticeServer
from tests.support.canary import found_below, found_in, traces_of
from tests.support.console_driver import console
from tests.support.inprocess import Here
from tests.support.practice import Serve

SHEET = "slug,destination_url\nnew-page,https://docs.example/new\nbad slug,ftp://docs.example/\n"
REASON = "--reason 'shop is down'"
CANARY_IN_WORDS = "it says Bearer {token} to us"
MADE = """
sync --full --verbose
history spring-launch -o history.json
history spring-launch -o history.md
export -o links.csv
export --format ndjson -o links.ndjson
export --format json -o links.json
rollback spring-launch --to v8 --seen v9 {reason} --confirm 'spring-launch v8' --verbose
plan rollback slug:docs --previous {reason} -o plan.json
plan show plan.json --json
run plan.json --way rollback --confirm 'rollback 1' --json
runs --json
import sheet.csv --rejects mend.csv --confirm 'import 1' --json
note --incident INC-204 {words}
note --todo {words}
handoff -o hand.json
handoff --take hand.json
timeline
timeline --format json
status
evidence spring-launch -o spring.zip
evidence --check spring.zip
report --summary {words} --details {words} --dry-run --json
report --summary {words} --details {words} --confirm report --json
report --list
journal --json
journal --verify
reconcile --json
doctor --json --verbose
config show --json
whoami --json
cache info --json
completion bash
completion zsh
completion fish
"""


def unpacked(folder: Path) -> None:
    """Lay open what is compressed, or a token in it would be in no file's bytes."""
    for path in list(folder.rglob("*.zip")):
        with zipfile.ZipFile(path) as bundle:
            bundle.extractall(path.with_suffix(".open"))


def test_no_file_that_an_incident_leaves_behind_holds_the_token(
    here: Here, practice: PracticeServer, home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    here.at(practice, TEXTUAL_LOG=str(tmp_path / "textual.log"))
    here.monkeypatch.chdir(tmp_path)
    here.monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    caplog.set_level(logging.DEBUG)
    traces = traces_of(practice.token)
    (tmp_path / "sheet.csv").write_text(SHEET)
    told = {"message": f"no: {practice.token}", "requestId": practice.token}
    for path in ("route-preview$", "usage-meters$"):
        practice.platform.faults.add("answer", method="*", path=path, status=500, times=1, body=told)
    words = shlex.quote(CANARY_IN_WORDS.format(token="THE-TOKEN"))
    for line in MADE.format(reason=REASON, words=words).strip().splitlines():
        done = here(*shlex.split(line), code=None)
        assert done.code == (4 if line.startswith("import") else 0), (line, done)
        assert found_in((done.out + done.err).encode("utf-8", "backslashreplace"), traces) == [], line
    made = {path.name for path in tmp_path.iterdir()}
    assert {"history.json", "history.md", "links.csv", "links.ndjson", "links.json", "plan.json", "mend.csv",
            "hand.json", "spring.zip"} <= made  # fmt: skip
    unpacked(tmp_path)
    assert (tmp_path / "spring.open" / "journal.ndjson").stat().st_size
    assert found_below(tmp_path, traces) == []
    assert found_below(home.parent, traces) == []
    assert found_in(caplog.text.encode(), traces) == []
    assert found_in(repr(practice.platform.reports).encode(), traces) == []


def test_what_an_operator_pastes_with_a_token_in_it_goes_no_further(
    here: Here, practice: PracticeServer, home: Path, tmp_path: Path
) -> None:
    """Words among the arguments that hold a token are refused before anything is done with them."""
    here.at(practice)
    words = CANARY_IN_WORDS.format(token=practice.token)
    here("note", words, code=2)
    here("report", "--summary", words, "--details", "x", "--confirm", "report", code=2)
    here("rollback", "spring-launch", "--to", "v8", "--seen", "v9", "--reason", words, code=2)
    assert found_below(home.parent, traces_of(practice.token)) == []
    assert practice.platform.reports == []


async def test_no_picture_of_a_screen_holds_the_token(serve: Serve, home: Path) -> None:
    server = serve("tiny")
    traces = traces_of(server.token)
    told = {"error": "forbidden", "message": f"not with Bearer {server.token}", "requestId": server.token}
    async with console(server) as driver:
        await driver.synced()
        for key in ("T", "J", "E", "r"):
            await driver.keys(key)
            await driver.pilot.pause(0.05)
            assert found_in(driver.app.export_screenshot().encode(), traces) == [], key
            await driver.keys("escape")
            await driver.pilot.pause(0.05)
        server.platform.faults.add("answer", method="*", path=".", status=403, times=None, body=told)
        await driver.keys("y")
        await driver.until(lambda: "403" in driver.notice or "forbidden" in driver.notice, "the refusal")
        assert found_in(driver.app.export_screenshot().encode(), traces) == []
    assert found_below(home.parent, traces) == []


def test_the_databases_hold_it_in_no_column(here: Here, practice: PracticeServer, home: Path) -> None:
    """Compressed or encoded columns would hide it from a search of bytes: every value is looked at."""
    here.at(practice)
    here("history", "spring-launch")
    here("rollback", "spring-launch", "--to", "v8", "--seen", "v9", "--reason", "x", "--confirm",
         "spring-launch v8")  # fmt: skip
    traces = traces_of(practice.token)
    looked = 0
    for path in home.rglob("*.db"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            made = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE TABLE%'"
            tables = [name for (name,) in connection.execute(made)]
            for table in tables:
                for row in connection.execute(f"SELECT * FROM [{table}]"):
                    looked += 1
                    assert found_in(repr(row).encode(), traces) == [], (path, table)
    assert looked > 20
