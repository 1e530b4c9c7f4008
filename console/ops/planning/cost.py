"""The ways to run a batch and what each costs of the day's writes.

Every way has to leave the reserve for rollbacks in order to fit; the cheapest that fits is proposed. Whoever
names a way may go further, as far as `may_spend` says.

Source: product.md, section 4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.domain.batches import BatchKind, BatchWay, WayCost
from console.domain.links import Link
from console.domain.outcomes import GuardLevel
from console.ops.importing.values import MAX_CHUNK_ROWS, Chunks, weight_of
from console.ops.meter import Budget

_CALLS_A_LINK: Final = 3
"""Read, write, read again: one after the other."""
_READ_AT_ONCE: Final = 8
_SECONDS_A_ROW: Final = 0.002
_SHORTEST_CALL: Final = 0.02
_DAY: Final = 86_400.0
_NAMED: Final = 3
"""Slugs that a reason names."""


@dataclass(frozen=True, slots=True)
class Costing:
    """What the cost of a batch is made from.

    Attributes:
        links: the state that each link is to have.
        locked: slugs with a password before or after: the platform never tells it, so an import cannot
            bring it back.
        guard: what the platform is known to compare.
        call_seconds: what one call takes on this line.
        now: UTC.
    """

    kind: BatchKind
    links: Sequence[Link]
    locked: Sequence[str]
    budget: Budget
    guard: GuardLevel
    call_seconds: float
    now: datetime


def import_chunks(links: Iterable[Link], rows: int = MAX_CHUNK_ROWS) -> Iterator[int]:
    """How many of these links each request of an import takes, in their order: the fewest requests.

    Args:
        links: the state that each is to have.
        rows: of one request at most.
    """
    chunks, size = Chunks(rows), 0
    for number, link in enumerate(links):
        before = chunks.count
        chunks.add(weight_of(link))
        if number and chunks.count > before:
            yield size
            size = 0
        size += 1
    if size:
        yield size


def may_spend(kind: BatchKind, budget: Budget, *, named: bool) -> int | None:
    """Writes that a run may spend today; None where nobody counts them, or their number is not known.

    Args:
        kind: of the batch.
        budget: as it stands now.
        named: whether the operator named the way: only then a rollback may spend what is kept for them.
    """
    if not budget.charged:
        return None
    return budget.left if named and kind is BatchKind.ROLLBACK else budget.free


def ways_of(costing: Costing) -> tuple[WayCost, ...]:
    """Every way, whether it fits, and why not."""
    return (_one_by_one(costing), _import(costing), _split(costing))


def _one_by_one(costing: Costing) -> WayCost:
    return _way(costing, BatchWay.ROLLBACK, len(costing.links), _each(costing, len(costing.links)))


def _import(costing: Costing) -> WayCost:
    requests = sum(1 for _ in import_chunks(costing.links))
    call, rows = _call(costing), len(costing.links)
    seconds = 2 * math.ceil(rows / _READ_AT_ONCE) * call + requests * call + rows * _SECONDS_A_ROW
    why_not = ""
    if costing.locked:
        names = ", ".join(costing.locked[:_NAMED]) + (", ..." if len(costing.locked) > _NAMED else "")
        why_not = (
            f"{len(costing.locked):,} with a password that an import cannot bring back ({names}): "
            "plan them apart, -is:password leaves them out"
        )
    return _way(costing, BatchWay.IMPORT, requests, seconds, why_not)


def _split(costing: Costing) -> WayCost:
    links, budget = len(costing.links), costing.budget
    free, a_day = may_spend(costing.kind, budget, named=False), budget.a_day or 0
    if free is None or links <= free:
        return _way(costing, BatchWay.SPLIT, links, _each(costing, links), "not needed: all of it fits today")
    if free == 0:  # so is a day that brings nothing but the reserve
        return _way(costing, BatchWay.SPLIT, links, _each(costing, links), _too_many(costing, links))
    days = math.ceil((links - free) / a_day)
    latest = budget.reset.latest if budget.reset is not None else None
    wait = (latest - costing.now).total_seconds() if latest is not None else _DAY
    seconds = wait + (days - 1) * _DAY + _each(costing, (links - free) % a_day or a_day)
    cost = _way(costing, BatchWay.SPLIT, links, seconds, "-")
    return WayCost(cost.way, links, True, cost.seconds, cost.guard, cost.recorded_as)


def _way(costing: Costing, way: BatchWay, writes: int, seconds: float, why_not: str = "") -> WayCost:
    budget = costing.budget
    free = may_spend(costing.kind, budget, named=False)
    if not why_not and free is not None and writes > free:
        why_not = _too_many(costing, writes)
    by_import = way is BatchWay.IMPORT
    own = "rollback" if costing.kind is BatchKind.ROLLBACK else "update"
    return WayCost(
        way=way,
        writes=writes if budget.charged else 0,
        fits=not why_not,
        seconds=round(seconds, 1),
        guard=GuardLevel.BEST_EFFORT if by_import else costing.guard,
        recorded_as="import" if by_import else own,
        why_not=why_not,
        possible=not (by_import and costing.locked),
    )


def _too_many(costing: Costing, writes: int) -> str:
    budget = costing.budget
    left, free = budget.left or 0, budget.free or 0
    kept = left - free
    takes = "1 write" if writes == 1 else f"{writes:,} writes"
    text = f"it takes {takes} and {left:,} are left today, {kept:,} of them kept for rollbacks"
    if costing.kind is BatchKind.ROLLBACK and writes <= left:
        text += "; whoever names this way spends those too"
    return text


def _each(costing: Costing, links: int) -> float:
    return links * _CALLS_A_LINK * _call(costing)


def _call(costing: Costing) -> float:
    return max(costing.call_seconds, _SHORTEST_CALL)
