"""One write an item: waves of 1, then 5 %, then the rest, each verified before the next.

Source: product.md, section 4.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence

from cache.runs import Item
from console.domain.batches import RunState
from console.domain.outcomes import Outcome, WriteState
from console.ops.batches.chunks import close_chunk, is_chunk
from console.ops.batches.item import perform_item
from console.ops.batches.job import Job
from console.ops.batches.rules import second_wave
from console.ops.batches.values import Stop, StopReason
from console.ops.health.sweep import Checkable, check_from_here
from console.ops.importing.settle import PATIENT
from console.ops.recovery import settle_one


async def run_waves(job: Job) -> None:
    """Perform every waiting item, as far as the rules let it."""
    todo = job.waiting()
    job.wave = 1
    while todo and not job.stopping():
        number = todo.pop(0)
        await _perform(job, [number], 1)
        if await _verified(job):
            break
    job.wave = 2
    share = second_wave(len(todo))
    part, todo = todo[:share], todo[share:]
    await _perform(job, part, 1)
    await _verified(job)
    job.wave = 3
    await _perform(job, todo, job.at_once)
    await settle_unknown(job)


async def _perform(job: Job, numbers: Sequence[int], at_once: int) -> None:
    left = iter(numbers)

    async def work() -> None:
        for number in left:
            if job.stopping():
                return
            await _one(job, number)

    await together(work() for _ in range(min(at_once, len(numbers))))


async def together(work: Iterable[Coroutine[None, None, None]]) -> None:
    """Run them all. What one raises ends the others, each of which notes first what it was sending."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _one(job: Job, number: int) -> None:
    """One item, again after each pause that the platform asks for."""
    while not job.stopping():
        await job.pace()
        if job.stopping() or not await job.take():
            return
        charged = False
        try:
            end = await perform_item(job.session, job.plan, number)
            charged = end.charged
        finally:
            job.land(charged=charged)
        if job.ended(end):
            return


async def _verified(job: Job) -> bool:
    """Whether the wave proved that the plan does what it says; stops the run where it does not."""
    await settle_unknown(job)
    made, job.made = job.made, []
    if made and not job.stopping() and not job.plan.undoes and not job.overrides.get("destination"):
        unwell = await look_at(job, made)
        if unwell:
            job.halt(
                Stop(
                    RunState.STOPPED,
                    StopReason.DESTINATION,
                    f"A restored destination does not answer: {unwell[0]}",
                    "Undo the run, or go on with --override destination=REASON",
                )
            )
    return bool(made)


async def look_at(job: Job, made: Sequence[Item]) -> list[str]:
    """Look at restored destinations from here, and keep what is found: those that are broken, in words."""
    items = [
        Checkable(item.slug, url, item.new_version)
        for item in made
        if (url := job.plan.items[item.row_no - 1].to_destination)
    ]
    return [
        f"{found.slug} ({found.verdict.value.lower()})"
        async for found in check_from_here(job.session, items)
        if found.verdict.broken
    ]


async def settle_unknown(job: Job) -> None:
    """Read what became of items whose answer was lost, until the platform cannot be working on them."""
    runs, journal = job.session.store.runs, job.session.store.journal
    for wait in PATIENT:
        if not job.counts[Outcome.UNKNOWN] or job.control.wanted:
            return
        await job.control.rest(job.session.clock, wait)
        for write in journal.writes_of_run(job.run):
            if write.state in {WriteState.SENT, WriteState.UNKNOWN} and not is_chunk(write):
                await settle_one(job.session, write)
        for write in journal.writes_of_run(job.run):
            if is_chunk(write) and write.state in {WriteState.SENT, WriteState.UNKNOWN}:
                close_chunk(job.session, write)
        if runs.adopt(job.run, job.session.clock.now()):
            job.counts = runs.counts(job.run)
            job.say()
