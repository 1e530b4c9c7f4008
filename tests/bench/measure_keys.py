"""A key in a long list of the whole console, against a bare Line-API list on the same terminal."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from tests.bench.desks import APPS, DOWN, PAGE_DOWN, home
from tests.bench.figures import Figure, Options
from tests.bench.wire import Wire, python

SIZE = (120, 36)
_GAP = 0.25
"""Seconds between keys: what follows a cursor that rests is counted too."""
Found = dict[str, tuple[float, float]]


def pressed(wire: Wire, keys: bytes, times: int, gap: float = _GAP) -> tuple[float, float]:
    """CPU milliseconds and bytes of each of some keys."""
    wire.settle()
    cpu, sent = wire.cpu, len(wire.shown)
    for _ in range(times):
        wire.type(keys)
        wire.read(gap)
    wire.settle()
    return (wire.cpu - cpu) * 1000 / times, (len(wire.shown) - sent) / times


def keys(start: Callable[[], Wire], ready: Callable[[Wire], object], rounds: int, times: int) -> Found:
    """Medians for a step inside the page, a step that scrolls, and a page."""
    found: dict[str, list[tuple[float, float]]] = {"step": [], "scroll": [], "page": []}
    for _ in range(rounds):
        with start() as wire:
            ready(wire)
            found["step"].append(pressed(wire, DOWN, times))
            pressed(wire, DOWN, SIZE[1], 0.02)
            found["scroll"].append(pressed(wire, DOWN, times))
            found["page"].append(pressed(wire, PAGE_DOWN, times))
    return {
        kind: (statistics.median(cpu for cpu, _ in each), statistics.median(sent for _, sent in each))
        for kind, each in found.items()
    }


def measure(options: Options) -> list[Figure]:
    """CPU and bytes of each kind of key."""
    rounds, times = options.rounds, options.sized(12, 3)
    with home(options.links) as desk:
        ours = keys(desk.console, desk.first_screen, rounds, times)
    bare = keys(
        lambda: Wire(python(APPS, "bare", str(options.links)), SIZE),
        lambda wire: wire.until(lambda shown: b"link-9" in shown),
        rounds,
        times,
    )
    figures = []
    peer = "a bare Line-API list"
    for kind, words, reach in (
        ("step", "inside the page", 1.5),
        ("scroll", "that scrolls", 1.3),
        ("page", "page down", 1.3),
    ):
        name = f"key {words}, {options.links:,} links"
        figures.append(Figure(f"{name}, CPU", ours[kind][0], "ms", bare[kind][0], peer, reach, 3.0))
        if kind == "step":
            figures.append(Figure(f"{name}, bytes", ours[kind][1], "bytes", reach=700, limit=1500))
        else:
            figures.append(Figure(f"{name}, bytes", ours[kind][1], "bytes", bare[kind][1], peer, 1.0, 1.2))
    return figures
