"""What goes into the journal: writes before they leave, refusals, overrides, notes."""

from __future__ import annotations

import uuid

from cache.journal import Write
from cache.process import is_alive, is_elsewhere, this_process
from console.domain.links import label
from console.domain.moments import Moment
from console.domain.outcomes import WriteState
from console.domain.plans import Check, Plan, Refusal
from console.ops.session import Session


def new_write(session: Session, plan: Plan) -> Write:
    """The journal's row for one rollback, with the idempotency key that every try of it carries."""
    now = session.clock.now()
    target = session.target
    return Write(
        key=str(uuid.uuid4()),
        run=plan.plan_id,
        row_no=plan.row_no,
        target_key=target.key,
        base_url=target.base_url,
        handle=target.handle,
        operator=target.operator,
        slug=plan.slug,
        link_id=plan.link_id,
        expected_version=plan.live.version,
        expected_fingerprint=plan.live.fingerprint,
        target_version=plan.goal,
        target_fingerprint=plan.to.fingerprint,
        reason=plan.reason,
        way=plan.way.value,
        state=WriteState.PREPARED,
        created_at=now.wall.isoformat(),
        mono=now.monotonic,
        boottime=now.boottime,
        boot_id=now.boot_id,
        holder=this_process(),
    )


def refusal(session: Session, slug: str, why: Refusal) -> None:
    """A guard said no: kept, because a refusal heeded is part of the story."""
    session.store.journal.append(
        "refusal",
        {
            "target": session.target.key,
            "operator": session.target.operator,
            "slug": slug,
            "reason": why.reason,
            "title": why.title,
            "seen": why.seen,
            "live": why.live,
        },
        session.clock.now(),
    )


def overrides(session: Session, plan: Plan, checks: tuple[Check, ...]) -> None:
    """Failed checks that the operator let pass, each with the reason."""
    for check in checks:
        if check.override:
            session.store.journal.append(
                "override",
                {
                    "target": session.target.key,
                    "operator": session.target.operator,
                    "slug": plan.slug,
                    "run": plan.plan_id,
                    "check": check.name,
                    "found": check.detail,
                    "reason": check.override,
                },
                session.clock.now(),
            )


def made_at(write: Write) -> Moment:
    """When the write was journalled, on all clocks."""
    return write.at


def age_of(write: Write, now: Moment) -> str:
    """How long ago it was journalled, in words."""
    age = made_at(write).age_at(now)
    if age is None:
        return "at a time the clock cannot tell"
    return f"since {age:.0f} s" if age < 120 else f"since {age / 60:.0f} min"


def holder_text(write: Write) -> str:
    """Who holds an open write: a live process here, one that died, or another machine."""
    alive = "still running" if is_alive(write.holder) else "no longer running"
    if is_elsewhere(write.holder):
        alive = "which cannot be seen from here"
    aim = "a new destination" if write.target_version is None else label(write.target_version)
    return (
        f"{write.operator or 'somebody'} to {aim} "
        f"(process {write.holder.pid} on {write.holder.host}, {alive})"
    )
