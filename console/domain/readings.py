"""One look at a link: its history and its record, read together."""

from __future__ import annotations

from dataclasses import dataclass

from console.domain.links import Link, VersionId
from console.domain.moments import Moment
from console.domain.versions import Source, Timeline, Version, same_version


@dataclass(frozen=True, slots=True)
class Reading:
    """What the platform (or the cache) said of a link at one moment.

    Attributes:
        record: the link itself; None from the cache, or where a platform has only the history.
        at: all clocks when it was read.
    """

    timeline: Timeline
    record: Link | None
    at: Moment

    @property
    def slug(self) -> str:
        """The link."""
        return self.timeline.slug

    @property
    def live(self) -> VersionId:
        """The version visitors get."""
        return self.timeline.live

    @property
    def current(self) -> Version:
        """The live version's entry in the history."""
        return self.timeline.current

    @property
    def fingerprint(self) -> str:
        """Hash of what visitors get now.

        Of the record where there is one, so that content that moved under the same version number shows
        even when the history does not tell.
        """
        return self.record.fingerprint if self.record else self.current.fingerprint

    @property
    def identity(self) -> str:
        """What tells this link from another of the same slug: the platform's id, else its birth."""
        record = self.record
        if self.timeline.link_id or (record and record.link_id):
            return self.timeline.link_id or (record.link_id if record else "")
        born = record.created_at if record else self.current.snapshot.created_at
        return born.isoformat() if born else ""

    @property
    def from_platform(self) -> bool:
        """Whether it was read live."""
        return self.timeline.source is Source.PLATFORM

    @property
    def consistent(self) -> bool:
        """Whether record and history speak of the same version (a change may fall between two reads)."""
        version = self.record.version if self.record else None
        return version is None or same_version(version, self.live)
