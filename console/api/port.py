"""The port to a link platform: what the core may ask, and what a platform says it can do.

One implementation talks to the platform of `platform-api.md` (`console.api.client`). Another platform is
added beside it by answering these questions; nothing above this module knows HTTP.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from console.domain.budget import Meter
from console.domain.health import HealthResult
from console.domain.links import JSON, Link, VersionId
from console.domain.outcomes import GuardLevel
from console.domain.routing import Route, Visitor
from console.domain.target import Role
from console.domain.unread import Unread
from console.domain.versions import Timeline


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the platform is known to do. Unknown is False: never assumed.

    Attributes:
        guard: STRONG when the platform is known to compare our expected version.
        honours_idempotency: a repeated key returns the first answer instead of acting again.
        charges_writes: POST, PUT, PATCH and DELETE count against a daily budget.
    """

    guard: GuardLevel = GuardLevel.BEST_EFFORT
    honours_idempotency: bool = False
    charges_writes: bool = True


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the platform says we are."""

    operator: str
    name: str
    role: Role
    plan: str
    handles: tuple[tuple[str, Role], ...] = ()
    token_id: str = ""
    token_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RollbackOrder:
    """One rollback, exactly as it was confirmed. Nothing in it is defaulted."""

    slug: str
    version: VersionId
    expected_version: VersionId
    reason: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class PutOrder:
    """Restoring a whole earlier record by PUT, under the same guard."""

    slug: str
    record: Link
    expected_version: VersionId
    reason: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """What the platform answered to a write that it did not refuse.

    The outcome is still what a fresh reading shows, whatever this says.

    Attributes:
        compared: the platform is known to have compared our expected version for this write.
    """

    status: int
    request_id: str | None
    new_version: VersionId | None = None
    compared: bool = False


@dataclass(frozen=True, slots=True)
class HealthRun:
    """The platform's health check: finished results, or a run to poll."""

    run_id: str | None
    finished: bool
    results: tuple[HealthResult, ...]


class RowStatus(StrEnum):
    """What became of one row of an import."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    MAYBE = "maybe"
    """The platform counted it but did not say which way: read the link again to know."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row's fate. `row` counts from 1; `code` and `message` are the platform's and untrusted."""

    row: int
    slug: str
    status: RowStatus
    code: str = ""
    message: str = ""
    version: VersionId | None = None


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """One bulk-import request, exactly as it was confirmed. Costs one write, however many rows.

    Attributes:
        expected: expected versions by slug; a row without one is taken unconditionally.
        dry_run: have the platform check the rows and change nothing.
    """

    links: Sequence[Link]
    idempotency_key: str
    expected: Mapping[str, VersionId] = field(default_factory=dict)
    dry_run: bool = False
    mode: str = "upsert"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """What the platform says of an import.

    Attributes:
        finished: False while the platform works on it; ask `import_status` again.
        rows: one for each row of the order, in its order. MAYBE where the platform did not say.
        counts: the platform's own sums, where it gave them.
    """

    import_id: str
    finished: bool
    rows: tuple[ImportRow, ...]
    counts: Mapping[RowStatus, int] = field(default_factory=dict)
    status: int = 200
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """A support report, exactly as it was shown before it is sent. Empty fields are left out."""

    summary: str
    details: str
    handle: str = ""
    session_id: str = ""
    request_id: str = ""
    repro_artifact: JSON = None
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """The platform's receipt for a support report."""

    report_id: str
    status: str
    request_id: str | None = None


class Platform(Protocol):
    """A link platform, for one target. Every method raises `console.domain.errors` and nothing else.

    Reads retry by themselves within their deadline. Writes are sent once; a write whose answer was lost
    raises an error with `applied == "unknown"`.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What the platform is known to do, as learnt so far."""
        ...

    async def whoami(self) -> Identity:
        """Operator, role on the handle, plan."""
        ...

    async def token_ends(self) -> datetime | None:
        """When the token that counts now ends, also one that was renewed; None when it does not say.

        Asks nothing of the platform. Raises `SignInNeeded` where there is none.
        """
        ...

    async def meter(self) -> Meter | None:
        """The day's writes; None when the platform does not say."""
        ...

    def links(self, on_unread: Callable[[Unread], object] | None = None) -> AsyncIterator[list[Link]]:
        """Every link, in batches, from the export where the plan allows it, else page by page.

        `on_unread` is told each record that cannot be read; without it, one such record is a failure.
        """
        ...

    async def link(self, slug: str) -> Link:
        """One link as it is live now."""
        ...

    async def history(self, slug: str, *, limit: int | None = None) -> Timeline:
        """The versions of one link, newest first; whole unless `limit` is given."""
        ...

    async def rollback(self, order: RollbackOrder) -> WriteAnswer:
        """Roll one link back. Costs a write."""
        ...

    async def put(self, order: PutOrder) -> WriteAnswer:
        """Write one link's whole record. Costs a write."""
        ...

    async def preview(self, slug: str, visitor: Visitor) -> Route:
        """Ask the platform where a visitor goes. Costs a write."""
        ...

    async def last_health(self) -> HealthRun:
        """The platform's last results. Free."""
        ...

    async def check_health(self, slugs: Sequence[str], *, timeout_seconds: float) -> HealthRun:
        """Have the platform check destinations now. Costs a write. An empty selection means all."""
        ...

    async def bulk_import(self, order: ImportOrder) -> ImportAnswer:
        """Write many links in one request. Costs a write."""
        ...

    async def import_status(self, import_id: str, links: Sequence[Link]) -> ImportAnswer:
        """How far an import is that was not finished. Free. `links` are those of its order."""
        ...

    async def report(self, order: ReportOrder) -> ReportAnswer:
        """Send a support report. Costs a write."""
        ...

    async def alive(self) -> JSON:
        """`/v2/system/health`: whether the platform answers at all. Free, without a token."""
        ...

    def pause_seconds(self) -> float:
        """Seconds until the platform's stated request rate allows another request; 0 when it does now."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
