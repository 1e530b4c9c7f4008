"""Each letter of a filter in the whole console, against the same questions put to the index alone."""

from __future__ import annotations

import sqlite3
import statistics
import time
from pathlib import Path

from tests.bench.desks import Home, home
from tests.bench.figures import Figure, Options

WORD = "partner"
_GAP = 0.4


def typed(desk: Home, word: str = WORD) -> list[float]:
    """CPU milliseconds of each letter until the rows stand on the screen."""
    spent = []
    with desk.console() as wire:
        desk.first_screen(wire)
        wire.settle()
        wire.type(b"/")
        wire.read(1.5)  # the words to finish a filter with are read; the cursor blinks and never rests
        for letter in word:
            before = wire.cpu
            wire.type(letter.encode())
            wire.read(_GAP)
            spent.append((wire.cpu - before) * 1000)
    return spent


def asked(cache: Path) -> list[float]:
    """CPU milliseconds of the index for each of the same beginnings of a word."""
    db = sqlite3.connect(f"file:{cache}?mode=ro", uri=True)
    sql = "SELECT group_concat(rowid) FROM (SELECT rowid FROM links_fts WHERE links_fts MATCH ?)"
    spent = []
    for end in range(1, len(WORD) + 1):
        began = time.process_time()
        db.execute(sql, (f'"{WORD[:end]}" *',)).fetchone()
        spent.append((time.process_time() - began) * 1000)
    db.close()
    return spent


def measure(options: Options) -> list[Figure]:
    """The median letter of the median round."""
    with home(options.links) as desk:
        ours = statistics.median(statistics.median(typed(desk)) for _ in range(options.rounds))
        asked(desk.cache)
        floor = statistics.median(statistics.median(asked(desk.cache)) for _ in range(options.rounds))
    name = f"filter, a letter, {options.links:,} links, CPU to rows on screen"
    return [Figure(name, ours, "ms", floor, "FTS5 prefix query", 3.0, 12.0)]
