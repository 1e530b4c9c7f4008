"""An import as a screen asks for it: a file checked, its rows told, confirmed, sent; frozen values only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cache.import_reader import ImportReader
from cache.imports import ImportTable, RowState, open_table
from cache.paths import private_dir
from console.domain.errors import InputRejected, Refused, RepointError, UsageProblem
from console.domain.health import Verdict
from console.domain.links import Link
from console.domain.versions import Change, diff
from console.ops.importing.apply import apply_import
from console.ops.importing.fields import FIELDS, LEFT_OUT, VERSION, Mapped, fit_columns, is_ours
from console.ops.importing.reader import Sheet, inspect, open_sheet
from console.ops.importing.record import imports_dir, only_one
from console.ops.importing.rejects import write_records
from console.ops.importing.runs import begin_run, confirm_import, end_run
from console.ops.importing.time import seconds_for
from console.ops.importing.values import CHUNK_ROWS, Chunks, Existing, Follow, Options, Preview
from console.ops.session import Session

__all__ = ["LEFT_OUT", "Existing", "Follow"]

FIELD_NAMES: Final = (*FIELDS, VERSION)
"""What a column can fill."""
_SAMPLES: Final = 200
"""Characters of a sample cell."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be imported, and how."""

    path: Path
    mapping: Mapping[str, str] = field(default_factory=dict)
    existing: Existing = Existing.UPDATE

    @property
    def options(self) -> Options:
        """The same for the planner."""
        return Options(mapping=self.mapping, existing=self.existing)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file.

    Attributes:
        field: what it fills; empty when nothing.
        guessed: the header is not the field's own name, and the operator did not say.
        ours: an export or a rejects file has it and an import need not mention it.
        sample: its cell in the first row.
    """

    header: str
    field: str
    guessed: bool
    ours: bool
    sample: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A file whose every row was read and checked; nothing has been sent.

    Attributes:
        table: the run's rows (`importing.review.Reviewer`).
        create, update: links to be made, links to be changed.
        faulty: rows that are not sent because of faults, or because the link is at another version.
        foreign: hosts in other letters than ASCII that rows point at, in punycode, with how often.
        again: it goes on with an earlier try, of which some rows are in place already.
        seconds: that sending takes, about.
    """

    asked: Asked
    run: str
    table: Path
    kind: str
    encoding: str
    delimiter: str
    columns: tuple[Column, ...]
    rows: int
    create: int
    update: int
    faulty: int
    writes: int
    seconds: float
    phrase: str
    again: bool
    foreign: Mapping[str, int] = field(default_factory=dict)

    @property
    def to_send(self) -> int:
        """Rows that are to be written."""
        return self.create + self.update


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of an import.

    Attributes:
        counts: rows by what became of them; they add up to the file's rows.
        done: it came to its end; otherwise the same import goes on from here.
        hint: what to do where it stopped.
    """

    run: str
    done: bool
    counts: Mapping[str, int]
    writes_spent: int
    stop_reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Silent:
    """A row whose new destination does not answer from here."""

    number: int
    slug: str
    url: str
    verdict: Verdict


async def check_file(session: Session, asked: Asked, tell: Callable[[int], object]) -> Checked:
    """Read and check every row against the links as they are now. Costs no write.

    Args:
        session: offline, the cache has to do.
        asked: the file and how it is to be read.
        tell: told how many more rows were looked at, on the core's thread.

    Raises:
        InputRejected, UsageProblem, StorageProblem, Unreachable: nothing was sent.
        Refused: reason `import_running`.
    """
    with only_one(private_dir(imports_dir())):
        preview, table, again = await begin_run(
            session, asked.path, asked.options, name=str(asked.path), on_progress=tell
        )
        try:
            return _checked(session, asked, preview, table, again=again)
        finally:
            table.close()


def _checked(session: Session, asked: Asked, preview: Preview, table: ImportTable, *, again: bool) -> Checked:
    chunks = Chunks(CHUNK_ROWS)
    with closing(ImportReader(table.path)) as reader:
        for weight in reader.weights():
            chunks.add(weight)
        waiting = {k.kind: k.rows for k in reader.kinds() if k.state is RowState.PLANNED}
    mapped = fit_columns(preview.header, asked.mapping)
    counts = table.counts()
    create, update = waiting.get("create", 0), waiting.get("update", 0)
    return Checked(
        asked=asked,
        run=preview.run,
        table=table.path,
        kind=preview.kind,
        encoding=preview.source.encoding,
        delimiter=preview.delimiter,
        columns=_columns(open_sheet(preview.source, str(asked.path)), mapped),
        rows=sum(counts.values()),
        create=create,
        update=update,
        faulty=counts[RowState.REJECTED] + counts[RowState.STALE] + counts[RowState.FAILED],
        writes=chunks.count,
        seconds=seconds_for(session, chunks.count, create + update),
        phrase=str(table.head()["phrase"]),
        again=again,
        foreign=table.head().get("foreign", {}),
    )


async def columns_of(session: Session, asked: Asked) -> tuple[Column, ...]:
    """The columns of a file, also where they do not make an import yet.

    Raises:
        InputRejected: its header cannot be read.
    """
    del session
    sheet = open_sheet(await asyncio.to_thread(inspect, asked.path), str(asked.path))
    try:
        mapped = fit_columns(sheet.header, asked.mapping)
    except (InputRejected, UsageProblem):
        mapped = Mapped({}, ignored=sheet.header)
    return _columns(sheet, mapped)


def _columns(sheet: Sheet, mapped: Mapped) -> tuple[Column, ...]:
    first = next(sheet.rows(), None)

    def sample(number: int, header: str) -> str:
        if first is None:
            return ""
        value = first.cells[number] if first.fields is None else first.fields.get(header, "")
        return str(value)[:_SAMPLES]

    return tuple(
        Column(
            header,
            mapped.columns.get(header, ""),
            header in mapped.guessed,
            is_ours(header),
            sample(number, header),
        )
        for number, header in enumerate(sheet.header)
    )


async def changes_of(session: Session, checked: Checked, number: int) -> tuple[Change, ...]:
    """What a row would change, or would make: every field that it sets."""
    with closing(ImportReader(checked.table)) as reader:
        found = reader.rows([number])
    wanted = found[0].link if found else None
    if wanted is None:
        return ()
    cached = session.store.inventory.get(wanted.slug)
    if cached is not None:
        return diff(cached.link, wanted)
    return tuple(replace(each, before=each.before or None) for each in diff(Link(wanted.slug, ""), wanted))


async def look_at(
    session: Session, checked: Checked, tell: Callable[[int, int], object]
) -> tuple[Silent, ...]:
    """Look from here whether the new destinations answer; the rows of those that do not. Costs no write.

    What the profile says never to look at is left out.

    Args:
        session: whose prober looks.
        checked: what would be sent.
        tell: told how many were looked at, and of how many, on the core's thread.
    """
    with closing(ImportReader(checked.table)) as reader:
        never = session.profile.never_looks_at
        rows = [row for row in reader.destinations() if not never(row[1], row[2])]
        urls = dict.fromkeys(url for _, _, url in rows)
        failing: dict[str, Verdict] = {}
        done = 0
        async for probed in session.prober.probe(urls):
            done += 1
            tell(done, len(urls))
            if not probed.verdict.healthy:
                failing[probed.url] = probed.verdict
    return tuple(Silent(n, slug, url, failing[url]) for n, slug, url in rows if url in failing)


async def send_checked(
    session: Session, checked: Checked, typed: str, follow: Follow, reason: str = ""
) -> Ended:
    """Send what was reviewed, and nothing else.

    Args:
        session: armed where its profile is protected.
        checked: what was reviewed.
        typed: the words that confirm it.
        follow: who is told, and who can stop it.
        reason: for the platform's history.

    Raises:
        Refused: not confirmed, protected, the file has changed, or another process has planned it anew.
    """
    confirm_import(checked.phrase, typed)
    session.online()
    with only_one(imports_dir()):
        table = open_table(imports_dir(), checked.run)
        if table is None:
            raise Refused(
                "What was reviewed is gone: the import was planned anew elsewhere",
                reason="plan_gone",
                detail="Nothing was sent.",
                hint="Check the file again",
            )
        try:
            report = await apply_import(
                session, table, checked.asked.path, rows=CHUNK_ROWS, reason=reason, follow=follow
            )
        finally:
            table.close()
    counts = {state.value: number for state, number in report.counts.items() if number}
    hint = report.error.hint if report.error is not None else ""
    return Ended(report.run, report.state == "done", counts, report.writes_spent, report.stop_reason, hint)


async def write_mend(session: Session, checked: Checked, path: Path) -> int:
    """Write the rows with faults to a new file, to be mended and imported again; how many there are.

    Raises:
        StorageProblem: the file exists or cannot be written.
    """
    del session
    table = _opened(checked)
    try:
        return write_records(table, tuple(column.header for column in checked.columns), path)
    finally:
        table.close()


async def leave_run(session: Session, checked: Checked, ended: Ended | None) -> None:
    """Take a run's file away, unless there is something to go on with.

    While another process imports it is left: `repoint cache prune` takes it.
    """
    with suppress(Refused), only_one(imports_dir()):
        table = open_table(imports_dir(), checked.run)
        if table is None:
            return
        if ended is not None and ended.done:
            table.close(remove=True)
        else:
            end_run(session, table, checked.run, None)


def _opened(checked: Checked) -> ImportTable:
    table = open_table(imports_dir(), checked.run)
    if table is None:
        raise RepointError("The rows of this import are not kept any more", hint="Check the file again")
    return table
