"""Taking away what imports left that were stopped and never gone on with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cache.imports import ImportTable, RowState, open_table, runs
from cache.paths import private_dir
from console.ops.importing.record import imports_dir, only_one

KEEP_DAYS: Final = 30.0
_SPOOLED: Final = "rows-*"
"""What came as a stream, where its process was killed."""


@dataclass(frozen=True, slots=True)
class Left:
    """A run that was stopped.

    Attributes:
        name: its file, as the operator named it; empty where planning never ended. Untrusted.
        touched: when anything of it last moved.
        waiting: rows that were never sent.
        unsettled: rows whose outcome is not known; such a run is never taken away.
    """

    run: str
    name: str
    touched: datetime
    waiting: int
    unsettled: int


def prune_imports(keep_days: float = KEEP_DAYS, now: datetime | None = None) -> tuple[list[Left], list[Left]]:
    """Take away the files of runs that nothing has moved for so long; those, and the old ones that stay.

    A run with rows whose outcome is not known stays: its file is how they are settled.

    Raises:
        Refused: reason `import_running`.
        StorageProblem: a file cannot be read.
    """
    if not imports_dir().exists():
        return [], []
    folder, before = private_dir(imports_dir()), (now or datetime.now(UTC)) - timedelta(days=keep_days)
    gone: list[Left] = []
    kept: list[Left] = []
    with only_one(folder):
        for run in runs(folder):
            path = folder / f"{run}.db"
            if _touched(path) < before:
                left = _left(folder, run, _touched(path))
                (kept if left.unsettled else gone).append(left)
                if not left.unsettled:
                    path.unlink()
        for spooled in folder.glob(_SPOOLED):
            if _touched(spooled) < before:
                spooled.unlink()
    return gone, kept


def _touched(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _left(folder: Path, run: str, touched: datetime) -> Left:
    table: ImportTable | None = open_table(folder, run)
    if table is None:
        return Left(run, "", touched, 0, 0)
    try:
        counts = table.counts()
        unsettled = counts[RowState.SENT] + counts[RowState.UNKNOWN]
        return Left(run, str(table.head().get("name", "")), touched, counts[RowState.PLANNED], unsettled)
    finally:
        table.close()
