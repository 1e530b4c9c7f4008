"""The platform's record of a link, and the fingerprint of what its visitors get."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

JSON = Any  # a decoded JSON value; the wire module narrows it
VersionId = int | str
"""A version's name, opaque, in the type the platform uses: never a bool, a float, or a bare digit string
where the platform uses numbers. The wire module enforces it."""

SLUG: Final = re.compile(r"[A-Za-z0-9_-]{4,24}\Z")
"""platform-api: the slug pattern the platform documents."""
ROUTE_WORDS: Final = frozenset({"export", "bulk-import", "health-check"})
"""Legal by the pattern, but they collide with routes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One routing rule of a link. Conditions are AND-ed; an empty tuple matches everybody."""

    destination_url: str
    priority: int = 0
    rule_id: str = ""
    name: str = ""
    countries: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    extra: Mapping[str, JSON] = field(default_factory=dict)
    extra_conditions: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """One state of a link. Times are aware and UTC; `None` where the platform said nothing.

    `extra` keeps the fields we do not know, so that a write passes them through.
    """

    slug: str
    destination_url: str
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    enabled: bool = True
    redirect_type: int = 302
    scheduled_start_at: datetime | None = None
    scheduled_end_at: datetime | None = None
    expires_at: datetime | None = None
    max_clicks: int | None = None
    has_password: bool = False
    rules: tuple[Rule, ...] = ()
    tracking: Mapping[str, JSON] = field(default_factory=dict)
    tracking_policy: Mapping[str, JSON] = field(default_factory=dict)
    version: VersionId | None = None
    link_id: str = ""
    url: str = ""
    clicks: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    updated_by: str = ""
    extra: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Hash of what decides what visitors get (`fingerprint_of`)."""
        return fingerprint_of(self)


def _rule_core(rule: Rule) -> dict[str, JSON]:
    return {
        "priority": rule.priority,
        "to": rule.destination_url,
        "countries": sorted(v.upper() for v in rule.countries),
        "devices": sorted(v.lower() for v in rule.devices),
        "sources": sorted(rule.sources),
        "campaigns": sorted(rule.campaigns),
        "segments": sorted(rule.segments),
        "more": dict(rule.extra_conditions),
    }


_canonical: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


def canonical(value: JSON) -> str:
    """One text for one value: sorted keys, no blanks. What fingerprints and digests are made of."""
    return _canonical(value)


def deciding_fields(link: Link) -> dict[str, JSON]:
    """The fields that decide what visitors get, in one comparable shape (product.md, section 2)."""
    return {
        "destination": link.destination_url,
        "rules": sorted((_rule_core(r) for r in link.rules), key=lambda r: (r["priority"], canonical(r))),
        "start": link.scheduled_start_at.isoformat() if link.scheduled_start_at else None,
        "end": link.scheduled_end_at.isoformat() if link.scheduled_end_at else None,
        "expires": link.expires_at.isoformat() if link.expires_at else None,
        "max_clicks": link.max_clicks,
        "enabled": link.enabled,
        "redirect": link.redirect_type,
        "password": link.has_password,
        "tracking": {k: v for k, v in link.tracking.items() if v not in (None, "")},
        "tracking_policy": {k: v for k, v in link.tracking_policy.items() if v is not None},
    }


def fingerprint_of(link: Link) -> str:
    """32 hex digits over `deciding_fields`. Titles and tags are compared elsewhere but do not decide."""
    return hashlib.sha256(canonical(deciding_fields(link)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def label(version: VersionId | None) -> str:
    """A version as an operator reads it: `v9` for numbers, the name itself otherwise."""
    if version is None:
        return "?"
    return f"v{version}" if isinstance(version, int) else version


def named(text: str, known: tuple[VersionId, ...]) -> VersionId | None:
    """The version among `known` that an operator means by `text` (`9`, `v9`, or its own name)."""
    for version in known:
        if text == label(version) or text == str(version):
            return version
    return None
