"""The console over a line of 200 ms there and back and 256 kbit/s."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from tests.bench.desks import DOWN, EMPTY, Home, home
from tests.bench.figures import Figure, Options
from tests.bench.wire import SLOW, Wire, python

_REPEAT = 1 / 30
"""Seconds between the repeats of a held key."""
_HELD = 30


def held(wire: Wire) -> float:
    """Seconds from the first of a second of Downs to the last frame that they lead to."""
    began = time.monotonic()
    for _ in range(_HELD):
        wire.type(DOWN)
        wire.read(_REPEAT)
    return wire.settle(0.5) - began  # ages are told every second: nothing is still for longer


def settled(wire: Wire, times: int) -> float:
    """Milliseconds from a key to the last of what it draws at once."""
    found = []
    for _ in range(times):
        wire.settle(0.6)
        before, began = len(wire.shown), time.monotonic()
        wire.type(DOWN)
        wire.until(lambda shown, before=before: len(shown) > before)  # type: ignore[misc]  # a default, not a parameter
        found.append((wire.shown_at - began) * 1000)
    return statistics.median(found)


def once(desk: Home, times: int) -> dict[str, float]:
    """One start of the console on that line."""
    with desk.console(line=SLOW) as wire:
        complete = desk.first_screen(wire) - wire.began
        wire.settle()
        first = len(wire.shown)
        key = settled(wire, times)
        wire.settle()
        return {"complete": complete, "first": first, "key": key, "held": held(wire)}


def less(folder: Path) -> float:
    """The same held key in less."""
    file = folder / "lines.txt"
    file.write_text(
        "".join(f"{n:06} https://shop.example/landing/{n} Campaign page {n}\n" for n in range(9999))
    )
    with Wire(["less", str(file)], line=SLOW) as wire:
        wire.until(lambda shown: b"000001" in shown)
        wire.settle()
        return held(wire)


def measure(options: Options) -> list[Figure]:
    """First screen, a key, a held key."""
    rounds = options.rounds
    with home(options.links) as desk:
        found = [once(desk, options.sized(6, 2)) for _ in range(rounds)]
    middle = {key: statistics.median(one[key] for one in found) for key in found[0]}
    bare = []
    for _ in range(rounds):
        with Wire(python(EMPTY), line=SLOW) as wire:
            bare.append(wire.until(lambda shown: b"nothing-here" in shown) - wire.began)
    figures = [
        Figure("slow line, first screen, bytes", middle["first"], "bytes", reach=16_000, limit=20_000),
        Figure("slow line, first screen, complete", middle["complete"], "s", reach=1.0, limit=6.0),
        Figure("slow line, an empty Textual app", statistics.median(bare), "s"),
        Figure("slow line, a key settles", middle["key"], "ms", reach=280, limit=450),
        Figure("slow line, Down held 1 s, last frame", middle["held"], "s", reach=2.0, limit=3.5),
    ]
    if shutil.which("less"):
        with tempfile.TemporaryDirectory() as name:
            figures.append(Figure("slow line, Down held 1 s: less", less(Path(name)), "s"))
    return figures + [
        Figure(f"slow line, Down held 1 s: {name}", 0, "", missing="not here")
        for name in ("less", "tig", "lazygit")
        if not shutil.which(name)
    ]
