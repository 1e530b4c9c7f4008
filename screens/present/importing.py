"""An import as lines: its columns, its rows, what a row would change, what it costs, how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rich.style import Style
from rich.text import Text

from console.domain.rows import RowFault
from console.domain.urls import foreign_host, spelt_host, without_scheme
from console.domain.versions import Change
from console.domain.words import counted
from screens.present.cells import Cell, clipped, fit, fit_right, joined, width_of
from screens.present.diff import LABEL_WIDTH, unified
from screens.present.words import count, duration
from screens.present.wrapping import wrap
from screens.themes import Look

_LINE: Final = 7
_WHAT: Final = 11
_SLUG: Final = 26
_GAP: Final = "   "
_HOSTS: Final = 3
"""Hosts in other letters than ASCII that are named one by one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One row as the list and the detail show it. Texts are untrusted."""

    line: int
    slug: str
    state: str
    destination: str = ""
    faults: tuple[RowFault, ...] = ()
    silent: str = ""


def sign_of(state: str, look: Look) -> tuple[str, Style]:
    """The sign and colour of what becomes of a row."""
    g = look.glyphs
    return {
        "created": ("+", look.ok),
        "updated": ("~", look.focus),
        "unchanged": ("=", look.faint),
        "skipped": (g.skipped, look.faint),
        "not sent": (g.pending, look.muted),
        "unknown": ("?", look.slow),
        "stale": (g.warning, look.slow),
        "silent": (g.slow, look.slow),
        "failed": (g.failed, look.down),
        "rejected": (g.failed, look.down),
    }.get(state, (" ", look.muted))


@dataclass(frozen=True, slots=True)
class RowColumns:
    """Cells of the slug's and the last column."""

    slug: int
    rest: int


def row_columns(width: int) -> RowColumns:
    """The columns that fit `width` cells."""
    slug = min(_SLUG, max(10, round(width * 0.3)))
    return RowColumns(slug, max(0, width - 2 - _LINE - 2 - slug - 2 - _WHAT))


def row_header(columns: RowColumns, look: Look) -> list[Cell]:
    """The headings."""
    words = f"  {fit_right('LINE', _LINE, '')}  {fit('SLUG', columns.slug, '')}  {fit('BECOMES', _WHAT, '')}"
    return [(words, look.faint), (fit("DESTINATION, OR WHY NOT", columns.rest, ""), look.faint)]


def row_cells(row: Shown, columns: RowColumns, look: Look) -> list[Cell]:
    """One row of the file."""
    sign, style = sign_of(row.state, look)
    cut = look.glyphs.ellipsis
    quiet = row.state in {"unchanged", "skipped"}
    return [
        (f"{sign} ", style),
        (fit_right(count(row.line), _LINE, cut) + "  ", look.faint),
        (fit(look.say(row.slug) or "-", columns.slug, cut) + "  ", look.muted if quiet else look.strong),
        (fit(row.state, _WHAT, cut), style),
        _why(row, columns.rest, look),
    ]


def _why(row: Shown, width: int, look: Look) -> tuple[str, Style]:
    cut = look.glyphs.ellipsis
    where = look.say(without_scheme(row.destination))
    if row.silent:
        return fit(f"{row.silent}: {where}", width, cut), look.slow
    if not row.faults:
        return fit(where, width, cut), look.muted
    first = row.faults[0]
    more = f"  +{len(row.faults) - 1}" if len(row.faults) > 1 else ""
    words = look.say(f"{first.column}: {first.message}" if first.column else first.message)
    return fit(words, max(0, width - len(more)), cut) + more, look.text


@dataclass(frozen=True, slots=True)
class Choice:
    """One facet on the bar, with the cells that it takes there."""

    index: int
    line: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class FacetShown:
    """A kind of rows as the bar shows it."""

    name: str
    rows: int
    fault: bool


def facet_lines(
    facets: Sequence[FacetShown], chosen: int, look: Look, width: int
) -> tuple[list[Text], list[Choice]]:
    """The kinds of rows over as many lines as they need, faults on lines of their own; where each stands."""
    lines: list[list[Cell]] = []
    choices: list[Choice] = []
    used = 0
    last: bool | None = None
    for index, facet in enumerate(facets):
        sign, style = (look.glyphs.dot, look.muted) if facet.fault else sign_of(facet.name, look)
        name = look.say(facet.name.replace("_", " ") if facet.fault else facet.name, 40)
        text = f"{sign} {name}".lstrip()
        size = width_of(text) + len(count(facet.rows)) + 4
        if facet.fault != last or used + size > width:
            lines.append([])
            used, last = 0, facet.fault
        lit = look.cursor if index == chosen else Style()
        mark = look.glyphs.mark if index == chosen else " "
        lines[-1] += [(mark, look.mark), (text, (look.strong if index == chosen else style) + lit)]
        lines[-1] += [(f" {count(facet.rows)}", look.text + lit), ("  ", look.text)]
        choices.append(Choice(index, len(lines) - 1, used, used + size))
        used += size
    return [joined(clipped(line, width, look)) for line in lines], choices


