"""A program on a terminal of its own, counted in bytes, CPU and time; also over a slow line.

Nothing is drawn: what a terminal would be asked is answered, the rest is counted. The slow line keeps
whatever the program writes (as the buffers of SSH do) and hands it on at its own rate, half a round trip
late.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
_PIECE = 512
_RESTLESS = 15.0
_QUESTION = b"\x1b[6n"
_ANSWER = b"\x1b[1;1R"
_CPU_CLOCK = 2


@dataclass(frozen=True, slots=True)
class Line:
    """Between program and operator: seconds there and back, and bytes a second."""

    round_trip: float = 0.0
    rate: float = 0.0


NEAR = Line()
SLOW = Line(0.2, 256_000 / 8)


class Wire:
    """Runs a command on a terminal; a context manager.

    Attributes:
        shown: what has arrived at the operator.
        shown_at: when the last of it did (monotonic seconds).
        began: when the program was started.
    """

    def __init__(
        self, command: Sequence[str], size: tuple[int, int] = (120, 36), line: Line = NEAR, **env: str
    ) -> None:
        self._line = line
        self._down: deque[tuple[float, bytes]] = deque()
        self._up: deque[tuple[float, bytes]] = deque()
        self._line_free = 0.0
        self._tail = b""
        self.shown = bytearray()
        self.shown_at = 0.0
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

        def take_terminal() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("REPOINT_", "TEXTUAL"))
        }
        environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        environ |= {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))} | env
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True, cwd=ROOT,
            preexec_fn=take_terminal,  # noqa: PLW1509 - the child execs at once
        )  # fmt: skip
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            os.close(self._master)

    @property
    def cpu(self) -> float:
        """CPU seconds of the program so far, threads that have ended included."""
        return time.clock_gettime(~self._process.pid << 3 | _CPU_CLOCK)

    @property
    def memory(self) -> float:
        """MiB that the program has in memory."""
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        (found,) = (line for line in text.splitlines() if line.startswith("VmRSS"))
        return int(found.split()[1]) / 1024

    def type(self, keys: bytes) -> None:
        """Press keys; they arrive half a round trip later."""
        self._up.append((time.monotonic() + self._line.round_trip / 2, keys))
        self._pump(0.0)

    def read(self, seconds: float) -> None:
        """Let time pass."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._pump(left)

    def until(self, met: Callable[[bytearray], bool]) -> float:
        """Wait for something to be shown; the moment it was.

        Raises:
            TimeoutError: it never came.
        """
        end = time.monotonic() + PATIENCE
        while not met(self.shown):
            if time.monotonic() > end or self._process.poll() is not None:
                raise TimeoutError(f"never shown; the last was {bytes(self.shown[-300:])!r}")
            self._pump(0.1)
        return self.shown_at

    def settle(self, quiet: float = 0.4) -> float:
        """Wait until nothing has been shown for so long; the moment of the last that was.

        What never rests (a blinking cursor) is waited for no longer than `_RESTLESS`.
        """
        quiet += self._line.round_trip
        end = time.monotonic() + _RESTLESS
        while (
            time.monotonic() < end
            and (left := max(self.shown_at, self._latest()) + quiet - time.monotonic()) > 0
        ):
            self._pump(left)
        return self.shown_at

    def _latest(self) -> float:
        return self._down[-1][0] if self._down else 0.0

    def _pump(self, seconds: float) -> None:
        """Move what can be moved, and wait at most so long for more."""
        now = time.monotonic()
        due = [queue[0][0] for queue in (self._down, self._up) if queue]
        wait = max(0.0, min([seconds, *(at - now for at in due)]))
        if select.select([self._master], [], [], wait)[0]:
            try:
                self._take(os.read(self._master, 65536))
            except OSError:
                time.sleep(wait)
        now = time.monotonic()
        while self._down and self._down[0][0] <= now:
            self._show(*self._down.popleft())
        while self._up and self._up[0][0] <= now:
            os.write(self._master, self._up.popleft()[1])

    def _take(self, data: bytes) -> None:
        now = time.monotonic()
        if not self._line.rate:
            self._down.append((now, data))
            return
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            self._line_free = max(now, self._line_free) + len(piece) / self._line.rate
            self._down.append((self._line_free + self._line.round_trip / 2, piece))

    def _show(self, at: float, data: bytes) -> None:
        self.shown += data
        self.shown_at = max(at, self.shown_at)
        seen = self._tail + data
        for _ in range(seen.count(_QUESTION)):
            self._up.append((at + self._line.round_trip / 2, _ANSWER))
        self._tail = seen[-(len(_QUESTION) - 1) :] if not seen.endswith(_QUESTION) else b""


def python(*argv: str) -> list[str]:
    """A command of this interpreter."""
    return [sys.executable, *argv]
