"""Telling an incident: the journal's entries in the words of a post-mortem, with what the cache saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from cache.journal import Entry
from console.domain.errors import InputRejected
from console.domain.health import HealthResult, Vantage
from console.domain.incidents import assigned
from console.domain.outages import kind_of
from console.domain.story import Changed, Event, EventKind, Story, in_order
from console.domain.text import safe
from console.ops.importing.record import SLUG as IMPORT
from console.ops.incident import incidents
from console.ops.incident.story_entries import changed, event_of, ran
from console.ops.session import Session

DEFAULT_SPAN: Final = timedelta(hours=24)
"""How far back the story goes when no incident is named and none is current."""
LOOKS_BEFORE: Final = timedelta(hours=6)
"""How long before its first entry an incident's health is looked through for its beginning."""
_LOOKS: Final = 200
"""Health results of a link that are looked through."""


def tell(
    session: Session, incident: str = "", since: datetime | None = None, *, verified: bool = True
) -> Story:
    """The story of an incident, of the current one, or of the last day where there is none.

    Args:
        session: whose target it is about; the platform is not asked.
        incident: by its name; empty means the current one, or all when there is none.
        since: leave out what is older.
        verified: read the whole chain and say whether it is whole.

    Raises:
        InputRejected: there is no such incident here.
        StorageProblem: the journal cannot be read.
    """
    now = session.clock.now().wall
    known = incidents.known(session)
    if incident and incident not in known:
        near = f"There are {', '.join(list(known)[-5:])}" if known else "Name one: repoint note --incident ID"
        raise InputRejected(f"There is no incident {safe(incident, 64)} on this target", hint=near)
    found = known[incident] if incident else incidents.current(session)
    name = incident or (found.name if found else "")
    if since is None and not name:
        since = now - DEFAULT_SPAN
    entries = session.store.journal.entries()
    told = assigned(entries, session.target.key)
    mine = [e for e, at in told if (not name or at == name) and (since is None or e.at.wall >= since)]
    story = _told(session, mine, name, since, found.began if found else None)
    left = tuple(t.text for t in incidents.todos(session, entries) if not t.done_at and t.incident == name)
    faults = session.store.journal.verify() if verified else []
    return replace(story, left=left, journal_faults=tuple(fault.sentence for fault in faults))


def tell_about(session: Session, slugs: Sequence[str], run: str = "") -> Story:
    """The story of some links, whatever incident they hung on; with `run`, of that run only."""
    wanted = frozenset(slugs)
    mine = [
        e
        for e, _ in assigned(session.store.journal.entries(), session.target.key)
        if (str(e.fields.get("run", "")) == run if run else e.fields.get("slug") in wanted)
    ]
    story = _told(session, mine, "", None, None)
    return replace(story, journal_faults=tuple(f.sentence for f in session.store.journal.verify()))


def _told(
    session: Session, entries: Sequence[Entry], name: str, since: datetime | None, began: datetime | None
) -> Story:
    changes = changed(entries)
    events = [event for entry in entries if (event := event_of(entry)) is not None]
    slugs = list(dict.fromkeys(s for e in events for s in e.slugs if s != IMPORT))
    start = min([e.at for e in events], default=session.clock.now().wall)
    from_health = since or (began or start) - LOOKS_BEFORE
    looks = {slug: _looks(session, slug, from_health) for slug in slugs}
    changes = tuple(_verified(change, looks.get(change.slug, [])) for change in changes)
    seen = [*_health_events(looks), *_sightings(session, slugs, from_health), *_verifications(changes)]
    failing = [
        look.failing_since or look.checked_at for rows in looks.values() for look in rows if _bad(look)
    ]
    first = min((look.checked_at for rows in looks.values() for look in rows if _bad(look)), default=None)
    opened = [e.at for e in events if since is None or e.at >= since]
    detected = min([*opened, *([first] if first else [])], default=None)
    if began is None and failing:
        began, source = min(failing), "health check"
    else:
        source = "told" if began is not None else ""
    target, journal = session.target, session.store.journal
    newest = journal.entries(limit=1)
    return Story(
        incident=name,
        handle=target.handle,
        environment=target.environment,
        since=since,
        until=session.clock.now().wall,
        began=began,
        began_from=source,
        detected=detected if began is None or detected is None else max(detected, began),
        events=in_order([*events, *seen]),
        changes=changes,
        head=(newest[0].seq, newest[0].hash) if newest else (0, ""),
        runs=ran(entries),
    )


def _looks(session: Session, slug: str, since: datetime) -> list[HealthResult]:
    """A link's health results since then, oldest first; those that say nothing are left out."""
    found = session.store.health.of(slug, _LOOKS)
    return [r for r in reversed(found) if r.checked_at >= since and (r.verdict.broken or r.verdict.healthy)]


def _bad(look: HealthResult) -> bool:
    return look.verdict.broken


def _verified(change: Changed, looks: Iterable[HealthResult]) -> Changed:
    """When the destination was first seen healthy from here after the write."""
    after = (
        look.checked_at
        for look in looks
        if look.vantage is Vantage.HERE and look.checked_at >= change.at and look.verdict.healthy
    )
    return replace(change, verified_at=next(after, None)) if change.applied else change


def _verifications(changes: Iterable[Changed]) -> Iterable[Event]:
    for change in changes:
        if change.verified_at is not None:
            text = "the restored destination answers"
            yield Event(change.verified_at, EventKind.VERIFIED, "here", text, (change.slug,), change.run)


def _health_events(looks: dict[str, list[HealthResult]]) -> Iterable[Event]:
    """What checks found, told where it changes; links that changed alike in one minute are told together."""
    together: dict[tuple[str, str, int], list[HealthResult]] = {}
    for rows in looks.values():
        before: dict[Vantage, bool] = {}
        for look in rows:
            if before.get(look.vantage) == _bad(look) or (look.vantage not in before and not _bad(look)):
                continue
            before[look.vantage] = _bad(look)
            said = f"failing: {kind_of(look)}" if _bad(look) else "healthy again"
            minute = int(look.checked_at.timestamp() // 60)
            together.setdefault((look.vantage.value, said, minute), []).append(look)
    for (vantage, said, _), rows in together.items():
        yield Event(rows[0].checked_at, EventKind.SEEN, vantage, said, tuple(r.slug for r in rows))


def _sightings(session: Session, slugs: Iterable[str], since: datetime) -> Iterable[Event]:
    """What this operator looked at, each version once."""
    from console.domain.links import label

    operator = session.target.operator
    for slug in slugs:
        known: set[object] = set()
        for seen in reversed(session.store.sightings.all_of(operator, slug)):
            if seen.at.wall >= since and seen.version not in known:
                known.add(seen.version)
                text = f"reviewed {label(seen.version)} as live ({seen.seen.value})"
                yield Event(seen.at.wall, EventKind.SEEN, operator, text, (slug,))
