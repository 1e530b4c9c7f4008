"""What operators told the console to keep in mind: bad versions, holds, arming, small settings.

These stand in the journal's file: losing them would undo a decision.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from cache.database import transaction
from cache.problems import storable, told
from console.domain.links import JSON, VersionId
from console.domain.moments import Moment


@dataclass(frozen=True, slots=True)
class Note:
    """Do not return to this version, and why. `at` is UTC."""

    version: VersionId
    why: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """A rolled-back link that is watched: it should stay at `version` with `fingerprint`."""

    target_key: str
    slug: str
    version: VersionId
    fingerprint: str
    by: str
    at: datetime


class Marks:
    """The marks in one home's journal."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @told
    def note_bad(  # noqa: PLR0917 - one record, in the order of its table
        self, target_key: str, slug: str, version: VersionId, why: str, by: str, at: datetime | Moment
    ) -> None:
        """Note a version as bad; a second note of it replaces the first."""
        with transaction(self._db):
            self._db.execute(
                "INSERT OR REPLACE INTO bad_versions VALUES (?, ?, ?, ?, ?, ?)",
                (
                    storable(target_key),
                    storable(slug),
                    _name(version),
                    storable(why),
                    storable(by),
                    _wall(at),
                ),
            )

    @told
    def bad(self, target_key: str, slug: str) -> dict[VersionId, Note]:
        """The versions of a link that are noted bad."""
        sql = "SELECT version, why, noted_by, noted_at FROM bad_versions WHERE target_key = ? AND slug = ?"
        found = self._db.execute(sql, (storable(target_key), storable(slug)))
        return {version: Note(version, why, by, datetime.fromisoformat(at)) for version, why, by, at in found}

    @told
    def clear_bad(self, target_key: str, slug: str, version: VersionId) -> None:
        """Take a note back."""
        with transaction(self._db):
            self._db.execute(
                "DELETE FROM bad_versions WHERE target_key = ? AND slug = ? AND version = ?",
                (storable(target_key), storable(slug), _name(version)),
            )

    @told
    def hold(  # noqa: PLR0917 - one record, in the order of its table
        self, target_key: str, slug: str, version: VersionId, fingerprint: str, by: str, at: datetime | Moment
    ) -> None:
        """Watch a link; an earlier hold of it is replaced."""
        with transaction(self._db):
            self._db.execute(
                "INSERT OR REPLACE INTO holds VALUES (?, ?, ?, ?, ?, ?)",
                (storable(target_key), storable(slug), _name(version), fingerprint, storable(by), _wall(at)),
            )

    @told
    def release(self, target_key: str, slug: str) -> None:
        """Watch a link no longer."""
        with transaction(self._db):
            self._db.execute(
                "DELETE FROM holds WHERE target_key = ? AND slug = ?", (storable(target_key), storable(slug))
            )

    @told
    def holds(self, target_key: str) -> list[Hold]:
        """The links of a target that are watched, oldest hold first."""
        sql = "SELECT * FROM holds WHERE target_key = ? ORDER BY held_at, slug"
        found = self._db.execute(sql, (storable(target_key),))
        return [
            Hold(key, slug, version, fingerprint, by, datetime.fromisoformat(at))
            for key, slug, version, fingerprint, by, at in found
        ]

    @told
    def arm(self, profile: str, until: Moment, by: str, reason: str) -> None:
        """Let a protected profile write until `until`, by the clock that counts sleep; not past a reboot."""
        with transaction(self._db):
            self._db.execute(
                "INSERT OR REPLACE INTO arms VALUES (?, ?, ?, ?, ?, ?)",
                (
                    profile,
                    until.wall.isoformat(),
                    until.boottime,
                    until.boot_id,
                    storable(by),
                    storable(reason),
                ),
            )

    @told
    def disarm(self, profile: str) -> None:
        """End the arming of a profile."""
        with transaction(self._db):
            self._db.execute("DELETE FROM arms WHERE profile = ?", (profile,))

    @told
    def armed(self, profile: str, now: Moment) -> float:
        """Seconds that the profile stays armed; 0 when it is not, or the machine was started anew."""
        found = self._db.execute(
            "SELECT boottime, boot_id FROM arms WHERE profile = ?", (profile,)
        ).fetchone()
        if found is None or found[1] != now.boot_id:
            return 0.0
        return max(0.0, float(found[0]) - now.boottime)

    @told
    def remember(self, key: str, value: JSON) -> None:
        """Keep a small setting, such as the last filter."""
        with transaction(self._db):
            self._db.execute("INSERT OR REPLACE INTO memories VALUES (?, ?)", (key, json.dumps(value)))

    @told
    def recall(self, key: str) -> JSON:
        """A small setting; None when there is none."""
        found = self._db.execute("SELECT value FROM memories WHERE name = ?", (key,)).fetchone()
        return None if found is None else json.loads(found[0])


def _name(version: VersionId) -> VersionId:
    return storable(version) if isinstance(version, str) else version


def _wall(at: datetime | Moment) -> str:
    return (at.wall if isinstance(at, Moment) else at).isoformat()
