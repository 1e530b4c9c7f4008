"""What the practice platform holds: its links, its people, its meter, its clock. Not how it is asked."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from console.domain.links import Rule
from console.domain.routing import Visitor, route
from console.domain.target import Role
from console.practice.checks import Checker
from console.practice.faults import FaultPlan
from console.practice.importing import Import
from console.practice.keys import Keys
from console.practice.landing import LandingPages
from console.practice.manners import Manners
from console.practice.meter import Meter, Throttle
from console.practice.plots import Plot, history
from console.practice.records import as_link, as_text
from console.practice.staging import Setting, Stage
from console.practice.store import Kept, Store
from console.practice.tokens import TokenOffice

HANDLE: Final = "acme"


def remembered(database: str | Path) -> Setting | None:
    """The setting that an earlier practice platform left in its file; None for a new file or memory."""
    if str(database) == ":memory:" or not Path(database).exists():
        return None
    db = sqlite3.connect(database)
    try:
        found = db.execute("SELECT value FROM meta WHERE name = 'setting'").fetchone()
    except sqlite3.OperationalError:
        return None
    finally:
        db.close()
    return None if found is None else Setting(**json.loads(found[0]))


class State:
    """What the platform holds.

    Attributes:
        token: a JWT of an OPERATOR, good for an hour. `pat`: the same operator's PAT.
        faults: the script of faults (`console.practice.faults`).
        tokens: makes and revokes tokens: `tokens.jwt("kim", "CREATOR", lives=60)`.
        meter: the day's writes: `meter.plan`, `meter.used`.
        throttle: requests a second: `throttle.set(5.0)`; off by default.
        handle_rules: routing rules of the handle, which a link's own rules precede.
        manners: ways in which platforms differ (`console.practice.manners`).
        reports: the support reports that came in.
    """

    def __init__(
        self, setting: Setting, stage: Stage, plan: str, *, database: str | Path, clock: Callable[[], float]
    ) -> None:
        self.handle = HANDLE
        self.seed = setting.seed
        self.setting = setting
        self.stage = stage
        self._clock = clock
        self._offset = 0.0
        self._background: set[asyncio.Task[None]] = set()
        self.short_base = f"http://go.localhost:{setting.port}"
        known = remembered(database)
        self.store = Store(database, self.now, self._past)
        if known is None:
            self._fill()
        self.meter = Meter(plan, self.now)
        self.meter.used = stage.writes
        self._open(TokenOffice(setting.seed, self.handle, self.now))

    def _open(self, tokens: TokenOffice) -> None:
        self.tokens, self.token, self.pat = tokens, tokens.jwt(), tokens.pat()
        self.throttle = Throttle(self.now)
        self.faults = FaultPlan()
        self.keys = Keys()
        self.landing = LandingPages(self.stage.sites)
        self.landing.short_links = self._follow
        self.people = {"dana": Role.OPERATOR, "kim": Role.OPERATOR, "lee": Role.CREATOR, "ines": Role.OWNER}
        self.handle_rules: Sequence[Rule] = ()
        self.manners = Manners()
        self.checker = Checker(
            self.setting, self.stage, landing=self.landing, manners=self.manners, now=self.now,
            in_background=self.in_background,
        )  # fmt: skip
        self.imports: dict[str, Import] = {}
        self.reports: list[dict[str, Any]] = []

    def now(self) -> float:
        """Unix seconds, as the platform's own clock shows them."""
        return self._clock() + self._offset

    def advance(self, seconds: float) -> None:
        """Set the platform's clock forward (or back): tokens age, the day turns."""
        self._offset += seconds

    @property
    def writes_today(self) -> int:
        """Writes counted today."""
        return self.meter.used

    def set_plan(self, plan: str) -> None:
        """Change the account's plan: FREE, PRO or ENTERPRISE."""
        self.meter.plan = plan

    def set_used(self, writes: int) -> None:
        """Set how many writes were counted today."""
        self.meter.used = writes

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Go on with something after the answer; it ends with the server's loop at the latest."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _fill(self) -> None:
        self.store.seed(self._rows())
        setting = self.setting
        text = {"links": setting.links, "seed": setting.seed, "now": setting.now, "port": setting.port,
                "refused_port": setting.refused_port}  # fmt: skip
        self.store.set_meta("setting", json.dumps(text))

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        now = self.setting.now
        for number, plot in enumerate(self.stage.plots):
            age = plot.created_age()
            made = plot.told[0].created_at if age is None else now - age
            record = plot.told[-1].record if plot.told else as_text(plot.record())
            yield (
                number + 1, plot.slug, f"lnk_{number + 1:06d}", plot.versions, record, None, plot.clicks,
                made, now - plot.age, plot.by, number,
            )  # fmt: skip

    def _past(self, number: int) -> list[Kept]:
        plot: Plot = self.stage.plots[number]
        return history(plot, f"{self.setting.seed}/{plot.slug}", self.setting.now)

    def _follow(self, slug: str) -> tuple[int, str | None]:
        """Where a short link leads; following it counts as a click."""
        held = self.store.get(slug)
        if held is None:
            return 404, None
        self.store.click(slug)
        link = as_link(slug, held.content())
        found = route(link, Visitor(), datetime.fromtimestamp(self.now(), UTC), self.handle_rules)
        return found.status, found.destination_url
