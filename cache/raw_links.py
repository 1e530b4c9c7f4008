"""The links of a target's cache as they are stored: for looking at many of them without making them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from cache import shelf
from cache.codec import Values, values_of_records
from cache.problems import told


class RawLinks:
    """Those of one target."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @told
    def values_of(self, slugs: Sequence[str]) -> dict[str, Values]:
        """The links of these slugs (texts that SQLite can keep), each as its values in `LINK_FIELDS`' order.

        Raises:
            Damaged: one cannot be read.
        """
        found = shelf.known(self._db, slugs)
        records = values_of_records([record for _, record in found.values()])
        return dict(zip(found, records, strict=True))
