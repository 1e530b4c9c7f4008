"""A link as the cells of a CSV file: what an export writes and an import reads back as the same link."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from console.api.wire_links import rule_to_wire
from console.api.wire_values import wire_time
from console.domain.links import JSON, Link
from console.domain.rows import neutralised, show_list

_READERS: Final[Mapping[str, Callable[[Link], object]]] = {
    "slug": lambda link: link.slug,
    "destinationUrl": lambda link: link.destination_url,
    "title": lambda link: link.title,
    "description": lambda link: link.description,
    "tags": lambda link: show_list(link.tags),
    "categories": lambda link: show_list(link.categories),
    "enabled": lambda link: "true" if link.enabled else "false",
    "redirectType": lambda link: link.redirect_type,
    "scheduledStartAt": lambda link: wire_time(link.scheduled_start_at),
    "scheduledEndAt": lambda link: wire_time(link.scheduled_end_at),
    "expiresAt": lambda link: wire_time(link.expires_at),
    "maxClicks": lambda link: link.max_clicks,
    "routingRules": lambda link: _json([rule_to_wire(rule) for rule in link.rules]),
    "tracking": lambda link: _json(dict(link.tracking)),
    "trackingPolicy": lambda link: _json(dict(link.tracking_policy)),
    "extra": lambda link: _json(dict(link.extra)),
    "version": lambda link: link.version,
    "hasPassword": lambda link: "true" if link.has_password else "false",
    "clicks": lambda link: link.clicks,
    "createdAt": lambda link: wire_time(link.created_at),
    "updatedAt": lambda link: wire_time(link.updated_at),
    "updatedBy": lambda link: link.updated_by,
    "id": lambda link: link.link_id,
    "url": lambda link: link.url,
}
COLUMNS: Final = tuple(_READERS)
"""The columns of an export. Those after `extra` are the platform's own."""


def _json(value: JSON) -> str:
    return json.dumps(value) if value else ""


def cell_of(link: Link, name: str) -> str:
    """One cell; no spreadsheet takes it for a formula."""
    value = _READERS[name](link)
    return "" if value is None else neutralised(value if isinstance(value, str) else str(value))


def cells_of(link: Link, columns: Sequence[str] = COLUMNS) -> list[str]:
    """The row of an export."""
    return [cell_of(link, name) for name in columns]
