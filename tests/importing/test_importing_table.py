"""The table of a run: what a killed process leaves, and what is found again."""

from __future__ import annotations

import pytest

from cache.imports import Fate, Record, RowState, new_table, open_table
from console.domain.errors import Refused
from console.domain.links import Link
from console.domain.rows import RowFault
from console.ops.importing.record import only_one, unfinished
from console.ops.importing.values import Chunks
from tests.support.importing import counted


def record(number: int, weight: int = 10) -> Record:
    link = Link(f"link-{number}", "https://a.example/", tags=("x",))
    return Record(
        number, number + 1, link.slug, "create", RowState.PLANNED, weight, link, None, (), ["a", "b"]
    )


def test_a_plan_that_never_ended_is_no_run_and_is_taken_away(tmp_path) -> None:
    folder = tmp_path / "imports"
    table = new_table(folder, "run-1")
    table.begin({"run": "run-1", "same": "x"})
    table.add([record(1)])
    table._db.close()  # as a kill does: nothing was committed
    assert open_table(folder, "run-1") is None
    assert unfinished(folder, "x") is None
    assert list(folder.iterdir()) == []


def test_rows_go_out_once_and_come_back_as_they_were(tmp_path) -> None:
    table = new_table(tmp_path / "imports", "run-1")
    table.begin({"run": "run-1", "same": "x"})
    table.add(record(n, 40) for n in range(1, 7))
    table.planned()
    first = table.next_chunk(3, 1000)
    assert first == [record(1, 40), record(2, 40), record(3, 40)]
    table.leave("chunk-1", [row.number for row in first])
    assert [row.number for row in table.next_chunk(10, 100)] == [4, 5]
    assert [row.number for row in table.next_chunk(10, 1)] == [4]
    table.settle([Fate(1, RowState.CREATED, 1), Fate(2, RowState.FAILED, None, "blocked", "why")])
    table.close()
    again = unfinished(tmp_path / "imports", "x")
    assert again is not None
    assert again.open_chunks() == ["chunk-1"]
    assert [row.number for row in again.open_rows("chunk-1")] == [3]
    again.take_back("chunk-1")
    assert counted(again.counts()) == {"planned": 4, "created": 1, "failed": 1}
    (back,) = again.handed_back()
    assert back.faults == (RowFault("", "blocked", "why"),)
    assert back.cells == ["a", "b"]
    again.close(remove=True)
    assert unfinished(tmp_path / "imports", "x") is None


def test_chunks_are_counted_as_they_are_cut(tmp_path) -> None:
    weights = [5, 90, 20, 100, 1, 1, 1, 1, 300, 2]
    table = new_table(tmp_path / "imports", "run-1")
    table.add(record(n, weight) for n, weight in enumerate(weights, 1))
    chunks = Chunks(3, 100)
    for weight in weights:
        chunks.add(weight)
    cut = 0
    while rows := table.next_chunk(3, 100):
        table.leave(f"chunk-{cut}", [row.number for row in rows])
        cut += 1
    assert chunks.count == cut
    table.close()


def test_one_import_at_a_time(tmp_path) -> None:
    with only_one(tmp_path), pytest.raises(Refused) as refused, only_one(tmp_path):
        pass
    assert refused.value.reason == "import_running"
