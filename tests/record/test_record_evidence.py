"""Evidence bundles: whole, proved, redacted, the same each time; and what a check finds in a changed one."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from console.domain.errors import InputRejected, StorageProblem
from console.domain.health import HealthResult, Vantage, Verdict
from console.domain.proof import Piece, digest, faults
from console.ops.incident import incidents
from console.ops.incident.evidence import collect, write
from console.ops.incident.evidence_check import check
from console.ops.session import Session
from console.practice.server import PracticeServer
from tests.support.clock import ManualClock
from tests.support.desk import at, confirmed, planned
from tests.support.inprocess import Here

TOKEN = "patv1_abc.secretsecretsecret"


async def worked(session: Session) -> str:
    """An applied rollback with a note of another link in the middle; its run."""
    now = session.clock.now().wall
    looked = HealthResult(
        "spring-launch", f"http://x:{TOKEN}@shop.localhost/launch", Verdict.SERVER_ERROR, Vantage.HERE,
        now - timedelta(seconds=9), detail=f"Bearer {TOKEN}",
    )  # fmt: skip
    session.store.health.add([looked])
    incidents.note(session, "looking at it", slug="spring-launch")
    incidents.note(session, "about another link", slug="docs")
    plan = await planned(session)
    await confirmed(session, plan)
    return plan.plan_id


async def bundled(server: PracticeServer, path: Path, *, of_run: bool = False) -> None:
    async with at(server) as session:
        run = await worked(session)
        write(await collect(session, run if of_run else "spring-launch"), path)


def inside(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rezipped(path: Path, to: Path, change: Callable[[dict[str, bytes]], Any]) -> Path:
    files = inside(path)
    change(files)
    with zipfile.ZipFile(to, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return to


@pytest.mark.parametrize("of_run", [False, True], ids=["link", "run"])
async def test_a_bundle_is_whole_proved_private_and_without_secrets(
    practice: PracticeServer, tmp_path: Path, of_run: bool
) -> None:
    path = tmp_path / "e.zip"
    await bundled(practice, path, of_run=of_run)
    files = inside(path)
    assert {"manifest.json", "journal.ndjson", "timeline.md", "environment.json", "README.txt"} <= set(files)
    assert {"histories/spring-launch.json", "health/spring-launch.ndjson"} <= set(files)
    assert path.stat().st_mode & 0o777 == 0o600
    everything = b"".join(files.values())
    for secret in (TOKEN, practice.token, practice.pat):
        assert secret.encode() not in everything
    assert b"about another link" not in everything
    checked = check(path)
    assert checked.faults == ()
    assert checked.entries >= 3
    assert checked.placed == (0 if of_run else 1)
    versions = json.loads(files["histories/spring-launch.json"])["versions"]
    assert versions[0]["version"] == 10
    assert json.loads(files["environment.json"])["profile"]["handle"] == "acme"
    with pytest.raises(StorageProblem, match="exists"):
        async with at(practice) as session:
            write(await collect(session, "spring-launch"), path)


async def test_the_same_content_gives_the_same_bytes(practice: PracticeServer, tmp_path: Path) -> None:
    async with at(practice, ManualClock()) as session:
        await worked(session)
        for name in ("a.zip", "b.zip"):
            write(await collect(session, "spring-launch"), tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


async def test_what_was_redacted_keeps_its_place_but_proves_no_words(
    practice: PracticeServer, tmp_path: Path
) -> None:
    async with at(practice) as session:
        await worked(session)
        fields = {"target": session.target.key, "operator": "dana", "slug": "spring-launch", "text": TOKEN}
        session.store.journal.append("note", fields, session.clock.now())
        bundle = await collect(session, "spring-launch")
        write(bundle, tmp_path / "e.zip")
    last = json.loads(bundle.files["journal.ndjson"].splitlines()[-1])
    assert last["said"]["text"] == "***"
    assert "body" not in last
    assert check(tmp_path / "e.zip").faults == ()


def _line(files: dict[str, bytes], number: int, change: Callable[[dict[str, Any]], Any]) -> None:
    rows = [json.loads(line) for line in files["journal.ndjson"].splitlines()]
    change(rows[number])
    _journal(files, rows)


def _journal(files: dict[str, bytes], rows: list[Any]) -> None:
    """Write the slice anew and make the manifest agree, as a forger would."""
    import hashlib

    files["journal.ndjson"] = content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    manifest = json.loads(files["manifest.json"])
    for each in manifest["files"]:
        if each["path"] == "journal.ndjson":
            each |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    files["manifest.json"] = json.dumps(manifest).encode()


def _rows(files: dict[str, bytes]) -> list[Any]:
    return [json.loads(line) for line in files["journal.ndjson"].splitlines()]


CHANGES: list[tuple[str, Callable[[dict[str, bytes]], Any], str]] = [
    ("edited file", lambda f: f.update({"timeline.md": b"all was well"}), "timeline.md is not"),
    ("missing file", lambda f: f.pop("environment.json"), "environment.json is missing"),
    ("added file", lambda f: f.update({"extra.txt": b"x"}), "extra.txt was added"),
    ("edited entry",
     lambda f: _line(f, 0, lambda r: r.update(body=r["body"].replace("looking", "lookinq"))), "Entry 1"),
    ("removed entry", lambda f: _journal(f, _rows(f)[:1] + _rows(f)[2:]), "something is missing"),
    ("swapped entries", lambda f: _journal(f, [_rows(f)[1], _rows(f)[0], *_rows(f)[2:]]), "missing"),
    ("unreadable line", lambda f: _journal(f, [*_rows(f), 7]), "cannot be read"),
    ("new words with a hash of their own",
     lambda f: _line(f, 2, lambda r: r.update(body="{}", hash=digest(r["previous"], "{}"))), "Entry"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
async def test_every_change_of_a_bundle_is_named(
    practice: PracticeServer, tmp_path: Path, change: Callable[[dict[str, bytes]], Any], said: str
) -> None:
    await bundled(practice, tmp_path / "e.zip")
    found = check(rezipped(tmp_path / "e.zip", tmp_path / "f.zip", change)).faults
    assert any(said in sentence for sentence in found), found


@pytest.mark.parametrize(
    "make",
    [
        lambda p: p.write_bytes(b"PK nothing"),
        lambda p: p.mkdir(),
        lambda p: zipfile.ZipFile(p, "w").close(),
        lambda p: _zip(p, {"../../evil": b"x", "manifest.json": b"{}"}),
        lambda p: _zip(p, {"manifest.json": b'{"kind": "other"}'}),
        lambda p: _zip(p, {"manifest.json": b"[" * 5000}),
        lambda p: None,
    ],
    ids=["no zip", "folder", "empty", "path outside", "another kind", "deep", "nothing there"],
)
def test_what_is_no_bundle_is_refused(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    make(tmp_path / "x.zip")
    with pytest.raises(InputRejected):
        check(tmp_path / "x.zip")


def _zip(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def test_a_chain_that_ends_elsewhere_is_named() -> None:
    body = '{"seq":1}'
    piece = Piece(1, "", digest("", body), body)
    assert faults([piece], (1, piece.hash)) == []
    assert faults([piece], (1, "0" * 64)) == ["The newest entry is not the one that the journal ended with."]
    assert faults([piece], (0, "")) != []


def test_an_entry_that_was_written_anew_does_not_follow_the_one_before_it() -> None:
    one, two = '{"seq":1}', '{"seq":2}'
    first = Piece(1, "", digest("", one), one)
    forged = Piece(2, "0" * 64, digest("0" * 64, two), two)
    assert faults([first, forged]) == ["Entry 2 does not follow the entry before it."]
    assert faults([first, Piece(2, first.hash, digest(first.hash, two), two)]) == []


async def test_nothing_known_is_said_to_be_nothing(practice: PracticeServer) -> None:
    async with at(practice) as session:
        with pytest.raises(InputRejected, match="Nothing is known of never-seen"):
            await collect(session, "never-seen")


def test_bundling_and_checking_from_the_command_line(
    here: Here, practice: PracticeServer, tmp_path: Path
) -> None:
    here.at(practice)
    path = str(tmp_path / "e.zip")
    here("history", "spring-launch")
    here("note", "down", "--slug", "spring-launch")
    made = here("evidence", "spring-launch", "-o", path, "--json").json
    assert (made["subject"], made["entries"]) == ({"kind": "link", "name": "spring-launch"}, 1)
    here.set(REPOINT_BASE_URL="", REPOINT_HANDLE="", REPOINT_TOKEN="")
    assert here("evidence", "--check", path, "--json").json["ok"] is True
    rezipped(Path(path), tmp_path / "f.zip", lambda f: f.update({"timeline.md": b"x"}))
    assert here("evidence", "--check", str(tmp_path / "f.zip"), "--json", code=1).json["ok"] is False
    here("evidence", code=2)
    here("evidence", "--check", str(tmp_path / "none.zip"), code=9)
