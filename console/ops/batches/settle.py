"""What a run left open: settled by reading, never by sending; chunks of an import by their rows."""

from __future__ import annotations

from collections.abc import Sequence

from console.domain.outcomes import Outcome
from console.ops.batches.chunks import is_chunk
from console.ops.importing.settle import PATIENT
from console.ops.recovery import settle_one
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
        ends = [await settle_one(session, w) for w in sorted(open_writes, key=is_chunk)]
        left = sum(end.outcome is Outcome.UNKNOWN for end in ends)
    runs.adopt(run, session.clock.now())
    return left
