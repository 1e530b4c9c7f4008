"""Dropping the journal's oldest entries without breaking the chain: a checkpoint takes their place.

The checkpoint is an entry like any other, so it is sealed by the chain itself. It says up to which number
entries were dropped and what the hash of the last of them was; the first that is kept must follow that hash.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from cache import chain
from cache.chain import Entry
from cache.database import transaction
from cache.problems import problem_of, require_writable
from console.domain.errors import StorageProblem
from console.domain.links import JSON
from console.domain.moments import Moment


def unfinished_runs(connection: sqlite3.Connection) -> frozenset[str]:
    """Runs that may still go on: not ended, or with an item that was not sent or whose outcome is not known.

    A run that a stop rule ended can be resumed as long as an item waits; `repoint cancel` gives those up.

    Raises:
        StorageProblem: the journal cannot be read.
    """
    try:
        if int(connection.execute("PRAGMA user_version").fetchone()[0]) < 2:
            return frozenset()
        found = connection.execute(
            "SELECT run FROM runs WHERE state NOT IN ('done', 'stopped') "
            "UNION SELECT run FROM run_items WHERE outcome IN ('SKIPPED', 'UNKNOWN')"
        )
        return frozenset(str(run) for (run,) in found)
    except sqlite3.Error as error:
        raise problem_of(error, connection) from error


def drop(connection: sqlite3.Connection, last: int, fields: Mapping[str, JSON], at: Moment) -> Entry:
    """Drop the entries up to number `last`, with the writes and runs that only they tell of; the checkpoint.

    All of it happens, or nothing. The caller has made sure that nothing of it is open.

    Raises:
        StorageProblem: it could not be done.
    """
    require_writable(connection, read_only=False)
    try:
        with transaction(connection):
            row = connection.execute("SELECT hash FROM entries WHERE seq = ?", (last,)).fetchone()
            if row is None:
                raise StorageProblem("Somebody else has dropped these entries", detail="Nothing was dropped.")
            count = connection.execute("SELECT count(*) FROM entries WHERE seq <= ?", (last,)).fetchone()[0]
            sealed = {**fields, "last": last, "hash": row[0], "count": count}
            checkpoint = chain.append(connection, chain.CHECKPOINT, sealed, at)
            connection.execute("DELETE FROM entries WHERE seq <= ?", (last,))
            kept = chain.entries(connection, None, None, None)
            keys = json.dumps([e.fields["key"] for e in kept if e.kind == "write"])
            # `json_each` takes any number of them; a list of parameters would not.
            connection.execute(
                "DELETE FROM writes WHERE key NOT IN (SELECT value FROM json_each(?))", (keys,)
            )
            runs = json.dumps([e.fields["run"] for e in kept if e.kind == "run"])
            for table in ("run_items", "runs"):
                connection.execute(
                    f"DELETE FROM {table} WHERE run NOT IN (SELECT value FROM json_each(?))",  # noqa: S608 - own words only
                    (runs,),
                )
    except sqlite3.Error as error:
        raise problem_of(error, connection) from error
    return checkpoint
