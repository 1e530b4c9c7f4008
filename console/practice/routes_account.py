"""Routes about the operator and the platform itself."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from console.practice.calls import Call, Route, answer
from console.practice.problems import Problem
from console.practice.tokens import HOUR

if TYPE_CHECKING:
    from console.practice.platform import PracticePlatform


async def me(platform: PracticePlatform, call: Call) -> Response:
    """`GET /v2/auth/me`."""
    caller = call.caller
    return answer(
        {
            "user": {
                "id": caller.operator,
                "email": f"{caller.operator}@{platform.handle}.example",
                "name": caller.operator.capitalize(),
            },
            "handles": [{"handle": caller.handle, "role": caller.role.name}],
            "plan": platform.meter.plan,
        }
    )


async def refresh(platform: PracticePlatform, call: Call) -> Response:
    """`POST /v2/auth/refresh`: another hour for the same operator."""
    token = platform.tokens.jwt(call.caller.operator, call.caller.role)
    return answer({"token": token, "expiresIn": int(HOUR)})


async def collaborators(platform: PracticePlatform, call: Call) -> Response:
    """`GET collaborators`: who works on the handle, the caller among them."""
    people = {**platform.people, call.caller.operator: call.caller.role}
    entries = [
        {"userId": name, "email": f"{name}@{platform.handle}.example", "role": role.name}
        for name, role in people.items()
    ]
    return answer({"handle": platform.handle, "collaborators": entries})


async def usage(platform: PracticePlatform, _call: Call) -> Response:
    """`GET usage-meters`."""
    return answer(platform.meter.shown())


async def health(_platform: PracticePlatform, _call: Call) -> Response:
    """`GET /v2/system/health`."""
    return answer({"status": "ok"})


async def report(platform: PracticePlatform, call: Call) -> Response:
    """`POST /v2/support/report`: an end user's escalation."""
    for name in ("summary", "details"):
        if not isinstance(call.body.get(name), str) or not call.body[name].strip():
            raise Problem(400, "validation_error", f"{name} is required")
    for name in ("handle", "sessionId", "requestId"):
        if not isinstance(call.body.get(name, ""), str):
            raise Problem(400, "validation_error", f"{name} is a string")
    platform.reports.append(dict(call.body))
    number = hashlib.sha256(f"{platform.seed}/report/{len(platform.reports)}".encode()).hexdigest()[:10]
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
