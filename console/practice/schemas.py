"""JSON Schemas of what the practice platform takes and gives, by the names that its routes use."""

from __future__ import annotations

from typing import Any, Final

from console.domain.links import ROUTE_WORDS, SLUG
from console.practice.importing import MAX_ROWS, MODES
from console.practice.meter import PLAN_ORDER
from console.practice.records import CONDITIONS, MAX_TEXT
from console.practice.routes_health import MAX_TIMEOUT_MS

Schema = dict[str, Any]
SLUG_PATTERN: Final = f"^{SLUG.pattern.removesuffix(chr(92) + 'Z')}$"


def _object(properties: Schema, *required: str, **more: Any) -> Schema:  # noqa: ANN401 - a schema holds anything
    return {"type": "object", "properties": properties, "required": list(required), **more}


def _list(items: Schema, **more: Any) -> Schema:  # noqa: ANN401
    return {"type": "array", "items": items, **more}


def ref(name: str) -> Schema:
    """A schema of the published document, by name."""
    return {"$ref": f"#/components/schemas/{name}"}


TEXT: Final[Schema] = {"type": "string"}
SHORT: Final[Schema] = {"type": "string", "maxLength": MAX_TEXT}
REASON: Final[Schema] = {"type": "string", "maxLength": 1000}
FLAG: Final[Schema] = {"type": "boolean"}
NUMBER: Final[Schema] = {"type": "integer"}
VERSION: Final[Schema] = {"type": "integer", "minimum": 1}
TIME: Final[Schema] = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}
STAMP: Final[Schema] = {"type": "string", "format": "date-time"}
WORDS: Final[Schema] = _list(TEXT)
SLUG_SCHEMA: Final[Schema] = {"type": "string", "pattern": SLUG_PATTERN, "not": {"enum": sorted(ROUTE_WORDS)}}
DESTINATION: Final[Schema] = {"type": "string", "format": "web-address", "minLength": 8, "maxLength": 8192}
"""`web-address`: http or https by the WHATWG rules, no credentials; stricter than `uri`."""

_CONTENT: Final[Schema] = {
    "destinationUrl": DESTINATION,
    "title": SHORT,
    "description": SHORT,
    "tags": WORDS,
    "categories": WORDS,
    "enabled": FLAG,
    "redirectType": {"type": "integer", "enum": [302, 307]},
    "scheduledStartAt": TIME,
    "scheduledEndAt": TIME,
    "expiresAt": TIME,
    "maxClicks": {"type": ["integer", "null"], "minimum": 1},
    "routingRules": _list(ref("Rule")),
    "tracking": {"type": "object"},
    "trackingPolicy": {"type": "object"},
}
_TAKEN: Final[Schema] = {
    **_CONTENT,
    "password": {"type": ["string", "null"]},
    "expectedVersion": {"type": ["integer", "null"]},
}
_RULE: Final = _object(
    {
        "id": TEXT,
        "name": TEXT,
        "priority": NUMBER,
        "conditions": _object(dict.fromkeys(CONDITIONS, WORDS)),
        "destinationUrl": DESTINATION,
    },
    "destinationUrl",
)
_LINK: Final = _object(
    {
        "id": TEXT, "slug": SLUG_SCHEMA, "url": TEXT, "version": VERSION, "clicks": NUMBER,
        "hasPassword": FLAG, "createdAt": STAMP, "updatedAt": STAMP, "updatedBy": TEXT, **_CONTENT,
    },
    "id", "slug", "url", "version", "clicks", "hasPassword", "createdAt", "updatedAt", "updatedBy",
    "destinationUrl", "enabled",
)  # fmt: skip
_VERSION: Final = _object(
    {
        "version": VERSION,
        "createdAt": STAMP,
        "createdBy": TEXT,
        "action": {"enum": ["create", "update", "import", "rollback"]},
        "note": TEXT,
        "rolledBackTo": VERSION,
        "snapshot": ref("Link"),
    },
    "version", "createdAt", "createdBy", "action", "snapshot",
)  # fmt: skip
_METER: Final[Schema] = {
    "plan": {"enum": list(PLAN_ORDER)},
    "limits": _object({"writesPerDay": NUMBER}, "writesPerDay"),
    "usage": _object(
        {"writesToday": NUMBER, "writesDay": {"type": "string", "pattern": "^[0-9]{8}$"}},
        "writesToday",
        "writesDay",
    ),
}
_COUNTS: Final = dict.fromkeys(("created", "updated", "unchanged", "failed"), NUMBER)
_ROW: Final = _object(
    {
        "row": VERSION,
        "slug": {"type": ["string", "null"]},
        "status": {"enum": list(_COUNTS)},
        "version": VERSION,
        "error": _object({"code": TEXT, "message": TEXT}, "code", "message"),
    },
    "row", "slug", "status",
)  # fmt: skip
_RESULT: Final = _object(
    {
        "slug": TEXT,
        "destinationUrl": {"type": ["string", "null"]},
        "status": {"enum": ["healthy", "slow", "timeout", "blocked", "unhealthy", "unknown"]},
        "statusCode": NUMBER,
        "latencyMs": {"type": "number"},
        "error": TEXT,
        "phase": {"enum": ["first_byte", "body"]},
        "finalUrl": TEXT,
        "checkedAt": STAMP,
        "failingSince": STAMP,
    },
    "slug", "destinationUrl", "status",
)  # fmt: skip
_PERSON: Final = _object({"userId": TEXT, "email": TEXT, "role": TEXT}, "userId", "role")

