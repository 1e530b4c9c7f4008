"""CPU and bytes of a key in a long list, against a bare Line-API list in the same run (measures).

Run it as `python tests/bench/list_keys.py`; it prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.terminal import Terminal

APPS = str(Path(__file__).with_name("list_apps.py"))
DOWN, PAGE_DOWN = "\x1b[B", "\x1b[6~"


def cpu_ms(pid: int) -> float:
    """CPU of all threads, milliseconds."""
    tasks = Path(f"/proc/{pid}/task")
    return sum(int((t / "schedstat").read_text().split()[0]) for t in tasks.iterdir()) / 1e6


def measure(
    kind: str, count: int, size: tuple[int, int], repeats: int, presses: int
) -> dict[str, tuple[float, float]]:
    """(CPU ms, bytes) a key for a step inside the page, a step that scrolls, and a page."""
    found: dict[str, tuple[float, float]] = {}
    with Terminal([APPS, kind, str(count)], size=size) as terminal:
        terminal.until("link-9")
        terminal.read(0.5)
        for name, keys, times in (
            ("step", DOWN, max(1, presses // repeats)),
            ("", DOWN, size[1]),
            ("scroll", DOWN, presses),
            ("page", PAGE_DOWN, presses),
        ):
            cpu, sent = [], []
            for _ in range(repeats if name else 1):
                before, terminal.output = cpu_ms(terminal.process.pid), ""
                for _ in range(times):
                    terminal.type(keys)
                    terminal.read(0.05 if name else 0.01)
                terminal.read(0.2)
                cpu.append((cpu_ms(terminal.process.pid) - before) / times)
                sent.append(len(terminal.output.encode()) / times)
            if name:
                found[name] = (round(statistics.median(cpu), 2), round(statistics.median(sent)))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--presses", type=int, default=12, help="of each key (default: 12)")
    parser.add_argument("--small", action="store_true", help="at 80x24 only")
    options = parser.parse_args()
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    report: dict[str, object] = {}
    for size in ((80, 24), (120, 36))[: 1 if options.small else 2]:
        ours = measure("ours", options.links, size, options.repeats, options.presses)
        bare = measure("bare", options.links, size, options.repeats, options.presses)
        report[f"{size[0]}x{size[1]}"] = {
            name: {
                "cpu_ms": ours[name][0],
                "cpu_ratio": round(ours[name][0] / bare[name][0], 2),
                "bytes": ours[name][1],
                "bytes_bare": bare[name][1],
            }
            for name in ours
        }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
