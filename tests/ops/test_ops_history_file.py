"""A history as a file: complete, whole or not at all, and obeyed by no program that opens it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.hostile import HOSTILE, foreign

from cache.marks import Note
from console.domain.errors import StorageProblem
from console.domain.health import HealthResult, Vantage, Verdict
from console.domain.links import Link
from console.domain.moments import Moment
from console.domain.readings import Reading
from console.domain.versions import Action, Source, Timeline, Version
from console.ops.incident.history_file import as_csv, document, file_name, markdown, write_history
from console.ops.review import Review

THEN = datetime(2026, 5, 4, 14, 5, tzinfo=UTC)


def review(word: str = "word") -> Review:
    old = Link("spring", "https://shop.example/old", tags=("promo",))
    new = replace(old, destination_url=f"https://shop.example/{word}", tags=())
    versions = (
        Version(3, old, THEN, "dana", Action.ROLLBACK, word, rolled_back_to=1),
        Version(2, new, THEN, word, Action.UPDATE, word),
        Version(1, old, THEN, "kim", Action.CREATE),
    )
    timeline = Timeline("spring", 3, versions, True, THEN, Source.PLATFORM, "lnk_1")
    healthy = HealthResult("spring", old.destination_url, Verdict.OK, Vantage.HERE, THEN, version=1)
    moment = Moment(THEN, 0.0, 0.0, "")
    return Review(
        Reading(timeline, old, moment), {1: healthy}, {2: Note(2, word, "dana", THEN)}, frozenset({3})
    )


def test_all_that_the_timeline_shows_is_in_every_form() -> None:
    told = markdown(review())
    for words in (
        "# History of `spring`", "3 versions, live is v3", "## v3 (live, seen by you)", "rollback to v1",
        "## v1 (last healthy)", "health while it was live: ok, seen 20", "- noted bad: word",
        "- tags: none to `promo`",
    ):  # fmt: skip
        assert words in told.replace("\\", "")
    rows = list(csv.DictReader(io.StringIO(as_csv(review()))))
    assert [row["version"] for row in rows] == ["3", "2", "1"]
    assert (rows[0]["rolled_back_to"], rows[1]["noted_bad"], rows[2]["health"]) == ("1", "word", "ok")
    assert "tags" in rows[0]["changed"]
    assert [each["version"] for each in document(review())["versions"]] == [3, 2, 1]


@pytest.mark.parametrize("word", HOSTILE)
def test_nothing_in_it_is_obeyed(word: str, tmp_path: Path) -> None:
    found = review(word)
    assert foreign(markdown(found).replace("\n", "")) == []
    for row in csv.reader(io.StringIO(as_csv(found))):
        assert not any(cell[:1] in "=+-@\t" and cell for cell in row)
        assert not any(ord(c) < 32 and c not in "\r\n\t" for cell in row for c in cell)
    for name in ("h.json", "h.csv", "h.md"):
        assert write_history(found, tmp_path / name) == 3
        assert b"\x1b" not in (tmp_path / name).read_bytes()
    assert (tmp_path / "h.json").read_bytes().isascii()
    assert json.loads((tmp_path / "h.json").read_text())["versions"][1]["note"] == (word or None)


@pytest.mark.parametrize(("name", "begins"), [("h.md", "# History"), ("h.CSV", "version,"), ("h", "{")])
def test_the_name_decides_the_form_and_nothing_is_written_over(
    tmp_path: Path, name: str, begins: str
) -> None:
    path = tmp_path / name
    write_history(review(), path)
    text = path.read_text()
    assert text.startswith(begins)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StorageProblem, match="exists already"):
        write_history(review(), path)
    link = tmp_path / "link.md"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(StorageProblem):
        write_history(review(), link)
    assert path.read_text() == text
    assert not list(tmp_path.glob("*.part"))


def test_a_slug_names_a_file_and_never_a_folder() -> None:
    assert file_name("spring-launch") == "spring-launch-history.md"
    assert file_name("../../etc/\x1b[2Jpasswd") == "etc2Jpasswd-history.md"
    assert file_name("../") == "link-history.md"
