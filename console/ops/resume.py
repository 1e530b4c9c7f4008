"""Where the operator was: kept while the console runs, so that a dropped line or a crash costs nothing.

It stands in the journal's file beside the other marks: a cache may be thrown away, this may not. A draft
of a rollback, or of a batch, is kept by name only; it is planned and checked anew, because a plan expires.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cache.links import Sort
from console.domain.links import JSON, VersionId
from console.domain.rewrites import Rewrite, RewriteKind
from console.ops.session import Session

MOST_MARKS: Final = 20_000
"""Marks that are kept; more than that are not written down at every change."""


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """A plan of many that was being looked through, nothing of it sent. It is made anew, never trusted.

    Attributes:
        title: what it is about, as its frame said.
        slugs: the links; empty where there were too many to keep.
        rule: how the version of each was chosen, as the plan says it.
        rewrite: kind, old and new of a find and replace; empty for a rollback.
    """

    title: str
    reason: str
    slugs: tuple[str, ...] = ()
    rule: str = ""
    rewrite: tuple[str, ...] = ()

    @property
    def rewritten(self) -> Rewrite | None:
        """The find and replace, checked as if it had just been typed; None for a rollback.

        Raises:
            UrlProblem: it cannot be used any more.
        """
        if len(self.rewrite) != 3:
            return None
        kind, old, new = self.rewrite
        if kind == RewriteKind.PAGE.value:
            return Rewrite.of_page(new)
        return Rewrite.of_host(old, new) if kind == RewriteKind.HOST.value else Rewrite.of_prefix(old, new)


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
        plan: the plan of many that was open; None for none.
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
    plan: OpenPlan | None = None
    left: bool = False
    marks_lost: bool = False
    at: datetime | None = None

    @property
    def worth_it(self) -> bool:
        """Whether going there differs from starting afresh."""
        return bool(self.filter or self.marks or self.draft or self.slug or self.plan)


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
            "plan": _written(where.plan),
            "left": where.left,
            "marks_lost": where.marks_lost,
            "at": session.clock.now().wall.isoformat(),
        },
    )


async def last(session: Session) -> Whereabouts | None:
    """Where the operator was when the console last ended; None where nothing was kept that can be read."""
    found = session.store.marks.recall(_key(session))
    return _read(found) if isinstance(found, Mapping) else None


def _written(plan: OpenPlan | None) -> JSON:
    if plan is None:
        return None
    slugs = plan.slugs if len(plan.slugs) <= MOST_MARKS else ()
    return {
        "title": plan.title,
        "reason": plan.reason,
        "slugs": list(slugs),
        "rule": plan.rule,
        "rewrite": list(plan.rewrite),
    }


def _plan(found: JSON) -> OpenPlan | None:
    if not isinstance(found, Mapping):
        return None
    slugs, rewrite = found.get("slugs"), found.get("rewrite")
    return OpenPlan(
        title=str(found.get("title") or ""),
        reason=str(found.get("reason") or ""),
        slugs=tuple(str(slug) for slug in slugs) if isinstance(slugs, list) else (),
        rule=str(found.get("rule") or ""),
        rewrite=tuple(str(part) for part in rewrite) if isinstance(rewrite, list) else (),
    )


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
            plan=_plan(found.get("plan")),
            left=found.get("left") is True,
            marks_lost=found.get("marks_lost") is True,
            at=datetime.fromisoformat(str(found["at"])),
        )
    except (KeyError, ValueError):  # written by another release
        return None
