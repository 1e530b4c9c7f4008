"""A machine with consoles that can die at any step, a line that loses answers, and a platform in memory.

Everything runs in one thread on one loop with a clock that only the simulator turns, so that one seed is
one run. What a death leaves behind is what a real one leaves: the journal and the cache on the disk, and
whatever the platform already did. The journal keeps its own settings, `synchronous=EXTRA` included.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from unittest import mock

import httpx

from cache.journal import Journal, Write
from cache.process import Holder
from console.api.client import HttpPlatform
from console.api.settings import ConnectionSettings
from console.domain.outcomes import WriteState
from console.domain.target import Secret
from console.ops.guard import SEND_WITHIN
from console.ops.probe.prober import Prober
from console.ops.probe.values import ProbeSettings
from console.ops.profiles.profile import Profile
from console.ops.session import Session
from console.ops.settle import SETTLE_SECONDS
from console.ops.store import Store
from console.practice.platform import PracticePlatform
from tests.support.clock import START, ManualClock

TIMEOUT: Final = 15.0
_CENTURY: Final = 100 * 365 * 86400.0
KILL_POINTS: Final = (
    "read",
    "prepare:before",
    "prepare:after",
    "sent:before",
    "sent:after",
    "post:before",
    "post:after",
    "applied:before",
    "applied:after",
    "refused:before",
    "refused:after",
    "unknown:before",
    "unknown:after",
)
ACTING: ContextVar[Console] = ContextVar("ACTING")


class Killed(BaseException):
    """The console's process is gone. Nothing but the simulator may catch it."""


