"""The words for what became of a write, and of what guarded it."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What became of one item. The outcomes of a run always add up to its items."""

    APPLIED = "APPLIED"
    NOOP = "NOOP"
    STALE = "STALE"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    SKIPPED = "SKIPPED"
    CANCELLED = "CANCELLED"

    @property
    def settled(self) -> bool:
        """Whether nothing is left to find out."""
        return self is not Outcome.UNKNOWN


class GuardLevel(StrEnum):
    """What protects a write against a concurrent change."""

    STRONG = "STRONG"
    """The platform compared our expected version."""
    BEST_EFFORT = "BEST_EFFORT"
    """We re-read just before and just after."""


class WriteState(StrEnum):
    """The life of one journalled write. Moves only forward (`can_become`)."""

    PREPARED = "prepared"
    SENT = "sent"
    APPLIED = "applied"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    DROPPED = "dropped"

    @property
    def open(self) -> bool:
        """Whether the write still blocks other writes to its link."""
        return self in _OPEN

    def can_become(self, after: WriteState) -> bool:
        """Whether `after` lies ahead of this state."""
        return after in _FORWARD[self]


_OPEN = frozenset({WriteState.PREPARED, WriteState.SENT, WriteState.UNKNOWN})

_FORWARD: dict[WriteState, frozenset[WriteState]] = {
    WriteState.PREPARED: frozenset({WriteState.SENT, WriteState.DROPPED, WriteState.REFUSED}),
    WriteState.SENT: frozenset(
        {WriteState.APPLIED, WriteState.REFUSED, WriteState.UNKNOWN, WriteState.DROPPED}
    ),
    WriteState.UNKNOWN: frozenset({WriteState.APPLIED, WriteState.REFUSED, WriteState.DROPPED}),
    WriteState.APPLIED: frozenset(),
    WriteState.REFUSED: frozenset(),
    WriteState.DROPPED: frozenset(),
}
