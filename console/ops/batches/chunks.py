"""A chunk of a run's import in the journal: one request, and a row for each link that it carries.

The rows lock their links and tell what became of each; the chunk tells that there was one request. Its key
and theirs begin alike, so that a version's mark names them all.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Final

from cache.journal import Write
from console.domain.outcomes import Outcome, WriteState
from console.domain.plans import Plan
from console.ops import record
from console.ops.importing.record import WAY, chunk_write
from console.ops.session import Session

ROW: Final = "import row"
"""`Write.way` of an item that goes with a chunk: it locks its link, and costs nothing by itself."""
CHUNK_ROW: Final = 0
_MARKED: Final = 8
"""Characters of a key that are in its mark (`settle.mark_of`)."""


def is_chunk(write: Write) -> bool:
    """Whether a write is a request of an import, and not a link's own."""
    return write.way == WAY


def new_chunk(session: Session, run: str, reason: str) -> Write:
    """The journal's row of one request."""
    return chunk_write(session, run, CHUNK_ROW, reason)


def new_row(session: Session, plan: Plan, chunk: Write) -> Write:
    """The journal's row of one link that goes with a chunk."""
    key = chunk.key[:_MARKED] + str(uuid.uuid4())[_MARKED:]
    return replace(record.new_write(session, plan), key=key, way=ROW)


def rows_of(session: Session, chunk: Write) -> list[Write]:
    """The rows of a chunk."""
    found = session.store.journal.writes_of_run(chunk.run)
    return [w for w in found if w.way == ROW and w.key[:_MARKED] == chunk.key[:_MARKED]]


def close_chunk(session: Session, chunk: Write) -> tuple[Outcome, str]:
    """Settle a chunk by its rows: open while one of them is."""
    journal = session.store.journal
    rows = rows_of(session, chunk)
    now = journal.write(chunk.key) or chunk
    unknown = sum(row.state.open for row in rows)
    applied = sum(row.state is WriteState.APPLIED for row in rows)
    text = f"{applied} of {len(rows)} links of an import are in place"
    if unknown:
        if now.state is WriteState.SENT:
            journal.advance(chunk.key, WriteState.UNKNOWN, detail=text)
        return Outcome.UNKNOWN, f"{unknown} links of an import cannot be told yet."
    if not now.state.open:
        return Outcome.APPLIED if applied else Outcome.FAILED, f"{text}."
    if now.state is WriteState.PREPARED:
        journal.advance(chunk.key, WriteState.DROPPED, outcome=Outcome.CANCELLED, detail="nothing was sent")
        return Outcome.CANCELLED, "Nothing had been sent of an import."
    state, outcome = (
        (WriteState.APPLIED, Outcome.APPLIED) if applied else (WriteState.DROPPED, Outcome.FAILED)
    )
    journal.advance(chunk.key, state, outcome=outcome, detail=text)
    return outcome, f"{text}."
