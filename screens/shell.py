"""The app that every screen stands in: themes, a frugal driver, paced frames, and a terminal given back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import ClassVar

from rich.console import RenderableType
from rich.segment import Segments
from rich.text import Text
from textual import events
from textual.app import App
from textual.driver import Driver
from textual.widgets import Input
from textual.worker import WorkerFailed

from screens.clicks import clicked
from screens.terminal import clipboard, crash
from screens.terminal import restore as terminal
from screens.terminal.driver import ConsoleDriver
from screens.terminal.pacing import Pacer
from screens.themes import DEFAULT_THEME, MONO_THEME, Look, chosen_theme, has_unicode, look, textual_themes


class Shell(App[int]):
    """Owns the terminal. The console's app is one of these; so are the practice apps of the tests.

    Attributes:
        crash_folder: where a crash report goes; None writes none.
        crash_about: a line for the report: version, target; never a secret.
        lost: the terminal is gone; nothing can be shown any more.
        performing: writes that are on their way; nobody leaves while there are any.
    """

    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False

    def __init__(
        self,
        *,
        theme: str = DEFAULT_THEME,
        unicode: bool | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        # Without colours the terminal's own must stay: Textual would turn them into black on black.
        super().__init__(ansi_color=True if chosen_theme(theme) == MONO_THEME else None)
        for each in textual_themes():
            self.register_theme(each)
        self.theme = chosen_theme(theme)
        self.animation_level = "none"  # a page down costs 289 kB animated, 15 kB without (measured)
        self.unicode = has_unicode() if unicode is None else unicode
        self.set_class(not self.unicode, "-ascii")  # for styles: borders of another kind
        self.crash_folder: Path | None = None
        self.crash_about = ""
        self.lost = False
        self.performing = 0
        self._pacer = Pacer(self._to_terminal, monotonic)
        self._now = now
        self._leaving = False

    @property
    def look(self) -> Look:
        """How widgets paint now."""
        return look(self.theme, unicode=self.unicode)

    def get_driver_class(self) -> type[Driver]:
        """Our driver on a terminal; Textual's own choice when the environment names one."""
        chosen = super().get_driver_class()
        return ConsoleDriver if chosen.__name__ == "LinuxDriver" else chosen

    # The terminal.

    def on_load(self) -> None:
        """Watch for signals before the terminal is taken."""
        terminal.watch_signals(asyncio.get_running_loop(), self.leave)

    def on_mount(self) -> None:
        """Watch for the terminal's end."""
        driver = self._driver
        if isinstance(driver, ConsoleDriver):
            terminal.watch_terminal(driver.fileno, asyncio.get_running_loop(), self.terminal_lost)
            # The shell has drawn meanwhile, and Textual draws again only what it thinks has changed.
            self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())

    def on_resize(self, event: events.Resize) -> None:
        """Another size: nothing that was drawn can be counted on."""
        del event
        if isinstance(self._driver, ConsoleDriver):
            self._driver.forget()

    def on_click(self, event: events.Click) -> None:
        """A click that no widget took: on a key's hint, or a frame."""
        clicked(self, event)

    async def on_event(self, event: events.Event) -> None:
        """Edit a field in the order of the keys.

        Textual lets a letter in at once, and a key that edits only after it has gone up to the app: of a
        Backspace and a letter that arrive together the letter would come first, and be taken away.
        """
        if isinstance(event, events.Key) and not event.is_printable and isinstance(self.focused, Input):
            field, found = self.focused, self.focused._bindings.key_to_bindings.get(event.key, ())  # noqa: SLF001 - no public way
            own = next((b for b in found if not b.id and not b.priority), None)
            if own is not None and event.key != "enter" and self._exception is None:
                field.call_later(field.run_action, own.action)
                return
        await super().on_event(event)

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        """The terminal's answer to a paced frame."""
        del event
        self._pacer.answered()

    @property
    def pacer(self) -> Pacer | None:
        """What paces a list's frames to the line; only a real terminal has one."""
        return self._pacer if isinstance(self._driver, ConsoleDriver) else None

    def _to_terminal(self, data: str) -> None:
        if self._driver is not None and not self.lost:
            self._driver.write(data)

    def action_redraw(self) -> None:
        """Draw the whole screen again, whatever the terminal shows."""
        if isinstance(self._driver, ConsoleDriver):
            self._driver.forget()
        self.refresh()

    def copy(self, text: str) -> bool:
        """Put text on the operator's own clipboard, over SSH too; False when it is too long for that."""
        data = clipboard.sequence(text)
        if data is not None:
            self._to_terminal(data)
        return data is not None

    def leave(self, number: int) -> None:
        """A signal asks us to go: leave in order, within the grace, with the shell's exit code."""
        if self._leaving:
            return
        self._leaving = True
        code = terminal.EXIT_BY_SIGNAL + number
        driver = self._driver
        if isinstance(driver, ConsoleDriver):
            terminal.LastWay(None if self.lost else driver.fileno, driver.attrs_before).start(code)
        self.exit(code, return_code=code)

    def terminal_lost(self) -> None:
        """The terminal has hung up: stop drawing, and go as if told by SIGHUP."""
        self.lost = True
        if isinstance(self._driver, ConsoleDriver):
            self._driver.gone = True
        terminal.let_go()
        self.leave(signal.SIGHUP)

    # Crashes.

    def _fatal_error(self) -> None:
        self._crashed(self._exception)

    def panic(self, *renderables: RenderableType) -> None:
        """Leave after an error; what Textual wanted to print may hold anything and is not shown."""
        del renderables
        self._crashed(self._exception)

    def _crashed(self, error: BaseException | None) -> None:
        report: Path | None = None
        if isinstance(error, WorkerFailed):
            error = error.error  # what failed in the work, and not that some work failed
        if error is not None and self.crash_folder is not None:
            report = crash.write_report(self.crash_folder, error, self._now(), self.crash_about)
        text = Text(crash.sentence(error, report))
        self._exit_renderables.append(Segments(self.console.render(text, self.console.options)))
        self._close_messages_no_wait()
