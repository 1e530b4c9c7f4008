"""What operators note of versions and links: do not return to this one, watch this one no longer.

Each is written to the journal, which tells the story later, and mirrored into the cache for the list.
"""

from __future__ import annotations

from cache.marks import Hold
from console.domain.errors import Refused
from console.domain.links import VersionId
from console.domain.versions import same_version
from console.ops.session import Session


def note_bad(session: Session, slug: str, version: VersionId, why: str) -> None:
    """Note a version as one not to return to.

    Raises:
        Refused: without a reason.
    """
    why = why.strip()
    if not why:
        raise Refused("A note needs a reason", reason="no_reason", hint="Say why in a few words")
    target, now = session.target, session.clock.now()
    session.store.marks.note_bad(target.key, slug, version, why, target.operator, now)
    _tell(session, "noted bad", slug, version, why)


def clear_bad(session: Session, slug: str, version: VersionId) -> None:
    """Take such a note back."""
    session.store.marks.clear_bad(session.target.key, slug, version)
    _tell(session, "note cleared", slug, version, "")


def release(session: Session, slug: str) -> Hold | None:
    """Watch a rolled-back link no longer; what was watched, None when it was not."""
    held = {hold.slug: hold for hold in session.store.marks.holds(session.target.key)}.get(slug)
    if held is not None:
        session.store.marks.release(session.target.key, slug)
        session.store.inventory.set_marks(slug, held=False)
        _tell(session, "released", slug, held.version, "")
    return held


def mirror_holds(session: Session) -> frozenset[str]:
    """Let the list show which links are watched; their slugs."""
    held = frozenset(hold.slug for hold in session.store.marks.holds(session.target.key))
    for slug in held:
        session.store.inventory.set_marks(slug, held=True)
    return held


def _tell(session: Session, kind: str, slug: str, version: VersionId, reason: str) -> None:
    target = session.target
    fields = {
        "target": target.key,
        "operator": target.operator,
        "slug": slug,
        "version": version,
        "reason": reason,
    }
    session.store.journal.append(kind, fields, session.clock.now())
    cached = session.store.inventory.get(slug)
    if cached is not None and cached.link.version is not None:
        bad = session.store.marks.bad(target.key, slug)
        live = cached.link.version
        session.store.inventory.set_marks(slug, bad=any(same_version(each, live) for each in bad))
