"""Looking through what an import would do, or did: rows by kind and by fault, read as they come into view."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cache.import_reader import ImportReader, Kept
from cache.imports import Record, RowState
from console.domain.rows import RowFault

__all__ = ["ALL", "Facet", "ReviewRow", "Reviewer", "RowState"]

ALL: Final = "all"
_OPEN: Final = (RowState.SENT, RowState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Facet:
    """A kind of rows that a list can be narrowed to.

    Attributes:
        name: what the rows have in common: what becomes of them, or the code of a fault.
        fault: it is a code.
    """

    name: str
    count: int
    fault: bool = False


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One row of the file as a list shows it. All texts are untrusted.

    Attributes:
        state: what would become of it, or did: the name of its facet.
        destination: what it would point at; empty where nothing is sent.
    """

    number: int
    line: int
    slug: str
    state: str
    destination: str
    faults: tuple[RowFault, ...]


def facet_of(state: RowState, kind: str, *, planned: bool) -> str:
    """The facet of a row. Until anything is sent, what is planned counts as what it will be."""
    if state is RowState.PLANNED:
        return ({"create": "created", "update": "updated"} if planned else {}).get(kind, "not sent")
    return "unknown" if state in _OPEN else state.value


_IN_ORDER: Final = ("created", "updated", "unchanged", "skipped", "not sent", "unknown", "stale", "failed",
                    "rejected")  # fmt: skip


class Reviewer:
    """Reads one run's rows beside the core, which writes. Belongs to the thread that made it.

    Args:
        path: the run's file.
        planned: nothing of it has been sent yet.
        marked: rows that something else was found of, by number: the facet `silent` (`look_at`).
    """

    def __init__(self, path: Path, *, planned: bool, marked: Sequence[int] = ()) -> None:
        self._reader = ImportReader(path)
        self._planned = planned
        self._marked = array("q", marked)

    def facets(self) -> list[Facet]:
        """All kinds of rows there are, what becomes of them first, then the faults."""
        kept = self._reader.kinds()
        counts: dict[str, int] = {}
        for each in kept:
            name = facet_of(each.state, each.kind, planned=self._planned)
            counts[name] = counts.get(name, 0) + each.rows
        found = [Facet(ALL, sum(counts.values()))]
        found += [Facet(name, counts[name]) for name in _IN_ORDER if counts.get(name)]
        if self._marked:
            found.append(Facet(SILENT, len(self._marked)))
        return found + [
            Facet(code, count, fault=True) for code, count in self._reader.codes() if code not in counts
        ]

    def select(self, facet: Facet) -> array[int]:
        """The numbers of a facet's rows, in the order of the file."""
        if facet.fault:
            return self._reader.numbers(code=facet.name)
        if facet.name == SILENT:
            return self._marked
        if facet.name == ALL:
            return self._reader.numbers()
        numbers = array("q")
        for each in self._kinds_of(facet.name):
            numbers.extend(self._reader.numbers([each.state], kind=each.kind))
        return array("q", sorted(numbers))

    def _kinds_of(self, name: str) -> list[Kept]:
        found = self._reader.kinds()
        return [each for each in found if facet_of(each.state, each.kind, planned=self._planned) == name]

    def rows(self, numbers: Sequence[int]) -> list[ReviewRow]:
        """Some rows, in the order of their numbers."""
        return [self._shown(record) for record in self._reader.rows(numbers)]

    def _shown(self, record: Record) -> ReviewRow:
        return ReviewRow(
            record.number,
            record.line,
            record.slug,
            facet_of(record.state, record.kind, planned=self._planned),
            record.link.destination_url if record.link is not None else "",
            record.faults,
        )

    def close(self) -> None:
        """Give the file back."""
        self._reader.close()


SILENT: Final = "silent"
"""The facet of rows whose new destination does not answer."""
