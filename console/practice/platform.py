"""The practice platform: one object that holds its state, speaks its API, and can be steered by a test."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.routing import Router

from console.practice import routes_account, routes_bulk, routes_health, routes_links
from console.practice.control import Control
from console.practice.desk import Asked, Desk
from console.practice.fault_layer import FaultLayer
from console.practice.gate import nowhere, paths
from console.practice.route import Route
from console.practice.routes_about import about
from console.practice.scenarios import SCENARIOS
from console.practice.staging import Setting
from console.practice.state import remembered

NOMINAL_PORT: Final = 8081
"""Port of the landing pages in destinations when nobody serves them (the app called in-process)."""
SERVED: Final[tuple[Route, ...]] = (
    *routes_bulk.ROUTES,
    *routes_health.ROUTES,
    *routes_account.ROUTES,
    *routes_links.ROUTES,
)
ROUTES: Final[tuple[Route, ...]] = (*SERVED, about(SERVED))


class PracticePlatform(Control):
    """The platform. `app` is its ASGI app; `landing` is the app of its landing pages.

    Everything but ports and the time of the start follows from `scenario`, `links` and `seed`.
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
        count = self.scenario.links if links is None else links
        setting = remembered(database) or Setting(count, seed, clock(), landing_port, refused_port)
        stage = self.scenario.build(setting)
        super().__init__(setting, stage, plan or self.scenario.plan, database=database, clock=clock)
        router = Router(paths(self, ROUTES), redirect_slashes=False, default=nowhere)
        layer = FaultLayer(router, self.faults, self.meter)
        self.desk = Desk(layer, self.seed, self.now, requests_log)
        self.app = self.desk
        self.scenario.script(self)

    @property
    def requests(self) -> list[Asked]:
        """What was asked and answered, oldest first."""
        return list(self.desk.asked)

    def close(self) -> None:
        """Give the database and the log back."""
        self.desk.close()
        self.store.close()
