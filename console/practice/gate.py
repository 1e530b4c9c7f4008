"""The gate of every request: token, handle, role, plan, throttle, idempotency, budget; then the route.

The order is what makes the platform's refusals true: a request that is refused before the budget costs
nothing, and a repeated key is answered again without costing a second write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.routing import Route as Path

from console.domain.target import Role
from console.practice.calls import Call, Route, answer, decode, read_body, refusal
from console.practice.desk import ASKED
from console.practice.problems import Problem
from console.practice.sockets import Receive, Scope, Send
from console.practice.tokens import Caller

if TYPE_CHECKING:
    from console.practice.platform import PracticePlatform

CONTROL: Final = "/v2/handles/{handle}"
TWIN: Final = "/v2/public/handles/{handle}"
KEY_LIVES: Final = 24 * 3600.0
NOBODY: Final = Caller("", Role.UNKNOWN, "", "")


@dataclass(frozen=True, slots=True)
class Remembered:
    """The first answer given for an idempotency key; None while it is being worked out."""

    request: str
    at: float
    answer: tuple[int, bytes, dict[str, str]] | None = None


class Keys:
    """Idempotency keys: the same request is answered again, another one under the same key is refused."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Remembered] = {}

    def begin(self, who: tuple[str, str], request: str, now: float) -> Response | None:
        """The first answer again, or None when this is the first time.

        Raises:
            Problem: 422 for another request under the same key, 409 while the first is still running
                (draft-ietf-httpapi-idempotency-key-header-07).
        """
        known = self._known.get(who)
        if known is None or now - known.at > KEY_LIVES:
            self._known[who] = Remembered(request, now)
            return None
        if known.request != request:
            raise Problem(422, "idempotency_key_reused", "this key belongs to another request")
        if known.answer is None:
            raise Problem(409, "idempotency_in_progress", "the first request with this key is still running")
        status, body, headers = known.answer
        return Response(body, status, {**headers, "Idempotent-Replay": "true"})

    def settle(self, who: tuple[str, str], response: Response | None) -> None:
        """Keep the answer of a write that was done; forget the key of one that was refused."""
        known = self._known.pop(who)
        if response is not None and response.status_code < 300:
            headers = {k: v for k, v in response.headers.items() if k != "content-length"}
            kept = (response.status_code, bytes(response.body), headers)
            self._known[who] = Remembered(known.request, known.at, kept)


class Door:
    """One path of the platform, with a route for each method. An ASGI app for Starlette's router."""

    def __init__(self, platform: PracticePlatform, routes: Mapping[str, Route], *, twin: bool) -> None:
        self._platform = platform
        self._routes = routes
        self._twin = twin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        request_id: str = scope["state"][ASKED].request_id
        try:
            response = await self._answer(request, request_id)
        except Problem as problem:
            response = refusal(problem, request_id)
        response.headers.update(self._platform.throttle.headers())
        await response(scope, receive, send)

    async def _answer(self, request: Request, request_id: str) -> Response:
        route = self._routes.get(request.method)
        if route is None:
            raise Problem(
                405, "method_not_allowed", "Method Not Allowed", headers={"Allow": ", ".join(self._routes)}
            )
        caller = NOBODY if route.role is None else self._admit(route, request)
        self._platform.throttle.take()
        call = Call(request, caller, request_id)
        return await (self._write(route, call) if route.writes else route.perform(self._platform, call))

    def _admit(self, route: Route, request: Request) -> Caller:
        platform = self._platform
        caller = self._identify(route, request)
        request.scope["state"][ASKED].operator = caller.operator
        handle = request.path_params.get("handle", platform.handle)
        if handle != platform.handle:
            raise Problem(404, "handle_not_found", f"no handle {handle!r}")
        if caller.handle != handle:
            raise Problem(403, "forbidden", "the token is for another handle")
        if caller.is_pat:
            platform.meter.require("PRO", "pats")
        if caller.scopes is not None and route.scope not in caller.scopes:
            raise Problem(403, "insufficient_scope", f"the token lacks the scope {route.scope}")
        assert route.role is not None
        if caller.role < route.role:
            raise Problem(403, "insufficient_role", f"{route.name} needs the role {route.role.name}")
        if route.feature is not None:
            platform.meter.require(*route.feature)
        return caller

    def _identify(self, route: Route, request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
        token = token or (request.headers.get("x-api-key", "") if self._twin or route.pat else "")
        if not token:
            raise Problem(401, "missing_bearer_token", "send Authorization: Bearer <token>")
        tokens = self._platform.tokens
        if token.startswith("patv1_"):
            caller = tokens.check_pat(token)
            if not self._twin and not route.pat and not self._platform.manners.pat_everywhere:
                raise Problem(403, "forbidden", "a PAT takes the routes under /v2/public/ only")
            return caller
        if self._twin:
            raise Problem(
                401, "invalid_token_format", "the public routes take a PAT: patv1_<tokenId>.<secret>"
            )
        return tokens.check_jwt(token)

    async def _write(self, route: Route, call: Call) -> Response:
        platform = self._platform
        call.raw = await read_body(call.request)
        call.key = call.request.headers.get("idempotency-key")
        if call.key is None or platform.faults.ignore_idempotency:
            return await self._perform(route, call)
        digest = hashlib.sha256(call.raw).hexdigest()
        who = (call.caller.operator, call.key)
        again = platform.keys.begin(who, f"{route.method} {call.request.url.path} {digest}", platform.now())
        if again is not None:
            return again
        done: Response | None = None
        try:
            done = await self._perform(route, call)
        finally:
            platform.keys.settle(who, done)
        return done

    async def _perform(self, route: Route, call: Call) -> Response:
        if route.charged and not self._twin:
            self._platform.meter.charge()
        kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in {"", "application/json"} and not (kind == "text/csv" and route.takes == "Import"):
            raise Problem(415, "unsupported_media_type", "send application/json")
        if kind != "text/csv":
            call.body = decode(call.raw) if call.raw or route.takes else {}
        return await route.perform(self._platform, call)


def paths(platform: PracticePlatform, routes: tuple[Route, ...]) -> list[BaseRoute]:
    """The routes as Starlette's router takes them: fixed paths come before those with a slug."""
    by_path: dict[tuple[str, bool], dict[str, Route]] = {}
    for route in routes:
        by_path.setdefault((f"{CONTROL if route.twin else ''}{route.path}", False), {})[route.method] = route
        if route.twin:
            by_path.setdefault((f"{TWIN}{route.path}", True), {})[route.method] = route
    ordered = sorted(by_path, key=lambda entry: "{slug}" in entry[0])
    return [Path(path, Door(platform, by_path[path, twin], twin=twin)) for path, twin in ordered]


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """What the gateway says of a path that is no route: `{message}` alone (platform-api, "Errors")."""
    await answer({"message": "Not Found"}, 404)(scope, receive, send)
