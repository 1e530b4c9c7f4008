"""The dry run: what each row would do, told before anything is sent, and nothing is sent."""

from __future__ import annotations

import csv
import json

import pytest

from cache.imports import RowState
from console.domain.errors import StorageProblem
from console.domain.outcomes import WriteState
from console.domain.urls import spelt_host
from console.ops.importing.plan import check_destinations, plan_import, refresh
from console.ops.importing.record import chunk_write
from console.ops.importing.values import Existing, Options
from console.practice.landing import Page, Site
from console.practice.records import checked
from console.practice.scenarios import SHEET
from console.practice.store import Cause
from console.subcommands.history import change_lines
from console.subcommands.import_shown import import_document
from tests.support.clock import ManualClock
from tests.support.desk import at
from tests.support.importing import counted, many, previewed, sheet


def faults_of(preview) -> list[tuple[int, str]]:
    return [(shown.line, fault.code) for shown in preview.rejected for fault in shown.faults]


async def test_every_bad_row_is_told_and_nothing_is_sent(serve, tmp_path) -> None:
    practice = serve("bad-rows")
    path = tmp_path / "sheet.csv"
    path.write_text(SHEET)
    async with at(practice) as session:
        preview = await previewed(session, path)
    assert counted(preview.counts) == {"created": 4, "rejected": 7}
    assert faults_of(preview) == [
        (3, "invalid_slug"), (4, "invalid_slug"), (5, "invalid_destination_url"),
        (6, "invalid_destination_url"), (7, "invalid_destination_url"), (8, "duplicate_slug"),
        (11, "invalid_destination_url"),
    ]  # fmt: skip
    assert practice.platform.events == []
    assert practice.platform.writes_today == 0


async def test_all_faults_of_a_row_are_told_at_once(practice, tmp_path) -> None:
    header = ("slug", "destinationUrl", "maxClicks", "expiresAt", "enabled")
    path = sheet(tmp_path, [("a b", "javascript:1", "-1", "soon", "perhaps")], header)
    async with at(practice) as session:
        (shown,) = (await previewed(session, path)).rejected
    assert [fault.column for fault in shown.faults] == list(header)


async def test_rows_that_change_a_link_show_what_they_change(practice, tmp_path) -> None:
    live = practice.platform.link("docs")
    rows = [
        ("docs", "https://docs.example/new", live["title"]),
        ("loop-page", practice.platform.link("loop-page")["destinationUrl"],
         practice.platform.link("loop-page")["title"]),
        ("brand-new", "https://docs.example/", "New"),
    ]  # fmt: skip
    async with at(practice) as session:
        preview = await previewed(session, sheet(tmp_path, rows))
        skipping = await previewed(session, sheet(tmp_path, rows), existing=Existing.SKIP)
        failing = await previewed(session, sheet(tmp_path, rows), existing=Existing.FAIL)
    assert counted(preview.counts) == {"created": 1, "updated": 1, "unchanged": 1}
    (shown,) = preview.updated
    (change,) = shown.changes
    assert (change.field, change.before, change.after) == (
        "destination", live["destinationUrl"], "https://docs.example/new",
    )  # fmt: skip
    assert counted(skipping.counts) == {"created": 1, "skipped": 2}
    assert counted(failing.counts) == {"created": 1, "rejected": 2}
    assert (preview.writes, preview.phrase) == (1, "import 2")


async def test_a_version_makes_a_row_conditional(practice, tmp_path) -> None:
    version = practice.platform.link("docs")["version"]
    header = ("slug", "destinationUrl", "version")
    rows = [
        ("docs", "https://docs.example/new", version),
        ("loop-page", "https://docs.example/new", "v99"),
        ("gone-link", "https://docs.example/new", "3"),
    ]
    async with at(practice) as session:
        preview = await previewed(session, sheet(tmp_path, rows, header))
    assert counted(preview.counts) == {"updated": 1, "stale": 2}
    assert [shown.slug for shown in preview.stale] == ["loop-page", "gone-link"]


