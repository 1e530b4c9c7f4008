"""What an operator does while the line is hostile, and what must hold of it whatever the line did."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from cache.imports import RowState
from console.domain.errors import RepointError
from console.domain.outcomes import Outcome
from console.ops.health.platform_check import check_from_platform
from console.ops.recovery import reconcile
from console.ops.review import read_live
from console.ops.session import Session
from console.ops.settle import SETTLE_SECONDS
from console.ops.sync import sync
from console.practice.server import PracticeServer
from tests.support.clock import ManualClock
from tests.support.desk import at, confirmed, planned
from tests.support.hostile_line import DEADLINE, STEP, Line, Script, Strike, TurnedLoop, hostile_line
from tests.support.importing import applied, resumed, sheet

ALWAYS: Final = 1000
CONNECTING: Final = ("refused", "accept_silent", "accept_close", "accept_reset", "dns_fails", "dns_hangs")
"""Modes of the connection itself, before any request."""
LEAST_DEADLINE: Final = DEADLINE + 0.5 + STEP


@dataclass
class Cell:
    """One mode on a fresh link; `found` is what went wrong."""

    name: str
    server: PracticeServer
    line: Line
    session: Session
    clock: ManualClock
    script: Script | None
    commits: bool
    number: int
    folder: Path
    found: list[str] = field(default_factory=list)

    def slug(self, turn: int) -> str:
        return f"h-{self.number}-{turn}"

    def made(self, turn: int) -> str:
        slug = self.slug(turn)
        for version in range(1, 4):
            self.server.platform.edit(slug, destination_url=f"http://www.localhost:1/{version}")
        return slug

    def writes(self, slug: str) -> list[Any]:
        return [e for e in self.server.platform.events if e.slug == slug and e.key is not None]

    def wrong(self, operation: str, what: object) -> None:
        self.found.append(f"{self.name}, {operation}: {what}")

    @asynccontextmanager
    async def struck(self, operation: str, pattern: str, times: int = ALWAYS) -> AsyncIterator[None]:
        """The mode is on; afterwards it is off, and nobody was kept waiting past the deadline."""
        patch = pytest.MonkeyPatch()
        self.line.strikes = []
        try:
            if self.script is not None:
                self.line.arm(self.script, pattern, times)
            else:
                await _connecting(self.name, self.line, patch)
            yield
        finally:
            patch.undo()
            self.line.disarm()
            if self.line.server is None:
                await self.line.open()
        for strike in self.line.strikes:
            if strike.outlasted or strike.waited > LEAST_DEADLINE:
                self.wrong(operation, f"it was waited for, {strike.waited:g} s")

    async def writes_into(
        self, name: str, operation: str, pattern: str, times: int, work: Awaitable[Any]
    ) -> Any:
        """`work`, with the mode on from the moment that the platform's write `name` is first called."""
        platform: Any = self.session.online()
        usual, inside = getattr(platform, name), AsyncExitStack()

        async def meets(order: Any) -> Any:
            setattr(platform, name, usual)
            await inside.enter_async_context(self.struck(operation, pattern, times))
            return await usual(order)

        setattr(platform, name, meets)
        async with inside:
            return await _tried(self, operation, work)

    def kept(self, slug: str) -> object:
        """What the cache has."""
        store = self.session.store
        timeline = store.timelines.load(slug)
        slugs = ["docs", "spring-launch", "loop-page", slug]
        return (
            store.inventory.count(),
            store.inventory.fields_of(slugs),
            None if timeline is None else timeline.versions,
            store.health.of(slug),
        )


