"""The export of many links into a cache that can be searched."""

from __future__ import annotations

from tests.bench import syncing
from tests.bench.figures import Figure, Options

_FLOOR = "json.loads, executemany, FTS5"


def measure(options: Options) -> list[Figure]:
    """CPU against the floor, and how far memory goes up."""
    found = syncing.run(options.links, options.rounds)
    floor, first, again = (found[kind] for kind in syncing.KINDS)
    size = f"{options.links:,} links"
    return [
        Figure(f"sync, {size}, first, CPU", first["cpu"], "s", floor["cpu"], _FLOOR, 2.0, 3.9),
        Figure(f"sync, {size}, again, CPU", again["cpu"], "s", floor["cpu"], _FLOOR, 2.0, 3.2),
        Figure(f"sync, {size}, first, memory", first["mib"], "MiB more", reach=60, limit=75),
    ]