async def test_twins_in_the_file_are_told_apart(practice, tmp_path) -> None:
    url = "https://docs.example/"
    rows = [("Guide-one", url, ""), ("guide-one", url, ""), ("guide-one ", url, ""), ("Guide-one", url, "")]
    async with at(practice) as session:
        preview = await previewed(session, sheet(tmp_path, rows))
    assert faults_of(preview) == [
        (3, "near_twin"), (4, "invalid_slug"), (4, "near_twin"), (5, "duplicate_slug"),
    ]  # fmt: skip


async def test_twins_of_live_links_are_told_apart(practice, tmp_path) -> None:
    url = "https://docs.example/"
    practice.platform.store.write(
        "Spring-Sale", checked({"destinationUrl": url}), None, Cause("kim", "create")
    )
    rows = [
        (slug, url, "x") for slug in ("spring-sale", "Spring-Sale", "DOCS", "docs", "docs\u00a0", "new-one")
    ]
    async with at(practice) as session:
        preview = await previewed(session, sheet(tmp_path, rows))
    near = [(s.line, f.message) for s in preview.rejected for f in s.faults if f.code == "near_twin"]
    assert near[0] == (2, "differs from the live link Spring-Sale by case or blanks only")
    assert [line for line, message in near if "live link docs" in message] == [4, 6]
    assert counted(preview.counts) == {"created": 1, "updated": 2, "rejected": 3}


async def test_the_time_is_what_earlier_requests_took(practice, tmp_path) -> None:
    clock = ManualClock()
    async with at(practice, clock) as session:
        unknown = await previewed(session, sheet(tmp_path, many(1000)), rows=100)
        journal = session.store.journal
        for number in range(3):
            write = chunk_write(session, "earlier", number, "")
            journal.prepare(write)
            journal.advance(write.key, WriteState.SENT, at=clock.now())
            clock.advance(7)
            journal.advance(write.key, WriteState.APPLIED, at=clock.now())
        known = await previewed(session, sheet(tmp_path, many(1000)), rows=100)
    assert (unknown.writes, unknown.seconds) == (10, 12.0)
    assert (known.writes, known.seconds) == (10, 70.0)


async def test_what_the_platform_itself_holds_is_not_ours_to_refuse(practice, tmp_path) -> None:
    practice.platform.edit("docs", tags=["promo"])
    async with at(practice) as session:
        await refresh(session)
        odd = session.store.inventory.get("docs").link
        object.__setattr__(odd, "destination_url", "http://evil\\@docs.example/")
        session.store.inventory.put(odd, 1.0)
        path = sheet(tmp_path, [("docs", odd.destination_url, odd.title)])
        preview, _ = await plan_import(session, path, Options())
    assert counted(preview.counts) == {"unchanged": 1}


async def test_rejected_rows_come_back_and_can_be_mended(practice, tmp_path) -> None:
    path = sheet(tmp_path, [("ok-one", "https://a.example/", "=1+1"), ("x", "ftp://a", "=2+2")])
    out = tmp_path / "mend.csv"
    async with at(practice) as session:
        await refresh(session)
        await plan_import(session, path, Options(), rejects=out)
        rows = list(csv.reader(out.read_text().splitlines()))
        assert rows[0] == ["slug", "destinationUrl", "title", "line", "code", "message"]
        assert rows[1][:5] == ["x", "ftp://a", "'=2+2", "3", "invalid_slug; invalid_destination_url"]
        out.write_text(out.read_text().replace("x,ftp://a", "mended,https://a.example/"))
        again = tmp_path / "again.csv"
        preview, _ = await plan_import(session, out, Options(), rejects=again)
        assert counted(preview.counts) == {"created": 1}
        with pytest.raises(StorageProblem, match="exists already"):
            await plan_import(session, path, Options(), rejects=again)
    assert not list(tmp_path.glob("*.part"))


