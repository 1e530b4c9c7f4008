"""One item of a batch, under the very guard of a single rollback (`console.ops.rollback`).

What the plan states is expected; anything else is STALE, and nothing is ever rebased.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cache.runs import Item
from console.domain.batches import BatchItem, BatchKind, BatchPlan
from console.domain.errors import NotCached, NotFound, PlatformRefused, RepointError
from console.domain.links import label
from console.domain.outcomes import Outcome, WriteState
from console.domain.plans import Plan, Refusal, Result, Way
from console.domain.readings import Reading
from console.domain.sightings import DIALOG_MAX_AGE, Seen, Sighting, Stale
from console.domain.versions import Source, Version, diff
from console.ops import aftermath, record, settle
from console.ops.guard import judge_sighting, stale
from console.ops.planning.rules import target_state
from console.ops.review import read_cached, read_live
from console.ops.rollback import lock_and_send, open_write
from console.ops.session import Session
from console.ops.settle import Found


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of an item's turn.

    Attributes:
        item: with its outcome; SKIPPED where nothing was sent and it still waits.
        charged: the platform counts a write for it, or may.
        sound: whether what was made is what was planned; None where nothing was made.
        error: the failure behind it.
    """

    item: Item
    charged: bool = False
    sound: bool | None = None
    error: RepointError | None = None


async def perform_item(session: Session, batch: BatchPlan, number: int) -> Ended:
    """Lock, read again, compare, send once, settle, verify. `number` counts from 1.

    Failures that are not about this link are in `Ended.error`, and the item still waits then.
    """
    item = batch.items[number - 1]
    blank = Item(batch.plan_id, number, item.slug)
    try:
        session.require_armed()
        refusal = await open_write(session, item.slug)
        if refusal is not None:
            return _refused(session, blank, refusal, Outcome.REJECTED)
        plan = await plan_of(session, batch, number)
        if isinstance(plan, Refusal):
            return _refused(session, blank, plan, Outcome.STALE)
        result = await lock_and_send(session, plan)
    except NotFound:
        return Ended(replace(blank, outcome=Outcome.STALE, detail=f"{item.slug} does not exist any more"))
    except RepointError as error:
        return Ended(replace(blank, detail=f"{error.title}. Nothing was sent."), error=error)
    return _ended(session, batch, blank, result)


def _refused(session: Session, item: Item, refusal: Refusal, outcome: Outcome) -> Ended:
    record.refusal(session, item.slug, refusal)
    return Ended(replace(item, outcome=outcome, detail=f"{refusal.title}. Nothing was sent."))


def _ended(session: Session, batch: BatchPlan, item: Item, result: Result) -> Ended:
    found = replace(
        item,
        outcome=result.outcome,
        detail=result.message,
        new_version=result.new_version,
        overtaken_by=result.overtaken_by,
        request_id=result.request_id,
    )
    if result.outcome is Outcome.NOOP:
        found = made_by_us(session, batch, found)
    if found.outcome is not result.outcome:  # at the target, and made there by us
        return Ended(found, charged=True, sound=True)
    error = result.error
    charged = result.outcome in {Outcome.APPLIED, Outcome.UNKNOWN} or (
        error is not None and (error.applied == "unknown" or isinstance(error, PlatformRefused))
    )
    applied = result.outcome is Outcome.APPLIED
    sound = (result.verified or result.overtaken_by is not None) if applied else None
    return Ended(found, charged, sound, error)


def made_by_us(session: Session, batch: BatchPlan, item: Item) -> Item:
    """An item that is in place already, by an earlier try of this run whose answer was a lie (a late 429)."""
    timeline = session.store.timelines.load(item.slug)
    if timeline is None:
        return item
    reading = Reading(timeline, None, session.clock.now())
    for write in reversed(session.store.journal.writes_of(session.target.key, item.slug, 20)):
        if write.run != batch.plan_id or write.state not in {WriteState.REFUSED, WriteState.DROPPED}:
            continue
        finding = settle.examine(write, reading, session.clock.now(), ended=True)
        if finding.found is Found.APPLIED and finding.certain and finding.step is not None:
            if finding.overtaken_by is None:
                aftermath.keep(session, write, finding.step, undoes=bool(batch.undoes))
            text = settle.sentence(write, finding)
            return replace(
                item, outcome=Outcome.APPLIED, detail=text, new_version=settle.new_version(finding)
            )
    return item


async def plan_of(session: Session, batch: BatchPlan, number: int) -> Plan | Refusal:
    """The item as a plan for the guard, or why there is none.

    The cache tells what was planned on, where it can; whether that still is live is judged on a new
    reading, after the link is locked.

    Raises:
        RepointError: the link had to be read, and could not be.
    """
    item = batch.items[number - 1]
    try:
        known = _plan(session, batch, number, read_cached(session, item.slug))
    except NotCached:
        known = None
    if known is not None:
        return known
    reading = await read_live(session, item.slug)
    refusal = judge_sighting(expected_sighting(session, item, reading), reading, reading.at, DIALOG_MAX_AGE)
    if refusal is not None:
        return refusal
    known = _plan(session, batch, number, reading)
    if known is not None:
        return known
    aim = item.to_destination if item.to is None else label(item.to)
    return stale(Stale.TARGET_VERSION_GONE, f"{aim} is no longer what was planned", reading, item.version)


def expected_sighting(session: Session, item: BatchItem, reading: Reading) -> Sighting:
    """The plan is the review: what it states was seen by whoever made it."""
    return Sighting(
        target_key=session.target.key,
        operator=session.target.operator,
        slug=item.slug,
        link_id=item.link_id,
        version=item.version,
        fingerprint=item.fingerprint,
        seen=Seen.PLAN,
        source=Source.PLATFORM,
        at=reading.at,
    )


def _plan(session: Session, batch: BatchPlan, number: int, reading: Reading) -> Plan | None:
    """The item's plan from a reading that knows both of its states; None where it does not."""
    item = batch.items[number - 1]
    live, wanted = reading.timeline.find(item.version), target_state(batch, item, reading)
    if live is None or wanted is None or wanted.fingerprint != item.to_fingerprint:
        return None
    to = _target(batch, item, live, reading)
    if to is None:
        return None
    rewritten = batch.kind is BatchKind.REPOINT
    now = session.clock.now()
    return Plan(
        plan_id=batch.plan_id,
        target=session.target,
        slug=item.slug,
        link_id=item.link_id,
        live=live,
        live_fingerprint=item.fingerprint,
        to=to,
        changes=diff(live.snapshot, to.snapshot),
        reason=batch.reason,
        sighting=expected_sighting(session, item, reading),
        made_at=now,
        expires_at=batch.expires_at,
        way=Way.PUT if rewritten else Way.ROLLBACK,
        undoes=batch.undoes,
        row_no=number,
        rewrite=batch.rule if rewritten else "",
    )


def _target(batch: BatchPlan, item: BatchItem, live: Version, reading: Reading) -> Version | None:
    """The version it goes to; of a rewrite, the live one as the history will show it afterwards."""
    if item.to is not None:
        return reading.timeline.find(item.to)
    snapshot = target_state(batch, item, replace(reading, record=live.snapshot))
    return None if snapshot is None else replace(live, snapshot=snapshot)
