"""How a database file comes to the tables of `schema`, step by step. Imported only when a step is due."""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

from cache.schema import CACHE_1, CACHE_2, CACHE_ID, JOURNAL_1, JOURNAL_2, JOURNAL_ID, SORT_INDEXES

cache_steps = Migrations("cache")
journal_steps = Migrations("journal")


@cache_steps()
def m001_links(db: Database) -> None:
    """Links with full-text search, timelines, sightings, health."""
    _each(db.conn, CACHE_1)
    for name, columns in SORT_INDEXES.items():
        db.conn.execute(f"CREATE INDEX {name} ON {columns}")
    db.conn.execute(f"PRAGMA application_id = {CACHE_ID}")


@cache_steps()
def m002_health_by_time(db: Database) -> None:
    """Health by time: what flapped of late, and what is too old to keep."""
    _each(db.conn, CACHE_2)


@journal_steps()
def m001_journal(db: Database) -> None:
    """Writes, the hash chain, notes, holds, arming, small settings."""
    _each(db.conn, JOURNAL_1)
    db.conn.execute(f"PRAGMA application_id = {JOURNAL_ID}")


@journal_steps()
def m002_runs(db: Database) -> None:
    """Runs of batches, with a row for each of their items."""
    _each(db.conn, JOURNAL_2)


def apply(connection: sqlite3.Connection, name: str, version: int) -> None:
    """Bring the `cache` or the `journal` to `version`, all steps or none.

    The caller stands in a transaction of its own, begun IMMEDIATE: sqlite-utils' own is deferred, and
    two processes that both begin by reading would refuse each other.
    """
    steps = cache_steps if name == "cache" else journal_steps
    steps.apply(Database(connection, recursive_triggers=False, execute_plugins=False))
    connection.execute(f"PRAGMA user_version = {version:d}")


def _each(connection: sqlite3.Connection, script: str) -> None:
    """Run a script statement by statement: `executescript` would commit the transaction we stand in."""
    for statement in script.split(";\n"):
        if statement.strip():
            connection.execute(statement)
