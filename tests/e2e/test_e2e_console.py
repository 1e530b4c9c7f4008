"""The whole job in a real terminal against a real server: failing, reviewed, rolled back, verified."""

from __future__ import annotations

import signal
from pathlib import Path

import pyte
import pytest

from console.practice.server import PracticeServer
from tests.support.terminal import Terminal

pytestmark = pytest.mark.e2e
SLUG = "spring-launch"


class Eyes:
    """Reads the screen as the terminal shows it."""

    def __init__(self, terminal: Terminal, size: tuple[int, int]) -> None:
        self._terminal = terminal
        self._screen = pyte.Screen(*size)
        self._stream = pyte.Stream(self._screen)
        self._fed = 0

    def sees(self, *texts: str) -> bool:
        self._stream.feed(self._terminal.output[self._fed :])
        self._fed = len(self._terminal.output)
        shown = "\n".join(self._screen.display)
        return all(text in shown for text in texts)

    def until(self, *texts: str) -> None:
        try:
            self._terminal.until(lambda: self.sees(*texts))
        except AssertionError:
            raise AssertionError(f"never saw {texts}:\n" + "\n".join(self._screen.display)) from None


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_a_link_goes_from_failing_to_verified(
    practice: PracticeServer, home: Path, size: tuple[int, int]
) -> None:
    env = {
        "REPOINT_HOME": str(home),
        "REPOINT_BASE_URL": practice.base_url,
        "REPOINT_HANDLE": practice.handle,
        "REPOINT_TOKEN": practice.token,
        "REPOINT_ENVIRONMENT": "practice",
        "REPOINT_PROBE_ALLOW_PRIVATE": "true",
    }
    with Terminal(["-m", "console"], size=size, **env) as terminal:
        eyes = Eyes(terminal, size)
        eyes.until("Links", "12 of 12", SLUG)
        terminal.type(f"/{SLUG}\r")
        eyes.until("1 of 12")
        terminal.type("2")
        eyes.until("v9  live", "launch-old")
        terminal.type("r")
        eyes.until("to roll back", "is still live", "guard")
        terminal.read(0.6)  # the dialog is deaf at first
        for key in f"{SLUG} v8":
            terminal.type(key)
            terminal.read(0.02)
        eyes.until(f"{SLUG} v8")
        assert practice.platform.link(SLUG)["version"] == 9, "nothing may be sent yet"
        terminal.type("\r")
        eyes.until("applied", "v10")
        assert practice.platform.link(SLUG)["version"] == 10
        assert [(e.before_version, e.after_version) for e in practice.platform.events] == [(9, 10)]
        terminal.type("\x1b")
        terminal.read(0.5)
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.given_back()


def test_without_a_terminal_the_console_says_so(practice: PracticeServer, home: Path) -> None:
    from tests.e2e.test_e2e_commands import Shell

    assert "terminal" in Shell(practice, home)(code=2).stderr


def test_after_a_kill_the_next_start_stands_where_it_stood(practice: PracticeServer, home: Path) -> None:
    env = {
        "REPOINT_HOME": str(home),
        "REPOINT_BASE_URL": practice.base_url,
        "REPOINT_HANDLE": practice.handle,
        "REPOINT_TOKEN": practice.token,
        "REPOINT_ENVIRONMENT": "practice",
        "REPOINT_PROBE_ALLOW_PRIVATE": "true",
    }
    size = (200, 36)

    def kept(*words: bytes) -> bool:
        written = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
        return all(word in written for word in words)

    with Terminal(["-m", "console"], size=size, **env) as terminal:
        eyes = Eyes(terminal, size)
        eyes.until("Links", "12 of 12", SLUG)
        terminal.type(f"/{SLUG}\r")
        eyes.until("1 of 12")
        terminal.type(" ")
        eyes.until("1 marked")
        terminal.type("R")
        eyes.until("Roll back  1 marked link", "planned 1")
        # A kill asks nobody: what is not on the disk by now is lost.
        terminal.until(lambda: kept(b"whereabouts:", b'"1 marked link"', SLUG.encode()))
        terminal.signal(signal.SIGKILL)
        assert terminal.ended() == -signal.SIGKILL
    with Terminal(["-m", "console"], size=size, **env) as terminal:
        eyes = Eyes(terminal, size)
        eyes.until(
            "The console ended without being left", f"Back at {SLUG}", "1 link marked", "nothing was sent"
        )
        eyes.until("1 of 12", "1 marked")
        terminal.type(".")
        eyes.until("Roll back  1 marked link", "planned 1")
        terminal.signal(signal.SIGKILL)
        terminal.ended()
    assert practice.platform.events == []
