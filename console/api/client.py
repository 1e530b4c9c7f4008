"""The platform of `platform-api.md` over HTTP: the port's implementation.

Reads are tried again (`throttle`). Writes are sent once, each on a connection of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime

from console.api import wire
from console.api.asks import Answered, Ask
from console.api.auth import Claims, TokenKind
from console.api.calls import Calls, Make
from console.api.lanes import Lanes
from console.api.port import (
    Capabilities,
    HealthRun,
    Identity,
    ImportAnswer,
    ImportOrder,
    PutOrder,
    ReportAnswer,
    ReportOrder,
    RollbackOrder,
    WriteAnswer,
)
from console.api.settings import ROLLBACK_TARGET_KEYS, ConnectionSettings, TokenSource
from console.api.throttle import Clock, Waiting
from console.domain.budget import Meter
from console.domain.errors import ConfigProblem, Conflict, NotFound, RouteMissing, SignInNeeded
from console.domain.links import JSON, Link
from console.domain.outcomes import GuardLevel
from console.domain.routing import Route, Visitor
from console.domain.target import Role
from console.domain.unread import Unread
from console.domain.versions import Timeline


class HttpPlatform:
    """One platform and handle, as `console.api.port.Platform`.

    Made without a connection and without a token being read: both come with the first call.

    Args:
        settings: where, and how.
        token: asked before each call.
        clock: for ages and waits.
        on_wait: told before each wait of a read; must not raise.
        on_answer: told after each answer, with its request id; must not raise.
        lanes: whose call goes first; shared with what else works for the same operator.

    Raises:
        ConfigProblem: the settings cannot be used.
    """

    def __init__(
        self,
        settings: ConnectionSettings,
        token: TokenSource,
        clock: Clock,
        *,
        on_wait: Callable[[Waiting], None] | None = None,
        on_answer: Callable[[Answered], None] | None = None,
        lanes: Lanes | None = None,
    ) -> None:
        if settings.rollback_target_key not in ROLLBACK_TARGET_KEYS:
            raise ConfigProblem(
                "rollback_target_key names no field of a rollback",
                hint="One of " + ", ".join(ROLLBACK_TARGET_KEYS),
            )
        self._settings = replace(settings, base_url=settings.origin)
        self._calls = Calls(self._settings, token, clock, on_wait, on_answer, lanes=lanes)
        self._clock = clock
        self._run_id = ""
        self._capabilities = Capabilities(
            guard=GuardLevel.STRONG if settings.compares_versions else GuardLevel.BEST_EFFORT,
            honours_idempotency=settings.honours_idempotency,
            charges_writes=True,
        )

    @property
    def capabilities(self) -> Capabilities:
        """What the platform is known to do: by the settings, and as its answers have shown since."""
        return self._capabilities

    async def whoami(self) -> Identity:
        """See `Platform`. A PAT that may not ask who it is, is known by its id."""
        claims = await self._calls.claims()
        # platform-api, "Daily writes": the public twins, which a PAT takes, are free
        charged = claims.kind is not TokenKind.PAT
        self._capabilities = replace(self._capabilities, charges_writes=charged)
        try:
            raw = await self._calls.read_json(lambda _: wire.ME, wire.ME.what)
        except (SignInNeeded, RouteMissing):
            if claims.kind is not TokenKind.PAT:
                raise
            await self._calls.read(lambda routes: routes.links(1))  # raises if the PAT is no good at all
            return Identity(claims.token_id, claims.token_id, Role.UNKNOWN, "", token_id=claims.token_id)
        identity = wire.identity_from(raw, self._settings.handle)
        if identity.role is Role.UNKNOWN:
            identity = replace(identity, role=await self._own_role(identity))
        return replace(identity, token_id=claims.token_id, token_expires_at=claims.expires_at)

    async def token_ends(self) -> datetime | None:
        """When the token that counts now ends."""
        return (await self._calls.claims()).expires_at

    async def _own_role(self, identity: Identity) -> Role:
        try:
            raw = await self._calls.read_json(lambda routes: routes.collaborators(), "the collaborators")
        except (SignInNeeded, RouteMissing, NotFound):
            return Role.UNKNOWN
        return wire.role_from(raw, identity.operator, identity.name)

    async def meter(self) -> Meter | None:
        """See `Platform`."""
        try:
            raw = await self._calls.read_json(lambda routes: routes.meter(), "the day's writes")
        except RouteMissing:
            return None
        return wire.meter_from(raw, self._clock.now().wall)

    async def links(self, on_unread: Callable[[Unread], object] | None = None) -> AsyncIterator[list[Link]]:
        """See `Platform`. Batches hold at most 1,000 links; a failure means that they were not all."""
        from console.api.export import NoExport, exported, pages

        try:
            async with aclosing(exported(self._calls, on_unread)) as batches:
                async for batch in batches:
                    yield batch
        except NoExport:
            async with aclosing(pages(self._calls, self._settings.page_size, on_unread)) as batches:
                async for batch in batches:
                    yield batch

    async def link(self, slug: str) -> Link:
        """See `Platform`."""
        return wire.link_answer(
            await self._calls.read_json(lambda routes: routes.link(slug), f"the link {slug}"), slug
        )

    async def history(self, slug: str, *, limit: int | None = None) -> Timeline:
        """See `Platform`."""
        from console.api.history import read_history

        return await read_history(self._calls, self.link, slug, limit)

    async def rollback(self, order: RollbackOrder) -> WriteAnswer:
        """See `Platform`."""
        return await self._write_link(lambda routes: routes.rollback(order), order.slug)

    async def put(self, order: PutOrder) -> WriteAnswer:
        """See `Platform`."""
        return await self._write_link(lambda routes: routes.put(order), order.slug)

    async def _write_link(self, make: Make, slug: str) -> WriteAnswer:
        try:
            raw, answer = await self._calls.write(make, empty=True)
        except Conflict as error:
            if error.status == 412:  # only a platform that compares gives this
                self._capabilities = replace(self._capabilities, guard=GuardLevel.STRONG)
            raise
        if answer.headers.get("idempotent-replay", "").strip().lower() == "true":
            self._capabilities = replace(self._capabilities, honours_idempotency=True)
        compared = self._capabilities.guard is GuardLevel.STRONG
        with wire.unknown_when_unreadable(answer.request_id):
            return wire.write_answer(
                raw, slug, status=answer.status, request_id=answer.request_id, compared=compared
            )

    async def preview(self, slug: str, visitor: Visitor) -> Route:
        """See `Platform`."""
        raw, answer = await self._calls.write(lambda routes: routes.preview(slug, visitor))
        with wire.unknown_when_unreadable(answer.request_id):
            return wire.preview_from(raw)

    async def last_health(self) -> HealthRun:
        """See `Platform`. While a run that `check_health` started goes on, the results of that run."""
        run_id = self._run_id
        try:
            raw = await self._last_health(run_id)
        except NotFound:
            if not run_id:
                raise
            raw = await self._last_health("")
        run = wire.health_from(raw, self._clock.now().wall)
        if run.finished:
            self._run_id = ""
        return run

    async def _last_health(self, run_id: str) -> JSON:
        return await self._calls.read_json(lambda routes: routes.last_health(run_id), "the last health check")

    async def check_health(self, slugs: Sequence[str], *, timeout_seconds: float) -> HealthRun:
        """See `Platform`. Where the route does not take one method, the next of `wire.CHECK_METHODS`."""
        for method in wire.CHECK_METHODS[:-1]:
            try:
                return await self._check_health(method, slugs, timeout_seconds)
            except RouteMissing:
                continue
        return await self._check_health(wire.CHECK_METHODS[-1], slugs, timeout_seconds)

    async def _check_health(self, method: str, slugs: Sequence[str], timeout_seconds: float) -> HealthRun:
        def make(routes: wire.Routes) -> Ask:
            return routes.check_health(slugs, timeout_seconds, method)

        if method == "GET":
            answer = await self._calls.read(make)
            raw = wire.json_of(answer, "the health check")
        else:
            raw, answer = await self._calls.write(make)
        with wire.unknown_when_unreadable(answer.request_id):
            run = wire.health_from(raw, self._clock.now().wall, status=answer.status)
        self._run_id = "" if run.finished else run.run_id or ""
        return run

    async def bulk_import(self, order: ImportOrder) -> ImportAnswer:
        """See `Platform`."""
        raw, answer = await self._calls.write(lambda routes: routes.bulk_import(order), empty=True)
        with wire.unknown_when_unreadable(answer.request_id):
            return wire.import_from(raw, order.links, status=answer.status, request_id=answer.request_id)

    async def import_status(self, import_id: str, links: Sequence[Link]) -> ImportAnswer:
        """See `Platform`."""
        answer = await self._calls.read(lambda routes: routes.import_status(import_id))
        raw = wire.json_of(answer, "the import")
        return wire.import_from(raw, links, status=answer.status, request_id=answer.request_id)

    async def report(self, order: ReportOrder) -> ReportAnswer:
        """See `Platform`."""
        raw, answer = await self._calls.write(lambda routes: routes.report(order), empty=True)
        with wire.unknown_when_unreadable(answer.request_id):
            return wire.report_answer(raw, answer.request_id)

    async def alive(self) -> JSON:
        """See `Platform`. One try: whoever asks this wants to know about now."""
        return wire.json_of(await self._calls.send_plain(wire.ALIVE), wire.ALIVE.what)

    async def claims(self) -> Claims:
        """What the token says of itself; nothing in it is verified."""
        return await self._calls.claims()

    async def token_seconds_left(self) -> float | None:
        """Seconds until the token ends, negative when it has; None when it does not say."""
        return (await self._calls.claims()).seconds_left(self._clock.now())

    def pause_seconds(self) -> float:
        """Seconds until the platform's stated request rate allows another request; 0 when it does now."""
        return self._calls.pause_seconds()

    async def close(self) -> None:
        """See `Platform`."""
        await self._calls.close()
