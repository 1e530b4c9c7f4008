"""A history of ten thousand versions: kept, and read back, against json alone."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cache.codec import timeline_to_json
from cache.database import open_cache
from cache.timelines import Timelines
from console.domain.links import Link
from console.domain.versions import Action, Source, Timeline, Version
from tests.bench.figures import Figure, Options

_NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)


def history(count: int) -> Timeline:
    """A link that has been changed that often."""
    link = Link("spring-launch", "https://shop.example/0", title="Spring", tags=("promo", "retail"))
    versions = tuple(
        Version(
            n, replace(link, destination_url=f"https://shop.example/{n}"),
            _NOW - timedelta(minutes=count - n), "kim", Action.UPDATE,
        )
        for n in range(count, 0, -1)
    )  # fmt: skip
    return Timeline(link.slug, count, versions, True, _NOW, Source.PLATFORM, "lnk_1")


def _cpu(work: Callable[[], object], rounds: int) -> float:
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return statistics.median(spent) * 1000


def measure(options: Options) -> list[Figure]:
    """CPU of keeping and of reading back."""
    count = options.sized(10_000, 200)
    timeline = history(count)
    text = timeline_to_json(timeline)
    with tempfile.TemporaryDirectory() as name:
        opened = open_cache(Path(name) / "cache" / "links.db")
        table = Timelines(opened.connection)
        save = _cpu(lambda: table.save(timeline), options.rounds)
        load = _cpu(lambda: table.load(timeline.slug), options.rounds)
        loads = _cpu(lambda: json.loads(text), options.rounds)
        dumps = _cpu(lambda: json.dumps(json.loads(text)), options.rounds) - loads
        opened.connection.close()
    name = f"timeline of {count:,} versions"
    return [
        Figure(f"{name}, kept, CPU", save, "ms", dumps, "json.dumps", limit=8.0),
        Figure(f"{name}, read back, CPU", load, "ms", loads, "json.loads", limit=8.0),
    ]