async def test_json_rows_pass_unknown_fields_through_and_leave_the_rest(practice, tmp_path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_text(json.dumps({"slug": "docs", "campaign": "spring"}) + "\n")
    async with at(practice) as session:
        preview = await previewed(session, path)
        assert [(c.field, c.after) for c in preview.updated[0].changes] == [("campaign", "spring")]


async def test_new_destinations_can_be_looked_at(practice, tmp_path) -> None:
    up = practice.platform.link("docs")["destinationUrl"]
    rows = [("new-one", up, ""), ("new-two", "http://127.0.0.1:9/", "")]
    async with at(practice) as session:
        preview = await previewed(session, sheet(tmp_path, rows), check_destinations=True)
        assert set(preview.destinations) == {up, "http://127.0.0.1:9/"}
        failing = await check_destinations(session, preview)
    assert [slug for slug, _, _ in failing] == ["new-two"]


async def test_what_the_profile_never_looks_at_is_not_asked_for_by_an_import(practice, tmp_path) -> None:
    base = practice.landing_base
    hosts = {name: base.replace("127.0.0.1", f"{name}.localhost") for name in ("www", "shop")}
    rows = [
        ("vip-preview", f"{hosts['shop']}/vip", ""), ("by-host", f"{hosts['www']}/gone", ""),
        ("looked-at", f"{hosts['shop']}/x", ""),
    ]  # fmt: skip
    practice.platform.landing.set_site("www", Site(Page.DEAD))
    practice.platform.landing.set_site("shop", Site(Page.DEAD))
    async with at(practice, opt_out=("vip-preview", "www.localhost")) as session:
        preview = await previewed(session, sheet(tmp_path, rows), check_destinations=True)
        assert len(preview.destinations) == 3
        failing = await check_destinations(session, preview)
    assert [slug for slug, _, _ in failing] == ["looked-at"]
    hits = {where: n for where, n in practice.platform.landing.hits.items() if n}
    assert sum(n for where, n in hits.items() if where.startswith("shop.")) == 1
    assert not any(where.startswith("www.") for where in hits)


async def test_requests_are_counted_by_rows_and_bytes(practice, tmp_path) -> None:
    async with at(practice) as session:
        by_rows = await previewed(session, sheet(tmp_path, many(25)), rows=10)
        heavy = [(f"heavy-{n}", "https://a.example/", "x" * 100_000) for n in range(25)]
        by_bytes = await previewed(session, sheet(tmp_path, heavy))
    assert by_rows.writes == 3
    assert by_bytes.writes == 3
    assert by_bytes.counts[RowState.CREATED] == 25


async def test_hosts_in_other_letters_are_shown_as_punycode_and_pointed_out(practice, tmp_path) -> None:
    lookalike, plain = "https://\u0430\u0440\u0440\u04cf\u0435.com/\u0434?x=1", "https://docs.example/\u0434"
    rules = json.dumps(
        [{"destinationUrl": "https://m\u00fcnchen.example/", "conditions": {"countryIn": ["DE"]}}]
    )
    rows = [
        ("docs", lookalike, ""), ("new-1", lookalike, ""), ("new-2", plain, rules),
        ("p\u0430y-now", plain, ""),
        ("new-3", "https://xn--mnchen-3ya.example:8443/", ""),
    ]  # fmt: skip
    header = ("slug", "destinationUrl", "routingRules")
    async with at(practice) as session:
        preview = await previewed(session, sheet(tmp_path, rows, header))
        assert preview.foreign == {"xn--80ak6aa92e.com": 2, "xn--mnchen-3ya.example": 2}
        (bad,) = preview.rejected
        assert [fault.code for fault in bad.faults] == ["invalid_slug"]
        assert "p\u27e80430\u27e9y-now" in bad.faults[0].message
        (change,) = [c for c in preview.updated[0].changes if c.field == "destination"]
        assert change.after == lookalike  # what is sent is what stands in the file
        table = [getattr(part, "text", part) for line in change_lines(change) for part in line]
    assert any("+ https://xn--80ak6aa92e.com/\u0434?x=1" in part for part in table)
    told = import_document(preview, None, None)["foreign_hosts"]
    assert told[0]["rows"] == 2
    assert {host["host"]: host["written"] for host in told} == {
        "xn--80ak6aa92e.com": "\u0430\u0440\u0440\u04cf\u0435.com",
        "xn--mnchen-3ya.example": "m\u00fcnchen.example",
    }
    assert spelt_host("xn--80ak6aa92e.com") == "\u0430\u0440\u0440\u04cf\u0435.com"
