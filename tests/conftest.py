"""What every test stands on: no real home, no real environment, no network but loopback."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast the machine is must not matter: no test of Hypothesis is timed.
settings.register_profile("repoint", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repoint")

pytest_plugins = ["tests.support.practice"]

_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


def pytest_xdist_auto_num_workers() -> int:
    """Two a core: tests wait half their time for a process, a socket, a screen (15 minutes became 9)."""
    return 2 * len(os.sched_getaffinity(0))


@pytest.fixture(autouse=True)
def _hermetic(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("REPOINT_") or name.upper().endswith("_PROXY") or name in _LEAKS:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("REPOINT_HOME", str(home / "repoint"))
    for folder in ("CONFIG", "CACHE", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{folder}_HOME", str(home / folder.lower()))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")


_LEAKS = {
    "NO_COLOR", "CLICOLOR", "COLUMNS", "LINES", "SSL_CERT_FILE", "SSLKEYLOGFILE", "TEXTUAL", "COLORTERM",
    "TMUX", "STY", "SSH_CONNECTION", "SSH_TTY",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(sock: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if isinstance(address, tuple) and not str(host).startswith(_LOOPBACK):
            raise AssertionError(f"a test tried to reach {host}")
        connect(sock, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder that REPOINT_HOME names; not made yet."""
    return tmp_path / "home" / "repoint"
