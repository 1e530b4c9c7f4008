"""Links, histories, readings, sightings, plans and writes as a rollback meets them, in a few words.

The story everywhere: `spring-launch` has versions 7, 8 and 9; 9 is live and points at a shop that is down.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cache.process import Holder
from cache.writes import Write
from console.domain.links import Link, VersionId
from console.domain.moments import Moment
from console.domain.plans import Plan
from console.domain.readings import Reading
from console.domain.sightings import Seen, Sighting
from console.domain.target import Role, Target
from console.domain.versions import Action, Source, Timeline, Version, diff

NOW = Moment(datetime(2026, 11, 24, 14, 2, tzinfo=UTC), 5000.0, 9000.0, "boot-1")
SLUG = "spring-launch"
KEY = "0f1e2d3c-0000-4000-8000-000000000000"
TARGET = Target("main", "https://api.example", "acme", "production", "dana", Role.OPERATOR, epoch=1)


def later(moment: Moment, seconds: float, *, slept: float = 0.0) -> Moment:
    """`seconds` awake and `slept` seconds asleep later, on a machine whose clocks all tell the truth."""
    return replace(
        moment,
        wall=moment.wall + timedelta(seconds=seconds + slept),
        monotonic=moment.monotonic + seconds,
        boottime=moment.boottime + seconds + slept,
    )


def link(path: str = "launch", **fields: Any) -> Link:
    """The link in one of its states; `path` is told apart by what visitors get."""
    return replace(Link(SLUG, f"https://shop.example/{path}", link_id="lnk_1", title="Spring"), **fields)


def version(name: VersionId, path: str | None = None, **fields: Any) -> Version:
    """One version; its visitors get `path`, by default a page of its own."""
    snapshot = link(f"page-{name}" if path is None else path)
    made = NOW.wall - timedelta(hours=1) + timedelta(minutes=name if isinstance(name, int) else 0)
    return replace(Version(name, snapshot, made, "kim", Action.UPDATE), **fields)


HISTORY = (version(9), version(8), version(7))


def reading(*versions: Version, at: Moment = NOW, record: Link | None = None, **fields: Any) -> Reading:
    """A reading of these versions (newest first; by default 9, 8, 7); the newest is live.

    The record is the live snapshot unless another is given.
    """
    history = versions or HISTORY
    timeline = Timeline(SLUG, history[0].version, history, True, at.wall, Source.PLATFORM, "lnk_1")
    timeline = replace(timeline, **fields)
    if record is None:
        record = replace(timeline.current.snapshot, version=timeline.live)
    return Reading(timeline, record, at)


def sighting(of: Reading | None = None, **fields: Any) -> Sighting:
    """What dana saw on a timeline when `of` was read."""
    of = of or reading()
    seen = Sighting(
        TARGET.key, "dana", SLUG, of.identity, of.live, of.fingerprint, Seen.TIMELINE, Source.PLATFORM, of.at
    )
    return replace(seen, **fields)


def plan(of: Reading | None = None, to: Version | None = None, **fields: Any) -> Plan:
    """A plan to go from what `of` shows as live back to `to`, by default version 8."""
    of = of or reading()
    to = to or HISTORY[1]
    made = Plan(
        plan_id="plan-1",
        target=TARGET,
        slug=SLUG,
        link_id=of.identity,
        live=of.current,
        live_fingerprint=of.fingerprint,
        to=to,
        changes=diff(of.current.snapshot, to.snapshot),
        reason="shop is down",
        sighting=sighting(of),
        made_at=of.at,
        expires_at=of.at.wall + timedelta(minutes=10),
    )
    return replace(made, **fields)


def write(of: Plan | None = None, **fields: Any) -> Write:
    """The journalled write of a plan, sent when the plan was made."""
    of = of or plan()
    made = Write(
        key=KEY,
        run=of.plan_id,
        row_no=1,
        target_key=of.target.key,
        base_url=of.target.base_url,
        handle=of.target.handle,
        operator=of.target.operator,
        slug=of.slug,
        link_id=of.link_id,
        expected_version=of.live.version,
        expected_fingerprint=of.live.fingerprint,
        target_version=of.to.version,
        target_fingerprint=of.to.fingerprint,
        reason=of.reason,
        way=of.way.value,
        created_at=of.made_at.wall.isoformat(),
        mono=of.made_at.monotonic,
        boottime=of.made_at.boottime,
        boot_id=of.made_at.boot_id,
        holder=Holder(4711, "1", "boot-1", "console-1"),
    )
    return replace(made, **fields)
