"""What is checked before a rollback, one function a check, each named as `--override` takes it.

A check never changes anything and costs no write.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from console.domain.errors import RepointError
from console.domain.health import HealthResult, Verdict
from console.domain.links import label
from console.domain.outages import kind_of
from console.domain.outcomes import GuardLevel
from console.domain.plans import Check, CheckStatus, Plan, Way
from console.domain.routing import Route, route, visitors_for
from console.domain.target import Role
from console.domain.urls import without_scheme
from console.ops import meter
from console.ops.guard import judge_send
from console.ops.health.look import look_at
from console.ops.review import read_live
from console.ops.session import Session

OK, WARN, FAIL, SKIPPED = CheckStatus.OK, CheckStatus.WARN, CheckStatus.FAIL, CheckStatus.SKIPPED

NAMES: Final = (
    "live_unchanged",
    "destination_here",
    "destination_platform",
    "visitors",
    "role",
    "budget",
    "target_note",
    "password",
    "guard",
)
"""Every check, in the order they are shown."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """Reasons given for letting named checks pass although they failed."""

    reasons: dict[str, str]

    def apply(self, check: Check) -> Check:
        """The check with its reason, if one was given and the check takes one."""
        reason = self.reasons.get(check.name, "")
        return check.overridden(reason) if reason else check


async def run_checks(
    session: Session, plan: Plan, overrides: Overrides | None = None
) -> AsyncIterator[Check]:
    """Run all checks, yielding each as it ends: those that need no line first."""
    reasons = overrides or Overrides({})
    for check in (
        _visitors(session, plan),
        _target_note(session, plan),
        _password(plan),
        _guard(session),
    ):
        yield reasons.apply(check)
    tasks = [
        asyncio.ensure_future(work)
        for work in (
            _live_unchanged(session, plan),
            _role(session),
            _budget(session),
            _destination_platform(session, plan),
            _destination_here(session, plan),
        )
    ]
    try:
        for done in asyncio.as_completed(tasks):
            yield reasons.apply(await done)
    finally:
        for task in tasks:
            task.cancel()


async def all_checks(session: Session, plan: Plan, overrides: Overrides | None = None) -> tuple[Check, ...]:
    """All checks, in the order they are shown."""
    found = [check async for check in run_checks(session, plan, overrides)]
    return in_order(found)


def in_order(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Checks in the order they are shown."""
    return tuple(sorted(checks, key=lambda c: NAMES.index(c.name)))


async def _live_unchanged(session: Session, plan: Plan) -> Check:
    name, text = "live_unchanged", f"{label(plan.live.version)} is still live"
    try:
        with session.first():
            reading = await read_live(session, plan.slug)
    except RepointError as error:
        return Check(name, text, FAIL, error.title)
    refusal = judge_send(plan, reading)
    if refusal is not None:
        return Check(name, text, FAIL, refusal.title)
    recorded, told = reading.record, reading.current.snapshot
    if recorded is not None and recorded.destination_url != told.destination_url:
        # A platform that rewrites links in place: what the timeline showed is not what visitors get.
        detail = f"the link points to {recorded.destination_url}, its history says {told.destination_url}"
        return Check(name, text, FAIL, detail, overridable=True)
    age = plan.sighting.at.age_at(session.clock.now())
    seen = "the version you stated" if not plan.sighting.fingerprint else "the same that you reviewed"
    return Check(name, text, OK, f"{seen} {_seconds(age)} ago")


def _seconds(age: float | None) -> str:
    if age is None:
        return "some time"
    return f"{age:.0f} s" if age < 120 else f"{age / 60:.0f} min" if age < 7200 else f"{age / 3600:.0f} h"


async def _destination_here(session: Session, plan: Plan) -> Check:
    name, text = "destination_here", f"{label(plan.to.version)} answers from here"
    result = await look_at(session, plan.slug, plan.to.snapshot.destination_url, plan.to.version)
    return _judge_destination(name, text, result)


async def _destination_platform(session: Session, plan: Plan) -> Check:
    name, text = "destination_platform", f"{label(plan.to.version)} from the platform"
    try:
        run = await session.online().last_health()
    except RepointError as error:
        return Check(name, text, SKIPPED, error.title)
    url = plan.to.snapshot.destination_url
    newest = [r for r in run.results if r.destination_url == url]
    if not newest:
        return Check(name, text, SKIPPED, "not among its last results; asking now would cost a write")
    result = max(newest, key=lambda r: r.checked_at)
    check = _judge_destination(name, text, result)
    age = max(0.0, (session.clock.now().wall - result.checked_at).total_seconds())
    return replace(check, detail=f"{check.detail}, looked {_seconds(age)} ago")


