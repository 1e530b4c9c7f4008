"""A run and its items as values, and how they stand in their tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from cache.problems import storable
from cache.process import Holder, is_alive
from cache.writes import ways_on
from console.domain.batches import RunState
from console.domain.errors import Refused
from console.domain.links import VersionId
from console.domain.outcomes import Outcome, WriteState

NOBODY: Final = Holder(0, "", "", "")
_TRIED_AGAIN: Final = frozenset({401, 403, 428, 429})
"""Statuses of a refusal that is about the run, not about the link: the item is sent when the run goes on."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        run: its id: the plan's.
        plan: the whole plan, as text, and `digest` as it was confirmed.
        asked: what an operator asks of the process that performs it: ``, `pause` or `cancel`.
        hold_until: ISO 8601, UTC: nothing is sent before; empty when it does not wait.
        undoes: id of the run that it undoes; `retries`: of the one whose failed items it tries again.
        overrides: reasons by check.
        created_at: ISO 8601, UTC.
        holder: the process that performs it; NOBODY when none does.
    """

    run: str
    kind: str
    target_key: str
    operator: str
    way: str
    reason: str
    plan: str
    digest: str
    total: int
    created_at: str
    state: RunState = RunState.HELD
    stop_reason: str = ""
    asked: str = ""
    hold_until: str = ""
    undoes: str = ""
    retries: str = ""
    overrides: Mapping[str, str] | None = None
    updated_at: str = ""
    holder: Holder = NOBODY

    @property
    def busy(self) -> bool:
        """Whether a process that still lives performs it."""
        return self.holder != NOBODY and is_alive(self.holder)


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one item so far. `row_no` counts from 1, in the plan's order."""

    run: str
    row_no: int
    slug: str
    outcome: Outcome = Outcome.SKIPPED
    detail: str = ""
    new_version: VersionId | None = None
    overtaken_by: VersionId | None = None
    request_id: str | None = None
    updated_at: str = ""


class RunBusy(Refused):
    """Another process performs this run."""

    code = "run_busy"

    def __init__(self, run: Run) -> None:
        holder = run.holder
        super().__init__(
            f"Run {run.run[:8]} is performed by process {holder.pid} on {holder.host}",
            reason="run_busy",
            detail="Nothing was sent by this one.",
            hint=f"{ways_on(holder)}, or ask it to stop: repoint cancel {run.run[:8]}",
        )


def no_such_run(run: str, *, single: bool = False) -> Refused:
    """The refusal for a run that is not in the journal; `single` where the id is that of one link's write."""
    if single:
        return Refused(
            f"{run[:40]} is no batch: one link was written to",
            reason="no_such_run",
            hint=f"What became of it: repoint journal run:{run[:40]}\nThe way back: repoint undo {run[:40]}",
        )
    return Refused(
        f"There is no run {run[:40]} here",
        reason="no_such_run",
        detail="Runs are kept on the machine that began them.",
        hint="List them: repoint runs",
    )


_ITEM_NAMES: Final = tuple(field.name for field in fields(Item))
_RUN_NAMES: Final = tuple(field.name for field in fields(Run) if field.name != "holder")
_HOLDER: Final = ("holder_pid", "holder_started", "holder_boot_id", "holder_host")
SELECT_RUNS: Final = f"SELECT {', '.join((*_RUN_NAMES, *_HOLDER))} FROM runs"  # noqa: S608 - own words only
SELECT_ITEMS: Final = f"SELECT {', '.join(_ITEM_NAMES)} FROM run_items"  # noqa: S608 - own words only
ADD_RUN: Final = f"INSERT INTO runs ({', '.join((*_RUN_NAMES, *_HOLDER))}) VALUES ({', '.join('?' * (len(_RUN_NAMES) + 4))})"  # noqa: S608, E501 - own words only
ADD_ITEM: Final = (
    f"INSERT INTO run_items ({', '.join(_ITEM_NAMES)}) VALUES ({', '.join('?' * len(_ITEM_NAMES))})"  # noqa: S608 - own words only
)


def as_told(item: Item, write: tuple[Any, ...]) -> Item | None:
    """The item as its newest write tells it; None while that says nothing new."""
    state, outcome, status, detail, new_version, request_id = write
    state = WriteState(state)
    if state in {WriteState.SENT, WriteState.UNKNOWN}:
        outcome = Outcome.UNKNOWN
    nothing_sent = state is WriteState.PREPARED or outcome in {None, Outcome.CANCELLED.value}
    if nothing_sent or (state is WriteState.REFUSED and status in _TRIED_AGAIN):
        return None
    return replace(
        item, outcome=Outcome(outcome), detail=detail, new_version=new_version, request_id=request_id
    )


def run_row(run: Run) -> tuple[Any, ...]:
    """The values of `ADD_RUN`."""
    holder = run.holder
    values = {name: getattr(run, name) for name in _RUN_NAMES}
    values["overrides"] = reasons_row(run)
    own = (storable(str(v)) if isinstance(v, str) else v for v in values.values())
    return (*own, holder.pid, holder.started, holder.boot_id, holder.host)


def reasons_row(run: Run) -> str:
    """The reasons by check as their column has them."""
    return json.dumps(dict(run.overrides or {}))


def run_of(row: tuple[Any, ...]) -> Run:
    """The run of a row of `SELECT_RUNS`."""
    values = dict(zip(_RUN_NAMES, row, strict=False))
    values["state"] = RunState(values["state"])
    values["overrides"] = json.loads(values["overrides"])
    return Run(**values, holder=Holder(*row[len(_RUN_NAMES) :]))


def item_row(item: Item) -> tuple[Any, ...]:
    """The values of `ADD_ITEM`."""
    return tuple(
        storable(v) if isinstance(v, str) and not isinstance(v, Outcome) else v
        for v in (getattr(item, name) for name in _ITEM_NAMES)
    )


def item_of(row: tuple[Any, ...]) -> Item:
    """The item of a row of `SELECT_ITEMS`."""
    values = dict(zip(_ITEM_NAMES, row, strict=True))
    return Item(**{**values, "outcome": Outcome(values["outcome"])})
