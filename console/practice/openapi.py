"""The document that the practice platform publishes about itself, made from the routes that it serves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from console.practice.calls import MAX_PAGE, PAGE
from console.practice.gate import CONTROL, TWIN
from console.practice.route import Route
from console.practice.routes_bulk import MEDIA
from console.practice.schemas import SCHEMAS, SLUG_PATTERN, ref

JSON_TYPE: Final = "application/json"
_WORDS: Final = {
    200: "done", 201: "made", 202: "taken, poll for the end", 207: "done, some rows refused",
    400: "the request is wrong", 401: "no token, or one that is no good", 403: "not allowed",
    404: "not there", 405: "no such method", 409: "the link is in another state",
    412: "If-Match does not match",
    413: "too long", 415: "not JSON", 422: "the key belongs to another request", 429: "too many",
}  # fmt: skip
_QUERY: Final[dict[str, dict[str, Any]]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": PAGE},
    "nextToken": {"type": "string", "pattern": "^p_[0-9]{1,15}$"},
    "format": {"enum": list(MEDIA)},
    "runId": {"type": "string"},
}
_PATH: Final[dict[str, dict[str, Any]]] = {
    "handle": {"type": "string", "enum": ["acme"]},
    "slug": {"type": "string", "pattern": SLUG_PATTERN},
    "importId": {"type": "string", "pattern": "^imp_[0-9a-f]{12}$"},
    "ticket": {"type": "string", "pattern": r"^[0-9a-f]{24}\.(ndjson|json|csv)$"},
}
_BEARER: Final = {"type": "http", "scheme": "bearer"}


def document(routes: Iterable[Route], handle: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of `routes`, both planes."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        for twin in (False, True) if route.twin else (False,):
            prefix = (TWIN if twin else CONTROL) if route.twin else ""
            paths.setdefault(prefix + route.path, {})[route.method.lower()] = _operation(
                route, prefix + route.path, twin=twin
            )
    components = {
        "schemas": SCHEMAS,
        "securitySchemes": {
            "jwt": {**_BEARER, "bearerFormat": "JWT"},
            "pat": {**_BEARER, "bearerFormat": "patv1_<tokenId>.<secret>"},
            "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
        },
    }
    about = f"A link platform to practise on. It has one handle: {handle}."
    return {
        "openapi": "3.1.0",
        "info": {"title": "practice platform", "version": "2", "description": about},
        "paths": paths,
        "components": components,
    }


def _operation(route: Route, path: str, *, twin: bool) -> dict[str, Any]:
    name = re.sub(r"\W+", "_", route.name) + ("_by_pat" if twin else "")
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": route.name,
        "parameters": _parameters(route, path),
        "responses": {str(status): _gives(route, status) for status in route.gives},
        "security": _security(route, twin=twin),
    }
    for status in _refusals(route):
        operation["responses"][str(status)] = {
            "description": _WORDS[status],
            "content": {JSON_TYPE: {"schema": ref("Error")}},
        }
    if route.takes is not None:
        content: dict[str, Any] = {JSON_TYPE: {"schema": ref(route.takes)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _security(route: Route, *, twin: bool) -> list[dict[str, list[str]]]:
    if route.role is None:
        return []
    if twin:
        return [{"pat": []}, {"apiKey": []}]
    pats: list[dict[str, list[str]]] = [{"pat": []}, {"apiKey": []}] if route.pat else []
    return [{"jwt": []}, *pats]


def _parameters(route: Route, path: str) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": _PATH[name]}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    found += [{"name": name, "in": "query", "schema": _QUERY[name]} for name in route.query]
    if route.writes:
        found.append({"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}})
    if 412 in route.refuses:
        found.append({"name": "If-Match", "in": "header", "schema": {"type": "string"}})
    return found


def _gives(route: Route, status: int) -> dict[str, Any]:
    content: dict[str, Any] = {JSON_TYPE: {"schema": ref(route.gives[status])}}
    if route.gives[status] == "Export":
        content.update({media: {} for media in MEDIA.values() if media != JSON_TYPE})
    return {
        "description": _WORDS[status],
        "headers": {"x-request-id": {"required": True, "schema": {"type": "string"}}},
        "content": content,
    }


def _refusals(route: Route) -> set[int]:
    found = {405, 429, *route.refuses}
    if route.role is not None:
        found |= {401, 403}
    if route.twin:
        found.add(404)
    if route.query:
        found.add(400)
    if route.writes:
        found |= {400, 409, 413, 415, 422}
    return found
