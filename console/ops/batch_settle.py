"""What a run left open: settled by reading, never by sending; chunks of an import by their rows."""

from __future__ import annotations

from collections.abc import Sequence

from cache.journal import Write
from console.domain.batches import BatchKind
from console.domain.outcomes import Outcome
from console.ops.batch_chunks import is_chunk
from console.ops.importing_settle import PATIENT
from console.ops.recovery import Settled, settle_one
from console.ops.session import Session


async def settle_run(session: Session, run: str, waits: Sequence[float] = PATIENT) -> int:
    """Settle a run's open writes and take over what they came to; how many stay unknown.

    Rows come before the chunks that they went with: a chunk is settled when its rows are.
    """
    journal, runs = session.store.journal, session.store.runs
    left = 0
    for wait in waits:
        open_writes = [w for w in journal.writes_of_run(run) if w.state.open]
        if not open_writes:
            break
        await session.clock.sleep(wait)
        ends = [await settle_item(session, w) for w in sorted(open_writes, key=is_chunk)]
        left = sum(end.outcome is Outcome.UNKNOWN for end in ends)
    runs.adopt(run, session.clock.now())
    return left


async def settle_item(session: Session, write: Write) -> Settled:
    """Settle one write of a run; a link that proves to be restored is held, as after any rollback."""
    end = await settle_one(session, write)
    run = session.store.runs.get(write.run)
    if end.outcome is not Outcome.APPLIED or end.new_version is None or end.overtaken_by or run is None:
        return end
    marks, key, by, now = (
        session.store.marks,
        session.target.key,
        session.target.operator,
        session.clock.now(),
    )
    with session.store.journal.together():
        if run.undoes and write.target_version is not None:
            marks.clear_bad(key, write.slug, write.target_version)
        elif run.kind == BatchKind.ROLLBACK and write.expected_version is not None:
            marks.note_bad(key, write.slug, write.expected_version, f"rolled back: {write.reason}", by, now)
        marks.hold(key, write.slug, end.new_version, write.target_fingerprint, by, now)
    return end
