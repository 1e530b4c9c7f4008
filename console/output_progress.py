"""A progress line for a terminal: count, share, rate and time left."""

from __future__ import annotations

import time
from typing import Final, Self, TextIO

from console.domain.text import safe

_EVERY: Final = 0.1
_SETTLED: Final = 1.0


class Progress:
    """One line of standard error that is redrawn at most ten times a second, and wiped at the end.

    Args:
        label: what is counted.
        total: how many there are; None when not known.
        stream: the terminal; None shows nothing.
        width: its width in cells.
    """

    def __init__(self, label: str, total: int | None, stream: TextIO | None, width: int) -> None:
        self._label = safe(label, 60)
        self._total = total
        self._stream = stream
        self._width = width
        self._done = 0
        self._started = time.monotonic()
        self._drawn = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write("\r\x1b[K")

    def advance(self, count: int = 1, note: str = "") -> None:
        """Count `count` more, with a word about the last one."""
        self._done += count
        now = time.monotonic()
        if self._stream is None or now - self._drawn < _EVERY:
            return
        self._drawn = now
        line = self._line(now - self._started, safe(note, 60))
        self._write("\r\x1b[K" + line[: max(self._width - 1, 10)])

    def _line(self, seconds: float, note: str) -> str:
        parts = [self._label]
        if self._total:
            parts.append(f"{self._done:,}/{self._total:,}  {100 * self._done // self._total} %")
        else:
            parts.append(f"{self._done:,}")
        if seconds >= _SETTLED and self._done:
            rate = self._done / seconds
            parts.append(f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s")
            if self._total and self._done < self._total:
                parts.append(f"{_duration((self._total - self._done) / rate)} left")
        return "  ".join([*parts, note]).rstrip()

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = None


def _duration(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
