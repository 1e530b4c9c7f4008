"""The dry run of an import, by `importing.py`."""

from __future__ import annotations

from tests.bench import importing
from tests.bench.figures import Figure, Options


def measure(options: Options) -> list[Figure]:
    """CPU against the csv module, and how far memory goes up."""
    rows = options.sized(100_000, 2000)
    found = importing.run(rows, options.rounds)["figures"]
    assert isinstance(found, dict)
    figures = []
    for kind, words, floor in (
        ("new", "new links", "csv"),
        ("live", "links that exist", "csv"),
        ("moved", "links that change", "csv"),
        ("faulty", "one row in a hundred with a fault", "csv"),
        ("full", "all columns", "csv-full"),
    ):
        name = f"import dry run, {rows:,} rows, {words}, CPU"
        figures.append(
            Figure(name, found[kind]["cpu"], "s", found[floor]["cpu"], "the csv module", 10.0, 40.0)
        )
    most = max(found[kind]["mib"] for kind in ("new", "live", "moved", "faulty", "full"))
    return [*figures, Figure(f"import dry run, {rows:,} rows, memory", most, "MiB more", reach=60, limit=70)]