class SimClock(ManualClock):
    """The consoles' clocks. `true` is the time that really passes, whatever a wall clock is set to."""

    def __init__(self) -> None:
        super().__init__()
        self.true = START.timestamp()
        self.before_passing: Callable[[float], Awaitable[None]] | None = None

    async def sleep(self, seconds: float) -> None:
        if self.before_passing is not None:
            await self.before_passing(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self.true += seconds
        super().advance(seconds)

    def sleep_machine(self, seconds: float) -> None:
        self.true += seconds
        super().sleep_machine(seconds)


class MortalJournal(Journal):
    """The real journal; each durable step of it is a place to die."""

    def __init__(self, connection: Any, console: Console) -> None:
        super().__init__(connection, console.holder)
        self._console = console

    def prepare(self, write: Write) -> Write:
        self._console.step("prepare:before")
        kept = super().prepare(write)
        self._console.step("prepare:after")
        return kept

    def advance(self, key: str, state: WriteState, **more: Any) -> Write:
        self._console.step(f"{state.value}:before")
        moved = super().advance(key, state, **more)
        self._console.step(f"{state.value}:after")
        return moved


def content_of(record: Mapping[str, Any]) -> str:
    """What an operator would recognise a version by."""
    return f"{record['destinationUrl']} {record.get('enabled', True)} {sorted(record.get('tags', []))}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a write of ours met the platform.

    Attributes:
        content: of the version that it replaced.
        ignoring: whether the platform left out to compare.
        read: version and content that the sender read last before it sent.
    """

    content: str
    ignoring: bool
    read: tuple[int, str] | None


@dataclass(slots=True)
class Late:
    """A request whose sender gave up, still on its way. It arrives before `due`, or never."""

    request: httpx.Request
    due: float


class Line(httpx.AsyncBaseTransport):
    """Between the consoles and the platform: dawdles, loses answers, and brings requests late.

    Attributes:
        losing: what happens to the next write: `late`, `lost` (done, no answer) or `gone` (never arrives).
        arrivals: by key, the writes that took effect.
    """

    def __init__(self, platform: PracticePlatform, clock: SimClock, rng: random.Random) -> None:
        self._inner = httpx.ASGITransport(platform.app)
        self._platform = platform
        self._clock = clock
        self.rng = rng
        self.losing = ""
        self.late: list[Late] = []
        self.arrivals: dict[str, Arrival] = {}
        self.sent: dict[str, tuple[int, str] | None] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        console = ACTING.get()
        if request.method == "GET":
            console.step("read")
            await self._dawdle()
            if self.late and self.rng.random() < 0.2:
                await self.arrive(self.late.pop(0))
            return await self._read(request, console)
        console.step("post:before")
        self.sent[request.headers["idempotency-key"]] = console.read.get(request.url.path.split("/")[5])
        await self._dawdle()
        losing, self.losing = self.losing, ""
        if losing:
            return await self._lose(losing, request, console)
        response = await self._write(request)
        console.step("post:after")
        return response

    async def _read(self, request: httpx.Request, console: Console) -> httpx.Response:
        parts = request.url.path.split("/")
        held = self._platform.store.get(parts[5]) if parts[-1] == "history" else None
        response = await self._inner.handle_async_request(request)
        after = None if held is None else self._platform.store.get(held.slug)
        if held is not None and after is not None and response.status_code == 200:
            console.read[held.slug] = (after.version, content_of(after.content()))
        return response

    async def _write(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._inner.handle_async_request(request)
        finally:
            self._note(request.headers["idempotency-key"])

    def _note(self, key: str) -> None:
        store = self._platform.store
        for event in store.events[-3:]:
            held = store.get(event.slug)
            if event.key == key and held is not None and event.before_version is not None:
                before = store.version(held, event.before_version)
                assert before is not None
                ignoring = self._platform.faults.ignore_preconditions
                self.arrivals[key] = Arrival(content_of(json.loads(before.record)), ignoring, self.sent[key])

    async def _lose(self, how: str, request: httpx.Request, console: Console) -> httpx.Response:
        if how == "late":
            self.late.append(Late(request, self._clock.true + SETTLE_SECONDS - SEND_WITHIN - 1.0))
        elif how == "lost":
            await self._write(request)
        console.step("post:after")
        await self._clock.sleep(TIMEOUT)
        raise httpx.ReadTimeout("no answer", request=request)

    async def _dawdle(self) -> None:
        for _ in range(self.rng.randrange(4)):
            await asyncio.sleep(0)

    async def arrive(self, late: Late) -> None:
        """The platform gets it after all; nobody hears the answer."""
        with suppress(httpx.TransportError):
            await self._write(late.request)

    async def settle(self, seconds: float) -> None:
        """Before so many seconds pass: what is due within them arrives, or is lost for good."""
        horizon = self._clock.true + seconds
        due = [late for late in self.late if late.due <= horizon]
        self.late = [late for late in self.late if late.due > horizon]
        for late in due:
            if self.rng.random() < 0.7:
                await self.arrive(late)


class Tokens:
    """A token source whose token can be changed."""

    def __init__(self, token: str) -> None:
        self.token = token

    async def get(self) -> Secret:
        return Secret(self.token)


class World:
    """One machine and home, one platform. Reused by many runs; each run has links of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = SimClock()
        self.platform = PracticePlatform("tiny", clock=lambda: self.clock.true)
        self.line = Line(self.platform, self.clock, random.Random(0))
        self.clock.before_passing = self.line.settle
        self.living: set[Holder] = set()
        self.born = 0
        self.secrets: set[str] = set()
        self.profile = Profile(name="sim", base_url="http://127.0.0.1:9", handle=self.platform.handle)
        self.target = self.profile.target(0)
        self.watcher = Store.open(home / "cache.db", home / "journal.db")

    def reseed(self, seed: int) -> None:
        """Begin a run: nothing is left on the line, no faults, the clock tells the truth."""
        self.line.rng = random.Random(f"line {seed}")
        self.line.late, self.line.losing = [], ""
        self.platform.faults.clear()
        self.clock.moment = ManualClock().moment

    def token(self, operator: str) -> str:
        """A new token of that operator, remembered so that it can be looked for in files."""
        made = self.platform.tokens.jwt(operator, lives=_CENTURY)
        self.secrets.add(made)
        return made

    def close(self) -> None:
        self.watcher.close()
        self.platform.close()

    @contextmanager
    def processes(self) -> Iterator[None]:
        """Inside, a process is a console: who asks is the one that acts, who lives is in `living`."""
        me = lambda: ACTING.get().holder  # noqa: E731
        alive = self.living.__contains__
        with ExitStack() as stack:
            for place in ("console.ops.recovery", "console.ops.record"):
                stack.enter_context(mock.patch(f"{place}.this_process", me))
            for place in ("console.ops.recovery", "console.ops.record", "cache.journal", "cache.writes"):
                stack.enter_context(mock.patch(f"{place}.is_alive", alive))
            yield


class Console:
    """One process of one operator; opens everything as `connect` does.

    Attributes:
        doom: the step at which it dies next; empty: it does not.
        died_at: the step at which it died of its doom.
    """

    def __init__(self, world: World, operator: str, tokens: Tokens, *, honours: bool) -> None:
        self.world = world
        self.operator = operator
        self.tokens = tokens
        self.doom = self.died_at = ""
        self.dead = False
        self.read: dict[str, tuple[int, str]] = {}
        world.born += 1
        self.holder = Holder(world.born, "1", "sim", "sim")
        world.living.add(self.holder)
        store = Store.open(world.home / "cache.db", world.home / "journal.db")
        settings = ConnectionSettings(
            world.profile.base_url,
            world.profile.handle,
            timeout_seconds=TIMEOUT,
            honours_idempotency=honours,
            transport=world.line,
        )
        probing = ProbeSettings()
        self.session = Session(
            target=replace(world.target, operator=self.operator),
            profile=world.profile,
            platform=HttpPlatform(settings, self.tokens, world.clock),
            store=replace(store, journal=MortalJournal(store.connections[1], self)),
            clock=world.clock,
            prober=Prober(probing, world.clock),
            probing=probing,
        )

    def step(self, name: str) -> None:
        """A place to die. A dead process does nothing more, whoever asks."""
        if self.dead:
            raise Killed
        if name == self.doom:
            self.die()
            self.died_at = name
            raise Killed

    def die(self) -> None:
        """SIGKILL: the kernel closes the files, the objects are thrown away."""
        if self.dead:
            return
        self.dead, self.doom = True, ""
        self.world.living.discard(self.holder)
        self.session.store.close()
