"""Why a link is left out of a batch, each as a sentence for the operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from cache.imports import open_table
from cache.journal import Write
from console.domain.links import Link, label
from console.domain.readings import Reading
from console.domain.routing import Visitor, route
from console.domain.versions import Version, same_version
from console.ops import record
from console.ops.importing.record import WAY, imports_dir
from console.ops.session import Session


def before_reading(
    session: Session, slugs: Sequence[str], shown: Mapping[str, Link], *, undoing: bool
) -> dict[str, str]:
    """What speaks against links before they are read: a write under way, a hold, opted out in the profile."""
    now, key = session.clock.now(), session.target.key
    open_writes = _open_writes(session)
    holds = {} if undoing else {hold.slug: hold for hold in session.store.marks.holds(key)}
    left = {}
    for slug in slugs:
        link, write, hold = shown.get(slug), open_writes.get(slug), holds.get(slug)
        if write is not None:
            held, age = record.holder_text(write), record.age_of(write, now)
            left[slug] = f"open write: {held}, {age}; settle it with `repoint reconcile`"
        elif hold is not None:
            left[slug] = f"held at {label(hold.version)} by {hold.by} since {clock_time(hold.at, now.wall)}"
        elif session.profile.never_looks_at(slug, link.destination_url if link else ""):
            left[slug] = "opted out in the profile"
    return left


def _open_writes(session: Session) -> dict[str, Write]:
    """The unsettled write of each link; an import's chunk is one for every row that is not settled."""
    found: dict[str, Write] = {}
    for write in session.store.journal.open_writes(session.target.key):
        found[write.slug] = write
        table = open_table(imports_dir(), write.run) if write.way == WAY else None
        if table is not None:
            found.update((row.slug, write) for row in table.open_rows(write.key))
            table.close()
    return found


def clock_time(at: datetime, now: datetime) -> str:
    """A time as a reason tells it: `03:10 UTC`, with its date when that is another day's."""
    return f"{at:%H:%M} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M} UTC"


def not_as_listed(session: Session, shown: Link | None, reading: Reading, now: datetime) -> str:
    """Why a link is not what the operator was shown; empty when it is."""
    record_now, current = reading.record, reading.current
    if session.profile.never_looks_at(reading.slug, current.snapshot.destination_url):
        return "opted out in the profile"
    if shown is None:
        return "never seen: it is not in the list of this machine"
    if shown.link_id and record_now is not None and record_now.link_id not in {"", shown.link_id}:
        return "another link: its slug was deleted and made again since you listed it"
    if shown.version is not None and not same_version(shown.version, reading.live):
        who = f" by {current.created_by}" if current.created_by else ""
        when = f" at {clock_time(current.created_at, now)}" if current.created_at else ""
        return f"moved since you listed it: {label(reading.live)}{who}{when}"
    if shown.fingerprint != reading.fingerprint:
        return f"moved since you listed it: its content changed under the same version {label(reading.live)}"
    return ""


def already_there(reading: Reading, target: Version) -> str:
    """Why going to a version would change nothing; empty when it would."""
    if same_version(target.version, reading.live):
        return f"already there: {label(reading.live)} is live"
    if target.fingerprint in {reading.fingerprint, reading.current.fingerprint}:
        return f"already there: {label(target.version)} gives visitors the same as {label(reading.live)}"
    return ""


def bad_target(session: Session, slug: str, target: Version) -> str:
    """Why no batch goes to a version: it was noted bad, or visitors would get nothing; empty when it may."""
    note = session.store.marks.bad(session.target.key, slug).get(target.version)
    if note is not None:
        return f"{label(target.version)} was noted bad by {note.by}: {note.why}"
    found = route(target.snapshot, Visitor(), session.clock.now().wall)
    if found.destination_url is None:
        return f"{label(target.version)} would give visitors {found.status}"
    return ""