@dataclass(frozen=True, slots=True)
class ColumnShown:
    """A column of the file and the field it fills; `-` in a mapping is nothing."""

    header: str
    field: str
    guessed: bool = False
    ours: bool = False
    sample: str = ""


def column_lines(columns: Sequence[ColumnShown], look: Look, width: int) -> list[Text]:
    """Which column fills which field, one a line."""
    head = min(24, max(8, width - 28))  # the rest holds the longest field that was guessed
    lines = []
    for column in columns:
        name = fit(look.say(column.header) or "(no name)", head, look.glyphs.ellipsis)
        if column.field:
            cells = [(name, look.text), (f" {look.glyphs.arrow} ", look.faint), (column.field, look.strong)]
            if column.guessed:
                cells.append(("  guessed", look.slow))
        else:
            word = "the platform sets it" if column.ours else "fills nothing"
            cells = [(name, look.faint), ("   ", look.faint), (word, look.faint)]
        lines.append(joined(clipped(cells, width, look)))
    return lines


def column_line(columns: Sequence[ColumnShown], look: Look, width: int) -> Text:
    """The same in one line: what differs from the fields' own names."""
    cells: list[Cell] = [("columns  " if columns else "", look.muted)]
    for column in columns:
        if column.field and column.header == column.field:
            cells.append((f"{column.field}  ", look.text))
        elif column.field:
            cells.append((f"{look.say(column.header, 30)} {look.glyphs.arrow} {column.field}", look.text))
            cells.append((" guessed  " if column.guessed else "  ", look.slow))
    left_out = [look.say(c.header, 20) for c in columns if not c.field and not c.ours]
    if left_out:
        cells.append((f"ignored: {', '.join(left_out)}", look.faint))
    return joined(clipped(cells, width, look))


def detail_lines(row: Shown, changes: Sequence[Change], look: Look, width: int) -> list[Text]:
    """One row: all its faults, or every field that it changes."""
    sign, style = sign_of(row.state, look)
    head: list[Cell] = [(f"{sign} ", style), (look.say(row.slug) or "no slug", look.strong)]
    head += [("  ", look.text), (row.state, style), (f"   line {count(row.line)}", look.faint)]
    lines = [joined(clipped(head, width, look)), Text()]
    for fault in row.faults:
        lines += _fault_lines(fault, look, width)
    if host := foreign_host(row.destination):
        told = f"It points at {written(host, look)}"
        lines += [*(Text(line, look.slow) for line in wrap(told, width)), Text()]
    if row.silent:
        told = f"From here its destination is {row.silent}"
        lines += [*(Text(line, look.slow) for line in wrap(look.say(told), width)), Text()]
    if changes:
        lines += unified(changes, look, width)
    elif row.state in {"unchanged", "skipped"}:
        word = "The link has all of it already" if row.state == "unchanged" else "The link exists already"
        lines.append(Text(f"{word}: not sent", look.muted))
    return lines


def written(host: str, look: Look) -> str:
    """A host in other letters than ASCII, with how a browser may show it."""
    return f"{look.say(host, 80)}, which is written {look.say(spelt_host(host), 80)}"


def _fault_lines(fault: RowFault, look: Look, width: int) -> list[Text]:
    name = fit(look.say(fault.column, 40), LABEL_WIDTH, look.glyphs.ellipsis)
    rows = wrap(look.say(fault.message), max(12, width - LABEL_WIDTH))
    lines = [
        joined([(name if at == 0 else " " * LABEL_WIDTH, look.muted), (text, look.text)])
        for at, text in enumerate(rows)
    ]
    return [*lines, joined([(" " * LABEL_WIDTH, look.muted), (look.say(fault.code), look.faint)])]


@dataclass(frozen=True, slots=True)
class Cost:
    """What sending takes, and what there is.

    Attributes:
        left: writes left today; None when not known. `reserve` of them are kept for rollbacks.
    """

    rows: int
    writes: int
    seconds: float
    left: int | None
    reserve: int

    @property
    def fits(self) -> bool:
        """Whether all of it can be sent today."""
        return self.left is None or self.writes <= max(0, self.left - self.reserve)


def cost_cells(cost: Cost, look: Look) -> list[Cell]:
    """`4,210 rows to send · 5 writes of 4,788 left · about 12 s`."""
    if not cost.rows:
        return [(" Nothing to send", look.muted)]
    dot = f" {look.glyphs.dot} "
    cells: list[Cell] = [
        (" ", look.text), (counted(cost.rows, "row"), look.strong), (" to send" + dot, look.muted),
        (counted(cost.writes, "write"), look.strong if cost.fits else look.slow),
    ]  # fmt: skip
    if cost.left is not None:
        cells.append((f" of {count(cost.left)} left today", look.muted))
    cells += [(dot + "about ", look.muted), (duration(max(1.0, cost.seconds)), look.text)]
    if not cost.fits:
        cells.append((dot + "not all of it fits today", look.slow))
    return cells


