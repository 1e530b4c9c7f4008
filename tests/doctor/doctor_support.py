"""The doctor as tests call him: over the practice platform, in this process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from console.ops.doctor.examination import Examination
from console.ops.doctor.terminal import Terminal
from console.ops.doctor.values import Finding
from console.practice.server import PracticeServer

WIDE = Terminal(present=True, columns=120, lines=36, encoding="utf-8")


def environ(server: PracticeServer | None, **more: str) -> dict[str, str]:
    """The test's own environment, with the practice platform as the profile."""
    env = {**os.environ, "TERM": "xterm-256color", "REPOINT_TIMEOUT": "5"}
    if server is not None:
        env |= {
            "REPOINT_BASE_URL": server.base_url,
            "REPOINT_HANDLE": server.handle,
            "REPOINT_TOKEN": server.token,
        }
    return env | more


async def examined(env: dict[str, str], **settings: Any) -> Examination:
    """One examination, finished."""
    repair = settings.pop("repair", False)
    found = Examination(env, WIDE, **settings)
    await found.run(None, None, repair=repair)
    return found


def by_name(examination: Examination) -> dict[str, Finding]:
    """The findings by name; a name stands once."""
    found = {finding.name: finding for finding in examination.findings}
    assert len(found) == len(examination.findings)
    return found


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file below, lock files left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }
