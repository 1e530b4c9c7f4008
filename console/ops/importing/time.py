"""How long an import will take, about: as earlier requests did, else as a platform usually does."""

from __future__ import annotations

from datetime import datetime
from statistics import median
from typing import Final

from console.domain.outcomes import WriteState
from console.ops.importing.record import SLUG
from console.ops.session import Session

_LOOKED_AT: Final = 20
"""Earlier requests that tell."""
_A_REQUEST: Final = 1.0
_A_ROW: Final = 0.002
"""Seconds, where no earlier import of this target tells. The platform states no rate."""


def seconds_for(session: Session, writes: int, rows: int) -> float:
    """Seconds that so many requests with so many rows in all take, the platform's pauses left out."""
    if not writes:
        return 0.0
    earlier = session.store.journal.writes_of(session.target.key, SLUG, _LOOKED_AT)
    took = [
        seconds
        for write in earlier
        if write.state is WriteState.APPLIED
        and (seconds := _between(write.created_at, write.updated_at)) >= 0
    ]
    return writes * median(took) if took else writes * _A_REQUEST + rows * _A_ROW


def _between(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
