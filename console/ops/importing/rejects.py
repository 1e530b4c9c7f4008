"""New files that are whole or not there, and the file of rows that an import hands back."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from cache.imports import ImportTable, Record
from console.domain.errors import StorageProblem
from console.domain.rows import neutralised, restored
from console.domain.text import safe
from console.ops.importing.fields import ADDED
from console.ops.importing.values import Preview

_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """A text file to be written: on the disk whole when this ends, not there when anything is raised.

    Raises:
        StorageProblem: a file of that name exists (a link counts), or it cannot be written.
    """
    refuse_existing(path)
    part = path.with_name(path.name + ".part")
    try:
        descriptor = os.open(part, _FLAGS, 0o600)
    except FileExistsError as error:
        raise _exists(part) from error
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _put_in_place(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _unwritable(path, error) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def refuse_existing(path: Path) -> None:
    """Refuse a name that is taken, by a link to nowhere too.

    Raises:
        StorageProblem: it exists.
    """
    if path.is_symlink() or path.exists():
        raise _exists(path)


def _put_in_place(part: Path, path: Path) -> None:
    """Without taking the place of a file that appeared meanwhile: `link` refuses where `rename` would not."""
    try:
        os.link(part, path)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError:
        part.rename(path)  # a file system without hard links
    else:
        part.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _exists(path: Path) -> StorageProblem:
    return StorageProblem(
        f"{safe(path)} exists already", detail="It was left as it is.", hint="Name another file"
    )


def _unwritable(path: Path, error: OSError) -> StorageProblem:
    return StorageProblem(f"{safe(path)} cannot be written: {error.strerror}", hint="Name another place")


class Rejects:
    """Rows to be mended: the original columns, then line, code and message; imported again as they are.

    A row with several faults has their codes and messages with `; ` between them.
    """

    def __init__(self, stream: TextIO | None, header: Sequence[str]) -> None:
        self._kept = [i for i, name in enumerate(header) if name.lower() not in ADDED]
        self._writer: Any = None if stream is None else csv.writer(stream)
        self.count = 0
        if self._writer is not None:
            self._writer.writerow([*(header[i] for i in self._kept), *ADDED])

    @classmethod
    @contextmanager
    def to(cls, path: Path | None, header: Sequence[str]) -> Iterator[Rejects]:
        """The file at `path`, which must not exist; nowhere when None."""
        if path is None:
            yield cls(None, header)
            return
        with new_file(path) as stream:
            yield cls(stream, header)

    def add(self, record: Record) -> None:
        """One more row."""
        self.count += 1
        if self._writer is None:
            return
        cells = [record.cells[i] if i < len(record.cells) else "" for i in self._kept]
        codes = "; ".join(fault.code for fault in record.faults)
        words = "; ".join(
            f"{fault.column}: {fault.message}" if fault.column else fault.message for fault in record.faults
        )
        shown = [neutralised(restored(cell)) for cell in cells]
        self._writer.writerow([*shown, record.line, codes, neutralised(words)])


def write_rejects(table: ImportTable, preview: Preview, path: Path | None) -> Path | None:
    """Write the rows that a run hands back, where a file is wanted; the file then.

    Raises:
        StorageProblem: it cannot be written.
    """
    if path is not None:
        write_records(table, preview.header, path)
    return path


def write_records(table: ImportTable, header: Sequence[str], path: Path) -> int:
    """Write the rows that a run hands back to a new file; how many there are.

    Raises:
        StorageProblem: it cannot be written.
    """
    with Rejects.to(path, header) as rejects:
        for record in table.handed_back():
            rejects.add(record)
    return rejects.count
