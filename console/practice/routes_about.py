"""The route of the document that the platform publishes about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from console.practice.calls import Call, Route, answer

if TYPE_CHECKING:
    from console.practice.platform import PracticePlatform


async def openapi(platform: PracticePlatform, _call: Call) -> Response:
    """`GET /openapi.json`."""
    from console.practice.openapi import document
    from console.practice.platform import ROUTES as ALL

    return answer(document((route for route in ALL if route not in ROUTES), platform.handle))


ROUTES: Final = (Route("GET", "/openapi.json", "read this document", openapi, role=None, twin=False),)