async def _connecting(name: str, line: Line, patch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()

    async def silent(strike: Strike) -> None:
        await strike.drip()

    async def close(strike: Strike) -> None:
        raise ConnectionError

    async def reset(strike: Strike) -> None:
        strike.talk.reset()

    async def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    async def hangs(*_: object, **__: object) -> None:
        assert isinstance(loop, TurnedLoop)
        loop.ahead += DEADLINE + STEP
        await asyncio.Event().wait()

    if name == "refused":
        await line.shut()
    elif name.startswith("accept"):
        line.on_connect = {"accept_silent": silent, "accept_close": close, "accept_reset": reset}[name]
    else:
        patch.setattr(loop, "getaddrinfo", nowhere if name == "dns_fails" else hangs)


async def _tried(cell: Cell, operation: str, work: Awaitable[Any]) -> Any:
    """What came of it, or the error that says why not; any other exception is a fault of the program."""
    try:
        return await work
    except RepointError as error:
        told = f"{error.title}{error.detail}{error.hint}"
        if any(ord(c) < 32 or 0x7F <= ord(c) <= 0x9F for c in told):
            cell.wrong(operation, f"a control character in {told!r}")
        return error
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        cell.wrong(operation, f"{type(error).__name__}: {error}")
        return error


async def syncs(cell: Cell) -> None:
    slug = cell.made(0)
    await sync(cell.session)
    await read_live(cell.session, slug)
    before = cell.kept(slug)
    async with cell.struck("list", r"^GET \S*/links(/export)?(\?\S*)? "):
        await _tried(cell, "list", sync(cell.session))
    if cell.kept(slug) != before:
        cell.wrong("list", "the cache changed")


async def reads_history(cell: Cell) -> None:
    slug = cell.slug(0)
    before = cell.kept(slug)
    async with cell.struck("history", rf"^GET \S*/links/{slug}(/history)?(\?\S*)? "):
        found = await _tried(cell, "history", read_live(cell.session, slug))
    if not isinstance(found, Exception) and found.timeline.names != (3, 2, 1):
        cell.wrong("history", f"it believed {found.timeline.names}")
    if cell.kept(slug) != before:
        cell.wrong("history", "the cache changed")


async def checks_health(cell: Cell) -> None:
    slug = cell.slug(0)
    before = cell.kept(slug)
    async with cell.struck("health", r"^\w+ \S*/links/health-check"):
        found = await _tried(cell, "health", check_from_platform(cell.session, [slug]))
    if isinstance(found, Exception) or not found:
        if cell.kept(slug) != before:
            cell.wrong("health", "the cache changed")
    elif not cell.commits:
        cell.wrong("health", f"it believed {found}")


async def rolls_back(cell: Cell, operation: str, turn: int, pattern: str, times: int) -> None:
    """The write meets the mode; with `times`, so does all that is read after it."""
    slug, session = cell.made(turn), cell.session
    plan = await planned(session, 2, slug)
    rollback = pattern.format(slug=slug)
    result = await cell.writes_into("rollback", operation, rollback, times, confirmed(session, plan))
    if not isinstance(result, Exception):
        _judged(cell, operation, slug, result.outcome)
    cell.clock.advance(SETTLE_SECONDS + 1)
    for settled in await reconcile(session):
        _judged(cell, f"{operation}, reconciled", slug, settled.outcome)
    if session.store.journal.open_writes():
        cell.wrong(operation, "the write stays open")


def _judged(cell: Cell, operation: str, slug: str, outcome: Outcome) -> None:
    """The verdict is the platform's truth, or UNKNOWN."""
    done = len(cell.writes(slug))
    if done > 1:
        cell.wrong(operation, f"applied {done} times")
    if outcome is not Outcome.UNKNOWN and (outcome is Outcome.APPLIED) != bool(done):
        cell.wrong(operation, f"{outcome.value}, and the platform did it {done} times")


async def imports(cell: Cell) -> None:
    slugs = [f"i-{cell.number}-{n}" for n in range(2)]
    path = sheet(cell.folder, [(slug, f"https://docs.example/{slug}", "T") for slug in slugs])
    bulk = r"^POST \S*/bulk-import "
    report = await cell.writes_into("bulk_import", "import", bulk, 1, applied(cell.session, path))
    if isinstance(report, Exception):
        return
    if report.state != "done":
        cell.clock.advance(SETTLE_SECONDS + 1)
        report = await _tried(cell, "import, resumed", resumed(cell.session, path))
    if isinstance(report, Exception) or report.state != "done":
        cell.wrong("import", f"it does not end: {report}")
        return
    done = [len(cell.writes(slug)) for slug in slugs]
    claimed = report.counts[RowState.CREATED] + report.counts[RowState.UNCHANGED]
    if max(done) > 1 or sum(done) != claimed or claimed + report.counts[RowState.FAILED] != len(slugs):
        cell.wrong("import", f"{dict(report.counts)}, and the platform wrote {done}")


OPERATIONS: Final[tuple[Callable[[Cell], Awaitable[None]], ...]] = (
    syncs,
    reads_history,
    checks_health,
    lambda cell: rolls_back(cell, "rollback", 1, r"^POST \S*/{slug}/rollback ", 1),
    lambda cell: rolls_back(cell, "rollback, blind", 2, r"^\w+ \S*/links/{slug}", ALWAYS),
    imports,
)


async def every_cell(
    server: PracticeServer, name: str, script: Script | None, number: int, folder: Path, *, commits: bool
) -> list[str]:
    """Do everything once while that mode is on; what went wrong."""
    clock = ManualClock()
    async with hostile_line(_port(server)) as line:
        base = line.base_url.replace("127.0.0.1", "localhost") if name.startswith("dns") else line.base_url
        async with at(server, clock, base_url=base, timeout=DEADLINE) as session:
            await session.introduce()
            cell = Cell(name, server, line, session, clock, script, commits, number, folder)
            for operation in OPERATIONS:
                await operation(cell)
            if session.store.journal.verify():
                cell.wrong("journal", "the chain is broken")
    return cell.found


def _port(server: PracticeServer) -> int:
    return int(server.base_url.rpartition(":")[2])