SCHEMAS: Final[dict[str, Schema]] = {
    "Error": _object({"error": TEXT, "message": TEXT, "requestId": TEXT}, "error", "message", "requestId"),
    "Rule": _RULE,
    "Link": _LINK,
    "Version": _VERSION,
    "Record": _object({**_TAKEN, "reason": REASON}, "destinationUrl"),
    "Row": _object({"slug": SLUG_SCHEMA, **_TAKEN}, "slug", "destinationUrl"),
    "Links": _object(
        {"handle": TEXT, "links": _list(ref("Link")), "nextToken": TEXT}, "handle", "links"
    ),
    "OneLink": _object({"link": ref("Link")}, "link"),
    "History": _object(
        {"handle": TEXT, "slug": TEXT, "currentVersion": VERSION, "versions": _list(ref("Version")),
         "nextToken": TEXT},
        "handle", "slug", "currentVersion", "versions",
    ),
    "Rollback": _object(
        {"version": VERSION, "expectedVersion": {"type": ["integer", "null"]}, "reason": REASON}, "version"
    ),
    "RolledBack": _object(
        {"handle": TEXT, "slug": TEXT, "version": VERSION, "rolledBackTo": VERSION, "requestId": TEXT,
         "link": ref("Link")},
        "handle", "slug", "version", "rolledBackTo", "link",
    ),
    "Visitor": _object(dict.fromkeys(("country", "device", "source", "campaign", "segment"), TEXT)),
    "RoutePreview": _object(
        {
            "destinationUrl": {"type": ["string", "null"]},
            "rule": {"type": ["object", "null"], "properties": {"id": TEXT, "name": TEXT}},
            "redirectType": NUMBER,
            "status": NUMBER,
        },
        "destinationUrl", "rule", "redirectType",
    ),
    "Import": _object(
        {
            # A row that is wrong is refused by itself, in `rows`: it does not spoil the request.
            "links": _list({}, minItems=1, maxItems=MAX_ROWS),
            "mode": {"enum": list(MODES)},
            "dryRun": FLAG,
            "reason": REASON,
        },
        "links",
    ),
    "Imported": _object(
        {"importId": TEXT, "status": {"enum": ["running", "finished"]}, "dryRun": FLAG, **_COUNTS,
         "rows": _list(_ROW)},
        "importId", "status", *_COUNTS,
    ),
    "Export": _object({"handle": TEXT, "links": _list(ref("Link")), "url": TEXT}),
    "Check": _object(
        {"slugs": WORDS, "timeoutMs": {"type": "integer", "minimum": 1, "maximum": MAX_TIMEOUT_MS}}
    ),
    "Checked": _object(
        {"runId": TEXT, "finished": FLAG, "checkedAt": STAMP, "total": NUMBER, "results": _list(_RESULT)},
        "finished", "checkedAt", "results",
    ),
    "Meter": _object(_METER, *_METER),
    "Me": _object(
        {
            "user": _object({"id": TEXT, "email": TEXT, "name": TEXT}, "id", "email", "name"),
            "handles": _list(_object({"handle": TEXT, "role": TEXT}, "handle", "role")),
            "plan": TEXT,
        },
        "user", "handles", "plan",
    ),
    "Refreshed": _object({"token": TEXT, "expiresIn": NUMBER}, "token", "expiresIn"),
    "Collaborators": _object({"handle": TEXT, "collaborators": _list(_PERSON)}, "handle", "collaborators"),
    "Status": _object({"status": TEXT}, "status"),
    "Report": _object(
        {"summary": {"type": "string", "pattern": "\\S"}, "details": {"type": "string", "pattern": "\\S"},
         "handle": TEXT, "sessionId": TEXT, "requestId": TEXT, "reproArtifact": {}},
        "summary", "details",
    ),
    "Reported": _object({"reportId": TEXT, "status": TEXT}, "reportId", "status"),
}  # fmt: skip
