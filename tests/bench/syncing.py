"""A sync of many links, from the export's first byte to a cache that can be searched (measures).

Run it as `python tests/bench/syncing.py`; it prints one JSON object. The floor reads the same lines by
`json.loads`, puts them into one table by one `executemany`, and builds the same index of words. Each figure
is the median of `--repeats` child processes, so that peaks of memory do not add up; `first` fills an empty
cache, `again` finds nothing new. The export comes over HTTP from a process of its own, whose CPU is not
counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.children import measured, medians, say
from tests.bench.farside import Far

KINDS = ("floor", "first", "again")
_LINKS = """CREATE TABLE links (id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE, destination TEXT,
  title TEXT, version, updated_at TEXT, record TEXT NOT NULL)"""
_WORDS = """CREATE VIRTUAL TABLE links_fts USING fts5(slug, title, destination, tags, description, content='',
  columnsize=0, tokenize='unicode61 remove_diacritics 2')"""


def lines(count: int) -> Iterator[str]:
    """Links as the platform exports them, some 570 bytes each."""
    for n in range(count):
        yield json.dumps(
            {
                "id": f"lnk_{n:06}", "slug": f"camp-{n:07}", "url": f"https://go.example/camp-{n:07}",
                "version": n % 14 + 1, "clicks": n * 7 % 40317, "hasPassword": False,
                "createdAt": f"2026-07-{n % 28 + 1:02}T17:37:27.605Z",
                "updatedAt": f"2026-10-{n % 28 + 1:02}T{n % 24:02}:{n % 60:02}:27.605Z",
                "updatedBy": ("ines", "nightly", "omar", "desk")[n % 4],
                "destinationUrl": f"https://{'shop' if n % 3 else f'partner-{n % 500}'}.example/p/{n}?n={n}",
                "title": f"Campaign page {n}", "description": "", "tags": ["promo", f"wave-{n % 40}"],
                "categories": ["campaign"] if n % 2 else [], "enabled": True, "redirectType": 302,
                "scheduledStartAt": None, "scheduledEndAt": None, "expiresAt": None, "maxClicks": None,
                "routingRules": [{"priority": 1, "conditions": {"countryIn": ["DE"]},
                                  "destinationUrl": f"https://de.example/{n}"}] if n % 20 == 0 else [],
                "tracking": {"utmSource": "acme", "utmCampaign": "summer"}, "trackingPolicy": {},
            },
            separators=(",", ":"),
        )  # fmt: skip


def floor(file: Path, folder: Path) -> int:
    """What the ratio is against."""
    db = sqlite3.connect(folder / "floor.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(_LINKS)
    db.execute(_WORDS)
    words = []

    def rows() -> Iterator[tuple[object, ...]]:
        with file.open() as stream:
            for number, line in enumerate(stream, 1):
                raw = json.loads(line)
                target, title = raw["destinationUrl"], raw["title"]
                words.append((number, raw["slug"], title, target, " ".join(raw["tags"]), raw["description"]))
                yield number, raw["slug"], target, title, raw["version"], raw["updatedAt"], line

    db.execute("BEGIN")
    db.executemany("INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, ?)", rows())
    db.executemany("INSERT INTO links_fts (rowid, slug, title, destination, tags, description) "
                   "VALUES (?, ?, ?, ?, ?, ?)", words)  # fmt: skip
    db.execute("COMMIT")
    count = int(db.execute("SELECT count(*) FROM links").fetchone()[0])
    db.close()
    return count


async def synced(far: Far) -> dict[str, float]:
    """One sync by the product. Opening the session is not counted."""
    from console.ops.sync import sync

    async with far.session() as session:
        await session.introduce()  # the client is built by the first request
        with measured() as found:
            found["count"] = (await sync(session)).total
        return found


def child(kind: str, folder: Path) -> None:
    """One figure."""
    file = folder / "export.ndjson"
    if kind == "kept":
        os.environ["REPOINT_HOME"] = str(folder / "home")
        with Far(file) as far:
            say({**asyncio.run(synced(far)), "base_url": far.base_url})
        return
    with tempfile.TemporaryDirectory(dir=folder) as name:
        if kind == "floor":
            with measured() as found:
                found["count"] = floor(file, Path(name))
            say(found)
            return
        os.environ["REPOINT_HOME"] = name
        with Far(file) as far:
            if kind == "again":
                asyncio.run(synced(far))
            say(asyncio.run(synced(far)))


def run(count: int, repeats: int) -> dict[str, dict[str, float]]:
    """The medians of each kind."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "export.ndjson").open("w") as stream:
            stream.writelines(f"{line}\n" for line in lines(count))
        return medians(__file__, KINDS, folder, repeats)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--child", default="")
    parser.add_argument("--folder", default="")
    args = parser.parse_args()
    if args.child:
        child(args.child, Path(args.folder))
    else:
        say(run(args.links, args.repeats))


if __name__ == "__main__":
    main()
