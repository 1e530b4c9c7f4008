"""The drills: what is to be done in a scenario, what counts as done, and the line that does it best."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Goal(Enum):
    """What ends a drill."""

    MEND = "mend"
    """Links that lead to a page that fails lead to one that answers."""
    LEAVE = "leave"
    """Nothing is to be changed; looking is what counts."""
    IMPORT = "import"
    """The good rows of a sheet are links."""


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill.

    Attributes:
        name: of the drill and of its scenario (`console.practice.scenarios`).
        title: what product.md, section 10, calls it.
        links: how many there are unless asked otherwise; few enough to be gone through by hand.
        par: seconds that a practised operator needs.
        writes: writes that the best line spends; None: one for each link.
        only: links that are to be mended; empty means every one on the failing host.
        host: the failing host.
        best: the best line, step by step.
    """

    name: str
    title: str
    links: int
    par: float
    best: tuple[str, ...]
    goal: Goal = Goal.MEND
    writes: int | None = None
    only: tuple[str, ...] = ()
    host: str = "shop"


_ALL: Final = (
    Drill(
        "outage", "destination outage", 24, 240.0,
        (
            "Health pane (3): the host at the top is what fails. Check it from here (h): it is not us.",
            "Open the worst link (enter), read what its live version changed.",
            "Roll back (r) to the last healthy version; watch it verify before you touch the next.",
            "Then the others the same way, most clicked first: one write each, none twice.",
        ),
    ),
    Drill(
        "rival", "a colleague changes the same link", 24, 120.0,
        (
            "Open spring-launch and roll it back (r): the write is refused, kim has just changed it.",
            "Heed the refusal: read kim's version. It leads to a page that answers.",
            "Leave it. A second rollback would undo kim's work.",
        ),
        writes=1, only=("spring-launch",),
    ),
    Drill(
        "platform-down", "the platform fails in the middle", 24, 360.0,
        (
            "Roll back, most clicked first, until answers stop coming.",
            "Wait: nothing is sent again by hand. What is UNKNOWN is settled by reading (w).",
            "When the platform answers, go on with those that were not applied.",
        ),
    ),
    Drill(
        "slow-partner", "a slow partner", 24, 120.0,
        (
            "The platform calls the partner's pages down. Look from here (h): they answer, slowly.",
            "Slow is not down: roll nothing back, and say so (n, s).",
        ),
        goal=Goal.LEAVE, writes=0, host="slow-partner",
    ),
    Drill(
        "token-expires", "the token expires", 24, 300.0,
        (
            "The top line shows the token's life: it is short. It is renewed by itself, or sign in again.",
            "Roll back as always; a write that a dying token would cut off does not start.",
        ),
    ),
    Drill(
        "quota-gone", "the quota is gone", 24, 300.0,
        (
            "Two writes are left, and more links than that to mend: one by one cannot work.",
            "An import restores many links with one write. Look at what a plan costs before it runs.",
            "If you must choose: the most clicked first, and the rest after the reset.",
        ),
        writes=1,
    ),
    Drill(
        "lost-answers", "lost answers", 24, 360.0,
        (
            "Roll back. The answer is lost: the write is UNKNOWN, not failed.",
            "Settle it by reading (w). It was applied more often than not.",
            "Only what certainly was not applied is rolled back again.",
        ),
    ),
    Drill(
        "bad-rows", "an import with bad rows", 24, 180.0,
        (
            "Open the sheet (i) and look before anything is sent: that is free and names each row's fault.",
            "Import the good rows, and have the bad ones handed back with their faults, to be mended.",
        ),
        goal=Goal.IMPORT, writes=1,
    ),
)  # fmt: skip
DRILLS: Final[dict[str, Drill]] = {drill.name: drill for drill in _ALL}
GOOD_ROWS: Final = ("docs-new", "guide-five", "guide-seven")
"""The rows of the sheet of `bad-rows` that can become links."""
