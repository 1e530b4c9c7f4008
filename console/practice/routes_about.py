"""The route of the document that the platform publishes about itself."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from console.practice.calls import Call, answer
from console.practice.openapi import document
from console.practice.route import Route
from console.practice.state import State


def about(served: Sequence[Route]) -> Route:
    """`GET /openapi.json`, which tells of `served`."""

    async def openapi(state: State, _call: Call) -> Response:
        return answer(document(served, state.handle))

    return Route("GET", "/openapi.json", "read this document", openapi, role=None, twin=False)
