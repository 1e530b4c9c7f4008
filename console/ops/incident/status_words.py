"""How an incident stands, as one paragraph to paste into a chat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from console.domain.health import Band
from console.domain.outages import Outage, cluster
from console.domain.story import Story
from console.domain.text import safe
from console.domain.words import counted
from console.ops.incident.story import tell
from console.ops.incident.story_text import span, when
from console.ops.meter import known
from console.ops.session import Session

_HOSTS: Final = 3
"""Failing hosts that are named."""
_TODOS: Final = 3
"""TODOs that are named."""


async def status(session: Session) -> dict[str, Any]:
    """How things stand on this target, from what this machine knows; nothing is asked or sent.

    The paragraph is under `text`: one line, safe for a terminal. Times are UTC.
    """
    story = tell(session, verified=False)
    outages = [o for o in cluster(session.store.health.latest()) if o.band is Band.DOWN]
    unsettled = len(session.store.journal.open_writes(session.target.key))
    writes_left = known(session).left
    parts = [
        _where(session, story),
        _outages(session, outages),
        *_writes(story, unsettled),
        *([f"Writes left today: {writes_left}."] if writes_left is not None else []),
        *_left(story),
    ]
    return {
        "text": safe(" ".join(parts), 2000),
        "incident": story.incident or None,
        "handle": session.target.handle,
        "environment": session.target.environment,
        "failing_links": sum(o.count for o in outages),
        "hosts": [{"host": o.host, "links": o.count, "since": when(o.since)} for o in outages],
        "outcomes": dict(sorted(story.outcomes.items())),
        "verified_links": story.verified_count,
        "unsettled": unsettled,
        "writes_left": writes_left,
        "left_to_do": list(story.left),
        "as_of": when(story.until),
    }


def _where(session: Session, story: Story) -> str:
    name = f"{story.incident} on " if story.incident else ""
    at = when(story.until) or ""
    who = f", {session.target.operator}" if session.target.operator else ""
    return f"{name}{story.handle} ({story.environment or 'no environment'}), {at[11:16]} UTC{who}:"


def _outages(session: Session, outages: Sequence[Outage]) -> str:
    if not outages:
        return "no link is known to be failing."
    now = session.clock.now().wall
    named = [
        f"{o.host} {', '.join(o.kinds)} since {began(o.since, now)} "
        f"({span((now - o.since).total_seconds())}), {counted(o.count, 'link')}"
        for o in outages[:_HOSTS]
    ]
    more = f"; {counted(len(outages) - _HOSTS, 'more host')}" if len(outages) > _HOSTS else ""
    return f"failing: {'; '.join(named)}{more}."


def began(then: datetime, now: datetime) -> str:
    """When something began, in UTC: the hour, with its day where that is not today, and another year."""
    at, today = then.astimezone(UTC), now.astimezone(UTC)
    if at.date() == today.date():
        return f"{at:%H:%M} UTC"
    year = "" if at.year == today.year else f" {at.year}"
    return f"{at:%b} {at.day}{year} {at:%H:%M} UTC"


def _writes(story: Story, unsettled: int) -> list[str]:
    said = []
    if story.changes:
        counts = ", ".join(f"{number:,} {word}" for word, number in sorted(story.outcomes.items()))
        said.append(f"Writes: {counts}; {story.verified_count:,} verified from here.")
    if unsettled:
        said.append(f"{unsettled} of unknown outcome.")
    return said


def _left(story: Story) -> list[str]:
    if not story.left:
        return []
    more = f" and {len(story.left) - _TODOS} more" if len(story.left) > _TODOS else ""
    return [f"To do: {'; '.join(story.left[:_TODOS])}{more}."]
