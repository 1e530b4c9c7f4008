"""A single rollback as a reviewed, single-use, expiring plan, and the checks that stand before it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from console.domain.errors import RepointError
from console.domain.links import Link, VersionId, canonical, label
from console.domain.moments import Moment
from console.domain.outcomes import GuardLevel, Outcome
from console.domain.sightings import Sighting
from console.domain.target import Target
from console.domain.versions import Change, Version

PLAN_SECONDS: Final = 600.0
"""A plan for one link expires after ten minutes (product.md, section 3.1)."""
BATCH_PLAN_SECONDS: Final = 900.0


class Way(StrEnum):
    """How the earlier state is brought back."""

    ROLLBACK = "rollback"
    """The platform's rollback route: exact history."""
    PUT = "put"
    """The full earlier record is written; the platform's history will call it an update."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be sent, and only that. Edited plans have another digest and are refused.

    Attributes:
        live: the version that was live when the plan was made, whole.
        live_fingerprint: of the link's own record at that time, which may tell more than the history.
        to: the version that it goes back to, whole.
        sighting: why the operator may act on this link.
        made_at: all clocks when the plan was made.
        expires_at: UTC, for people; the age since `made_at` decides.
        undoes: id of the run that it undoes, if it does.
        row_no: its row in the run; 1 where it is the only one.
        rewrite: the rule (`Rewrite.rule`) where destinations are rewritten instead of going back to a
            version. `to` is then the live version so rewritten, and `record` what is written, known at the
            last reading.
    """

    plan_id: str
    target: Target
    slug: str
    link_id: str
    live: Version
    live_fingerprint: str
    to: Version
    changes: tuple[Change, ...]
    reason: str
    sighting: Sighting
    made_at: Moment
    expires_at: datetime
    way: Way = Way.ROLLBACK
    seconds: float = PLAN_SECONDS
    undoes: str = ""
    row_no: int = 1
    rewrite: str = ""
    record: Link | None = None

    @property
    def digest(self) -> str:
        """Hash of everything that decides what is sent where."""
        target, live, to = self.target, self.live, self.to
        body = [
            (self.plan_id, self.way, self.reason, self.undoes, self.made_at.wall.isoformat(), self.seconds),
            (target.key, target.operator, target.epoch, self.slug, self.link_id),
            (live.version, live.fingerprint, self.live_fingerprint, to.version, to.fingerprint),
            (self.row_no, self.rewrite),
        ]
        return hashlib.sha256(canonical(body).encode()).hexdigest()

    @property
    def goal(self) -> VersionId | None:
        """The version that it goes back to; None where the destination is rewritten."""
        return None if self.rewrite else self.to.version

    @property
    def aim(self) -> str:
        """Where it goes, as an operator reads it: `v8`, or the new destination."""
        return self.to.snapshot.destination_url if self.rewrite else label(self.to.version)

    @property
    def phrase(self) -> str:
        """What must be typed to confirm it: `spring-launch v8`."""
        return f"{self.slug} {label(self.to.version)}"


class CheckStatus(StrEnum):
    """How a check ended. `fail` blocks; an `overridable` fail yields to a reason."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Check:
    """One check before a rollback.

    Attributes:
        name: stable name, as `--override NAME=REASON` takes it.
        label: what it is about, in the operator's words.
        detail: what was found.
        overridable: whether a reason lets a fail pass.
        override: the reason given, if any.
    """

    name: str
    label: str
    status: CheckStatus
    detail: str = ""
    overridable: bool = False
    override: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the rollback must not go on."""
        return self.status is CheckStatus.FAIL and not (self.overridable and self.override)

    def overridden(self, reason: str) -> Check:
        """The same check with the operator's reason; only an overridable fail takes one."""
        takes = self.overridable and self.status is CheckStatus.FAIL
        return replace(self, override=reason.strip()) if takes else self


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a guard said no: what you saw, what is live, who changed it and when, and the ways on."""

    reason: str
    title: str
    seen: VersionId | None = None
    live: VersionId | None = None
    changed_by: str = ""
    changed_at: datetime | None = None
    note: str = ""
    diff: tuple[Change, ...] = ()
    next: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a rollback. The document that `repoint rollback --json` prints is made from it.

    Attributes:
        overtaken_by: the version that slipped in between, when verifying found one.
        verified: whether a fresh reading showed the target state live.
        run: id of the journalled write; None when nothing was journalled.
        error: what the platform or the line said, when that decided the outcome.
        unrecorded: the disk failed after it was sent; the journal still says that it is open.
    """

    outcome: Outcome
    slug: str
    from_version: VersionId | None
    to_version: VersionId | None
    new_version: VersionId | None = None
    overtaken_by: VersionId | None = None
    guard: GuardLevel = GuardLevel.BEST_EFFORT
    request_id: str | None = None
    run: str | None = None
    checks: tuple[Check, ...] = ()
    refusal: Refusal | None = None
    verified: bool = False
    way: Way = Way.ROLLBACK
    message: str = ""
    hint: str = ""
    error: RepointError | None = field(default=None, compare=False)
    unrecorded: bool = field(default=False, compare=False)
    seconds: float = field(default=0.0, compare=False)
