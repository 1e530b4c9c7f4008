"""Where the operator was: kept while the console runs, so that a dropped line or a crash costs nothing.

It stands in the journal's file beside the other marks: a cache may be thrown away, this may not. A draft
of a rollback is kept by name only; it is planned and checked anew, because a plan expires and is used once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cache.links import Sort
from console.domain.links import JSON, VersionId
from console.ops.session import Session

MOST_MARKS: Final = 20_000
"""Marks that are kept; more than that are not written down at every change."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What a screen needs to stand again where it stood.

    Attributes:
        filter: as typed.
        slug: the link under the cursor; empty for none.
        pane: `links`, `timeline` or `health`.
        marks: the marked slugs.
        draft: the link of a rollback that was being prepared, nothing of it sent; empty for none.
        draft_to: the version it was to go back to; None when none was chosen yet.
        left: the console was left by its own key, not by a lost line or a crash.
        marks_lost: there were more marks than are kept.
        at: when it was kept, UTC.
    """

    filter: str = ""
    sort: Sort = Sort.HEALTH
    descending: bool = False
    slug: str = ""
    pane: str = "links"
    marks: frozenset[str] = frozenset()
    draft: str = ""
    draft_to: VersionId | None = None
    left: bool = False
    marks_lost: bool = False
    at: datetime | None = None

    @property
    def worth_it(self) -> bool:
        """Whether going there differs from starting afresh."""
        return bool(self.filter or self.marks or self.draft or self.slug)


def _key(session: Session) -> str:
    return f"whereabouts:{session.target.key}"


async def keep(session: Session, where: Whereabouts) -> None:
    """Write down where the operator is.

    Raises:
        StorageProblem: the journal cannot be written.
    """
    if session.store.journal.read_only:
        return
    if len(where.marks) > MOST_MARKS:
        where = replace(where, marks=frozenset(), marks_lost=True)
    session.store.marks.remember(
        _key(session),
        {
            "filter": where.filter,
            "sort": where.sort.value,
            "descending": where.descending,
            "slug": where.slug,
            "pane": where.pane,
            "marks": sorted(where.marks),
            "draft": where.draft,
            "draft_to": where.draft_to,
            "left": where.left,
            "marks_lost": where.marks_lost,
            "at": session.clock.now().wall.isoformat(),
        },
    )


async def last(session: Session) -> Whereabouts | None:
    """Where the operator was when the console last ended; None where nothing was kept that can be read."""
    found = session.store.marks.recall(_key(session))
    return _read(found) if isinstance(found, Mapping) else None


def _read(found: Mapping[str, JSON]) -> Whereabouts | None:
    marks, to = found.get("marks"), found.get("draft_to")
    try:
        return Whereabouts(
            filter=str(found.get("filter") or ""),
            sort=Sort(str(found.get("sort") or Sort.HEALTH.value)),
            descending=found.get("descending") is True,
            slug=str(found.get("slug") or ""),
            pane=str(found.get("pane") or "links"),
            marks=frozenset(str(slug) for slug in marks) if isinstance(marks, list) else frozenset(),
            draft=str(found.get("draft") or ""),
            draft_to=to if isinstance(to, str) or type(to) is int else None,
            left=found.get("left") is True,
            marks_lost=found.get("marks_lost") is True,
            at=datetime.fromisoformat(str(found["at"])),
        )
    except (KeyError, ValueError):  # written by another release
        return None
