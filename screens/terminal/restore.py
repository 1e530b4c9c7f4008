"""The terminal is given back: on signals, when the line drops, when it stalls, and after a crash.

Textual alone leaves raw mode, mouse tracking and the alternate screen behind after SIGTERM, and lives on
at half a core when its terminal is gone (measured on 8.2.8).
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable
from typing import Any, Final

SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
EXIT_BY_SIGNAL: Final = 128
"""Added to the signal's number: the shell's convention for an exit code."""
GRACE_SECONDS: Final = 3.0
"""How long a leaving console may take before it is ended: the journal is durable, the terminal is not."""

_GIVE_BACK: Final = (
    "\x1b[?2026l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?2048l\x1b[?2004l"
    "\x1b[?1004l\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h\x1b[0m"
)
"""Synchronised output, mouse, resize reports, paste, focus, wrap, keyboard, screen, cursor, colours."""


def watch_signals(loop: asyncio.AbstractEventLoop, leave: Callable[[int], None]) -> None:
    """Call `leave` with the signal's number, in the loop, instead of dying with the terminal in our hands."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in SIGNALS:
        loop.add_signal_handler(number, leave, number)


def watch_terminal(fileno: int, loop: asyncio.AbstractEventLoop, lost: Callable[[], None]) -> None:
    """Call `lost`, in the loop, when the terminal hangs up. Costs nothing while it does not."""
    poller = select.poll()
    poller.register(fileno, 0)  # no events asked for: a hang-up and errors are always told

    def wait() -> None:
        try:
            poller.poll()
            loop.call_soon_threadsafe(lost)
        except (OSError, RuntimeError):  # the descriptor or the loop is closed: the console has left
            return

    threading.Thread(target=wait, name="terminal-watch", daemon=True).start()


class LastWay:
    """Ends the process when leaving takes too long, and gives the terminal back even then."""

    def __init__(self, fileno: int | None, modes: list[Any] | None) -> None:
        self._fileno = fileno
        self._modes = modes

    def start(self, code: int, seconds: float = GRACE_SECONDS) -> None:
        """End with `code` after `seconds`, unless the process has ended by itself."""
        timer = threading.Timer(seconds, self._end, args=(code,))
        timer.daemon = True
        timer.start()

    def _end(self, code: int) -> None:
        give_back(self._fileno, self._modes)
        os._exit(code)


def let_go() -> None:
    """Point output at nothing: the interpreter flushes it once more when it ends, and would end with 120."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            os.dup2(nothing, stream.fileno())
    os.close(nothing)


def give_back(fileno: int | None, modes: list[Any] | None) -> None:
    """Put the terminal back by hand: its modes, and without waiting for a stalled line, its screen."""
    if fileno is None:
        return
    try:
        if modes is not None:
            termios.tcsetattr(fileno, termios.TCSANOW, modes)
        out = sys.__stderr__.fileno() if sys.__stderr__ is not None else fileno
        os.set_blocking(out, False)
        os.write(out, _GIVE_BACK.encode())
    except (OSError, ValueError, termios.error):  # it is gone, or takes nothing: nothing is left to do
        return


def is_terminal() -> bool:
    """Whether standard input and error are a terminal: without one Textual waits for ever."""
    streams = (sys.__stdin__, sys.__stderr__)
    try:
        return all(s is not None and s.isatty() for s in streams)
    except ValueError:  # closed
        return False
