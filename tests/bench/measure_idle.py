"""The console left alone, against an idle Textual app."""

from __future__ import annotations

from tests.bench.desks import EMPTY, home
from tests.bench.figures import Figure, Options
from tests.bench.wire import Wire, python


def alone(wire: Wire, seconds: float) -> tuple[float, float]:
    """CPU milliseconds a second and bytes of so many seconds."""
    wire.settle(2.0)
    cpu, sent = wire.cpu, len(wire.shown)
    wire.read(seconds)
    return (wire.cpu - cpu) * 1000 / seconds, len(wire.shown) - sent


def measure(options: Options) -> list[Figure]:
    """A minute of each, once: what is done every second is a median by itself."""
    seconds = options.sized(60, 2)
    with home(options.links) as desk, desk.console() as wire:
        desk.first_screen(wire)
        cpu, sent = alone(wire, seconds)
    with Wire(python(EMPTY)) as wire:
        wire.until(lambda shown: b"nothing-here" in shown)
        bare, _ = alone(wire, seconds)
    name = f"idle, {seconds} s"
    return [
        Figure(f"{name}, CPU a second", cpu, "ms", bare, "an idle Textual app", 3.0, 8.0),
        Figure(f"{name}, bytes", sent, "bytes", reach=300, limit=2000),
    ]
