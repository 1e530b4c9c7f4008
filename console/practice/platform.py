"""The practice platform: one object that holds its state, speaks its API, and can be steered by a test."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from starlette.routing import Router

from console.domain.links import Rule
from console.domain.routing import Visitor, route
from console.domain.target import Role
from console.practice import routes_about, routes_account, routes_bulk, routes_health, routes_links
from console.practice.calls import Route
from console.practice.checks import Checker
from console.practice.control import Control
from console.practice.desk import Asked, Desk
from console.practice.faults import FaultLayer, FaultPlan
from console.practice.gate import Keys, nowhere, paths
from console.practice.importing import Import
from console.practice.landing import LandingPages
from console.practice.manners import Manners
from console.practice.meter import Meter, Throttle
from console.practice.plots import Plot, history
from console.practice.records import as_link, as_text
from console.practice.scenarios import SCENARIOS
from console.practice.staging import Setting
from console.practice.store import Kept, Store
from console.practice.tokens import TokenOffice

HANDLE: Final = "acme"
NOMINAL_PORT: Final = 8081
"""Port of the landing pages in destinations when nobody serves them (the app called in-process)."""
ROUTES: Final[tuple[Route, ...]] = (
    *routes_bulk.ROUTES,
    *routes_health.ROUTES,
    *routes_account.ROUTES,
    *routes_links.ROUTES,
    *routes_about.ROUTES,
)


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


class PracticePlatform(Control):
    """The platform. `app` is its ASGI app; `landing` is the app of its landing pages.

    Everything but ports and the time of the start follows from `scenario`, `links` and `seed`.

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
        self,
        scenario: str = "outage",
        *,
        links: int | None = None,
        seed: int = 7,
        plan: str | None = None,
        database: str | Path = ":memory:",
        landing_port: int = NOMINAL_PORT,
        refused_port: int = NOMINAL_PORT + 1,
        requests_log: str | Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if scenario not in SCENARIOS:
            raise ValueError(f"no scenario {scenario!r}; there are {', '.join(SCENARIOS)}")
        self.scenario = SCENARIOS[scenario]
        self.handle = HANDLE
        self.seed = seed
        self._clock = clock
        self._offset = 0.0
        self._background: set[asyncio.Task[None]] = set()
        known = remembered(database)
        count = self.scenario.links if links is None else links
        self.setting = known or Setting(count, seed, clock(), landing_port, refused_port)
        self.stage = self.scenario.build(self.setting)
        self.store = Store(database, self.now, self._past)
        if known is None:
            self._fill()
        self._stand(plan, requests_log)

    def _stand(self, plan: str | None, requests_log: str | Path | None) -> None:
        self.short_base = f"http://go.localhost:{self.setting.port}"
        self.meter = Meter(plan or self.scenario.plan, self.now)
        self.meter.used = self.stage.writes
        self.throttle = Throttle(self.now)
        self.tokens = TokenOffice(self.seed, self.handle, self.now)
        self.faults = FaultPlan()
        self.keys = Keys()
        self.landing = LandingPages(self.stage.sites)
        self.landing.short_links = self._follow
        self.people = {"dana": Role.OPERATOR, "kim": Role.OPERATOR, "lee": Role.CREATOR, "ines": Role.OWNER}
        self.handle_rules: Sequence[Rule] = ()
        self.manners = Manners()
        self.checker = Checker(self)
        self.imports: dict[str, Import] = {}
        self.reports: list[dict[str, Any]] = []
        router = Router(paths(self, ROUTES), redirect_slashes=False, default=nowhere)
        self.desk = Desk(FaultLayer(router, self), self, requests_log)
        self.app = self.desk
        self.token = self.tokens.jwt()
        self.pat = self.tokens.pat()
        self.scenario.script(self)

    def now(self) -> float:
        """Unix seconds, as the platform's own clock shows them."""
        return self._clock() + self._offset

    def advance(self, seconds: float) -> None:
        """Set the platform's clock forward (or back): tokens age, the day turns."""
        self._offset += seconds

    @property
    def requests(self) -> list[Asked]:
        """What was asked and answered, oldest first."""
        return list(self.desk.asked)

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

    def close(self) -> None:
        """Give the database and the log back."""
        self.desk.close()
        self.store.close()

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
