"""What is kept of a write that proved to be applied, at once or found late.

Source: product.md, section 3, point 7.
"""

from __future__ import annotations

from cache.journal import Write
from console.domain.versions import Version
from console.ops.session import Session


def keep(session: Session, write: Write, step: Version, *, undoes: bool) -> None:
    """Note the version we left as bad, or clear that note when a rollback is undone; hold the new one.

    A rewritten destination says nothing against the version before: it may be returned to.
    """
    marks, key, by, now = (
        session.store.marks,
        session.target.key,
        session.target.operator,
        session.clock.now(),
    )
    left, reached = write.expected_version, write.target_version
    with session.store.journal.together():
        if undoes and reached is not None:
            marks.clear_bad(key, write.slug, reached)
        elif reached is not None and left is not None:
            marks.note_bad(key, write.slug, left, f"rolled back: {write.reason}", by, now)
        marks.hold(key, write.slug, step.version, step.fingerprint, by, now)


def keep_late(session: Session, write: Write, step: Version) -> None:
    """The same of a write that was settled by reading.

    The journal's row does not say whether a single rollback was an undo: that leads back to a version which
    is noted bad, and nothing else does without an override.
    """
    run = session.store.runs.get(write.run)
    if run is not None:
        undoes = bool(run.undoes)
    else:
        undoes = write.target_version in session.store.marks.bad(session.target.key, write.slug)
    keep(session, write, step, undoes=undoes)
