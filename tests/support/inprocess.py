"""`repoint` in the test's own process: what it prints and ends with, without the start of a process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from console import cli
from console.practice.server import PracticeServer


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> Any:
        return json.loads(self.err.splitlines()[-1])["error"]


class Here:
    """Runs commands in this process, on the environment that `monkeypatch` holds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch = monkeypatch
        self._capsys = capsys

    def at(self, server: PracticeServer, **more: str) -> Here:
        """Work on the practice platform."""
        settings = {
            "REPOINT_BASE_URL": server.base_url,
            "REPOINT_HANDLE": server.handle,
            "REPOINT_TOKEN": server.token,
            "REPOINT_PROBE_ALLOW_PRIVATE": "true",
            "REPOINT_TIMEOUT": "5",
        }
        self.set(**(settings | more))
        return self

    def set(self, **env: str) -> None:
        for name, value in env.items():
            self.monkeypatch.setenv(name, value)

    def __call__(self, *argv: str, code: int | None = 0) -> Done:
        self._capsys.readouterr()
        ended = cli.run(argv)
        printed = self._capsys.readouterr()
        done = Done(ended, printed.out, printed.err)
        assert code is None or ended == code, f"{argv}: {done}"
        assert "Traceback" not in done.out + done.err
        return done


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """`here("links", "--json")`."""
    return Here(monkeypatch, capsys)
