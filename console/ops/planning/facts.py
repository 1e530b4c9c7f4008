"""What a batch touches beyond its links: how many at once, and whether most visitors come now.

The facts are judged where the batch is run: above the cap a second confirmation with a reason, inside a peak
window an override with a reason (product.md, section 4). Planning tells them early.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.domain.batches import BatchPlan
from console.domain.peaks import peak_end
from console.ops.session import Session


@dataclass(frozen=True, slots=True)
class Facts:
    """How far a batch reaches, now.

    Attributes:
        links: that it changes; `clicks` they had in all, where that is known.
        cap: the profile's `blast_radius`.
        peak_until: when the peak that holds now is over, UTC; None outside a peak.
    """

    links: int
    clicks: int | None
    cap: int
    peak_until: datetime | None

    @property
    def above_cap(self) -> bool:
        """Whether it needs a second confirmation with a reason."""
        return self.links > self.cap


def facts(session: Session, plan: BatchPlan) -> Facts:
    """How far a plan reaches, by the profile and the clock of now."""
    counted = [item.clicks for item in plan.items if item.clicks is not None]
    return Facts(
        links=len(plan.items),
        clicks=sum(counted) if counted else None,
        cap=session.profile.blast_radius,
        peak_until=peak_end(session.profile.peak_windows, session.clock.now().wall),
    )
