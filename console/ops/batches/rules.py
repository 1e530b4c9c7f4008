"""When a run stops by itself, and in which waves it goes. Rules only; source: product.md, section 4."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from console.domain.batches import RunState
from console.domain.errors import (
    BudgetSpent,
    PreconditionRequired,
    Refused,
    RepointError,
    SignInNeeded,
    StorageProblem,
    Throttled,
)
from console.domain.outcomes import Outcome
from console.ops.batches.values import Stop, StopReason

SECOND_WAVE: Final = 0.05
IN_A_ROW: Final = 3
MOST_FAILED: Final = 0.05
LEAST_FAILED: Final = 2
"""One failure alone is that link's own, however few links there are (hardening, case 41)."""
FAILURES: Final = frozenset({Outcome.FAILED, Outcome.REJECTED, Outcome.UNKNOWN})
_OF_THE_RUN: Final = frozenset({"insufficient_role", "insufficient_scope", "feature_locked"})
"""403s that every further item would get as well (hardening, case 41)."""


def second_wave(waiting: int) -> int:
    """How many items the second wave has: 5 %, at least one."""
    return max(1, math.ceil(waiting * SECOND_WAVE))


@dataclass(slots=True)
class StopRules:
    """Counts failures as items end."""

    total: int
    failed: int = 0
    in_a_row: int = 0

    def note(self, *, failed: bool) -> Stop | None:
        """Count one item; why the run must stop, if it must."""
        self.in_a_row = self.in_a_row + 1 if failed else 0
        self.failed += failed
        if self.in_a_row >= IN_A_ROW:
            return _stop(StopReason.IN_A_ROW, "Three items in a row did not succeed")
        if self.failed >= LEAST_FAILED and self.failed > self.total * MOST_FAILED:
            return _stop(
                StopReason.SHARE, f"{self.failed} of {self.total} items did not succeed: more than 5 %"
            )
        return None


def _stop(reason: StopReason, message: str) -> Stop:
    hint = "See the items: repoint runs show RUN. Go on with the others: repoint resume RUN"
    return Stop(RunState.STOPPED, reason, message, hint)


def not_verified(slug: str) -> Stop:
    """The platform made something else of a link than what was planned."""
    return Stop(
        RunState.STOPPED,
        StopReason.NOT_VERIFIED,
        f"Visitors do not get what was planned: {slug}",
        "Look at its history, then go on or undo the run",
    )


def stop_of(error: RepointError | None) -> Stop | None:
    """Why this failure ends the run; None where it is about one link, or asks for a pause only.

    Nothing was applied by what it answers: the item waits, and goes with the others when the run goes on.
    """
    reason = StopReason.NONE
    if isinstance(error, SignInNeeded):
        if error.status == 403:
            reason = StopReason.FORBIDDEN if error.platform_code in _OF_THE_RUN else StopReason.NONE
        else:
            reason = StopReason.SIGN_IN
    elif isinstance(error, PreconditionRequired):
        reason = StopReason.PRECONDITION
    elif isinstance(error, BudgetSpent):
        reason = StopReason.BUDGET
    elif isinstance(error, StorageProblem):
        reason = StopReason.STORAGE
    elif isinstance(error, Refused):
        reason = StopReason.PROTECTED if error.reason == "protected" else StopReason.REFUSED
    if error is None or reason is StopReason.NONE:
        return None
    return Stop(RunState.STOPPED, reason, error.title, error.hint, error)


def asks_for_pause(error: RepointError | None) -> bool:
    """Whether the platform only asks for a pause: nothing was applied, and the item is tried again."""
    return isinstance(error, Throttled) and error.applied == "no"
