"""What the practice platform allows: writes a day by plan, and requests a second by route."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from console.domain.budget import DAILY_WRITES
from console.practice.problems import Problem

PLAN_ORDER: Final = ("FREE", "PRO", "ENTERPRISE")


class Meter:
    """The day's writes. The day turns at midnight of the account's time zone (platform-api).

    Attributes:
        plan: FREE, PRO or ENTERPRISE.
        zone: the account's time zone.
    """

    def __init__(self, plan: str, clock: Callable[[], float], zone: tzinfo = UTC) -> None:
        self._plan = plan
        self.zone = zone
        self._clock = clock
        self._lock = threading.Lock()
        self._day = self.day
        self._used = 0

    @property
    def plan(self) -> str:
        """The account's plan."""
        return self._plan

    @plan.setter
    def plan(self, name: str) -> None:
        if name not in DAILY_WRITES:
            raise ValueError(f"no plan {name!r}; there are {', '.join(DAILY_WRITES)}")
        self._plan = name

    @property
    def day(self) -> str:
        """The account's day, `YYYYMMDD`."""
        return f"{datetime.fromtimestamp(self._clock(), self.zone):%Y%m%d}"

    @property
    def used(self) -> int:
        """Writes counted today."""
        with self._lock:
            self._turn()
            return self._used

    @used.setter
    def used(self, count: int) -> None:
        with self._lock:
            self._turn()
            self._used = count

    def shown(self) -> dict[str, Any]:
        """The meter as `usage-meters` and the 429 state it."""
        return {
            "plan": self.plan,
            "limits": {"writesPerDay": DAILY_WRITES[self.plan]},
            "usage": {"writesToday": self.used, "writesDay": self.day},
        }

    def charge(self) -> None:
        """Count one write.

        Raises:
            Problem: 429 `rate_limited` with plan, limits and usage: the day's writes are gone.
        """
        with self._lock:
            self._turn()
            if self._used < DAILY_WRITES[self.plan]:
                self._used += 1
                return
        message = f"daily write limit of the {self.plan} plan reached"
        raise Problem(429, "rate_limited", message, more=self.shown())

    def require(self, plan: str, feature: str) -> None:
        """Refuse what a lower plan than `plan` does not include.

        Raises:
            Problem: 403 `feature_locked`.
        """
        if PLAN_ORDER.index(self.plan) < PLAN_ORDER.index(plan):
            more = {"feature": feature, "requiredPlan": plan}
            raise Problem(403, "feature_locked", f"{feature} needs the {plan} plan", more=more)

    def _turn(self) -> None:
        if self.day != self._day:
            self._day, self._used = self.day, 0


class Throttle:
    """Requests a second, for the whole handle: a bucket of `burst` that fills at `rate`. Off unless set.

    Attributes:
        rate: requests a second; None: no limit.
        burst: requests that may come at once.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.rate: float | None = None
        self.burst = 10
        self._clock = clock
        self._left = 0.0
        self._seen = 0.0

    def set(self, rate: float | None, burst: int = 10) -> None:
        """Allow `rate` requests a second, `burst` of them at once."""
        self.rate, self.burst = rate, burst
        self._left, self._seen = float(burst), self._clock()

    def headers(self) -> dict[str, str]:
        """`RateLimit-*` for an answer; empty while there is no limit."""
        if self.rate is None:
            return {}
        missing = max(0.0, self.burst - self._left)
        return {
            "RateLimit-Limit": str(self.burst),
            "RateLimit-Remaining": str(int(self._left)),
            "RateLimit-Reset": str(math.ceil(missing / self.rate)),
        }

    def take(self) -> None:
        """Let one request in.

        Raises:
            Problem: 429 `rate_limited` with `Retry-After` in seconds, and no meter in the body.
        """
        if self.rate is None:
            return
        now = self._clock()
        self._left = min(float(self.burst), self._left + (now - self._seen) * self.rate)
        self._seen = now
        if self._left < 1.0:
            wait = max(1, round((1.0 - self._left) / self.rate))
            raise Problem(
                429, "rate_limited", "too many requests", headers={"Retry-After": str(wait), **self.headers()}
            )
        self._left -= 1.0
