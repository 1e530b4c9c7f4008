"""A program on a real pseudo-terminal: what it writes, how it ends, what it leaves behind."""

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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from tests.support.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """Runs Python with `argv` on a terminal of `size` (cells wide, lines high)."""

    def __init__(
        self, argv: Sequence[str], *, size: tuple[int, int] = (80, 24), answers: bool = True, **env: str
    ) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.answers = answers
        self.output = ""
        self._slave = slave
        self.modes = termios.tcgetattr(slave)

        def take_terminal() -> None:
            # What the tests' own parent ignores (one in the background: SIGINT) is not the program's affair.
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        path = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
        environ = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": path} | env
        self.process = subprocess.Popen(
            [sys.executable, *argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ,
            start_new_session=True,
            preexec_fn=take_terminal,  # noqa: PLW1509 - the child execs at once; no lock is needed in between
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        for fd in (self.master, self._slave):
            with contextlib.suppress(OSError):
                os.close(fd)

    def read(self, seconds: float = 0.05) -> None:
        """Take what the program writes within `seconds`; answer it where a terminal would."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                return
            try:
                data = os.read(self.master, 65536).decode("utf-8", "surrogateescape")
            except OSError:
                return
            self.output += data
            if self.answers and "\x1b[6n" in data:
                self.type("\x1b[1;1R")

    def until(self, met: Callable[[], bool] | str, seconds: float = PATIENCE) -> None:
        """Read until something is there."""
        end = time.monotonic() + seconds
        while not (met in self.output if isinstance(met, str) else met()):
            assert time.monotonic() < end, f"not met in {seconds} s: {met!r}; got {self.output[-400:]!r}"
            self.read(0.1)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.master, keys.encode())

    def signal(self, number: int) -> None:
        """Send a signal to the program."""
        self.process.send_signal(number)

    def ended(self, seconds: float = PATIENCE) -> int:
        """Read to the end; the exit code."""
        self.until(lambda: self.process.poll() is not None, seconds)
        self.read(0.2)
        return self.process.returncode

    def given_back(self) -> bool:
        """Whether modes, screen, mouse and cursor are as they were."""
        last = {
            name: self.output.rfind(f"\x1b[?{name}")
            for name in ("1049l", "1049h", "25h", "25l", "1000l", "1000h", "1002l", "1002h")
        }
        undone = all(last[f"{mode}l"] > last[f"{mode}h"] for mode in ("1049", "1000", "1002"))
        return undone and last["25h"] > last["25l"] and termios.tcgetattr(self._slave)[:4] == self.modes[:4]

    def hang_up(self) -> None:
        """The line drops."""
        os.close(self._slave)
        os.close(self.master)

    @property
    def stopped(self) -> bool:
        """Whether the program is stopped by job control: a shell continues it only then."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        return stat.rsplit(")", 1)[1].split()[0] == "T"

    def cpu_seconds(self) -> float:
        """CPU that the program has used; only while it runs."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
