"""A story as Markdown for a post-mortem, as JSON, and as one paragraph for a chat."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from console.domain.links import label
from console.domain.markdown import code, text
from console.domain.redaction import redact
from console.domain.story import Changed, Event, Ran, Story

ROWS: Final = 200
"""Writes that the Markdown lists one by one; the JSON has all."""
_NAMED: Final = 3
"""Links of one event that are named."""
_ALONE: Final = 5
"""Events of one run and one kind in a row that are still told one by one."""


def when(value: datetime | None) -> str | None:
    """A time as ISO 8601 in UTC, to the second."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def span(seconds: float | None) -> str:
    """A duration in words: `48 s`, `6 min 12 s`, `2 h 5 min`."""
    if seconds is None:
        return "not known"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def document(story: Story) -> dict[str, Any]:
    """The story as JSON. Durations are seconds, times ISO 8601 in UTC."""
    return {
        "kind": "repoint-timeline",
        "schema": 1,
        "incident": story.incident or None,
        "handle": story.handle,
        "environment": story.environment,
        "since": when(story.since),
        "until": when(story.until),
        "began": when(story.began),
        "began_from": story.began_from or None,
        "detected": when(story.detected),
        "mitigated": when(story.mitigated),
        "verified": when(story.verified),
        "seconds_to_detect": story.seconds_to(story.detected),
        "seconds_to_first_mitigation": story.seconds_to(story.mitigated),
        "seconds_to_verified": story.seconds_to(story.verified),
        "operators": _operators(story),
        "outcomes": dict(sorted(story.outcomes.items())),
        "writes_sent": story.writes_sent,
        "verified_links": story.verified_count,
        "runs": [_ran(each) for each in story.runs],
        "changes": [_change(change) for change in story.changes],
        "events": [_event(event) for event in story.events],
        "left_to_do": list(story.left),
        "journal": {"whole": not story.journal_faults, "faults": list(story.journal_faults),
                    "entries": story.head[0], "head": story.head[1] or None},
    }  # fmt: skip


def _operators(story: Story) -> list[str]:
    return list(dict.fromkeys([c.by for c in story.changes if c.by] + [e.who for e in story.events if e.seq]))


def _change(change: Changed) -> dict[str, Any]:
    return {
        "slug": change.slug, "run": change.run, "way": change.way, "by": change.by or None,
        "from": change.before, "to": change.to, "new_version": change.made,
        "outcome": change.outcome or None, "state": change.state, "request_id": change.request_id or None,
        "at": when(change.at), "verified_at": when(change.verified_at), "sent": change.sent,
    }  # fmt: skip


def _ran(each: Ran) -> dict[str, Any]:
    return {
        "run": each.run, "kind": each.kind, "way": each.way, "by": each.by or None,
        "reason": redact(each.reason), "state": each.state, "stop_reason": each.stop_reason or None,
        "total": each.total, "outcomes": dict(each.outcomes), "began": when(each.began),
        "ended": when(each.ended), "seconds": each.seconds, "seconds_at_work": each.worked,
    }  # fmt: skip


def _event(event: Event) -> dict[str, Any]:
    return {
        "at": when(event.at), "kind": event.kind.value, "who": event.who or None, "slugs": list(event.slugs),
        "text": event.text, "run": event.run or None, "request_id": event.request_id or None,
        "entry": event.seq,
    }  # fmt: skip


def markdown(story: Story) -> str:
    """The story as Markdown. Everything that came from elsewhere is shown as plain words."""
    name = f"Incident {code(story.incident)}" if story.incident else "Timeline"
    lines = [f"# {name} on {code(story.handle)} ({text(story.environment or 'no environment')})", ""]
    lines += [*_summary(story), ""]
    if story.runs:
        lines += ["## Runs", "", *_runs(story.runs), ""]
    if story.changes:
        lines += ["## Writes", "", *_changes(story.changes), ""]
    lines += ["## What happened", "", *_events(story.events), ""]
    if story.left:
        lines += ["## Left to do", "", *(f"- {text(each)}" for each in story.left), ""]
    return "\n".join(lines)


