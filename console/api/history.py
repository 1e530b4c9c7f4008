"""Reads a link's whole history, page by page, as of one moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from console.api import wire
from console.api.calls import Calls, Make
from console.api.export import endless
from console.api.wire_json import unreadable
from console.domain.links import JSON, Link, VersionId
from console.domain.versions import Timeline, same_version

_ROUNDS = 3
"""Readings from the start, when the link is changed while its pages are read."""
_MAX_PAGES = 1000


@dataclass(slots=True)
class _Pages:
    live: VersionId | None = None
    link_id: str = ""
    pages: list[list[JSON]] = field(default_factory=list)
    complete: bool = False

    @property
    def count(self) -> int:
        return sum(len(page) for page in self.pages)


async def read_history(
    calls: Calls, link: Callable[[str], Awaitable[Link]], slug: str, limit: int | None
) -> Timeline:
    """The history of `slug`: whole, or at least its newest `limit` versions where that is fewer.

    Where the platform does not state which version is live, its record of the link does.

    Raises:
        UnreadableAnswer: as `wire.timeline_from`; the pages never end; the link does not stop changing.
        RepointError: any other failure.
    """
    for _ in range(_ROUNDS):
        found = await _read_pages(calls, slug, limit)
        if found is None:
            continue
        live = found.live if found.live is not None else (await link(slug)).version
        return wire.timeline_from(
            found.pages,
            slug=slug,
            as_of=calls.clock.now().wall,
            live=live,
            link_id=found.link_id,
            complete=found.complete,
        )
    raise unreadable(f"the history of {slug}", "it changes faster than it can be read", hint="Try again.")


async def _read_pages(calls: Calls, slug: str, limit: int | None) -> _Pages | None:
    """The pages; None when the live version changed between two of them."""
    found = _Pages()
    tokens = {""}
    token = ""
    size = calls.settings.page_size if limit is None else min(max(limit, 1), calls.settings.page_size)
    while len(found.pages) < _MAX_PAGES:
        raw = await calls.read_json(_page(slug, size, token), f"the history of {slug}")
        items, around = wire.history_page(raw, slug)
        live = wire.live_of(items, around, slug)
        if found.pages and live is not None and found.live is not None and not same_version(live, found.live):
            return None
        found.live = live if found.live is None else found.live
        found.link_id = found.link_id or wire.history_identity(around)
        found.pages.append(items)
        token = wire.next_token(around)
        if not token:
            found.complete = True
            return found
        if limit is not None and found.count >= limit and _holds_live(found, slug):
            return found
        if token in tokens:
            raise endless(f"the history of {slug}")
        tokens.add(token)
    raise endless(f"the history of {slug}")


def _holds_live(found: _Pages, slug: str) -> bool:
    if found.live is None:
        return False
    return any(
        same_version(wire.version_from(item, slug).version, found.live)
        for page in found.pages
        for item in page
    )


def _page(slug: str, size: int, token: str) -> Make:
    return lambda routes: routes.history(slug, size, token)
