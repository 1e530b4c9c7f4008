"""How a call is made: which token and routes, what is tried again, what is sent once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from console.api import wire
from console.api.asks import Answer, Answered, Ask
from console.api.auth import Claims, TokenKeeper, classify_token, clean_token
from console.api.lanes import Lanes
from console.api.settings import ConnectionSettings, RenewableSource, TokenSource
from console.api.throttle import Clock, Pace, Retrying, Waiting
from console.domain.links import JSON
from console.domain.target import Secret

if TYPE_CHECKING:
    from console.api.exchange import Exchange

Make = Callable[[wire.Routes], Ask]
"""Makes the request for the routes that the token of the moment takes."""


class Calls:
    """Calls to one platform. Raises `console.domain.errors` and nothing else."""

    def __init__(
        self,
        settings: ConnectionSettings,
        token: TokenSource,
        clock: Clock,
        on_wait: Callable[[Waiting], None] | None,
        on_answer: Callable[[Answered], None] | None,
        *,
        lanes: Lanes | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._own = token if isinstance(token, RenewableSource) else None
        renews = self._own is not None or settings.refresh
        self.tokens = TokenKeeper(token, clock, self._renew if renews else None)
        self.retrying = Retrying(clock, settings.patience, on_wait)
        self.lanes = lanes or Lanes()
        self._pace = Pace()
        self._on_answer = on_answer
        self._opened: Exchange | None = None
        self._opening = asyncio.Lock()

    async def read(self, make: Make) -> Answer:
        """A read's successful answer, tried again where that may help."""
        # Only for its words: each try makes its own, since the token may have been renewed meanwhile.
        what = make(self.routes(await self.tokens.current())).what

        async def attempt() -> Answer:
            await self._turn(what)
            with self._pace.flight():
                answer = await self._read_once(make)
            self._pace.note(answer.status, answer.headers, self.clock.now())
            if answer.status not in wire.SUCCESS:
                raise wire.error_from(answer.status, answer.headers, answer.body)
            return answer

        return await self.retrying(attempt, what)

    async def _read_once(self, make: Make) -> Answer:
        secret = await self.tokens.for_reading()
        exchange = await self.exchange()
        answer = await exchange.send(make(self.routes(secret)), secret)
        if (
            answer.status == 401
            and self.tokens.renews
            and wire.problem_of(answer.body).code == "token_expired"
        ):
            fresh = await self.tokens.renewed(secret)
            if fresh != secret:
                secret = fresh
                answer = await exchange.send(make(self.routes(secret)), secret)
        return answer

    async def read_json(self, make: Make, what: str) -> JSON:
        """The JSON of a read."""
        return wire.json_of(await self.read(make), what)

    async def write(self, make: Make, *, empty: bool = False) -> tuple[JSON, Answer]:
        """A write's successful answer. Sent once.

        Args:
            make: the request.
            empty: take 201, 202 and 204 without a body, as None.

        Raises:
            RepointError: `applied` is "no" where that is certain.
        """
        secret = await self.tokens.for_writing(self.settings.write_margin_seconds)
        ask = make(self.routes(secret))
        await self.lanes.turn()
        exchange = await self.exchange()
        with self._pace.flight():
            answer = await exchange.send(ask, secret)
        self._pace.note(answer.status, answer.headers, self.clock.now())
        return wire.json_of(answer, ask.what, write=True, empty=empty), answer

    async def send_plain(self, ask: Ask) -> Answer:
        """One exchange without a token and without another try."""
        return await (await self.exchange()).send(ask, None)

    async def _turn(self, what: str) -> None:
        """Wait for the lane and the pace: whoever waited for one asks for the other again."""
        await self.lanes.turn()
        while await self.keep_pace(what):
            await self.lanes.turn()

    async def keep_pace(self, what: str) -> bool:
        """Wait as long as the platform's stated rate asks for; whether that was at all."""
        waited = False
        while True:
            now = self.clock.now()
            if pause := self._pace.pause(now):
                self.retrying.tell(Waiting(pause, what, asked=pause))
                await self.clock.sleep(pause)
            elif self._pace.crowded(now):
                await self._pace.landing()
            else:
                return waited
            waited = True

    def pause_seconds(self) -> float:
        """Seconds until the platform's stated rate allows another request."""
        return self._pace.pause(self.clock.now())

    async def claims(self) -> Claims:
        """What the token says of itself."""
        return self.tokens.claims(await self.tokens.current())

    async def exchange(self) -> Exchange:
        """The connections, made on first use and off the event loop: TLS set-up takes a while."""
        async with self._opening:
            if self._opened is None:
                self._opened = await asyncio.to_thread(_open, self.settings, self._on_answer)
            return self._opened

    async def close(self) -> None:
        """Give connections back."""
        if self._opened is not None:
            await self._opened.close()

    def routes(self, secret: Secret) -> wire.Routes:
        """The routes that a token takes: a PAT has public twins of the JWT's."""
        settings = self.settings
        return wire.Routes(
            settings.handle, classify_token(secret), settings.rollback_target_key, settings.import_csv
        )

    async def _renew(self, secret: Secret) -> Secret:
        """Another token from its source, which costs nothing; else from the platform, where asked for."""
        fresh = await self._own.renewed(secret) if self._own is not None else secret
        if fresh != secret or not self.settings.refresh:
            return fresh
        answer = await (await self.exchange()).send(wire.REFRESH, secret)
        return clean_token(wire.token_from(wire.json_of(answer, wire.REFRESH.what)))


def _open(settings: ConnectionSettings, on_answer: Callable[[Answered], None] | None) -> Exchange:
    from console.api.exchange import Exchange

    return Exchange(settings, on_answer)
