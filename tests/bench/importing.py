"""A dry run of many rows against the csv module reading the same file, in the same run (measures).

Run it as `python tests/bench/importing.py`; it prints one JSON object. Each figure is the median of
`--repeats` child processes, so that peaks of memory do not add up. `new` has no row that exists, `live` only
rows that do and change nothing, `moved` rows that change each link's destination, `faulty` is `new` with a
fault in each hundredth row, `full` the whole columns of an export of links that exist.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from cache.database import open_cache
from cache.links import Inventory
from cache.raw_links import RawLinks
from console.domain.links import Link
from console.ops.importing.cells import COLUMNS, cells_of
from console.ops.importing.fields import map_columns
from console.ops.importing.plan import _BATCH, _note, note_plain
from console.ops.importing.quick import QuickPlanner
from console.ops.importing.reader import inspect, open_sheet
from console.ops.importing.reader_batches import batches
from console.ops.importing.rows import Planner
from console.ops.importing.values import Chunks, Existing, Options, Preview


def links(count: int) -> list[Link]:
    """Links as a campaign has them."""
    return [
        Link(f"camp-{n:07}", f"https://shop.example/landing/{n}?utm_source=mail&n={n}",
             title=f"Campaign page {n}", tags=("promo", f"wave-{n % 40}"), version=n % 9 + 1)
        for n in range(count)
    ]  # fmt: skip


def make(folder: Path, count: int) -> None:
    """The sheets, and a cache that has the links."""
    made = links(count)
    with (folder / "rows.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("slug", "destinationUrl", "title", "tags"))
        writer.writerows((k.slug, k.destination_url, k.title, "|".join(k.tags)) for k in made)
    with (folder / "moved.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("slug", "destinationUrl", "title", "tags"))
        writer.writerows(
            (k.slug, k.destination_url.replace("landing", "moved"), k.title, "|".join(k.tags)) for k in made
        )
    with (folder / "faulty.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("slug", "destinationUrl", "title", "tags"))
        writer.writerows(
            (k.slug, f"ftp://{n}" if n % 100 == 0 else k.destination_url, k.title, "|".join(k.tags))
            for n, k in enumerate(made)
        )
    with (folder / "full.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(cells_of(link) for link in made)
    for name, kept in (("new", []), ("live", made)):
        inventory = Inventory(open_cache(folder / "cache" / f"{name}.db").connection)
        generation = inventory.begin_sync()
        for start in range(0, len(kept), 1000):
            inventory.put_many(kept[start : start + 1000], generation, 1.0)
        inventory.finish_sync(generation, 1.0)


def read_only(path: Path) -> int:
    """What the ratio is against."""
    with path.open(newline="", encoding="utf-8") as stream:
        return sum(1 for _ in csv.reader(stream))


def dry_run(path: Path, cache: Path) -> int:
    """What `plan_import` does between the files, without a session."""
    source = inspect(path)
    sheet = open_sheet(source, path.name)
    mapped = map_columns(sheet.header, {})
    preview = Preview("", source, sheet.kind, sheet.header, mapped)
    connection = open_cache(cache).connection
    inventory, raw = Inventory(connection), RawLinks(connection)
    odd = inventory.slugs_spelt_oddly()
    planner = Planner(sheet, mapped, Existing.UPDATE, inventory.fields_of, odd, keep=False)
    quick = QuickPlanner(planner, raw.values_of, keep=False)
    chunks, options = Chunks(1000), Options()
    for batch in batches(sheet, _BATCH):
        for item in note_plain(preview, quick.outcomes(batch), chunks):
            _note(preview, item, chunks, options)
    return preview.rows


def say(value: object) -> None:
    """One JSON document."""
    sys.stdout.write(json.dumps(value) + "\n")


def peak_mib() -> float:
    """The most memory that this process has had."""
    (line,) = (x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def child(kind: str, folder: Path) -> None:
    """One figure: CPU and wall seconds, and how much the peak of memory grew."""
    sheet = "full" if kind.endswith("full") else kind if kind in {"moved", "faulty"} else "rows"
    path = folder / f"{sheet}.csv"
    cache = folder / "cache" / ("new.db" if kind in {"new", "faulty"} else "live.db")
    read_only(path)  # so that both are read from memory
    before = peak_mib()
    cpu, wall = time.process_time(), time.perf_counter()
    count = read_only(path) if kind.startswith("csv") else dry_run(path, cache)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    say({"cpu": cpu, "wall": wall, "mib": peak_mib() - before, "rows": count})


def measure(kind: str, folder: Path, repeats: int) -> dict[str, float]:
    """The medians of one kind."""
    found = []
    for _ in range(repeats):
        command = [sys.executable, __file__, "--child", kind, "--folder", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ})
        found.append(json.loads(done.stdout))
    return {key: round(statistics.median(f[key] for f in found), 3) for key in ("cpu", "wall", "mib")}


def run(count: int, repeats: int) -> dict[str, object]:
    """All figures and the ratios that measures.md asks for."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, count)
        kinds = ("csv", "new", "live", "moved", "faulty", "csv-full", "full")
        figures = {kind: measure(kind, folder, repeats) for kind in kinds}
    ratio = {
        kind: round(figures[kind]["cpu"] / figures["csv-full" if kind == "full" else "csv"]["cpu"], 1)
        for kind in ("new", "live", "moved", "faulty", "full")
    }
    return {"rows": count, "figures": figures, "cpu_ratio": ratio}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--child", default="")
    parser.add_argument("--folder", default="")
    args = parser.parse_args()
    if args.child:
        child(args.child, Path(args.folder))
    else:
        say(run(args.rows, args.repeats))


if __name__ == "__main__":
    main()
