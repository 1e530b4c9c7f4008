"""Which links a batch is about: those of a filter, or those of a list of slugs; and how they were listed.

The list may be older than what is live. It is brought up to date first, but what it showed before stays
what the operator saw: a link that changed in between is told as moved (`planning.reasons.not_as_listed`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cache.links import Sort
from console.domain.errors import InputRejected
from console.domain.links import Link
from console.domain.query import Query, parse
from console.domain.rewrites import Rewrite, RewriteKind
from console.domain.urls import name_of_host
from console.ops.incident.notes import mirror_holds
from console.ops.planning.reading import require_line
from console.ops.session import Session
from console.ops.sync import Progress, is_due, sync

_CHUNK: Final = 2000


@dataclass(frozen=True, slots=True)
class Selection:
    """The links that were asked for.

    Attributes:
        listed: as the operator was shown them, where that is known.
    """

    slugs: tuple[str, ...]
    listed: Mapping[str, Link]


async def by_query(
    session: Session, query: Query, on_progress: Callable[[Progress], None] | None = None
) -> Selection:
    """The links that match a filter, and those that matched it when they were listed and changed since.

    Raises:
        InputRejected: none does.
        Unreachable, ...: the list could not be brought up to date.
    """
    before = _matching(session, query) if session.store.inventory.synced_at() is not None else {}
    await _refresh(session, on_progress)
    now = _matching(session, query)
    known = _links(session, [slug for slug in before if slug not in now])
    moved = [slug for slug in before if slug not in now and known.get(slug) != before[slug]]
    if not now and not moved:
        raise _none(query.text)
    return Selection((*now, *moved), {**now, **before})


async def by_slugs(
    session: Session, slugs: Sequence[str], on_progress: Callable[[Progress], None] | None = None
) -> Selection:
    """The links of a list of slugs, known or not."""
    before = _links(session, slugs)
    await _refresh(session, on_progress)
    return Selection(tuple(dict.fromkeys(slugs)), {**_links(session, slugs), **before})


async def by_rewrite(
    session: Session,
    query: Query,
    rewrite: Rewrite,
    on_progress: Callable[[Progress], None] | None = None,
) -> Selection:
    """The links of a filter that a rewrite would change; of the host that it looks for, without a filter.

    Raises:
        InputRejected: there is none.
    """
    slugs: dict[str, Link] = {}
    for one in _of_its_host(rewrite) if query.empty else [query]:
        try:
            found = await by_query(session, one, on_progress)
        except InputRejected:
            continue
        slugs |= {slug: link for slug, link in found.listed.items() if rewrite.touches(link)}
    if not slugs:
        raise _none(query.text or rewrite.old)
    return Selection(tuple(slugs), slugs)


def touched(session: Session, rewrite: Rewrite, slugs: Sequence[str] | None = None) -> dict[str, Link]:
    """The links that a rewrite would change, as the cache shows them; all of its host where none is named."""
    if slugs is not None:
        found = _links(session, slugs)
    else:
        found = {}
        for query in _of_its_host(rewrite):
            found |= _matching(session, query)
    return {slug: link for slug, link in found.items() if rewrite.touches(link)}


def _of_its_host(rewrite: Rewrite) -> list[Query]:
    """What finds the links that a rewrite may change; for a page that is every link."""
    if rewrite.kind is RewriteKind.PAGE:
        return [parse("")]
    old = rewrite.old if rewrite.kind is RewriteKind.PREFIX else f"http://{rewrite.old}/"
    return [parse(f"host:{name_of_host(old)}"), parse("is:rules")]


async def _refresh(session: Session, on_progress: Callable[[Progress], None] | None) -> None:
    require_line(session)
    if is_due(session):
        await sync(session, on_progress)
    mirror_holds(session)


def _matching(session: Session, query: Query) -> dict[str, Link]:
    inventory = session.store.inventory
    ids = inventory.select(query, Sort.CLICKS, session.clock.now().wall.timestamp(), descending=True)
    return _links(session, inventory.slugs(ids))


def _links(session: Session, slugs: Sequence[str]) -> dict[str, Link]:
    found: dict[str, Link] = {}
    for start in range(0, len(slugs), _CHUNK):
        part = session.store.inventory.links_of(slugs[start : start + _CHUNK])
        found |= {slug: part[slug] for slug in slugs[start : start + _CHUNK] if slug in part}
    return found


def _none(text: str) -> InputRejected:
    return InputRejected(
        f"No link matches {text!r}", detail="Nothing was planned.", hint="See what does: repoint links FILTER"
    )
