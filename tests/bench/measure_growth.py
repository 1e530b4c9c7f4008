"""How cost grows with the links: flat where it should be flat."""

from __future__ import annotations

import statistics

from tests.bench import measure_filter, measure_keys, measure_screen
from tests.bench.desks import DOWN, PAGE_DOWN, home
from tests.bench.figures import Figure, Options, number

Numbers = dict[str, float]


def at_size(links: int, rounds: int, times: int, word: str) -> Numbers:
    """Everything of one size."""
    with home(links) as desk:
        starts = [measure_screen.started(desk) for _ in range(rounds)]
        keys, pages = [], []
        for _ in range(rounds):
            with desk.console() as wire:
                desk.first_screen(wire)
                keys.append(measure_keys.pressed(wire, DOWN, times)[0])
                pages.append(measure_keys.pressed(wire, PAGE_DOWN, times)[0])
        letters = statistics.median(
            statistics.median(measure_filter.typed(desk, word)) for _ in range(rounds)
        )
        return {
            "sync": desk.sync["cpu"] / links * 1e6,
            "start": measure_screen.middle(starts, "cpu") * 1000,
            "mib": measure_screen.middle(starts, "mib"),
            "key": statistics.median(keys),
            "page": statistics.median(pages),
            "filter": letters,
        }


def measure(options: Options) -> list[Figure]:
    """A thousand links, then ten times as many, up to ten times `--links`."""
    sizes = [options.sized(1000, 200)]
    while sizes[-1] < options.links * 10 and not options.smoke:
        sizes.append(sizes[-1] * 10)
    rounds = min(options.rounds, 3)
    word = measure_filter.WORD[:2] if options.smoke else measure_filter.WORD
    found = [at_size(size, rounds, options.sized(12, 2), word) for size in sizes]
    least, most = found[0], found[-1]
    figures = []
    for key, words, unit, reach, limit in (
        ("sync", "sync, CPU a link", "µs", 1.3, 2.0),
        ("start", "first screen, CPU", "ms", 1.5, 2.0),
        ("key", "a key, CPU", "ms", 1.2, 1.8),
        ("page", "page down, CPU", "ms", 1.2, 1.8),
        ("filter", "filter, a letter, CPU", "ms", None, None),
    ):
        way = ", ".join(f"{size:,}: {number(one[key])}" for size, one in zip(sizes, found, strict=True))
        row = f"{words}, {sizes[-1]:,} against {sizes[0]:,} ({way})"
        figures.append(Figure(row, most[key], unit, least[key], "", reach, limit))
    more = most["mib"] - least["mib"]
    return [
        *figures,
        Figure(f"memory, {sizes[-1]:,} against {sizes[0]:,}", more, "MiB more", reach=40, limit=80),
    ]
