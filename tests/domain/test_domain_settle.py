"""What became of a write: by our mark, by its step, and never by guessing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from console.domain.moments import Moment
from console.domain.versions import Action, Version
from console.ops.settle import (
    SETTLE_SECONDS,
    Found,
    as_planned,
    examine,
    mark_of,
    new_version,
    sentence,
    with_mark,
)
from tests.support.builders import HISTORY, KEY, NOW, later, link, plan, reading, version, write

WRITE = write()
MARK = mark_of(KEY)
SOON = later(NOW, 5)
LATE = later(NOW, SETTLE_SECONDS + 1)


def back(name: int | str, note: str = "", path: str = "page-8", by: str = "dana") -> Version:
    """A rollback to version 8, as the history shows it."""
    return version(name, path, note=note, action=Action.ROLLBACK, created_by=by)


OURS = back(10, with_mark("shop is down", KEY))


def test_the_mark_names_the_write() -> None:
    assert with_mark("shop is down", KEY) == "shop is down [repoint 0f1e2d3c]"
    assert mark_of(KEY) != mark_of("1" + KEY[1:])


def test_ours_by_its_mark() -> None:
    finding = examine(WRITE, reading(OURS, *HISTORY), SOON, ended=True)
    assert (finding.found, finding.step, finding.overtaken_by) == (Found.APPLIED, OURS, None)
    assert finding.certain
    assert as_planned(WRITE, finding)
    assert new_version(finding) == 10
    assert sentence(WRITE, finding) == "spring-launch went from v9 to the state of v8 as v10."


def test_ours_by_its_step_where_the_platform_keeps_no_reason() -> None:
    finding = examine(WRITE, reading(back(10), *HISTORY), SOON, ended=True)
    assert (finding.found, new_version(finding), finding.certain) == (Found.APPLIED, 10, False)


def test_the_mark_counts_more_than_an_equal_step() -> None:
    finding = examine(WRITE, reading(replace(OURS, version=11), back(10), *HISTORY), SOON, ended=True)
    assert (new_version(finding), finding.certain) == (11, True)
    assert finding.overtaken_by is not None
    assert finding.overtaken_by.version == 10


def test_the_oldest_equal_step_is_ours() -> None:
    finding = examine(WRITE, reading(back(11, by="kim"), back(10), *HISTORY), SOON, ended=True)
    assert new_version(finding) == 10
    assert finding.overtaken_by is not None
    assert finding.overtaken_by.version == 11


def test_a_rival_between_is_named() -> None:
    rival = version(10, created_by="kim")
    finding = examine(WRITE, reading(replace(OURS, version=11), rival, *HISTORY), SOON, ended=True)
    assert (finding.found, finding.overtaken_by) == (Found.APPLIED, rival)
    assert "v10 by kim slipped in" in sentence(WRITE, finding)


def test_a_rival_on_top_is_named() -> None:
    rival = version(11, created_by="kim")
    finding = examine(WRITE, reading(rival, OURS, *HISTORY), SOON, ended=True)
    assert (finding.found, new_version(finding), finding.overtaken_by) == (Found.APPLIED, 10, rival)


def test_our_mark_on_another_state_is_ours_but_not_as_planned() -> None:
    finding = examine(WRITE, reading(replace(OURS, snapshot=link("odd")), *HISTORY), SOON, ended=True)
    assert finding.found is Found.APPLIED
    assert not as_planned(WRITE, finding)
    assert "compare the two" in sentence(WRITE, finding)


def test_a_colleagues_equal_rollback_with_a_mark_of_its_own_is_not_claimed() -> None:
    theirs = back(10, with_mark("shop is down", "ffffffff-1111-4111-8111-111111111111"), by="kim")
    finding = examine(WRITE, reading(theirs, *HISTORY), LATE, ended=True)
    assert (finding.found, finding.step, finding.overtaken_by) == (Found.MOVED, None, theirs)
    assert "v10 by kim" in sentence(WRITE, finding)


def test_a_colleagues_other_change_is_not_claimed() -> None:
    rival = version(10, created_by="kim")
    finding = examine(WRITE, reading(rival, *HISTORY), SOON, ended=False)
    assert (finding.found, finding.step, finding.overtaken_by) == (Found.MOVED, None, rival)


@pytest.mark.parametrize(
    ("now", "ended", "found"),
    [
        (SOON, False, Found.NOT_YET),
        (later(NOW, SETTLE_SECONDS), False, Found.NOT_YET),
        (LATE, False, Found.NOT_APPLIED),
        (SOON, True, Found.NOT_APPLIED),
        (later(NOW, 1, slept=SETTLE_SECONDS), False, Found.NOT_APPLIED),
        (replace(SOON, wall=NOW.wall + timedelta(days=3650)), False, Found.NOT_YET),
        (replace(LATE, wall=NOW.wall - timedelta(days=3650)), False, Found.NOT_APPLIED),
        (replace(NOW, boot_id="boot-2", wall=NOW.wall - timedelta(days=1)), False, Found.NOT_APPLIED),
        (replace(NOW, boot_id="boot-2", wall=NOW.wall + timedelta(seconds=9)), False, Found.NOT_YET),
    ],
)
def test_still_where_it_was_is_proof_only_once_the_platform_must_be_done(
    now: Moment, ended: bool, found: Found
) -> None:
    finding = examine(WRITE, reading(), now, ended=ended)
    assert (finding.found, finding.step) == (found, None)
    assert ("so far" in sentence(WRITE, finding)) is (found is Found.NOT_YET)


def test_content_that_moved_under_the_same_version_is_not_where_it_was() -> None:
    finding = examine(WRITE, reading(version(9, "edited"), *HISTORY[1:]), LATE, ended=True)
    assert finding.found is Found.MOVED


def test_the_target_itself_in_a_history_restored_from_a_backup_is_not_our_step() -> None:
    finding = examine(WRITE, reading(*HISTORY[1:]), LATE, ended=False)
    assert (finding.found, finding.step) == (Found.MOVED, None)


def test_an_old_equal_state_in_a_history_cut_short_is_not_our_step() -> None:
    rivals = (version(12, created_by="kim"), version(11))
    assert examine(WRITE, reading(*rivals, complete=False), LATE, ended=False).found is Found.MOVED
    ours = examine(WRITE, reading(*rivals, OURS, complete=False), LATE, ended=False)
    assert (ours.found, new_version(ours), ours.overtaken_by) == (Found.APPLIED, 10, rivals[0])


def test_named_versions_are_ours_only_by_mark_once_the_old_one_is_out_of_sight() -> None:
    named = write(plan(reading(version("c"), version("b", "page-8")), to=version("b", "page-8")))
    equal = reading(version("e"), back("d"), complete=False)
    assert examine(named, equal, LATE, ended=False).found is Found.MOVED
    marked = reading(version("e"), back("d", MARK), version("x"), complete=False)
    finding = examine(named, marked, LATE, ended=False)
    assert (finding.found, new_version(finding), finding.certain) == (Found.APPLIED, "d", True)
    assert finding.overtaken_by == marked.current
    seen = reading(back("d"), version("c"), version("b", "page-8"))
    assert new_version(examine(named, seen, LATE, ended=False)) == "d"


def test_a_version_of_another_type_is_not_the_one_we_expected() -> None:
    finding = examine(WRITE, reading(back("9"), *HISTORY[1:]), LATE, ended=True)
    assert (finding.found, finding.step) == (Found.MOVED, None)
