"""Exports: whole or not there, safe in a spreadsheet, and read back as the same links."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.commandline import repoint

from cache.imports import RowState
from console.domain.errors import StorageProblem
from console.domain.links import Link, Rule
from console.domain.query import parse
from console.ops.importing.exporting import Format, columns_named, export, export_to, texts
from console.ops.importing.fields import map_columns
from console.ops.importing.plan import plan_import, refresh
from console.ops.importing.reader import inspect, open_sheet
from console.ops.importing.rows import Planner
from console.ops.importing.values import Existing, Options
from tests.support.desk import at
from tests.support.importing import counted, previewed

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10) | st.sampled_from(
    [
        "=1+1",
        "'=x",
        "+1",
        "-1",
        "@x",
        "\tx",
        "\rx",
        "\0",
        "a\x1b[2Jb",
        "\\u001b",
        'say "x"\r\nsecond',
        "\ufeffx",
    ]
)
LINKS = st.builds(
    Link,
    slug=st.just("docs"),
    destination_url=st.sampled_from(["https://a.example/?a=1,2;3", "http://b.example/%22"]),
    title=TEXT,
    description=TEXT,
    tags=st.lists(TEXT, max_size=3).map(tuple),
    categories=st.lists(st.sampled_from(["a|b", " x", "[", "c"]), max_size=3).map(tuple),
    enabled=st.booleans(),
    redirect_type=st.sampled_from([302, 307]),
    scheduled_start_at=st.sampled_from([None, datetime(2026, 3, 1, 9, tzinfo=UTC)]),
    expires_at=st.sampled_from([None, datetime(2027, 3, 1, 9, 0, 0, 123000, tzinfo=UTC)]),
    max_clicks=st.none() | st.integers(1, 2**53 - 1),
    rules=st.sampled_from([(), (Rule("https://c.example/", 1, "r1", "n", ("DE", "US"), ("mobile",)),)]),
    tracking=st.sampled_from([{}, {"utmSource": "=x"}]),
    version=st.sampled_from([1, 7, "v-2"]),
    extra=st.sampled_from([{}, {"campaign": "spring", "deep": {"a": [1, None]}}]),
)


@settings(max_examples=60, deadline=None)
@given(link=LINKS, form=st.sampled_from(list(Format)))
def test_an_untouched_export_is_unchanged_whatever_the_links_hold(tmp_path_factory, link, form) -> None:
    path = tmp_path_factory.mktemp("export") / f"links.{form.value}"
    other = replace(link, slug="other-link", enabled=not link.enabled)
    with path.open("w", encoding="utf-8", newline="", errors="strict") as stream:
        stream.writelines(text for text, _ in texts(iter([[link], [other]]), form))
    assert b"\x1b" not in path.read_bytes()
    sheet = open_sheet(inspect(path), path.name)
    names = [field.name for field in fields(Link)]
    live = {each.slug: {name: getattr(each, name) for name in names} for each in (link, other)}
    planner = Planner(sheet, map_columns(sheet.header, {}), Existing.UPDATE, lambda _: live)
    planned = planner.plan(list(sheet.rows()))
    assert [item.record.state for item in planned] == [RowState.UNCHANGED] * 2, planned


@pytest.mark.parametrize("form", list(Format))
async def test_a_whole_handle_exported_and_imported_is_unchanged(outage, tmp_path, form) -> None:
    practice = outage(links=60)
    practice.platform.edit("docs", title="=cmd|' /C calc'!A0", tags=["a|b", " c"], campaign={"x": 1})
    path = tmp_path / f"links.{form.value}"
    async with at(practice) as session:
        await refresh(session)
        count = export_to(session, parse(""), form, path)
        preview, _ = await plan_import(session, path, Options())
    assert counted(preview.counts) == {"unchanged": count}
    assert preview.mapped.guessed == ()
    assert path.stat().st_mode & 0o777 == 0o600


async def test_no_cell_is_a_formula(practice) -> None:
    practice.platform.edit("docs", title="=1+1", description="@x", tags=["+a"])
    out = io.StringIO()
    async with at(practice) as session:
        await refresh(session)
        assert export(session, parse("slug:docs"), Format.CSV, out.write) == 1
    (row,) = csv.DictReader(io.StringIO(out.getvalue()))
    assert (row["title"], row["description"], row["tags"]) == ("'=1+1", "'@x", "'+a")


async def test_an_export_is_whole_or_not_there(practice, tmp_path) -> None:
    target = tmp_path / "elsewhere.csv"
    taken, link = tmp_path / "taken.csv", tmp_path / "link.csv"
    taken.write_text("mine")
    link.symlink_to(target)
    async with at(practice) as session:
        await refresh(session)
        for path in (taken, link):
            with pytest.raises(StorageProblem, match="exists already"):
                export_to(session, parse(""), Format.CSV, path)

        def broken(_count: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            export_to(session, parse(""), Format.CSV, tmp_path / "cut.csv", broken)
    assert taken.read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "link.csv", "taken.csv"]


def test_the_command_streams_and_writes_files(practice, tmp_path, monkeypatch) -> None:
    for name, value in (
        ("BASE_URL", practice.base_url),
        ("HANDLE", practice.handle),
        ("TOKEN", practice.token),
    ):
        monkeypatch.setenv(f"REPOINT_{name}", value)
    path = tmp_path / "links.ndjson"
    done = repoint("export", "slug:docs", "-o", str(path), "--json")
    assert json.loads(done.stdout) == {"file": str(path), "format": "ndjson", "links": 1}
    assert json.loads(path.read_text())["slug"] == "docs"
    whole = repoint("export", "--format", "csv", "--offline")
    assert len(list(csv.DictReader(io.StringIO(whole.stdout)))) == 12
    again = repoint("import", "-", "--dry-run", "--json", text=whole.stdout)
    assert (again.returncode, json.loads(again.stdout)["unchanged"]) == (0, 12)
    assert repoint("export", "-o", str(path)).returncode == 1
    some = repoint("export", "slug:docs", "--columns", "title,Slug", "--offline")
    assert some.stdout.splitlines()[0] == "title,slug"
    wrong = repoint("export", "--columns", "slug,tag", "--offline")
    assert (wrong.returncode, "Did you mean tags?" in wrong.stderr) == (2, True)


@pytest.mark.parametrize("form", Format)
async def test_only_some_columns(practice, tmp_path, form) -> None:
    path = tmp_path / f"some.{form.value}"
    practice.platform.edit("docs", shelf="A4")
    async with at(practice) as session:
        await refresh(session)
        columns = columns_named("slug, destinationUrl,extra,clicks")
        export_to(session, parse("slug:docs"), form, path, columns=columns)
        preview = await previewed(session, path)
        clicks = session.store.inventory.rows([session.store.inventory.find("docs") or 0])[0].clicks
    text = path.read_text()
    assert "shelf" in text
    assert "title" not in text
    assert clicks is not None
    assert str(clicks) in text
    assert counted(preview.counts) == {"unchanged": 1}
