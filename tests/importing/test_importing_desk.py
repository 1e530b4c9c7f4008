"""What the import screen asks the core: checked, looked through, sent by typed words only, taken away."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.domain.errors import InputRejected, Refused
from console.ops.importing.desk import (
    Asked,
    Ended,
    changes_of,
    check_file,
    columns_of,
    leave_run,
    look_at,
    send_checked,
)
from console.ops.importing.prune import prune_imports
from console.ops.importing.record import imports_dir
from console.ops.importing.review import Reviewer
from console.ops.importing.values import Follow
from console.practice.faults import Kind
from console.practice.landing import Page, Site
from tests.support.clock import ManualClock
from tests.support.commandline import repoint
from tests.support.desk import at
from tests.support.importing import each_once, many, sheet

BULK = "bulk-import$"


def facets(path: Path, *, planned: bool = True) -> dict[str, int]:
    reviewer = Reviewer(path, planned=planned)
    try:
        return {facet.name: len(reviewer.select(facet)) for facet in reviewer.facets()}
    finally:
        reviewer.close()


async def test_rows_are_narrowed_by_what_becomes_of_them_and_by_fault(practice, tmp_path) -> None:
    live = practice.platform.link("docs")
    rows = [
        *many(3), ("docs", "https://docs.example/", live["title"]), ("a b", "ftp://x", ""),
        ("new-00001", "https://docs.example/", ""),
    ]  # fmt: skip
    async with at(practice) as session:
        told: list[int] = []
        checked = await check_file(session, Asked(sheet(tmp_path, rows)), told.append)
        assert (checked.create, checked.update, checked.faulty, checked.writes) == (3, 1, 2, 1)
        assert sum(told) == checked.rows == 6
        assert facets(checked.table) == {
            "all": 6, "created": 3, "updated": 1, "rejected": 2,
            "duplicate_slug": 1, "invalid_destination_url": 1, "invalid_slug": 1,
        }  # fmt: skip
        (change,) = await changes_of(session, checked, 4)
        assert (change.field, change.after) == ("destination", "https://docs.example/")
        made = {c.field: (c.before, c.after) for c in await changes_of(session, checked, 1)}
        assert made["destination"] == (None, "https://docs.example/new/0")
        ended = await send_checked(session, checked, "import 4", Follow())
        assert ended.counts == {"created": 3, "updated": 1, "rejected": 2}
        assert facets(checked.table, planned=False)["updated"] == 1
        await leave_run(session, checked, ended)
    assert not checked.table.exists()


async def test_only_the_typed_words_send_and_only_what_was_reviewed(practice, tmp_path) -> None:
    path = sheet(tmp_path, many(3))
    async with at(practice) as session:
        checked = await check_file(session, Asked(path), lambda _: None)
        for words in ("", "import", "import 4"):
            with pytest.raises(Refused) as refused:
                await send_checked(session, checked, words, Follow())
            assert refused.value.reason == "not_confirmed"
        path.write_text(path.read_text() + "more,https://docs.example/,x\n")
        with pytest.raises(Refused) as refused:
            await send_checked(session, checked, "import 3", Follow())
        assert refused.value.reason == "file_changed"
        checked.table.unlink()
        with pytest.raises(Refused) as refused:
            await send_checked(session, checked, "import 3", Follow())
        assert refused.value.reason == "plan_gone"
    assert practice.platform.events == []


async def test_the_brake_ends_it_after_the_request_that_is_out(practice, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("console.ops.importing.desk.CHUNK_ROWS", 4)
    rows = many(10)
    async with at(practice) as session:
        asked = Asked(sheet(tmp_path, rows))
        checked = await check_file(session, asked, lambda _: None)
        follow = Follow(settled=lambda _: follow.brake.pull())
        stopped = await send_checked(session, checked, "import 10", follow)
        assert (stopped.done, stopped.counts, stopped.stop_reason) == (
            False, {"planned": 6, "created": 4}, "You stopped it",
        )  # fmt: skip
        await leave_run(session, checked, stopped)
        assert checked.table.exists(), "there is something to go on with"
        again = await check_file(session, asked, lambda _: None)
        assert (again.again, again.to_send, again.phrase) == (True, 6, "import 10")
        assert isinstance(await send_checked(session, again, "import 10", Follow()), Ended)
    each_once(practice, [row[0] for row in rows])


async def test_a_pause_is_told_and_ended_by_the_brake(practice, tmp_path) -> None:
    practice.platform.faults.add(Kind.THROTTLE, path=BULK, method="POST", times=None, retry_after="7")
    clock = ManualClock()
    async with at(practice, clock) as session:
        checked = await check_file(session, Asked(sheet(tmp_path, many(2))), lambda _: None)
        pauses: list[float] = []
        follow = Follow(
            pausing=lambda wait: pauses.append(wait) or (len(pauses) == 3 and follow.brake.pull())
        )
        ended = await send_checked(session, checked, "import 2", follow)
    assert pauses == [7.0] * 3
    assert (ended.done, ended.stop_reason) == (False, "You stopped it")
    assert ended.counts == {"planned": 2}


async def test_silent_destinations_are_told_row_by_row(practice, tmp_path) -> None:
    up = practice.platform.link("docs")["destinationUrl"]
    gone = "http://127.0.0.1:9/"
    async with at(practice) as session:
        path = sheet(tmp_path, [("new-one", up, ""), ("new-two", gone, ""), ("new-six", gone, "")])
        checked = await check_file(session, Asked(path), lambda _: None)
        seen: list[tuple[int, int]] = []
        found = await look_at(session, checked, lambda done, total: seen.append((done, total)))
        await leave_run(session, checked, None)
    assert [(each.number, each.slug) for each in found] == [(2, "new-two"), (3, "new-six")]
    assert seen == [(1, 2), (2, 2)], "one address is looked at once"


async def test_what_the_profile_never_looks_at_is_not_asked_for_on_screen_either(practice, tmp_path) -> None:
    www = practice.landing_base.replace("127.0.0.1", "www.localhost")
    practice.platform.landing.set_site("www", Site(Page.DEAD))
    rows = [("by-host", f"{www}/gone", ""), ("by-slug", "http://127.0.0.1:9/", ""),
            ("looked-at", "http://127.0.0.1:9/x", "")]  # fmt: skip
    async with at(practice, opt_out=("by-slug", "www.localhost")) as session:
        checked = await check_file(session, Asked(sheet(tmp_path, rows)), lambda _: None)
        found = await look_at(session, checked, lambda _done, _total: None)
        await leave_run(session, checked, None)
    assert [each.slug for each in found] == ["looked-at"]
    assert not any(n for where, n in practice.platform.landing.hits.items() if where.startswith("www."))


async def test_columns_are_told_where_they_make_no_import_yet(practice, tmp_path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("Kurz;url\nnew-one;https://docs.example/\n")
    async with at(practice) as session:
        with pytest.raises(InputRejected):
            await check_file(session, Asked(path), lambda _: None)
        columns = await columns_of(session, Asked(path))
    assert [(c.header, c.field, c.guessed, c.sample) for c in columns] == [
        ("Kurz", "", False, "new-one"), ("url", "destinationUrl", True, "https://docs.example/"),
    ]  # fmt: skip


def aged(path: Path, days: float) -> None:
    then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))


async def test_old_stopped_imports_are_pruned_by_name_and_unsettled_ones_never(
    practice, tmp_path, monkeypatch
) -> None:
    faults = practice.platform.faults
    monkeypatch.setattr("console.ops.importing.desk.CHUNK_ROWS", 1)
    async with at(practice, ManualClock()) as session:
        reviewed = await check_file(session, Asked(sheet(tmp_path, many(2, "old"))), lambda _: None)
        faults.rival(
            lambda: faults.add(Kind.ANSWER, method="GET", path="/links", times=None), path=BULK, method="POST"
        )
        faults.add(Kind.COMMIT_THEN_CLOSE, path=BULK, method="POST")
        lost = await check_file(session, Asked(sheet(tmp_path, many(2, "lost"))), lambda _: None)
        assert (await send_checked(session, lost, "import 2", Follow())).counts == {
            "unknown": 1,
            "planned": 1,
        }
    spooled = imports_dir() / "rows-left"
    spooled.write_text("")
    assert prune_imports(30.0) == ([], []), "they are new"
    for path in (reviewed.table, lost.table, spooled):
        aged(path, 31)
    monkeypatch.setenv("REPOINT_BASE_URL", practice.base_url)
    monkeypatch.setenv("REPOINT_HANDLE", practice.handle)
    done = repoint("cache", "prune")
    assert done.returncode == 0, done.stderr
    assert f"import of {reviewed.asked.path}" in done.stdout
    assert "2 rows never sent" in done.stdout
    assert "what became of 1 row is not known" in done.stderr
    assert (reviewed.table.exists(), lost.table.exists(), spooled.exists()) == (False, True, False)