@dataclass(frozen=True, slots=True)
class Going:
    """How far something is. `total` 0: not known. `note` stands in the rate's place. `spent`: writes."""

    word: str
    done: int
    total: int
    per_second: float = 0.0
    note: str = ""
    spent: int = 0


def progress_cells(going: Going, look: Look, width: int) -> list[Cell]:
    """`Sending  1,204 of 4,210  ━━━━──────  92/s  32 s left`; without a total only the count."""
    word, done, total, per_second, note = (
        going.word, going.done, going.total, going.per_second, going.note,
    )  # fmt: skip
    cells: list[Cell] = [(f" {word}  ", look.focus)]
    cells.append((f"{count(done)} of {count(total)}  " if total else count(done), look.text))
    if going.spent:
        cells.append((f"{counted(going.spent, 'write')} spent  ", look.muted))
    right = note
    if not note and per_second > 0:
        right = f"{per_second:,.0f}/s"
        if total and done < total:
            right += f"  {duration((total - done) / per_second)} left"
    room = width - sum(width_of(t) for t, _ in cells) - width_of(right) - 3
    if total and room >= 8:
        full = room * min(done, total) // total
        cells += [(look.glyphs.bar * full, look.focus), (look.glyphs.rule * (room - full), look.faint)]
    return [*cells, ("  " + right, look.slow if note else look.muted)]


def result_cells(done: bool, counts: dict[str, int], writes: int, look: Look) -> list[Cell]:
    """`✓ Done  4,012 created · 198 updated · 5 rejected   5 writes spent`."""
    sign, style = (look.glyphs.passed, look.ok) if done else (look.glyphs.warning, look.slow)
    cells: list[Cell] = [(f" {sign} {'Done' if done else 'Stopped'}  ", style)]
    for at, (state, rows) in enumerate(counts.items()):
        cells.append((f" {look.glyphs.dot} " if at else "", look.faint))
        cells += [(count(rows), look.strong), (f" {state}", sign_of(state, look)[1])]
    return [*cells, (f"{_GAP}{counted(writes, 'write')} spent", look.muted)]


@dataclass(frozen=True, slots=True)
class Question:
    """What the confirmation dialog asks."""

    handle: str
    environment: str
    production: bool
    create: int
    update: int
    faulty: int
    cost: Cost
    name: str
    again: bool
    silent: int | None
    foreign: Mapping[str, int] = field(default_factory=dict)


def confirm_lines(asked: Question, reason: str, look: Look, width: int) -> list[Text]:
    """What will be written where, what it costs, and what stays behind."""
    place = look.environment(asked.environment, production=asked.production)
    where = [("Into ", look.muted), (look.say(asked.handle), look.strong), (" on ", look.muted)]
    lines = [joined(clipped([*where, (look.say(asked.environment) or "?", place)], width, look)), Text()]

    def fact(name: str, *cells: Cell) -> None:
        lines.append(joined(clipped([(fit(name, LABEL_WIDTH, ""), look.muted), *cells], width, look)))

    for name, rows in (("created", asked.create), ("updated", asked.update)):
        sign, style = sign_of(name, look)
        fact(name, (f"{sign} ", style), (counted(rows, "link"), look.strong if rows else look.faint))
    if asked.faulty:
        sign, style = sign_of("rejected", look)
        fact("left behind", (f"{sign} ", style), (counted(asked.faulty, "row"), look.text))
    cost = asked.cost
    left = "" if cost.left is None else f" of {count(cost.left)} left today"
    fact("costs", ("  ", look.text), (counted(cost.writes, "write"), look.strong), (left, look.muted),
         (f", about {duration(max(1.0, cost.seconds))}", look.muted))  # fmt: skip
    fact("file", ("  ", look.text), (look.say(asked.name), look.text))
    fact("reason", ("  ", look.text), (look.say(reason or "none given"), look.text if reason else look.faint))
    lines.append(Text())
    for words, style in _warnings(asked, look):
        lines += [Text(row, style) for row in wrap(words, width)]
    return lines


def _warnings(asked: Question, look: Look) -> list[tuple[str, Style]]:
    found = []
    if asked.again:
        found.append(
            ("It goes on with an earlier try: what is in place already is not sent again.", look.focus)
        )
    if not asked.cost.fits:
        words = (
            f"Not all of it fits today ({count(asked.cost.reserve)} writes are kept for rollbacks). It stops "
            "there with everything kept, and the same import goes on from there."
        )
        found.append((words, look.slow))
    for host, rows in list(asked.foreign.items())[:_HOSTS]:
        found.append((f"{counted(rows, 'row')} would point at {written(host, look)}", look.slow))
    if len(asked.foreign) > _HOSTS:
        found.append((f"and at {len(asked.foreign) - _HOSTS} more hosts in other letters", look.slow))
    if asked.silent:
        found.append((f"{counted(asked.silent, 'row')} would point where nothing answers.", look.slow))
    elif asked.silent is None:
        found.append(("Whether the new destinations answer was not looked at.", look.muted))
    return found
