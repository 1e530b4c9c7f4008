"""A link's history, from the wire (platform-api, "Routes", history and Version)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from console.api.wire_json import unreadable
from console.api.wire_links import another_link, link_from
from console.api.wire_values import Odd, first, listed, moment, name, or_else, person, text, version_id
from console.domain.errors import UnreadableAnswer
from console.domain.links import JSON, Link, VersionId, canonical
from console.domain.versions import Action, Source, Timeline, Version, newest_first, same_version

_SNAPSHOT: Final = ("snapshot", "link", "after", "data")
_VERSION: Final = ("version", "versionId", "revision", "id")
_LIVE: Final = ("currentVersion", "currentVersionId", "liveVersion", "current", "live")
_NOTE: Final = ("note", "reason", "message", "comment")
_OF_THE_VERSION: Final = frozenset(
    {
        "createdAt", "createdBy", "action", "rolledBackTo", "parent", "parentVersion", "previousVersion",
        "current", "live", "isCurrent", "isLive", "revision", *_NOTE,
    }
)  # fmt: skip
_ACTIONS: Final = {
    "created": Action.CREATE, "updated": Action.UPDATE, "edit": Action.UPDATE, "edited": Action.UPDATE,
    "imported": Action.IMPORT, "bulk-import": Action.IMPORT, "bulk_import": Action.IMPORT,
    "rolled_back": Action.ROLLBACK, "rolledback": Action.ROLLBACK, "restore": Action.ROLLBACK,
    "restored": Action.ROLLBACK,
}  # fmt: skip


def history_page(raw: JSON, slug: str) -> tuple[list[JSON], Mapping[str, JSON]]:
    """The versions of one page and the object round them.

    Raises:
        UnreadableAnswer: no list, or a page about another link.
    """
    items, around = listed(raw, f"the history of {slug}", "versions", "history", "items", "data", "results")
    told = around.get("slug")
    if told is not None and told != slug:
        raise another_link(slug)
    return items, around


def live_of(items: Sequence[JSON], around: Mapping[str, JSON], slug: str) -> VersionId | None:
    """The live version as the page states it; None where it states none.

    Raises:
        UnreadableAnswer: it is stated, and is no version.
    """
    stated = first(around, *_LIVE)
    if isinstance(stated, dict):
        stated = first(stated, *_VERSION)
    if stated is None:
        marked = [i for i in items if isinstance(i, dict) and _marked_live(i)]
        stated = first(marked[0], *_VERSION) if len(marked) == 1 else None
    return None if stated is None else _trusted(stated, slug)


def _marked_live(raw: Mapping[str, JSON]) -> bool:
    return any(raw.get(key) is True for key in ("current", "live", "isCurrent", "isLive"))


def timeline_from(
    pages: Sequence[Sequence[JSON]],
    *,
    slug: str,
    as_of: datetime,
    live: VersionId | None,
    link_id: str = "",
    complete: bool = True,
) -> Timeline:
    """A timeline from the version records of its pages, in any order.

    Args:
        pages: the records, page by page. A record that an insertion moved to a second page counts once.
        slug: the link.
        as_of: when it was read, UTC.
        link_id: the platform's identity of the link; else the live snapshot's.
        live: the live version as stated; None takes the newest.
        complete: whether the oldest version is among them.

    Raises:
        UnreadableAnswer: no versions; a version that is missing, no whole number and no text, that comes
            twice, or is of another type than the others; the live version is not among them.
    """
    found: dict[VersionId, tuple[JSON, Version]] = {}
    for page in pages:
        fresh: set[VersionId] = set()
        for raw in page:
            version = version_from(raw, slug)
            known = found.get(version.version)
            if version.version in fresh or (known is not None and canonical(known[0]) != canonical(raw)):
                raise _distrusted(slug, f"the version {version.version!r} comes twice")
            fresh.add(version.version)
            found.setdefault(version.version, (raw, version))
    versions = newest_first(version for _, version in found.values())
    if not versions:
        raise _distrusted(slug, "it holds no version")
    top = versions[0].version if live is None else live
    if any(type(v.version) is not type(top) for v in versions):
        raise _distrusted(slug, "its versions are numbers and texts at once")
    if not any(same_version(v.version, top) for v in versions):
        raise _distrusted(slug, f"the live version {top!r} is not in it")
    timeline = Timeline(slug, top, versions, complete, as_of, Source.PLATFORM, link_id)
    return timeline if link_id else replace(timeline, link_id=timeline.current.snapshot.link_id)


def version_from(raw: JSON, slug: str) -> Version:
    """One version record of `slug`.

    Raises:
        UnreadableAnswer: no object, no usable version, or an unreadable snapshot.
    """
    if type(raw) is not dict:
        raise _distrusted(slug, "a version is not an object")
    version = _trusted(first(raw, *_VERSION), slug)
    snapshot = _snapshot(raw, slug)
    if snapshot.slug != slug:
        raise another_link(slug)
    word = str(first(raw, "action", "type", "operation") or "").strip().lower()
    return Version(
        version=version,
        snapshot=snapshot if snapshot.version is not None else replace(snapshot, version=version),
        created_at=or_else(moment, first(raw, "createdAt", "at", "timestamp", "updatedAt"), None),
        created_by=or_else(person, first(raw, "createdBy", "updatedBy", "author", "actor", "by"), ""),
        action=_ACTIONS.get(word) or Action.parse(word),
        note=or_else(text, first(raw, *_NOTE), ""),
        rolled_back_to=or_else(version_id, first(raw, "rolledBackTo", "restoredFrom"), None),
        parent=or_else(version_id, first(raw, "parent", "parentVersion", "previousVersion"), None),
    )


def _snapshot(raw: Mapping[str, JSON], slug: str) -> Link:
    for key in _SNAPSHOT:
        if type(raw.get(key)) is dict:
            return link_from(raw[key], slug=slug)
    if "destinationUrl" not in raw:
        raise _distrusted(slug, "a version holds no snapshot of the link")
    mixed = {k: v for k, v in raw.items() if k not in _OF_THE_VERSION}
    if first(raw, "version", "versionId", "revision") is None:
        mixed.pop("id", None)  # it names the version, not the link
    return link_from(mixed, slug=slug)


def _trusted(value: JSON, slug: str) -> VersionId:
    try:
        return version_id(value)
    except Odd:
        reason = "a version is missing" if value is None else "a version is no whole number and no text"
        raise _distrusted(slug, reason) from None


def _distrusted(slug: str, reason: str) -> UnreadableAnswer:
    return unreadable(f"the history of {slug}", reason, hint="Do not roll this link back from here.")


def history_identity(around: Mapping[str, JSON]) -> str:
    """The platform's identity of the link, where the history states it."""
    return str(or_else(name, around.get("linkId"), ""))
