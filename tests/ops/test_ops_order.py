"""The intention is on the disk before the first byte of the request leaves."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from console.domain.outcomes import Outcome
from console.domain.plans import Way
from console.practice.server import PracticeServer
from tests.support.desk import at, confirmed, planned

ROOT = Path(__file__).parents[2]
SLUG = "spring-launch"
CALLS = "fsync,fdatasync,pwrite64,unlink,sendto,sendmsg,write,writev"
_LINE = re.compile(r"^\d+ +(?P<call>\w+)\((?P<rest>.*)$")


def traces() -> bool:
    """Whether system calls can be traced here."""
    found = shutil.which("strace")
    return (
        found is not None and subprocess.run([found, "-o", "/dev/null", "true"], check=False).returncode == 0
    )


@pytest.mark.skipif(not traces(), reason="the same is shown without a tracer by the test below")
@pytest.mark.parametrize("way", list(Way))
def test_the_sync_of_the_intention_returns_before_the_first_byte_leaves(
    practice: PracticeServer, tmp_path: Path, way: Way
) -> None:
    out = tmp_path / "trace"
    tracer = ["strace", "-f", "-y", "-s", "40", "-o", str(out), "-e", f"trace={CALLS}"]
    child = [sys.executable, "-m", "tests.support.simulator_child"]
    subprocess.run(
        [*tracer, *child, practice.base_url, practice.handle, practice.token],
        input=f"none {SLUG} 8 {way.value}\n",
        text=True,
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert len(practice.platform.events) == 1
    method = '"POST /v2/' if way is Way.ROLLBACK else '"PUT /v2/'
    before: list[str] = []
    for line in out.read_text(errors="replace").splitlines():
        if method in line:
            break
        kind = _kind(line)
        if kind:
            before.append(kind)
    else:
        raise AssertionError("the request was not seen")
    assert before.count("gone") >= 2, "one commit for the intention, one for SENT"
    assert before[-4:] == ["written", "synced", "gone", "folder"], before[-12:]


def _kind(line: str) -> str:
    """What a line says of the journal: a page written, synced, its rollback file gone, the folder synced."""
    found = _LINE.match(line)
    if found is None:
        return ""
    call, rest = found["call"], found["rest"]
    if "/journal.db>" in rest:
        return (
            "written" if call == "pwrite64" else "synced" if "sync" in call and rest.endswith("= 0") else ""
        )
    if call == "unlink" and "/journal.db-journal" in rest:
        return "gone"
    return "folder" if "sync" in call and "/repoint>" in rest and rest.endswith("= 0") else ""


@pytest.mark.parametrize("way", list(Way))
async def test_the_journal_says_sent_when_the_request_arrives(
    practice: PracticeServer, home: Path, way: Way
) -> None:
    """Needs no tracer: the platform, as the request comes in, reads the file as any process would."""
    found: list[tuple[str, str, int]] = []

    def look() -> None:
        other = sqlite3.connect(f"file:{home}/journal.db?mode=ro", uri=True)
        found.extend(other.execute("SELECT key, state, attempts FROM writes").fetchall())
        other.close()

    async with at(practice) as session:
        assert session.store.connections[1].execute("PRAGMA synchronous").fetchone() == (3,)  # EXTRA
        assert session.store.connections[1].execute("PRAGMA journal_mode").fetchone() == ("delete",)
        plan = await planned(session, way=way)
        method = "POST" if way is Way.ROLLBACK else "PUT"
        practice.platform.faults.rival(look, path=SLUG, method=method)
        result = await confirmed(session, plan)
        assert result.outcome is Outcome.APPLIED
        assert found == [(practice.platform.events[0].key, "sent", 1)]
