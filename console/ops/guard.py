"""The rules of the rollback guard, without input or output: what counts as seen, what counts as stale.

Source: product.md, section 3; hardening, P4 and cases 21 to 32. Screens and command line reach these
rules only through `console.ops.rollback`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from console.domain.links import VersionId, label
from console.domain.moments import Moment
from console.domain.plans import Plan, Refusal
from console.domain.readings import Reading
from console.domain.rewrites import Rewrite
from console.domain.sightings import DIALOG_MAX_AGE, Sighting, Stale
from console.domain.target import Target
from console.domain.versions import diff, same_version

SLEEP_TOLERANCE: Final = 2.0
"""Seconds that the monotonic and the boot clock may differ before we say that the machine slept."""

SEND_WITHIN: Final = 20.0
"""Seconds from the journal to the line. With a call's own deadline it stays below `settle.SETTLE_SECONDS`."""

_REVIEW: Final = "Review the live version, then try again"
_LEAVE: Final = "Leave it as it is"
_HAND_OVER: Final = "Hand over: note what you saw for the next operator"
WAYS_ON: Final = (_REVIEW, _LEAVE, _HAND_OVER)


def stale(reason: Stale, title: str, reading: Reading, seen: VersionId | None = None) -> Refusal:
    """A refusal that says what you saw, what is live, who changed it, when, why and the ways on."""
    current = reading.current
    known = reading.timeline.find(seen) if seen is not None else None
    return Refusal(
        reason=reason.value,
        title=title,
        seen=seen,
        live=reading.live,
        changed_by=current.created_by,
        changed_at=current.created_at,
        note=current.note,
        diff=diff(known.snapshot, current.snapshot) if known else (),
        next=WAYS_ON,
    )


def judge_sighting(
    sighting: Sighting | None, reading: Reading, now: Moment, max_age: float
) -> Refusal | None:
    """Whether this operator may act on what is live now; None when nothing speaks against it.

    Args:
        sighting: the operator's newest sighting of the link on this target.
        reading: made from the platform just now.
        now: all clocks now.
        max_age: seconds that a sighting counts.
    """
    if sighting is None:
        title = f"You have not reviewed {label(reading.live)}, which is live now"
        return stale(Stale.NOT_SEEN, title, reading)
    moved = _judge_state(sighting, reading)
    age = sighting.at.age_at(now)
    if moved is None and (age is None or age > max_age):
        title = f"You saw {label(sighting.version)} too long ago to act on it"
        return stale(Stale.TOO_OLD, title, reading, sighting.version)
    return moved


def _judge_state(sighting: Sighting, reading: Reading) -> Refusal | None:
    seen = sighting.version
    if sighting.link_id and reading.identity and sighting.link_id != reading.identity:
        title = "This is another link: the slug was deleted and made again since you saw it"
        return stale(Stale.IDENTITY_CHANGED, title, reading, seen)
    if went_back(seen, reading):
        title = f"The platform's history went back: you saw {label(seen)}, {label(reading.live)} is live"
        return stale(Stale.HISTORY_WENT_BACK, title, reading, seen)
    if not same_version(seen, reading.live):
        title = f"{label(reading.live)} is live now; you reviewed {label(seen)}"
        return stale(Stale.VERSION_MOVED, title, reading, seen)
    if sighting.fingerprint and sighting.fingerprint != reading.fingerprint:
        title = f"The content of {label(seen)} changed under the same version since you saw it"
        return stale(Stale.CONTENT_MOVED, title, reading, seen)
    return None


def went_back(seen: VersionId, reading: Reading) -> bool:
    """Whether the history is behind what was seen: restored from a backup, say."""
    if isinstance(seen, int) and isinstance(reading.live, int):
        return reading.live < seen
    return reading.timeline.complete and reading.timeline.find(seen) is None


def judge_context(plan: Plan, target: Target) -> Refusal | None:
    """Whether the plan was made by this operator for this target and epoch."""
    if plan.target.same_place(target) and plan.target.epoch == target.epoch:
        return None
    return Refusal(
        reason=Stale.CONTEXT_CHANGED.value,
        title="The plan was made for another target or by another operator",
        seen=plan.live.version,
        next=("Go back to the target it was made for", _LEAVE),
    )


def judge_age(plan: Plan, shown_at: Moment, now: Moment) -> Refusal | None:
    """Whether plan and dialog are young enough, and the machine did not sleep in between."""
    plan_age, shown_age = plan.made_at.age_at(now), shown_at.age_at(now)
    slept = max(plan.made_at.slept_until(now), shown_at.slept_until(now))
    if slept > SLEEP_TOLERANCE:
        why = f"This machine slept for {slept:.0f} s since the link was read"
    elif plan_age is None or plan_age > plan.seconds:
        why = "The plan expired"
    elif shown_age is None or shown_age > DIALOG_MAX_AGE:
        why = f"What the dialog shows is older than {DIALOG_MAX_AGE:.0f} s"
    else:
        return None
    return Refusal(
        reason=Stale.TOO_OLD.value,
        title=why,
        seen=plan.live.version,
        next=(_REVIEW, _LEAVE),
    )


def judge_pause(plan: Plan, journalled_at: Moment, now: Moment) -> Refusal | None:
    """Whether the write leaves soon after it was journalled: its age decides later what a silence proves."""
    age = journalled_at.age_at(now)
    if age is not None and age <= SEND_WITHIN:
        return None
    return Refusal(
        reason=Stale.TOO_OLD.value,
        title=f"Reading the link again took longer than {SEND_WITHIN:.0f} s",
        seen=plan.live.version,
        next=(_REVIEW, _LEAVE),
    )


def at_target(plan: Plan, reading: Reading) -> bool:
    """Whether the link already is what the plan would make it."""
    if same_version(reading.live, plan.goal):
        return True
    return same_state(reading, plan) and not same_version(reading.live, plan.live.version)


def aimed(plan: Plan, reading: Reading) -> Plan:
    """The plan with what a rewrite has to write: the live record as just read, destinations rewritten.

    The record tells more than the history does, and a PUT may replace everything.
    """
    if not plan.rewrite:
        return plan
    record = reading.record or reading.current.snapshot
    return replace(plan, record=Rewrite.parse(plan.rewrite).apply(record))


def same_state(reading: Reading, plan: Plan) -> bool:
    """Whether visitors get what the target version gives them."""
    return reading.current.fingerprint == plan.to.fingerprint


def judge_send(plan: Plan, reading: Reading) -> Refusal | None:
    """The last comparison, on a reading made for this write: None means that it may leave.

    Anything but exactly the state that was reviewed is refused; nothing is ever rebased.
    """
    as_seen = replace(
        plan.sighting,
        link_id=plan.link_id,
        version=plan.live.version,
        fingerprint=plan.live_fingerprint,
        at=reading.at,
    )
    refusal = judge_sighting(as_seen, reading, reading.at, DIALOG_MAX_AGE)
    if refusal is not None:
        return refusal
    if reading.current.fingerprint != plan.live.fingerprint:
        title = f"The history of {label(plan.live.version)} changed under the same version"
        return stale(Stale.CONTENT_MOVED, title, reading, plan.live.version)
    if plan.rewrite:
        return None
    target = reading.timeline.find(plan.to.version)
    if target is None or target.fingerprint != plan.to.fingerprint:
        title = f"{label(plan.to.version)} is no longer what you reviewed"
        return stale(Stale.TARGET_VERSION_GONE, title, reading, plan.live.version)
    return None
