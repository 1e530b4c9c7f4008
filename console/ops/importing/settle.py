"""What became of a chunk whose answer was lost: its links are read and compared.

Nothing is sent again before that, and nothing while the platform may still be working on it.

Source: hardening, section 3, recovery points; product.md, section 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cache.imports import Fate, ImportTable, Record, RowState, open_table
from cache.journal import Write
from console.api.wire_links import link_to_wire
from console.domain.errors import NotFound, RepointError
from console.domain.links import Link, label
from console.domain.outcomes import Outcome, WriteState
from console.domain.versions import same_version
from console.ops import settle
from console.ops.importing.record import imports_dir
from console.ops.session import Session
from console.ops.sync import sync

PATIENT: Final = (0.0, 0.5, 1.5, 3.0, 5.0, 10.0, 10.0, 10.0, 10.0, 10.0, 5.0)
"""Seconds before each look, until the platform cannot be working on it any more (`settle.SETTLE_SECONDS`)."""
_FEW: Final = 40
"""Links that are read one by one; more are read with all the others, in one stream."""
_HISTORY: Final = 20


@dataclass(frozen=True, slots=True)
class ChunkEnd:
    """What a chunk came to, after reading.

    Attributes:
        found: rows that are in place.
        back: rows that certainly did nothing; they may be sent again.
        unknown: rows that could not be told; the chunk stays open.
    """

    found: int
    back: int
    unknown: int
    trouble: RepointError | None = None


def done_state(record: Record) -> RowState:
    """What a row is when its link has the content that was sent."""
    return RowState.CREATED if record.kind == "create" else RowState.UPDATED


def same_content(live: Link, wanted: Link) -> bool:
    """Whether a link is what a row would make it: every field that a write sends."""
    return link_to_wire(live) == link_to_wire(wanted)


async def settle_chunk(
    session: Session, table: ImportTable, write: Write, *, ended: bool, waits: Sequence[float] = PATIENT
) -> ChunkEnd:
    """Read the links of a chunk until it is known what became of each row.

    Args:
        session: whose platform is read.
        table: the run's rows.
        write: the chunk as it is journalled.
        ended: the platform is known to be done with the request.
        waits: seconds before each look.
    """
    total = len(table.open_rows(write.key))
    trouble: RepointError | None = None
    moved: list[Fate] = []
    over = False
    for wait in waits:
        await session.clock.sleep(wait)
        try:
            moved = await _look(session, table, write)
        except RepointError as error:
            trouble = error
            continue
        trouble = None
        over = ended or settle.is_over(write, session.clock.now())
        if over or not table.open_rows(write.key):
            break
    left = len(table.open_rows(write.key))
    if left and (trouble is not None or not over):
        table.unknown(write.key)
        _advance(
            session, write, WriteState.UNKNOWN, None, "The answer was lost and the links do not tell yet"
        )
        return ChunkEnd(total - left, 0, left, trouble)
    table.settle(moved)
    back = len(table.open_rows(write.key))
    table.take_back(write.key)
    found = total - back - len(moved)
    text = f"{found} rows are in place, {back} were not applied, {len(moved)} were overtaken"
    if found or not total:
        _advance(session, write, WriteState.APPLIED, Outcome.APPLIED, text)
    else:
        _advance(session, write, WriteState.DROPPED, Outcome.FAILED, text)
    return ChunkEnd(found, back, 0)


def _advance(session: Session, write: Write, state: WriteState, outcome: Outcome | None, detail: str) -> None:
    known = session.store.journal.write(write.key)
    if known is not None and known.state.can_become(state):
        session.store.journal.advance(write.key, state, outcome=outcome, detail=detail)


async def _look(session: Session, table: ImportTable, write: Write) -> list[Fate]:
    """Settle the rows that are in place; the fates of those that somebody else has moved since."""
    rows = table.open_rows(write.key)
    live = await read_links(session, [row.slug for row in rows])
    done: list[Fate] = []
    moved: list[Fate] = []
    for row in rows:
        link = live.get(row.slug)
        assert row.link is not None
        if link is not None and same_content(link, row.link):
            done.append(Fate(row.number, done_state(row), link.version))
        elif link is None and row.kind == "update":
            moved.append(Fate(row.number, RowState.STALE, code="stale", message="the link is gone"))
        elif link is not None and (row.kind == "create" or not same_version(link.version, row.base)):
            if await _is_ours(session, row, write):
                done.append(Fate(row.number, done_state(row)))
            else:
                who = f" by {link.updated_by}" if link.updated_by else ""
                words = f"{label(link.version)}{who} is live now"
                moved.append(Fate(row.number, RowState.STALE, link.version, "stale", words))
    table.settle(done)
    return moved


async def _is_ours(session: Session, row: Record, write: Write) -> bool:
    """Whether the link's history holds the version that this chunk made: by its mark."""
    timeline = await session.online().history(row.slug, limit=_HISTORY)
    return any(settle.mark_of(write.key) in version.note for version in timeline.versions)


async def read_links(session: Session, slugs: Sequence[str]) -> dict[str, Link]:
    """Links as they are live now; those that do not exist are left out."""
    if len(slugs) > _FEW:
        await sync(session)
        inventory = session.store.inventory
        for slug in sorted(session.store.unread.unsure(slugs)):
            await read_one(session, slug)
        return inventory.links_of(slugs)
    read = {slug: await read_one(session, slug) for slug in slugs}
    return {slug: link for slug, link in read.items() if link is not None}


async def read_one(session: Session, slug: str) -> Link | None:
    """One link as it is live now, kept in the cache; None when it does not exist."""
    inventory = session.store.inventory
    try:
        link = await session.online().link(slug)
    except NotFound:
        inventory.remove(slug)
        return None
    inventory.put(link, session.clock.now().wall.timestamp())
    return link


async def settle_open(session: Session, write: Write) -> tuple[Outcome, str]:
    """Settle a chunk that a process which is gone left open: one look, and nothing is sent."""
    table = open_table(imports_dir(), write.run)
    if table is None:
        if write.state is not WriteState.PREPARED and not settle.is_over(write, session.clock.now()):
            return Outcome.UNKNOWN, "The platform may still be working on an import whose table is gone."
        text = "An import's table is gone: what became of its rows shows in the links themselves."
        _advance(session, write, WriteState.DROPPED, Outcome.STALE, text)
        return Outcome.STALE, text
    try:
        if write.state is WriteState.PREPARED:
            table.take_back(write.key)
            text = "Nothing had been sent of an import's rows; they are kept."
            _advance(session, write, WriteState.DROPPED, Outcome.CANCELLED, text)
            return Outcome.CANCELLED, text
        end = await settle_chunk(session, table, write, ended=False, waits=(0.0,))
    finally:
        table.close()
    again = "Run the same import again to go on."
    if end.unknown:
        return Outcome.UNKNOWN, f"{end.unknown} rows of an import cannot be told yet. {again}"
    text = f"{end.found} rows of an import are in place, {end.back} were not applied. {again}"
    return (Outcome.APPLIED if end.found or not end.back else Outcome.FAILED), text
