"""The rows in view of a list of any length, and nothing more: what keeps the table flat at a million."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from screens.present.links import LinkRow


class RowSource(Protocol):
    """Where the list's rows come from: the links of the current filter, in the current order."""

    @property
    def count(self) -> int:
        """How many rows there are."""
        ...

    def rows(self, start: int, stop: int) -> Sequence[LinkRow]:
        """The rows `start` to `stop` (not included). Asked only for rows in view, and a page around them."""
        ...

    def slugs(self, start: int, stop: int) -> Sequence[str]:
        """The slugs of a range, for marking it."""
        ...

    def index(self, slug: str) -> int | None:
        """Where a slug stands, if it is in the list."""
        ...


class ListRows:
    """Rows that are all at hand: a short list, or the empty one before there is any."""

    def __init__(self, rows: Sequence[LinkRow] = ()) -> None:
        self._rows = rows

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._rows)

    def rows(self, start: int, stop: int) -> Sequence[LinkRow]:
        """A slice of them."""
        return self._rows[start:stop]

    def slugs(self, start: int, stop: int) -> Sequence[str]:
        """The slugs of a slice."""
        return [row.slug for row in self._rows[start:stop]]

    def index(self, slug: str) -> int | None:
        """Where a slug stands."""
        return next((i for i, row in enumerate(self._rows) if row.slug == slug), None)


_AHEAD: Final = 16
"""Rows read beyond the view, so that single steps seldom ask the source."""


class RowWindow:
    """A run of rows read at once, moved when a row outside of it is asked for."""

    def __init__(self, source: RowSource) -> None:
        self.source = source
        self._start = 0
        self._rows: Sequence[LinkRow] = ()

    def row(self, index: int, height: int) -> LinkRow | None:
        """The row at `index`, reading about `height` rows around it when it is not at hand."""
        offset = index - self._start
        if not 0 <= offset < len(self._rows):
            if not 0 <= index < self.source.count:
                return None
            self._read(index, height)
            offset = index - self._start
        return self._rows[offset] if 0 <= offset < len(self._rows) else None

    def _read(self, index: int, height: int) -> None:
        going_up = index < self._start
        before, after = (height, _AHEAD) if going_up else (_AHEAD, height)
        start = max(0, index - before)
        stop = min(self.source.count, index + after + 1)
        self._rows = self.source.rows(start, stop)
        self._start = start

    def forget(self) -> None:
        """Read again: the source's rows have changed."""
        self._rows = ()
