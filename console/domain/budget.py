"""The day's writes: how many are left, and how many are kept for rollbacks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

DEFAULT_RESERVE: Final = 0.2
"""Share of the daily limit that other work leaves for rollbacks (product.md, section 4)."""
DAILY_WRITES: Final = {"FREE": 2, "PRO": 10, "ENTERPRISE": 500}
"""platform-api: writes a day by plan, stated."""


@dataclass(frozen=True, slots=True)
class Meter:
    """What the platform says of the day's writes.

    Attributes:
        limit: writes a day; None when the platform did not say.
        used: writes counted today.
        day: the account's day, `YYYYMMDD`.
        as_of: when it was read, UTC.
    """

    plan: str
    limit: int | None
    used: int
    day: str
    as_of: datetime

    @property
    def left(self) -> int | None:
        """Writes left today; None when the limit is unknown."""
        return None if self.limit is None else max(0, self.limit - self.used)

    def spent(self, writes: int) -> Meter:
        """The meter after `writes` more."""
        return Meter(self.plan, self.limit, self.used + writes, self.day, self.as_of)

    def reserve(self, share: float) -> int:
        """Writes kept for rollbacks: `share` of the limit, rounded up."""
        # Rounded first: 7 % of 100 is 7.000000000000001 to a float, and not 8 writes.
        return 0 if self.limit is None else math.ceil(round(self.limit * share, 6))

    def free_for_other_work(self, share: float) -> int | None:
        """Writes that anything but a rollback may spend."""
        return None if self.left is None else max(0, self.left - self.reserve(share))
