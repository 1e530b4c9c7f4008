"""The gate of every request: token, handle, role, plan, throttle, idempotency, budget; then the route.

The order is what makes the platform's refusals true: a request that is refused before the budget costs
nothing, and a repeated key is answered again without costing a second write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.routing import Route as Path

from console.domain.target import Role
from console.practice.calls import Call, answer, decode, read_body, refusal
from console.practice.desk import ASKED
from console.practice.problems import Problem
from console.practice.route import Route
from console.practice.sockets import Receive, Scope, Send
from console.practice.state import State
from console.practice.tokens import Caller

CONTROL: Final = "/v2/handles/{handle}"
TWIN: Final = "/v2/public/handles/{handle}"
NOBODY: Final = Caller("", Role.UNKNOWN, "", "")


class Door:
    """One path of the platform, with a route for each method. An ASGI app for Starlette's router."""

    def __init__(self, state: State, routes: Mapping[str, Route], *, twin: bool) -> None:
        self._state = state
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
        response.headers.update(self._state.throttle.headers())
        await response(scope, receive, send)

    async def _answer(self, request: Request, request_id: str) -> Response:
        route = self._routes.get(request.method)
        if route is None:
            raise Problem(
                405, "method_not_allowed", "Method Not Allowed", headers={"Allow": ", ".join(self._routes)}
            )
        caller = NOBODY if route.role is None else self._admit(route, request)
        self._state.throttle.take()
        call = Call(request, caller, request_id)
        return await (self._write(route, call) if route.writes else route.perform(self._state, call))

    def _admit(self, route: Route, request: Request) -> Caller:
        state = self._state
        caller = self._identify(route, request)
        request.scope["state"][ASKED].operator = caller.operator
        handle = request.path_params.get("handle", state.handle)
        if handle != state.handle:
            raise Problem(404, "handle_not_found", f"no handle {handle!r}")
        if caller.handle != handle:
            raise Problem(403, "forbidden", "the token is for another handle")
        if caller.is_pat:
            state.meter.require("PRO", "pats")
        if caller.scopes is not None and route.scope not in caller.scopes:
            raise Problem(403, "insufficient_scope", f"the token lacks the scope {route.scope}")
        assert route.role is not None
        if caller.role < route.role:
            raise Problem(403, "insufficient_role", f"{route.name} needs the role {route.role.name}")
        if route.feature is not None:
            state.meter.require(*route.feature)
        return caller

    def _identify(self, route: Route, request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
        token = token or (request.headers.get("x-api-key", "") if self._twin or route.pat else "")
        if not token:
            raise Problem(401, "missing_bearer_token", "send Authorization: Bearer <token>")
        tokens = self._state.tokens
        if token.startswith("patv1_"):
            caller = tokens.check_pat(token)
            if not self._twin and not route.pat and not self._state.manners.pat_everywhere:
                raise Problem(403, "forbidden", "a PAT takes the routes under /v2/public/ only")
            return caller
        if self._twin:
            raise Problem(
                401, "invalid_token_format", "the public routes take a PAT: patv1_<tokenId>.<secret>"
            )
        return tokens.check_jwt(token)

    async def _write(self, route: Route, call: Call) -> Response:
        state = self._state
        call.raw = await read_body(call.request)
        call.key = call.request.headers.get("idempotency-key")
        if call.key is None or state.faults.ignore_idempotency:
            return await self._perform(route, call)
        digest = hashlib.sha256(call.raw).hexdigest()
        who = (call.caller.operator, call.key)
        again = state.keys.begin(who, f"{route.method} {call.request.url.path} {digest}", state.now())
        if again is not None:
            return again
        done: Response | None = None
        try:
            done = await self._perform(route, call)
        finally:
            state.keys.settle(who, done)
        return done

    async def _perform(self, route: Route, call: Call) -> Response:
        if route.charged and not self._twin:
            self._state.meter.charge()
        kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in {"", "application/json"} and not (kind == "text/csv" and route.takes == "Import"):
            raise Problem(415, "unsupported_media_type", "send application/json")
        if kind != "text/csv":
            call.body = decode(call.raw) if call.raw or route.takes else {}
        return await route.perform(self._state, call)


def paths(state: State, routes: tuple[Route, ...]) -> list[BaseRoute]:
    """The routes as Starlette's router takes them: fixed paths come before those with a slug."""
    by_path: dict[tuple[str, bool], dict[str, Route]] = {}
    for route in routes:
        by_path.setdefault((f"{CONTROL if route.twin else ''}{route.path}", False), {})[route.method] = route
        if route.twin:
            by_path.setdefault((f"{TWIN}{route.path}", True), {})[route.method] = route
    ordered = sorted(by_path, key=lambda entry: "{slug}" in entry[0])
    return [Path(path, Door(state, by_path[path, twin], twin=twin)) for path, twin in ordered]


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """What the gateway says of a path that is no route: `{message}` alone (platform-api, "Errors")."""
    await answer({"message": "Not Found"}, 404)(scope, receive, send)
