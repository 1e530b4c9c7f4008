"""A link's history: its versions newest first, and what differs between two states."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from console.domain.links import JSON, Link, Rule, VersionId, canonical, deciding_fields


class Action(StrEnum):
    """How a version came to be."""

    CREATE = "create"
    UPDATE = "update"
    IMPORT = "import"
    ROLLBACK = "rollback"
    OTHER = "other"

    @classmethod
    def parse(cls, text: object) -> Action:
        """Read the platform's word; OTHER for one we do not know."""
        try:
            return cls(str(text).strip().lower())
        except ValueError:
            return cls.OTHER


class Source(StrEnum):
    """Where data on screen came from."""

    PLATFORM = "platform"
    CACHE = "cache"


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a link in its history, who made it, when and how."""

    version: VersionId
    snapshot: Link
    created_at: datetime | None = None
    created_by: str = ""
    action: Action = Action.OTHER
    note: str = ""
    rolled_back_to: VersionId | None = None
    parent: VersionId | None = None

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the snapshot."""
        return self.snapshot.fingerprint


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs. Values are display-ready JSON values, not yet safe for a terminal."""

    field: str
    before: JSON
    after: JSON


@dataclass(frozen=True, slots=True)
class Timeline:
    """A link's history as read at one moment.

    Attributes:
        live: the version visitors get now.
        versions: newest first.
        complete: whether the oldest version is included.
        as_of: when it was read, UTC.
        source: from the platform just now, or from the cache.
        link_id: the platform's identity of the link where it has one; a slug that was deleted and made
            again has another.
    """

    slug: str
    live: VersionId
    versions: tuple[Version, ...]
    complete: bool
    as_of: datetime
    source: Source
    link_id: str = ""

    def find(self, version: VersionId) -> Version | None:
        """The version of that exact name and type, if it is in the part that was read."""
        for candidate in self.versions:
            if same_version(candidate.version, version):
                return candidate
        return None

    @property
    def current(self) -> Version:
        """The live version's record. Timelines are only built with their live version inside."""
        found = self.find(self.live)
        if found is None:  # the wire module refuses such a history
            raise LookupError(f"the live version {self.live!r} is not in the history")
        return found

    @property
    def names(self) -> tuple[VersionId, ...]:
        """The version names, newest first."""
        return tuple(v.version for v in self.versions)

    def before(self, version: VersionId) -> Version | None:
        """The version that came just before, if it is known."""
        names = self.names
        for index, name in enumerate(names):
            if same_version(name, version) and index + 1 < len(names):
                return self.versions[index + 1]
        return None

    def changes_of(self, version: VersionId) -> tuple[Change, ...]:
        """What that version changed against the one before; empty for the first known."""
        this, older = self.find(version), self.before(version)
        return () if this is None or older is None else diff(older.snapshot, this.snapshot)


def same_version(a: VersionId | None, b: VersionId | None) -> bool:
    """Equality that keeps types apart: 3 is not "3" and not True."""
    return type(a) is type(b) and a == b


_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def newest_first(versions: Iterable[Version]) -> tuple[Version, ...]:
    """Order a history that may come in any order: numbers by value, else by time, else as given.

    Histories without numbers and without times are assumed newest first, as the platform's own page
    shows them.
    """
    items = list(versions)
    if all(isinstance(v.version, int) for v in items):
        return tuple(sorted(items, key=lambda v: v.version, reverse=True))
    if all(v.created_at is not None for v in items):
        return tuple(sorted(items, key=lambda v: v.created_at or _LONG_AGO, reverse=True))
    return tuple(items)


def _as_it_is(value: JSON) -> JSON:
    return value


def _when(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


_FIELDS: Final[tuple[tuple[str, str, Callable[[Any], JSON]], ...]] = (
    ("destination", "destination_url", _as_it_is),
    ("enabled", "enabled", _as_it_is),
    ("redirect", "redirect_type", _as_it_is),
    ("rules", "rules", lambda rules: [_rule_text(r) for r in sorted(rules, key=lambda r: r.priority)]),
    ("start", "scheduled_start_at", _when),
    ("end", "scheduled_end_at", _when),
    ("expires", "expires_at", _when),
    ("max clicks", "max_clicks", _as_it_is),
    ("password", "has_password", lambda has: "set" if has else None),
    ("tracking", "tracking", lambda fields: dict(fields) or None),
    ("tracking policy", "tracking_policy", lambda fields: dict(fields) or None),
    ("title", "title", lambda text: text or None),
    ("description", "description", lambda text: text or None),
    ("tags", "tags", list),
    ("categories", "categories", list),
)
"""Name, attribute of the link, and how its value is shown."""
_ORDER: Final = {name: place for place, (name, *_) in enumerate(_FIELDS)}
DECIDING: Final = frozenset(
    {
        "destination", "enabled", "redirect", "rules", "start", "end", "expires", "max clicks",
        "password", "tracking", "tracking policy",
    }
)  # fmt: skip
"""Names of the changes that alter what visitors get."""


def _rule_text(rule: Rule) -> str:
    parts = [
        f"{name} {'|'.join(values)}"
        for name, values in (
            ("country", rule.countries),
            ("device", rule.devices),
            ("source", rule.sources),
            ("campaign", rule.campaigns),
            ("segment", rule.segments),
        )
        if values
    ]
    if rule.extra_conditions:
        parts.append("other conditions")
    return f"#{rule.priority} {' and '.join(parts) or 'everybody'} → {rule.destination_url}"


def diff(before: Link, after: Link) -> tuple[Change, ...]:
    """What differs between two states, deciding fields first. Times and counters are not compared."""
    changes = []
    for name, attribute, read in _FIELDS:
        was, now = getattr(before, attribute), getattr(after, attribute)
        if was is now:  # as most are in a link made of another: thousands of them are compared in an import
            continue
        old, new = read(was), read(now)
        if canonical(old) != canonical(new):
            changes.append(Change(name, old, new))
    if not any(c.field == "rules" for c in changes) and _rules_differ(before, after):
        # A difference that the rules' texts do not show (an unknown condition, say) is never silent.
        changes.append(Change("rules", "other conditions", "other conditions, changed"))
        changes.sort(key=lambda c: _ORDER[c.field])
    return tuple(changes)


def _rules_differ(before: Link, after: Link) -> bool:
    if before.rules is after.rules:
        return False
    return canonical(deciding_fields(before)["rules"]) != canonical(deciding_fields(after)["rules"])
