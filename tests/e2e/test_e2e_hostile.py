"""The real console on a real terminal, on a platform that attacks it: nothing foreign comes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.practice.server import PracticeServer
from tests.support.hostile import foreign
from tests.support.hostile_platform import fill
from tests.support.terminal import Terminal

pytestmark = pytest.mark.e2e

WALK = (
    "3", "1", "\x1b[B", "\x1b[B", " ", " ", "\x1b[6~", "o", "o", "G", "g", "v", "G", "v",
    "\r", "\x1b[B", "\x1b[B", " ", "d", "\x1b[6~", "\x1b", "p", "\x1b", "2", "3", "1",
    "t", "\x1b[B", "\x1b", "t", "\r", "\x7f", "S", "\x1b", "J", "\x1b", "?", "\x1b",
    ":", "go host", "\t", "\x1b",
    "r", "\x1b[6~", "\x1b", "b", "\x1b", "E", "\x1b", "e", "\x1b", "/", "tag:", "\x1b[B", "\t", "\x1b",
    "M", "m", ":", "theme light\r", "\x10", "mark", "\x1b", "\x0c",
)  # fmt: skip
"""Keys through every pane, list and dialog that shows what the platform says."""


def test_nothing_foreign_leaves_a_small_console(practice: PracticeServer, home: Path) -> None:
    """A large one, with every string there is: `tests/hardening/test_hardening_terminal.py`."""
    fill(practice)
    before = len(practice.platform.events)
    env = {
        "REPOINT_HOME": str(home),
        "REPOINT_BASE_URL": practice.base_url,
        "REPOINT_HANDLE": practice.handle,
        "REPOINT_TOKEN": practice.token,
        "REPOINT_ENVIRONMENT": "practice",
    }
    with Terminal(["-m", "console"], size=(80, 24), **env) as terminal:
        terminal.until("hostile-")
        for keys in WALK:
            terminal.type(keys)
            terminal.read(0.15)
            assert terminal.process.poll() is None, f"it ended at {keys!r}: {terminal.output[-600:]!r}"
        terminal.type("\x1b")
        terminal.read(0.3)
        terminal.type("\x1b")
        terminal.read(0.3)
        terminal.type("q")
        assert terminal.ended() == 0
        assert terminal.given_back()
        assert "⟨001B⟩" in terminal.output
        assert "⟨202E⟩" in terminal.output
        assert foreign(terminal.output.replace("\r", "")) == []
        assert "Traceback" not in terminal.output
    assert len(practice.platform.events) == before, "something was written"