def _judge_destination(name: str, text: str, result: HealthResult) -> Check:
    status = f"{result.status_code}" if result.status_code else kind_of(result)
    took = f" in {result.latency_ms:.0f} ms" if result.latency_ms is not None else ""
    detail = f"{status}{took}" + (
        f", {result.detail}" if result.detail and not result.verdict.healthy else ""
    )
    if result.verdict.healthy:
        return Check(name, text, OK, detail)
    if result.verdict.broken:
        return Check(name, text, FAIL, detail, overridable=True)
    if result.verdict in {Verdict.NOT_CHECKED, Verdict.UNKNOWN}:
        return Check(name, text, SKIPPED, result.detail or "not checked")
    return Check(name, text, WARN, detail)


def _visitors(session: Session, plan: Plan) -> Check:
    name, text = "visitors", "visitors would get"
    now = session.clock.now().wall
    before, after = plan.live.snapshot, plan.to.snapshot
    visitors = visitors_for((before, after))
    routes = [route(after, visitor, now) for visitor in visitors]
    lost = [r for r in routes if r.destination_url is None]
    if lost:
        return Check(name, text, FAIL, f"{lost[0].status} for {_of(len(lost), routes)}", overridable=True)
    changed = sum(route(before, v, now) != r for v, r in zip(visitors, routes, strict=True))
    most = max({r.destination_url for r in routes}, key=[r.destination_url for r in routes].count)
    share = sum(r.destination_url == most for r in routes)
    detail = f"{without_scheme(most or '')} for {_of(share, routes)}"
    if not changed:
        return Check(name, text, WARN, f"{detail}; nothing changes for them")
    return Check(name, text, OK, detail)


def _of(count: int, routes: Sequence[Route]) -> str:
    return f"{count} of {len(routes)} sample visitors"


async def _role(session: Session) -> Check:
    name, text = "role", "your role"
    if session.identity is None:
        try:
            await session.introduce()
        except RepointError as error:
            return Check(name, text, SKIPPED, error.title)
    role = session.role
    if role is Role.UNKNOWN:
        return Check(name, text, SKIPPED, "the platform does not say")
    if role < Role.OPERATOR:
        return Check(name, text, WARN, f"{role.label}; the platform may ask for operator")
    return Check(name, text, OK, f"{role.label}, may roll back")


async def _budget(session: Session) -> Check:
    name, text = "budget", "write budget"
    try:
        budget = await meter.read(session)
    except RepointError as error:
        return Check(name, text, SKIPPED, error.title)
    told = budget.meter
    if told is None or told.limit is None:
        return Check(name, text, SKIPPED, "the platform does not say")
    detail = f"{told.used:,} of {told.limit:,} used today"
    if told.left == 0 and budget.charged:
        return Check(name, text, FAIL, f"{detail}: none left until midnight", overridable=True)
    return Check(name, text, OK, detail)


def _target_note(session: Session, plan: Plan) -> Check:
    name, text = "target_note", f"notes on {label(plan.to.version)}"
    note = session.store.marks.bad(session.target.key, plan.slug).get(plan.to.version)
    if note is not None and not plan.undoes:
        return Check(name, text, FAIL, f"noted bad by {note.by}: {note.why}", overridable=True)
    held = [h for h in session.store.marks.holds(session.target.key) if h.slug == plan.slug]
    if held:
        return Check(name, text, WARN, f"held at {label(held[0].version)} by {held[0].by}")
    return Check(name, text, OK, "none")


def _password(plan: Plan) -> Check:
    name, text = "password", "password"
    if plan.way is Way.PUT and plan.to.snapshot.has_password:
        why = "the platform never tells it, so a PUT cannot bring it back"
        return Check(name, text, FAIL, why, overridable=True)
    return Check(name, text, OK, "set" if plan.to.snapshot.has_password else "none")


def _guard(session: Session) -> Check:
    name, text = "guard", "guard"
    if session.online().capabilities.guard is GuardLevel.STRONG:
        return Check(name, text, OK, "strong: the platform compares the version we expect")
    return Check(name, text, OK, "best effort: read again just before and just after")
