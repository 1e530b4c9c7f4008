"""A rollback on its way through the dialog: which version, why, by which way, and how far it is.

It holds what the core said and asks the core again; every decision stays there.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from console.domain.errors import RepointError, RouteMissing
from console.domain.health import HealthResult
from console.domain.links import VersionId, label
from console.domain.moments import Moment
from console.domain.outages import kind_of
from console.domain.plans import Check, Plan, Result, Way
from console.domain.versions import same_version
from console.ops.checks import NAMES, in_order
from console.ops.health.targets import last_healthy
from console.ops.health.watch import Watched
from console.ops.review import Review
from console.ops.rollback import Request, prepare, undo
from console.ops.session import Session

CHECKS: Final = len(NAMES)
"""How many checks there are; confirming waits for all of them."""


@dataclass(slots=True)
class Draft:
    """What the dialog shows.

    Attributes:
        undoes: the run that it undoes; None for a rollback.
        wanted: the version to go back to; None before one was chosen.
        own_reason: the operator's words; empty for those made of what was found.
        turn: counts plans, so that what is told of an earlier one is dropped.
        shown_at: when what is on screen was last read.
        dead: why confirming is off for good.
        restored: what was found of the destination after it was applied.
    """

    review: Review
    undoes: str | None = None
    way: Way = Way.ROLLBACK
    wanted: VersionId | None = None
    own_reason: str = ""
    plan: Plan | None = None
    checks: dict[str, Check] = field(default_factory=dict)
    outcome: Result | None = None
    sending: bool = False
    said: str = ""
    turn: int = 0
    shown_at: Moment | None = None
    dead: Watched | None = None
    restored: HealthResult | None = None
    undo_to: VersionId | None = None

    @property
    def slug(self) -> str:
        """The link."""
        return self.review.reading.slug

    @property
    def open(self) -> bool:
        """Whether nothing was sent yet."""
        return not self.sending and self.outcome is None

    @property
    def checked(self) -> bool:
        """Whether every check has ended."""
        return len(self.checks) >= CHECKS

    @property
    def ready(self) -> bool:
        """Whether the words may be typed: every check has ended, none blocks, the link has not moved."""
        return self.checked and not self._blocking() and self.dead is None and self.open

    @property
    def wants_reason(self) -> bool:
        """Whether all that blocks are checks that a reason lets pass."""
        blocking = self._blocking()
        overridable = bool(blocking) and all(c.overridable for c in blocking)
        return overridable and self.checked and self.dead is None and self.open

    @property
    def can_put(self) -> bool:
        """Whether the platform has no rollback, so that the whole record may be written instead."""
        done = self.outcome
        return done is not None and isinstance(done.error, RouteMissing) and done.way is Way.ROLLBACK

    def _blocking(self) -> list[Check]:
        return [check for check in self.checks.values() if check.blocks]

    @property
    def in_order(self) -> tuple[Check, ...]:
        """The checks that have ended, as they are shown."""
        return in_order(tuple(self.checks.values()))

    def reason(self, to: VersionId) -> str:
        """Why: the operator's words, else what was found."""
        if self.own_reason:
            return self.own_reason
        live = self.review.reading.live
        result = self.review.health.get(live)
        if result is not None and not result.verdict.healthy:
            return f"{label(live)} fails ({kind_of(result)}); back to {label(to)}"
        return f"back to {label(to)} from {label(live)}"

    def begin(self) -> int:
        """Start on another plan; its turn."""
        self.turn += 1
        self.plan, self.checks, self.dead, self.said = None, {}, None, ""
        return self.turn

    def work(self) -> Callable[[Session], Coroutine[Any, Any, Plan | Result]]:
        """What the core is asked for a plan with; made of how things stand now."""
        wanted, undoes, way, review = self.wanted, self.undoes, self.way, self.review

        async def ask(session: Session) -> Plan | Result:
            if undoes is not None and wanted is None:
                return await undo(session, undoes, self.own_reason or "undo of the last rollback")
            to = wanted
            if to is None:
                to = (await last_healthy(session, review)).version.version
            same = undoes is not None and same_version(to, self.undo_to)
            reason = self.own_reason or "undo of the last rollback" if same else self.reason(to)
            request = Request(self.slug, to, reason, way=way, undoes=undoes or "" if same else "")
            return await prepare(session, request)

        return ask

    def made(self, found: Plan | Result) -> Plan | None:
        """Take what the core made of it; the plan, None where it refused."""
        if isinstance(found, Result):
            self.outcome = found
            return None
        self.plan, self.shown_at, self.wanted = found, found.made_at, found.to.version
        if found.undoes:
            self.undo_to = found.to.version
        return found

    def heard(self, what: Check | Watched) -> None:
        """A check has ended, or the link was looked at again."""
        if isinstance(what, Check):
            self.checks[what.name] = what
        elif what.refusal is not None:
            if self.open:
                self.dead = what
        elif what.at is not None:
            self.shown_at = what.at

    def override(self, reason: str) -> None:
        """Let what blocks pass, for a reason that the journal keeps."""
        self.checks = {name: c.overridden(reason) if c.blocks else c for name, c in self.checks.items()}

    def ended(self, outcome: Result | RepointError | HealthResult) -> None:
        """What became of it. A plan is single use: nothing of it may be confirmed again."""
        self.sending = False
        if isinstance(outcome, HealthResult):
            self.restored = outcome
        elif isinstance(outcome, Result):
            self.outcome = outcome
        else:
            self.said = told(outcome)
            self.turn += 1
            self.checks = {}

    def change(self, what: str) -> bool:
        """Go on to the next older version, or from a missing rollback route to PUT; whether it did."""
        if what == "way" and self.can_put:
            self.way, self.outcome = Way.PUT, None
            return True
        timeline = self.review.timeline
        names = [v.version for v in timeline.versions if not same_version(v.version, timeline.live)]
        if what != "version" or not self.open or not names:
            return False
        at = next((i for i, name in enumerate(names) if same_version(name, self.wanted)), -1)
        self.wanted = names[(at + 1) % len(names)]
        return True

    def left(self) -> str:
        """What leaving now means, in a sentence."""
        if self.outcome is not None:
            return self.outcome.message or f"{self.slug}: {self.outcome.outcome.value}"
        if self.sending:
            return f"The rollback of {self.slug} goes on; its result is told here"
        return f"Left {self.slug} as it is: nothing was sent"


def told(error: RepointError) -> str:
    """An error in a sentence or two."""
    return " ".join(part for part in (f"{error.title}.", error.detail, error.hint) if part)
