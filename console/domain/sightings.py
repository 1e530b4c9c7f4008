"""What an operator has seen of a link: the context that a rollback is judged against."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from console.domain.links import VersionId
from console.domain.moments import Moment
from console.domain.versions import Source


class Seen(StrEnum):
    """How a version came to be seen. Nothing else counts."""

    TIMELINE = "timeline"
    """The live version and its diff were on screen."""
    HISTORY = "history"
    """`repoint history` printed it."""
    RESULT = "result"
    """A verified rollback showed the version that it made."""
    PLAN = "plan"
    """A batch plan named it, with what it goes to. It counts for that plan's run, and is never kept: a single
    rollback asks that the operator looked at the link itself."""
    STATED = "--seen"
    """The caller stated the version it reviewed."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """This operator saw version V (fingerprint F) of this link as live at time T.

    `fingerprint` is empty for a stated sighting, which names a version and nothing else.
    """

    target_key: str
    operator: str
    slug: str
    link_id: str
    version: VersionId
    fingerprint: str
    seen: Seen
    source: Source
    at: Moment


SIGHTING_MAX_AGE: Final = 24 * 3600.0
"""Seconds after which a sighting no longer counts, unless the profile says otherwise."""
DIALOG_MAX_AGE: Final = 60.0
"""Seconds after which a reading shown in a dialog must be read again (hardening, case 24)."""


class Stale(StrEnum):
    """Why a rollback is refused as stale. Each is told by name, with who, when, what and the ways on."""

    NOT_SEEN = "not_seen"
    VERSION_MOVED = "version_moved"
    CONTENT_MOVED = "content_moved"
    IDENTITY_CHANGED = "identity_changed"
    TOO_OLD = "too_old"
    CONTEXT_CHANGED = "context_changed"
    WRITE_OPEN = "write_open"
    HISTORY_WENT_BACK = "history_went_back"
    TARGET_VERSION_GONE = "target_version_gone"