def _summary(story: Story) -> Iterator[str]:
    source = f" ({story.began_from})" if story.began_from else ""
    last = "nothing took effect" if story.mitigated is None else "not all of it yet"
    yield "| | Time (UTC) | After |"
    yield "| --- | --- | --- |"
    yield f"| Began{source} | {when(story.began) or 'not known'} | |"
    rows = (
        ("Detected", story.detected, "no"),
        ("First mitigation", story.mitigated, "nothing took effect"),
        ("Verified", story.verified, last),
    )
    for title, moment, none in rows:
        yield f"| {title} | {when(moment) or none} | {span(story.seconds_to(moment)) if moment else ''} |"
    counts = ", ".join(f"{number} {text(word)}" for word, number in sorted(story.outcomes.items()))
    yield ""
    yield f"- Writes: {counts or 'none'}; sent {story.writes_sent}, verified {story.verified_count}."
    yield f"- By: {', '.join(code(who) for who in _operators(story)) or 'nobody'}."
    if story.journal_faults:
        yield f"- **The journal is damaged**: {text(' '.join(story.journal_faults))}"
    elif story.head[0]:
        yield f"- Journal: {story.head[0]} entries, chain whole, head {code(story.head[1][:16])}."


def _runs(runs: Sequence[Ran]) -> Iterator[str]:
    yield "| Began (UTC) | Run | What | Links | State | Took | At work | Outcomes | By | Reason |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for r in runs:
        counts = ", ".join(f"{number} {word}" for word, number in r.outcomes)
        stop = f" ({r.stop_reason})" if r.stop_reason else ""
        cells = [
            when(r.began) or "earlier", code(r.run[:8]), text(f"{r.kind} by {r.way}"), str(r.total),
            text(f"{r.state}{stop}"), span(r.seconds) if r.ended else "not ended", span(r.worked),
            text(counts), code(r.by), text(redact(r.reason)),
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _changes(changes: Sequence[Changed]) -> Iterator[str]:
    yield "| Time (UTC) | Link | From | To | Made | Outcome | Verified | By | Request | Run |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for c in changes[:ROWS]:
        cells = [
            when(c.at) or "", code(c.slug), _version(c.before), _version(c.to), _version(c.made),
            text(c.outcome or c.state), when(c.verified_at) or ("no" if c.applied and not c.request else ""),
            code(c.by), code(c.request_id), code(c.run[:8]),
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"
    if len(changes) > ROWS:
        yield ""
        yield f"{len(changes) - ROWS:,} more are in the JSON."


def _version(value: object) -> str:
    return code(label(value)) if isinstance(value, int | str) else "–"


def _events(events: Sequence[Event]) -> Iterator[str]:
    if not events:
        yield "Nothing."
        return
    for _, group in itertools.groupby(events, key=lambda e: (e.kind, e.who, e.run)):
        rows = list(group)
        if rows[0].run and len(rows) > _ALONE:
            slugs = tuple(slug for row in rows for slug in row.slugs)
            span_of = f"{when(rows[0].at)} to {when(rows[-1].at)}"
            words = f"{len(rows)} times, of run {code(rows[0].run[:8])}, first: {text(rows[0].text)}"
            yield f"- {span_of} **{rows[0].kind.value}** {_about(slugs)}{code(rows[0].who)} {words}"
            continue
        for row in rows:
            request = f" (request {code(row.request_id)})" if row.request_id else ""
            who = f"{code(row.who)} " if row.who else ""
            yield f"- {when(row.at)} **{row.kind.value}** {_about(row.slugs)}{who}{text(row.text)}{request}"


def _about(slugs: Sequence[str]) -> str:
    if not slugs:
        return ""
    named = ", ".join(code(slug) for slug in slugs[:_NAMED])
    more = f" and {len(slugs) - _NAMED:,} more" if len(slugs) > _NAMED else ""
    return f"{named}{more}: "
