"""Rollbacks against the practice platform: what one costs, and how well a run uses the rate that is allowed.

CPU is that of the thread that rolls back: the platform runs in another. The floor sends the same calls by
bare httpx and makes as many durable commits by bare sqlite3.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from console.practice.server import PracticeServer
from tests.support import batch
from tests.support.desk import at, confirmed, planned

Call = tuple[str, str]


@contextmanager
def home() -> Iterator[Path]:
    """A home of its own for what is remembered."""
    kept = os.environ.get("REPOINT_HOME")
    with tempfile.TemporaryDirectory() as name:
        os.environ["REPOINT_HOME"] = name
        try:
            yield Path(name)
        finally:
            if kept is None:
                del os.environ["REPOINT_HOME"]
            else:
                os.environ["REPOINT_HOME"] = kept


def _asked(server: PracticeServer) -> list[Call]:
    return [(asked.method, asked.path) for asked in server.platform.requests]


async def ours(server: PracticeServer, slugs: list[str]) -> tuple[float, list[Call], int]:
    """CPU seconds of a rollback, from reading to verified, the first not counted; its calls and commits."""
    spent: list[float] = []
    commits: list[str] = []
    calls: list[Call] = []
    async with at(server) as session:
        journal = session.store.connections[1]
        journal.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
        for slug in slugs:
            before, began = len(server.platform.requests), time.thread_time()
            commits.clear()
            plan = await planned(session, to=1, slug=slug)
            result = await confirmed(session, plan)
            spent.append(time.thread_time() - began)
            assert result.outcome.value == "APPLIED", result
            calls = _asked(server)[before:]
        journal.set_trace_callback(None)
    return statistics.median(spent[1:]), calls, len(commits)


async def floor(server: PracticeServer, calls: list[Call], commits: int, rounds: int, folder: Path) -> float:
    """CPU seconds of the same calls and commits, bare."""
    db = sqlite3.connect(folder / "floor.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("PRAGMA synchronous = EXTRA")
    db.execute("CREATE TABLE writes (key INTEGER PRIMARY KEY, body TEXT)")
    spent = []
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {server.token}"}) as client:
        for _ in range(rounds):
            began = time.thread_time()
            for method, path in calls:
                body = None if method == "GET" else {"version": 2, "reason": "bench"}
                answer = await client.request(method, server.base_url + path, json=body)
                if answer.status_code < 300:
                    answer.json()
            for _ in range(commits):
                db.execute("BEGIN IMMEDIATE")
                db.execute("INSERT INTO writes (body) VALUES (?)", ("x" * 400,))
                db.execute("COMMIT")
            spent.append(time.thread_time() - began)
    db.close()
    return statistics.median(spent[1:])


async def run_of(server: PracticeServer, slugs: list[str], rate: float | None) -> dict[str, float]:
    """A run of many: wall seconds, requests, and those refused for going too fast."""
    async with at(server, concurrency=8) as session:
        plan = await batch.plan_of(session, slugs)
        if rate is not None:
            server.platform.throttle.set(rate, burst=int(rate))
        before, began = len(server.platform.requests), time.monotonic()
        cpu = time.thread_time()
        report = await batch.run(session, plan, look_after=False)
        wall, cpu = time.monotonic() - began, time.thread_time() - cpu
        server.platform.throttle.set(None)
    asked = server.platform.requests[before:]
    applied = sum(1 for item in report.items if item.outcome is not None and item.outcome.value == "APPLIED")
    refused = sum(1 for one in asked if one.status == 429)
    return {"wall": wall, "cpu": cpu, "requests": len(asked), "refused": refused, "applied": applied}
