"""A run of an import in the journal and on the disk: its chunks, and finding it again."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cache.imports import ImportTable, RowState, open_table, runs
from cache.journal import Write
from cache.process import this_process
from console.domain.errors import Refused
from console.domain.outcomes import WriteState
from console.ops.importing.fields import Mapped
from console.ops.importing.reader_file import Source
from console.ops.importing.values import Preview, Shown
from console.ops.profiles.places import journal_path
from console.ops.session import Session

WAY: Final = "import"
"""`Write.way` of a chunk."""
SLUG: Final = "bulk-import"
"""`Write.slug` of a chunk: the route's name, which no link may have. One chunk a target is open at a time."""


def imports_dir() -> Path:
    """Where the tables of imports stand: beside the journal."""
    return journal_path().parent / "imports"


def chunk_write(session: Session, run: str, number: int, reason: str) -> Write:
    """The journal's row of one request. Its rows stand in the run's table."""
    now, target = session.clock.now(), session.target
    return Write(
        key=str(uuid.uuid4()),
        run=run,
        row_no=number,
        target_key=target.key,
        base_url=target.base_url,
        handle=target.handle,
        operator=target.operator,
        slug=SLUG,
        link_id="",
        expected_version=None,
        expected_fingerprint="",
        target_version=None,
        target_fingerprint="",
        reason=reason,
        way=WAY,
        created_at=now.wall.isoformat(),
        mono=now.monotonic,
        boottime=now.boottime,
        boot_id=now.boot_id,
        holder=this_process(),
    )


def spent(session: Session, run: str) -> int:
    """Requests of a run that the platform counts, or may have counted."""
    writes = session.store.journal.writes_of_run(run)
    return sum(write.attempts for write in writes if write.state is not WriteState.REFUSED)


def unfinished(folder: Path, same: str) -> ImportTable | None:
    """The run of the same file, columns and policy that has not come to its end; None when there is none.

    What a process left that was killed while it planned is taken away: call it inside `only_one`.
    """
    for run in runs(folder):
        table = open_table(folder, run)
        if table is None:
            (folder / f"{run}.db").unlink(missing_ok=True)
        else:
            if table.head().get("same") == same:
                return table
            table.close()
    return None


def resumable(session: Session, run: str) -> bool:
    """Whether anything of a run has left, so that the next try must go on with it and not plan anew."""
    return session.store.journal.run_exists(run)


def preview_of(table: ImportTable, source: Source) -> Preview:
    """What a run had planned, as far as its table tells."""
    head = table.head()
    header = tuple(str(name) for name in head["header"])
    preview = Preview(str(head["run"]), source, "earlier run", header, Mapped(dict(head["columns"])))
    preview.foreign.update(head.get("foreign", {}))
    preview.counts = Counter(table.counts())
    for row in table.handed_back():
        if row.state is RowState.REJECTED:
            preview.rejected.append(Shown(row.number, row.line, row.slug, row.faults))
    return preview


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Keep a second import of this home from being applied meanwhile; a killed process lets go by itself.

    Raises:
        Refused: reason `import_running`.
    """
    import fcntl

    with (folder / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refused(
                "Another import is being applied",
                reason="import_running",
                detail="Nothing was sent.",
                hint="Wait for it to end",
            ) from error
        yield
