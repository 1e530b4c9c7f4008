"""One operator at one target: what the core's verbs work on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.api.lanes import Lanes
from console.api.port import Identity, Platform
from console.domain.budget import Meter
from console.domain.errors import Refused, RepointError, Unreachable
from console.domain.target import Role, Target
from console.ops.clock import Clock
from console.ops.probe.prober import Prober
from console.ops.probe.values import ProbeSettings
from console.ops.profiles.profile import Profile
from console.ops.store import Store

if TYPE_CHECKING:
    from console.api.settings import TokenSource
    from console.ops.access.signatures import Checked


@dataclass(slots=True)
class Session:
    """A target, the platform behind it, what this machine remembers of it, and its clocks.

    Attributes:
        platform: None when offline was asked for.
        meter: the day's writes as last read, with our own writes since counted in; None when not known.
        identity: what the platform said of us; None before it was asked.
        probing: how destinations are looked at.
        lost: why what the platform last did could not be written down; None while the disk holds.
        lanes: whose call to the platform goes first.
        signature: what was found of the token's signature; None without a token.
        tokens: where the token comes from; None where nobody asked.
        session_id: the token's `sid` claim (OpenID Connect), for reports to support; empty where it has none.
    """

    target: Target
    profile: Profile
    platform: Platform | None
    store: Store
    clock: Clock
    prober: Prober
    probing: ProbeSettings
    meter: Meter | None = None
    identity: Identity | None = None
    lost: RepointError | None = field(default=None)
    lanes: Lanes = field(default_factory=Lanes)
    signature: Checked | None = None
    tokens: TokenSource | None = None
    session_id: str = ""

    @property
    def offline(self) -> bool:
        """Whether reads come from the cache only."""
        return self.platform is None

    def online(self) -> Platform:
        """The platform.

        Raises:
            Unreachable: offline was asked for; nothing can be sent.
        """
        if self.platform is None:
            raise Unreachable(
                "You are offline: nothing can be sent",
                detail="Reading from the cache works; links stay as they are.",
                hint="Start again without --offline",
            )
        return self.platform

    async def introduce(self) -> Identity:
        """Ask the platform who we are; role and plan are known from then on."""
        self.identity = await self.online().whoami()
        self.target = self.target.known_as(self.target.operator or self.identity.operator, self.identity.role)
        return self.identity

    async def read_meter(self) -> Meter | None:
        """Read the day's writes; kept, and counted on by our own writes until the next reading."""
        self.meter = await self.online().meter()
        return self.meter

    def count_write(self) -> None:
        """Count one write of ours on the meter."""
        if self.meter is not None:
            self.meter = self.meter.spent(1)

    @property
    def role(self) -> Role:
        """Our role on the handle, UNKNOWN before the platform said it."""
        return self.target.role

    def armed_seconds(self) -> float:
        """Seconds that a protected profile stays armed; 0 when it is not."""
        return self.store.marks.armed(self.profile.name, self.clock.now())

    def require_armed(self) -> None:
        """Refuse a write on a protected profile that is not armed.

        Raises:
            Refused: reason `protected`.
        """
        if self.profile.protected and self.armed_seconds() <= 0:
            raise Refused(
                f"Profile {self.profile.name} is protected: read-only until you arm it",
                reason="protected",
                detail="Nothing was sent.",
                hint="Arm it for 15 minutes: repoint arm --reason TEXT",
            )

    @contextmanager
    def first(self) -> Iterator[None]:
        """A rollback's own work: its calls go first, and no sweep asks anything new meanwhile."""
        with self.lanes.first(), self.prober.held():
            yield

    async def close(self) -> None:
        """Give connections and files back."""
        if self.platform is not None:
            await self.platform.close()
        self.store.close()
