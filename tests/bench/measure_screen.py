"""The console's first screen over many links, against an empty Textual app on the same terminal."""

from __future__ import annotations

import statistics

from tests.bench.desks import EMPTY, Home, home
from tests.bench.figures import Figure, Options
from tests.bench.wire import Wire, python

Numbers = dict[str, float]


def started(home: Home) -> Numbers:
    """One start of the console: CPU and wall seconds, bytes, memory."""
    with home.console() as wire:
        wall = home.first_screen(wire) - wire.began
        wire.settle()
        return {"cpu": wire.cpu, "wall": wall, "bytes": len(wire.shown), "mib": wire.memory}


def empty() -> Numbers:
    """One start of the empty app."""
    with Wire(python(EMPTY)) as wire:
        wall = wire.until(lambda shown: b"nothing-here" in shown) - wire.began
        wire.settle()
        return {"cpu": wire.cpu, "wall": wall, "bytes": len(wire.shown), "mib": wire.memory}


def middle(found: list[Numbers], key: str) -> float:
    """The median of one number."""
    return statistics.median(one[key] for one in found)


def measure(options: Options) -> list[Figure]:
    """CPU, wall time, bytes and memory; the two take turns."""
    with home(options.links) as desk:
        started(desk)  # so that modules are compiled and files are in memory
        pairs = [(started(desk), empty()) for _ in range(options.rounds)]
    ours, bare = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    name, peer = f"first screen, {options.links:,} links", "an empty Textual app"
    return [
        Figure(f"{name}, CPU", middle(ours, "cpu"), "s", middle(bare, "cpu"), peer, 1.4, 2.6),
        Figure(f"{name}, wall", middle(ours, "wall"), "s", middle(bare, "wall"), peer, 2.0, 3.0),
        Figure(f"{name}, bytes at 120x36", middle(ours, "bytes"), "bytes", reach=16_000, limit=20_000),
        Figure(f"{name}, memory", middle(ours, "mib"), "MiB", reach=80, limit=100),
        *(Figure(f"first screen: {one}", 0, "", missing="not here") for one in ("posting", "harlequin")),
    ]
