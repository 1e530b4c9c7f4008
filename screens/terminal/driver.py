"""The way to the terminal: fewer bytes, never blocked by a stalled line, silent when the terminal is gone."""

from __future__ import annotations

from typing import Any, Final

from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from screens.terminal.frames import Frames

_BEHIND: Final = 6
"""Writes waiting for the terminal before frames are left out. Textual's queue blocks the event loop at 30,
and with it deadlines and the journal (measured: a stalled SSH line)."""
_LOOK_AGAIN: Final = 0.1


def _erases() -> bool:
    """Whether erased cells take the background, by what terminfo says of this terminal (`bce`, `ech`)."""
    try:
        import curses
    except ImportError:  # a Python built without it
        return False
    try:
        curses.setupterm()
    except (curses.error, OSError, ValueError):
        return False
    return curses.tigetflag("bce") == 1 and curses.tigetstr("ech") == b"\x1b[%p1%dX"


class ConsoleDriver(LinuxDriver):
    """Textual's driver with frames made small (`screens.terminal.frames`), none while the line is stalled."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.gone = False
        self._frames = Frames(erases=_erases())
        self._held = ""
        self._open = False
        self._catching_up = False

    def write(self, data: str) -> None:
        """Write to the terminal; frames that it cannot take now are left out and made up for later."""
        if self.gone:
            return
        if data == SYNC_START:
            self._held = SYNC_START
        elif data == SYNC_END:
            self._held = ""
            if self._open:
                self._open = False
                super().write(SYNC_END)
        elif not data.startswith("\x1b[") or data.startswith("\x1b[?"):
            super().write(data)
        elif self._waiting >= _BEHIND:
            self._catch_up()
        else:
            self._write_frame(data)

    def _write_frame(self, data: str) -> None:
        small = self._frames.shrink(data, self._app.size)
        if not small:
            return
        if self._held:
            self._held, self._open = "", True
            small = SYNC_START + small
        super().write(small)

    @property
    def _waiting(self) -> int:
        """Writes that the terminal has not taken yet."""
        thread = self._writer_thread
        return 0 if thread is None else thread._queue.qsize()  # noqa: SLF001 - the queue has no public size

    def _catch_up(self) -> None:
        self._frames.forget()
        if not self._catching_up:
            self._catching_up = True
            self._loop.call_later(_LOOK_AGAIN, self._look_again)

    def _look_again(self) -> None:
        if self.gone or not self._app.is_running:
            return
        if self._waiting:
            self._loop.call_later(_LOOK_AGAIN, self._look_again)
            return
        self._catching_up = False
        self._app.refresh()

    def _enable_mouse_support(self) -> None:
        """Ask for clicks, drags and the wheel, not for every move: nothing here changes under the pointer."""
        if self._mouse:
            self.write("\x1b[?1000h\x1b[?1002h\x1b[?1006h")  # xterm's control sequences, "Mouse Tracking"

    def _disable_mouse_support(self) -> None:
        """End what was asked for: some terminals keep these modes apart, and Textual ends others."""
        if self._mouse:
            self.write("\x1b[?1006l\x1b[?1002l\x1b[?1000l")

    def forget(self) -> None:
        """Draw everything in full next time: the terminal may not show what we think."""
        self._frames.forget()

    def start_application_mode(self) -> None:
        """Take the terminal; nothing is known of what it shows."""
        self._frames.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual leaves it untyped

    def suspend_application_mode(self) -> None:
        """Give the terminal to the shell; what it draws is not ours."""
        self._frames.forget()
        super().suspend_application_mode()
