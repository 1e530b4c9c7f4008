"""Routes about the operator and the platform itself."""

from __future__ import annotations

import hashlib
from typing import Final

from starlette.responses import Response

from console.practice.calls import Call, answer
from console.practice.problems import Problem
from console.practice.route import Route
from console.practice.state import State
from console.practice.tokens import HOUR


async def me(state: State, call: Call) -> Response:
    """`GET /v2/auth/me`."""
    caller = call.caller
    return answer(
        {
            "user": {
                "id": caller.operator,
                "email": f"{caller.operator}@{state.handle}.example",
                "name": caller.operator.capitalize(),
            },
            "handles": [{"handle": caller.handle, "role": caller.role.name}],
            "plan": state.meter.plan,
        }
    )


async def refresh(state: State, call: Call) -> Response:
    """`POST /v2/auth/refresh`: another hour for the same operator."""
    token = state.tokens.jwt(call.caller.operator, call.caller.role)
    return answer({"token": token, "expiresIn": int(HOUR)})


async def collaborators(state: State, call: Call) -> Response:
    """`GET collaborators`: who works on the handle, the caller among them."""
    people = {**state.people, call.caller.operator: call.caller.role}
    entries = [
        {"userId": name, "email": f"{name}@{state.handle}.example", "role": role.name}
        for name, role in people.items()
    ]
    return answer({"handle": state.handle, "collaborators": entries})


async def usage(state: State, _call: Call) -> Response:
    """`GET usage-meters`."""
    return answer(state.meter.shown())


async def health(_state: State, _call: Call) -> Response:
    """`GET /v2/system/health`."""
    return answer({"status": "ok"})


async def report(state: State, call: Call) -> Response:
    """`POST /v2/support/report`: an end user's escalation."""
    for name in ("summary", "details"):
        if not isinstance(call.body.get(name), str) or not call.body[name].strip():
            raise Problem(400, "validation_error", f"{name} is required")
    for name in ("handle", "sessionId", "requestId"):
        if not isinstance(call.body.get(name, ""), str):
            raise Problem(400, "validation_error", f"{name} is a string")
    state.reports.append(dict(call.body))
    number = hashlib.sha256(f"{state.seed}/report/{len(state.reports)}".encode()).hexdigest()[:10]
    return answer({"reportId": f"rep_{number}", "status": "received"}, 201)


ROUTES: Final = (
    Route("GET", "/v2/auth/me", "read who you are", me, twin=False, pat=True, gives={200: "Me"}),
    Route("POST", "/v2/auth/refresh", "refresh the token", refresh, twin=False, gives={200: "Refreshed"}),
    Route("GET", "/collaborators", "list collaborators", collaborators, gives={200: "Collaborators"}),
    Route("GET", "/usage-meters", "read the meter", usage, gives={200: "Meter"}),
    Route("GET", "/v2/system/health", "ask for health", health, role=None, twin=False, gives={200: "Status"}),
    Route(
        "POST", "/v2/support/report", "report to support", report, twin=False, charged=True, takes="Report",
        gives={201: "Reported"}, refuses=(400,),
    ),
)  # fmt: skip
