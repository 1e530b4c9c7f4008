"""The port to a link platform: what the core may ask, and what a platform says it can do.

One implementation talks to the platform of `platform-api.md` (`console.api.client`). Another platform is
added beside it by answering these questions; nothing above this module knows HTTP.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from console.domain.budget import Meter
from console.domain.health import HealthResult
from console.domain.links import JSON, Link, VersionId
from console.domain.outcomes import GuardLevel
from console.domain.routing import Route, Visitor
from console.domain.target import Role
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

    async def meter(self) -> Meter | None:
        """The day's writes; None when the platform does not say."""
        ...

    def links(self) -> AsyncIterator[list[Link]]:
        """Every link, in batches, from the export where the plan allows it, else page by page."""
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

    async def alive(self) -> JSON:
        """`/v2/system/health`: whether the platform answers at all. Free, without a token."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
