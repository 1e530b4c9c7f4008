"""What is still to be sent of an import, compared with the links as they are now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cache.imports import Fate, ImportTable, Record, RowState
from console.domain.errors import UnreadableAnswer
from console.domain.links import Link, label
from console.domain.versions import same_version
from console.ops.importing.plan import refresh
from console.ops.importing.settle import done_state, read_one, same_content
from console.ops.session import Session

_BATCH: Final = 500


async def recheck(session: Session, table: ImportTable) -> None:
    """Compare what is still to be sent with the links as they are now: what moved is not sent.

    A link of which the list of all links could not tell is read by itself; one that cannot be read at all
    is left alone.
    """
    await refresh(session)
    fates: list[Fate] = []
    inventory = session.store.inventory
    for rows in _batches(table.waiting()):
        slugs = [row.slug for row in rows]
        odd: set[str] = set()
        for slug in sorted(session.store.unread.unsure(slugs)):
            try:
                await read_one(session, slug)
            except UnreadableAnswer:
                odd.add(slug)
        live = inventory.links_of(slugs)
        for row in rows:
            fate = _moved(row, live.get(row.slug)) if row.slug not in odd else _unreadable(row)
            fates += [] if fate is None else [fate]
    table.settle(fates)


def _unreadable(row: Record) -> Fate:
    words = "the platform's record of the link cannot be read: nothing is sent for it"
    return Fate(row.number, RowState.STALE, code="unreadable", message=words)


def _batches(rows: Iterator[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    yield batch


def _moved(row: Record, live: Link | None) -> Fate | None:
    assert row.link is not None
    if live is not None and same_content(live, row.link):
        return Fate(row.number, done_state(row), live.version)
    if row.kind == "create":
        if live is None:
            return None
        return Fate(row.number, RowState.STALE, code="stale", message="the link was made meanwhile")
    if live is None:
        return Fate(row.number, RowState.STALE, code="stale", message="the link is gone")
    if same_version(live.version, row.base):
        return None
    words = f"it was checked against {label(row.base)}, and {label(live.version)} is live"
    return Fate(row.number, RowState.STALE, code="stale", message=words)
