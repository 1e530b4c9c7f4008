"""What is thrown away by itself: health results and sightings that are older than the profile keeps them."""

from __future__ import annotations

from typing import Final

from console.ops.session import Session

EVERY_SECONDS: Final = 86400.0
"""How often the cache is gone through: once a day is enough for what is kept for months."""


def keep_in_bounds(session: Session) -> int:
    """Drop results older than the profile's `keep_health`, once a day; how many were dropped.

    Called after each sync. The newest result of each link and vantage point stays, however old. The room
    is kept for new results; `repoint cache prune` gives it back to the disk.

    Raises:
        StorageProblem: the cache cannot be written.
    """
    now = session.clock.now().wall
    log = session.store.health
    last = log.pruned_at()
    if last is not None and 0 <= now.timestamp() - last < EVERY_SECONDS:
        return 0
    done = session.store.drop_old(session.profile.keep_health / 86400, now)
    log.note_pruned(now.timestamp())
    return done.health
